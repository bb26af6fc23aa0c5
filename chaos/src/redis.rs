//! A throwaway Redis server, which keeps nothing.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
};

use crate::Failure;

/// A server on a port of this machine.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    folder: PathBuf,
    child: Option<Child>,
}

impl Redis {
    /// Starts one, with its files in this folder.
    pub async fn start(port: u16, folder: PathBuf) -> Result<Self, Failure> {
        let mut server = Self { port, folder, child: None };
        server.resume().await?;
        Ok(server)
    }

    /// Starts it again, empty, and waits until it answers.
    pub async fn resume(&mut self) -> Result<(), Failure> {
        let child = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &self.port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        self.child = Some(child);
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.command("PING").await.is_err() {
            if Instant::now() > deadline {
                return Err("redis-server does not answer".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends it at once, with everything that it holds.
    pub async fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Runs a command, and returns the first bytes of its answer.
    pub async fn command(&self, command: &str) -> Result<String, Failure> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(format!("{command}\r\n").as_bytes()).await?;
        let mut answer = vec![0; 256];
        let length = stream.read(&mut answer).await?;
        answer.truncate(length);
        if answer.is_empty() || answer.starts_with(b"-") {
            return Err(format!("{command}: {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
