//! A node: the program as a process that is killed, paused and started again.

use std::{
    fs::File,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};

use crate::Failure;

/// How long a node may take until it answers, or until it has ended.
const PATIENCE: Duration = Duration::from_mins(1);

/// One node.
#[derive(Debug)]
pub struct Node {
    /// Its number, from 0.
    pub number: usize,
    program: PathBuf,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    port: u16,
    child: Option<Child>,
}

impl Node {
    /// A node that is not started yet, with these environment variables. Its log is in the folder.
    pub const fn new(number: usize, program: PathBuf, folder: PathBuf, settings: Vec<(String, String)>, port: u16) -> Self {
        Self {
            number,
            program,
            folder,
            settings,
            port,
            child: None,
        }
    }

    /// A command of the program with this node's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts it, again and again where it ends because its database does not answer yet, and waits until it answers.
    pub async fn start(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = File::options()
                .create(true)
                .append(true)
                .open(self.folder.join(format!("node-{}.log", self.number)))?;
            let mut child = self.command(&["serve"]).stdout(log.try_clone()?).stderr(log).spawn()?;
            while child.try_wait()?.is_none() {
                if self.answers().await {
                    self.child = Some(child);
                    return Ok(());
                }
                if Instant::now() > deadline {
                    return Err(format!("node {} does not answer after {PATIENCE:?}", self.number).into());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            if Instant::now() > deadline {
                return Err(format!("node {} does not start; see its log", self.number).into());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn answers(&self) -> bool {
        tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
    }

    /// Whether it runs; a node that ended by itself does not.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Ends it at once (SIGKILL).
    pub async fn kill(&mut self) -> Result<(), Failure> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    pub async fn stop(&mut self) -> Result<(), Failure> {
        self.signal("TERM").await?;
        if let Some(mut child) = self.child.take() {
            match tokio::time::timeout(PATIENCE, child.wait()).await {
                Ok(status) => drop(status?),
                Err(_) => return Err(format!("node {} does not end when it is asked to", self.number).into()),
            }
        }
        Ok(())
    }

    /// Sends it a signal, such as `STOP`.
    pub async fn signal(&self, name: &str) -> Result<(), Failure> {
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().await?;
        }
        Ok(())
    }
}
