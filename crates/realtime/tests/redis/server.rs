//! Redis servers for tests.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use realtime::redis::RedisAddress;
use tempfile::TempDir;

/// The URL of the server that tests share.
#[expect(clippy::disallowed_methods, reason = "the server of all tests is no setting of the service")]
pub(crate) fn shared() -> String {
    std::env::var("SUHBAT_REDIS").expect("a Redis server: run the tests with scripts/redis")
}

/// A server of one test, which may be stopped and started. It keeps everything in memory.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    configuration: Option<PathBuf>,
    running: Option<Child>,
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}

impl Server {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut server = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            port: free_port(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            configuration: None,
            running: None,
        };
        server.resume().await;
        server
    }

    /// A sentinel that watches the server at this port under this name, and replaces it after half a second.
    pub(crate) async fn sentinel(name: &str, port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = format!(
            "sentinel monitor {name} 127.0.0.1 {port} 1\nsentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 2000\n"
        );
        let file = folder.path().join("sentinel.conf");
        std::fs::write(&file, settings).expect("our folder");
        let mut sentinel = Self {
            arguments: vec!["--sentinel".to_owned()],
            configuration: Some(file),
            folder,
            port: free_port(),
            running: None,
        };
        sentinel.resume().await;
        sentinel
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().expect("a child of ours");
            running.wait().expect("a child of ours");
        }
    }

    /// Starts it again, without what it held.
    pub(crate) async fn resume(&mut self) {
        let memory_only = ["--save", "", "--appendonly", "no"];
        let child = Command::new("redis-server")
            .args(&self.configuration)
            .args(memory_only.iter().filter(|_| self.configuration.is_none()))
            .args(["--bind", "127.0.0.1", "--port"])
            .arg(self.port.to_string())
            .arg("--dir")
            .arg(self.folder.path())
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        self.running = Some(child);
        let answers = || ["PONG", "NOAUTH"].iter().any(|answer| self.cli(&["PING"]).contains(answer));
        for _ in 0..600 {
            if answers() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not answer");
    }

    /// Runs a command by `redis-cli`, and returns its output.
    pub(crate) fn cli(&self, command: &[&str]) -> String {
        cli(&self.url(), command)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a command by `redis-cli`, and returns its output.
pub(crate) fn cli(url: &str, command: &[&str]) -> String {
    let output = Command::new("redis-cli")
        .args(["-u", url])
        .args(command)
        .output()
        .expect("redis-cli is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The address of a server, without an authority of its own.
pub(crate) fn address(url: &str) -> RedisAddress {
    RedisAddress::parse(url, None).expect("an address")
}
