use std::{
    ffi::OsString,
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
    sync::OnceCell,
    task::JoinHandle,
    time::timeout,
};

use crate::{Client, Database, PATIENCE, database, eventually};

/// The program itself, in an empty folder of its own and without anybody's environment.
#[derive(Debug)]
pub struct Binary {
    program: PathBuf,
    folder: Arc<Folder>,
    /// Made when the first command needs it.
    database: Arc<OnceCell<Database>>,
    settings: Vec<(String, String)>,
    /// A command that runs the program, with its arguments.
    wrapper: Vec<String>,
}

/// The environment variable of a setting that is named as in the configuration file.
fn variable(setting: &str) -> String {
    format!("SUHBAT__{}", setting.to_uppercase().replace('.', "__"))
}

/// The working folder of the program.
#[derive(Debug)]
enum Folder {
    /// Removed when the value is dropped.
    Own(TempDir),
    /// Left to its owner.
    Other(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Other(path) => path,
        }
    }
}

/// The result of a program that ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Its standard output, as text.
    pub stdout: String,
    /// Its standard error, as text.
    pub stderr: String,
}

impl Outcome {
    /// Standard output followed by standard error.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Binary {
    /// The program at this path.
    pub fn new(program: &str) -> Self {
        Self {
            program: program.into(),
            folder: Arc::new(Folder::Own(tempfile::tempdir().expect("a temporary folder"))),
            database: Arc::default(),
            settings: Vec::new(),
            wrapper: Vec::new(),
        }
    }

    /// The program at this path, in a folder that the caller owns.
    pub fn in_folder(program: &str, folder: &Path) -> Self {
        Self {
            program: program.into(),
            folder: Arc::new(Folder::Other(folder.to_owned())),
            database: Arc::default(),
            settings: Vec::new(),
            wrapper: Vec::new(),
        }
    }

    /// Run by this command, which becomes the program.
    #[must_use]
    pub fn under(mut self, wrapper: &[String]) -> Self {
        self.wrapper = wrapper.to_vec();
        self
    }

    /// With this variable in its environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a setting, named as in the configuration file and given by the environment.
    #[must_use]
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings.push((variable(setting), value.to_owned()));
        self
    }

    /// On the embedded database, wherever the other tests run.
    #[must_use]
    pub fn embedded(self) -> Self {
        self.with("database.url", "sqlite://data/suhbat.db")
    }

    /// The working folder, which also holds the database and the files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder; its name, as the program finds it.
    pub fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.folder().join(name), content).expect("a folder that can be written to");
        name.to_owned()
    }

    /// The settings that lead to the database of this test on a server; none if the database is the default one, if a test has named another one, or if the
    /// command needs none.
    async fn database(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let needs_one = matches!(arguments.first(), Some(&("serve" | "migrate" | "import")));
        let url = variable("database.url");
        if database::server().is_none() || !needs_one || self.settings.iter().any(|(name, _)| *name == url) {
            return Vec::new();
        }
        let database = self.database.get_or_init(Database::fresh).await;
        vec![(url, database.url(self.folder())), (variable("database.pool_size"), "4".to_owned())]
    }

    async fn command(&self, arguments: &[&str]) -> Command {
        let mut words = self.wrapper.iter().map(OsString::from).chain([OsString::from(&self.program)]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
            .envs(self.database(arguments).await)
            .envs(self.settings.iter().cloned())
            .kill_on_drop(true);
        command
    }

    /// The URL of its database, for a test that opens it too.
    pub async fn database_url(&self) -> String {
        let settings = self.database(&["serve"]).await;
        let url = settings.into_iter().find(|(name, _)| *name == variable("database.url"));
        url.map_or_else(
            || format!("sqlite://{}", self.folder().join("data/suhbat.db").display()),
            |(_, url)| url,
        )
    }

    /// Runs it until it ends by itself.
    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        let running = self.command(arguments).await.output();
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

    /// Starts it, with its output in pipes.
    pub async fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).await.spawn().expect("a program that can be run")
    }

    /// Starts `serve` at a free port and waits until it answers.
    pub async fn serve(self, arguments: &[&str]) -> Served {
        self.start(arguments, true).await
    }

    /// The same, with a log that is not read, though the pipe stays open.
    pub async fn serve_unread(self, arguments: &[&str]) -> Served {
        self.start(arguments, false).await
    }

    async fn start(self, arguments: &[&str], log_is_read: bool) -> Served {
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port");
        let binary = Self {
            settings: self.settings.clone(),
            folder: self.folder.clone(),
            database: self.database.clone(),
            program: self.program.clone(),
            wrapper: self.wrapper.clone(),
        }
        .with("server.bind", &address.to_string());
        let mut child = binary
            .command(&[&["serve"], arguments].concat())
            .await
            .spawn()
            .expect("a program that can be run");
        let written = [Arc::default(), Arc::default()];
        let mut readers = vec![gather(child.stdout.take().expect("piped"), &written[0])];
        if log_is_read {
            readers.push(gather(child.stderr.take().expect("piped"), &written[1]));
        }
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
    /// The base URL, `http://host:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The working folder, which also holds the database and the files.
    pub fn folder(&self) -> &Path {
        self.binary.folder()
    }

    /// The URL of its database, for a test that opens it too.
    pub async fn database_url(&self) -> String {
        self.binary.database_url().await
    }

    /// Somebody without a token.
    pub fn client(&self) -> Client {
        Client::new(&self.base, UserId(0), None)
    }

    /// The process id, for signals and for `/proc`.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("still running")
    }

    /// Stops its process on the spot, as a machine does that is moved (SIGSTOP).
    pub async fn pause(&self) {
        self.signal("STOP").await;
    }

    /// Lets its process run on (SIGCONT).
    pub async fn resume(&self) {
        self.signal("CONT").await;
    }

    /// The memory that it holds resident, in KiB, as the kernel counts it (`VmRSS` in `/proc`).
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("a running process");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|value| value.split_whitespace().next()?.parse().ok());
        kib.expect("the kernel reports the resident memory")
    }

    /// The output of `suhbat token` with these arguments.
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

    /// Runs another command of the program beside it, with the same settings, until it ends by itself.
    pub async fn suhbat(&self, arguments: &[&str]) -> Outcome {
        self.binary.run(arguments).await
    }

    fn text(&self) -> String {
        read(&self.written[0]) + &read(&self.written[1])
    }

    /// Everything written so far, once this is in it.
    pub async fn shown(&self, wanted: &str) -> String {
        eventually(wanted, async || Some(self.text()).filter(|text| text.contains(wanted))).await
    }

    /// Sends it a signal, such as `TERM`.
    pub async fn signal(&self, name: &str) {
        let (name, id) = (format!("-{name}"), self.pid().to_string());
        let sent = Command::new("kill").args([name, id]).status().await.expect("kill can be run");
        assert!(sent.success());
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    pub async fn stop(self) -> Outcome {
        self.signal("TERM").await;
        self.ended().await
    }

    /// Asks it to end by this signal, and waits until it has.
    pub async fn stop_by(self, signal: &str) -> Outcome {
        self.signal(signal).await;
        self.ended().await
    }

    /// Waits until it has ended.
    pub async fn ended(mut self) -> Outcome {
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends when it was asked to")
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

    /// Ends it at once (SIGKILL); the same folder can be served again.
    pub async fn kill(mut self) -> Binary {
        self.child.kill().await.expect("a child of ours");
        self.binary
    }
}
