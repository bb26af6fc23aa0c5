use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::eventually;

/// A Redis server of one test, which may be stopped and started. It keeps everything in memory, and ends with the test.
#[derive(Debug)]
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    arguments: Vec<String>,
    running: Option<Child>,
}

impl RedisServer {
    /// A new server with these arguments, running on a free port of this machine.
    pub async fn start(arguments: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        drop(listener);
        let mut server = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            port,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            running: None,
        };
        server.resume().await;
        server
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

    /// Starts it again, without what it held.
    pub async fn resume(&mut self) {
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
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
        eventually("Redis answers", async || {
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()?;
            self.command(&["PING"]).contains("PONG").then_some(())
        })
        .await;
    }

    /// Runs a command by `redis-cli`, and returns its output.
    pub fn command(&self, command: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-u", &self.url()])
            .args(command)
            .output()
            .expect("redis-cli is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
