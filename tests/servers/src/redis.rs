use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::free_port;

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_mins(1);

/// A Redis server of one test, which may be stopped and started. It keeps everything in memory, and ends with the test. `SUHBAT_REDIS_SERVER` names another
/// program than `redis-server`, such as an older version, or that of Valkey.
#[derive(Debug)]
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    configuration: Option<PathBuf>,
    running: Option<Child>,
}

#[expect(clippy::disallowed_methods, reason = "the program of test servers is no setting of the service")]
fn program() -> String {
    std::env::var("SUHBAT_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}

impl RedisServer {
    /// A new server with these arguments, running on a free port of this machine.
    pub async fn start(arguments: &[&str]) -> Self {
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
    pub async fn sentinel(name: &str, port: u16) -> Self {
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

    /// The port that it listens on.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its URL, without an account and a database.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it on the spot.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().expect("a child of ours");
            running.wait().expect("a child of ours");
        }
    }

    /// Starts it again, without what it held, and waits until it answers.
    pub async fn resume(&mut self) {
        let memory_only = ["--save", "", "--appendonly", "no"];
        let child = Command::new(program())
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
            .expect("redis-server is installed (apt-get install redis-server)");
        self.running = Some(child);
        let deadline = Instant::now() + PATIENCE;
        // One that wants a password answers too.
        while !["PONG", "NOAUTH"].iter().any(|answer| self.command(&["PING"]).contains(answer)) {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Runs a command by `redis-cli`, and returns its output.
    pub fn command(&self, command: &[&str]) -> String {
        cli(&self.url(), command)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a command by `redis-cli` on the server of this URL, and returns its output.
pub fn cli(url: &str, command: &[&str]) -> String {
    let output = Command::new("redis-cli")
        .args(["-u", url])
        .args(command)
        .output()
        .expect("redis-cli is installed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
