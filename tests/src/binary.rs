use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use domain::id::UserId;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::{Client, PATIENCE, eventually};

/// The program itself, in an empty folder of its own and without anybody's environment.
#[derive(Debug)]
pub struct Binary {
    program: PathBuf,
    folder: Arc<TempDir>,
    settings: Vec<(String, String)>,
}

/// How the program ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Outcome {
    /// Everything it wrote.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Binary {
    /// The program at this path.
    pub fn new(program: &str) -> Self {
        Self {
            program: program.into(),
            folder: Arc::new(tempfile::tempdir().expect("a temporary folder")),
            settings: Vec::new(),
        }
    }

    /// With a setting, named as in the configuration file and given by the environment.
    #[must_use]
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        let variable = format!("SUHBAT__{}", setting.to_uppercase().replace('.', "__"));
        self.settings.push((variable, value.to_owned()));
        self
    }

    /// Its working folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder; its name, as the program finds it.
    pub fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.folder().join(name), content).expect("a folder that can be written to");
        name.to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.envs(self.settings.iter().cloned()).kill_on_drop(true);
        command
    }

    /// Runs it until it ends by itself.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        let running = self.command(arguments).output();
        let output = timeout(PATIENCE, running)
            .await
            .unwrap_or_else(|_| panic!("{arguments:?} does not end"))
            .expect("a program that can be run");
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts `serve` at a free port and waits until it answers.
    pub async fn serve(self, arguments: &[&str]) -> Served {
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port");
        let binary = Self {
            settings: self.settings.clone(),
            folder: self.folder.clone(),
            program: self.program.clone(),
        }
        .with("server.bind", &address.to_string());
        let mut child = binary
            .command(&[&["serve"], arguments].concat())
            .spawn()
            .expect("a program that can be run");
        let written = [Arc::default(), Arc::default()];
        let readers = vec![
            gather(child.stdout.take().expect("piped"), &written[0]),
            gather(child.stderr.take().expect("piped"), &written[1]),
        ];
        let mut served = Served {
            binary: self,
            base: format!("http://{address}"),
            child,
            written,
            readers,
        };
        eventually("the service answers", async || {
            if let Some(status) = served.child.try_wait().expect("a child of ours") {
                panic!("it ended with {status}: {}", served.text());
            }
            tokio::net::TcpStream::connect(address).await.ok()
        })
        .await;
        served
    }
}

type Text = Arc<Mutex<Vec<u8>>>;

/// Reads all the time, so that the program never waits for its reader.
fn gather(mut from: impl AsyncRead + Unpin + Send + 'static, into: &Text) -> JoinHandle<()> {
    let into = into.clone();
    tokio::spawn(async move {
        let mut chunk = vec![0; 8192];
        while let Ok(length @ 1..) = from.read(&mut chunk).await {
            into.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend_from_slice(&chunk[..length]);
        }
    })
}

fn read(text: &Text) -> String {
    String::from_utf8_lossy(&text.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// The program while it serves.
#[derive(Debug)]
pub struct Served {
    binary: Binary,
    base: String,
    child: Child,
    written: [Text; 2],
    readers: Vec<JoinHandle<()>>,
}

impl Served {
    /// `http://host:port`
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Somebody without a token.
    pub fn client(&self) -> Client {
        Client::new(&self.base, UserId(0), None)
    }

    /// What `suhbat token` prints with these arguments.
    pub async fn token(&self, arguments: &[&str]) -> String {
        let mut all = vec!["token"];
        all.extend(arguments);
        if self.binary.folder().join("suhbat.toml").exists() {
            all.extend(["--config", "suhbat.toml"]);
        }
        let outcome = self.binary.run(&all).await;
        assert_eq!(outcome.status, Some(0), "{outcome:?}");
        outcome.stdout.trim().to_owned()
    }

    fn text(&self) -> String {
        read(&self.written[0]) + &read(&self.written[1])
    }

    /// Everything written so far, once this is in it.
    pub async fn shown(&self, wanted: &str) -> String {
        eventually(wanted, async || Some(self.text()).filter(|text| text.contains(wanted))).await
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    pub async fn stop(mut self) -> Outcome {
        let id = self.child.id().expect("still running").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill can be run");
        assert!(asked.success());
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends when asked to")
            .expect("a child of ours");
        for reader in self.readers {
            reader.await.expect("reading ends with the program");
        }
        Outcome {
            status: status.code(),
            stdout: read(&self.written[0]),
            stderr: read(&self.written[1]),
        }
    }

    /// Ends it at once (SIGKILL); what is left can be started again in the same folder.
    pub async fn kill(mut self) -> Binary {
        self.child.kill().await.expect("a child of ours");
        self.binary
    }
}
