//! All that a run starts: the database, Redis, the nodes, and the proxies between them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use suhbat_tests::{PostgresServer, SECRET};
use tempfile::TempDir;
use test_servers::{RedisServer, free_port};
use tokio::sync::Mutex;

use crate::{Failure, node::Node, people::People, proxy::Proxy, stored::Source};

/// What a run consists of.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The program `suhbat`.
    pub program: PathBuf,
    /// Whether the database is a PostgreSQL server.
    pub on_server: bool,
    /// The number of nodes; more than one have a Redis server as their bus.
    pub nodes: usize,
    /// A fault that the program is to have, which only a program built for tests knows.
    pub seeded_fault: Option<String>,
}

/// The database of the nodes.
#[derive(Debug)]
pub enum Database {
    /// A file.
    Embedded,
    /// A server, on this port. Its calls take long and are made from threads of their own.
    Server {
        /// The server.
        server: Arc<std::sync::Mutex<PostgresServer>>,
    },
}

/// The running parts. Dropping it ends them all.
#[derive(Debug)]
pub struct Cluster {
    /// By number.
    pub nodes: Vec<Mutex<Node>>,
    /// In front of each node; clients connect here.
    pub to_nodes: Vec<Proxy>,
    /// In front of the database, one for each node; none if it is a file.
    pub to_database: Vec<Proxy>,
    /// In front of Redis, one for each node; none if there is one node.
    pub to_redis: Vec<Proxy>,
    /// The database.
    pub database: Database,
    /// Redis, if there are several nodes.
    pub redis: Option<Mutex<RedisServer>>,
    /// Where the checker reads.
    pub source: Source,
    folder: TempDir,
}

impl Cluster {
    /// Starts everything, with these people in the database.
    pub async fn start(shape: &Shape, people: &People) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("suhbat-chaos.").tempdir()?;
        let (database, source, to_database) = start_database(shape, folder.path()).await?;
        let mut to_redis = Vec::new();
        let redis = if shape.nodes > 1 {
            let server = RedisServer::start(&[]).await;
            for _ in 0..shape.nodes {
                to_redis.push(Proxy::start(server.port()).await?);
            }
            Some(Mutex::new(server))
        } else {
            None
        };
        let (mut nodes, mut to_nodes) = (Vec::new(), Vec::new());
        for number in 0..shape.nodes {
            let port = free_port();
            let database_url = match (&source, to_database.get(number)) {
                (Source::Server(_), Some(proxy)) => format!("postgres://postgres@127.0.0.1:{}/chat", proxy.port()),
                (Source::Server(url), None) => url.clone(),
                (Source::Embedded(file), _) => format!("sqlite://{}", file.display()),
            };
            let bus_url = to_redis.get(number).map(|proxy| format!("redis://127.0.0.1:{}", proxy.port()));
            let settings = settings(shape, folder.path(), &database_url, bus_url, port);
            nodes.push(Node::new(number, shape.program.clone(), folder.path().to_owned(), settings, port));
            to_nodes.push(Proxy::start(port).await?);
        }
        import(&nodes[0], folder.path(), people).await?;
        if let (Some(fault), Source::Server(url)) = (&shape.seeded_fault, &source) {
            unguard(fault, url).await?;
        }
        for node in &mut nodes {
            node.start().await?;
        }
        Ok(Self {
            nodes: nodes.into_iter().map(Mutex::new).collect(),
            to_nodes,
            to_database,
            to_redis,
            database,
            redis,
            source,
            folder,
        })
    }

    /// The folder of the logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder when the cluster ends, for whoever looks for the cause of a violation.
    pub fn keep_folder(&mut self) {
        self.folder.disable_cleanup(true);
    }

    /// Runs something with the database server, which waits for it.
    pub async fn with_server(&self, act: impl FnOnce(&mut PostgresServer) + Send + 'static) -> Result<(), Failure> {
        let Database::Server { server } = &self.database else {
            return Ok(());
        };
        let server = server.clone();
        tokio::task::spawn_blocking(move || act(&mut server.lock().unwrap_or_else(std::sync::PoisonError::into_inner))).await?;
        Ok(())
    }
}

async fn start_database(shape: &Shape, folder: &Path) -> Result<(Database, Source, Vec<Proxy>), Failure> {
    if !shape.on_server {
        return Ok((Database::Embedded, Source::Embedded(folder.join("suhbat.db")), Vec::new()));
    }
    let port = free_port();
    let settings = ["listen_addresses=127.0.0.1".to_owned(), format!("port={port}")];
    let server = tokio::task::spawn_blocking(move || {
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        PostgresServer::start(&settings)
    })
    .await?;
    server.administer("postgres", &["CREATE DATABASE chat"]).await;
    let mut proxies = Vec::new();
    for _ in 0..shape.nodes {
        proxies.push(Proxy::start(port).await?);
    }
    let database = Database::Server {
        server: Arc::new(std::sync::Mutex::new(server)),
    };
    Ok((
        database,
        Source::Server(format!("postgres://postgres@127.0.0.1:{port}/chat")),
        proxies,
    ))
}

/// The environment of a node.
fn settings(shape: &Shape, folder: &Path, database_url: &str, bus_url: Option<String>, port: u16) -> Vec<(String, String)> {
    let mut settings = vec![
        ("SUHBAT__DATABASE__URL".to_owned(), database_url.to_owned()),
        (
            "SUHBAT__OBJECTS__URL".to_owned(),
            format!("file://{}", folder.join("objects").display()),
        ),
        ("SUHBAT__SERVER__BIND".to_owned(), format!("127.0.0.1:{port}")),
        ("SUHBAT__SERVER__SHUTDOWN_GRACE_SECONDS".to_owned(), "5".to_owned()),
        ("SUHBAT__AUTH__SECRET".to_owned(), SECRET.to_owned()),
        ("SUHBAT__LOG__FORMAT".to_owned(), "json".to_owned()),
    ];
    settings.extend(["MESSAGES", "UPLOADS", "REQUESTS"].map(|limit| (format!("SUHBAT__RATE__{limit}_PER_MINUTE"), "0".to_owned())));
    settings.extend(bus_url.map(|url| ("SUHBAT__BUS__URL".to_owned(), url)));
    settings.extend(shape.seeded_fault.clone().map(|fault| ("SUHBAT_SEEDED_FAULT".to_owned(), fault)));
    settings
}

/// The database would refuse what this fault lets through.
async fn unguard(fault: &str, url: &str) -> Result<(), Failure> {
    if fault == "client-id-outside-transaction" {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let driver = tokio::spawn(connection);
        client.batch_execute("DROP INDEX messaging_message_client").await?;
        drop(client);
        driver.await??;
    }
    Ok(())
}

async fn import(node: &Node, folder: &Path, people: &People) -> Result<(), Failure> {
    std::fs::write(folder.join("people.json"), people.document().to_string())?;
    for arguments in [&["migrate"][..], &["import", "people.json"]] {
        let output = node.command(arguments).output().await?;
        if !output.status.success() {
            return Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    Ok(())
}
