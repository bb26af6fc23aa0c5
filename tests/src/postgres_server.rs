use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A PostgreSQL server of one test, which may be stopped and started. It ends with the test.
#[derive(Debug)]
pub struct PostgresServer {
    folder: TempDir,
    settings: Vec<String>,
    is_running: bool,
}

impl PostgresServer {
    /// A new server with these settings (`name=value`), running. It listens on a Unix socket, and wherever a setting says.
    pub fn start(settings: &[&str]) -> Self {
        let mut server = Self::stopped(settings);
        server.resume();
        server
    }

    /// A new server that was never started.
    pub fn stopped(settings: &[&str]) -> Self {
        let server = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            is_running: false,
        };
        server.run("make", &[]);
        server
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Gives it a file of its data folder, for itself alone.
    pub fn own(&self, file: &str) {
        self.run("own", &[file.to_owned()]);
    }

    /// Its folder, in which its data folder is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs one of PostgreSQL's programs, or of the system, as its owner in its folder.
    pub fn program(&self, command: &[&str]) {
        let command: Vec<String> = command.iter().map(|part| (*part).to_owned()).collect();
        self.run("run", &command);
    }

    /// Ends all its connections, and stops it.
    pub fn stop(&mut self) {
        self.run("stop", &["fast".to_owned()]);
        self.is_running = false;
    }

    /// Ends it at once, as a crash does: it recovers when it is started again.
    pub fn stop_at_once(&mut self) {
        self.run("stop", &["immediate".to_owned()]);
        self.is_running = false;
    }

    /// Starts it again, with everything that it holds.
    pub fn resume(&mut self) {
        self.run("start", &self.settings);
        self.is_running = true;
    }

    /// Stops it and starts it with one more setting.
    pub fn restart_with(&mut self, setting: &str) {
        self.set(setting);
        self.stop();
        self.resume();
    }

    /// The URL of one of its databases, by its socket.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        let port = self
            .settings
            .iter()
            .find_map(|setting| setting.strip_prefix("port="))
            .unwrap_or("5432");
        format!("postgres://postgres@{folder}:{port}/{database}")
    }

    /// Runs statements as its administrator, each in a transaction of its own.
    pub async fn administer(&self, database: &str, statements: &[&str]) {
        let (client, connection) = tokio_postgres::connect(&self.url(database), tokio_postgres::NoTls)
            .await
            .expect("a running server");
        let driver = tokio::spawn(connection);
        for statement in statements {
            client.batch_execute(statement).await.expect("a statement of an administrator");
        }
        drop(client);
        let _ = driver.await;
    }

    /// The only value that a query returns, which must be a text.
    pub async fn value(&self, database: &str, query: &str) -> String {
        let (client, connection) = tokio_postgres::connect(&self.url(database), tokio_postgres::NoTls)
            .await
            .expect("a running server");
        let driver = tokio::spawn(connection);
        let row = client.query_one(query, &[]).await.expect("a query of an administrator");
        drop(client);
        let _ = driver.await;
        row.get(0)
    }

    /// A setting (`name=value`) of its next start.
    pub fn set(&mut self, setting: &str) {
        self.settings.push(setting.to_owned());
    }

    fn run(&self, command: &str, arguments: &[String]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres-server");
        let ran = Command::new(script)
            .arg(command)
            .arg(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("a script that can be run");
        assert!(ran.status.success(), "{command}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.is_running {
            self.stop_at_once();
        }
    }
}
