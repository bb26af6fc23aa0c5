use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use domain::testing::builders::community;
use storage::{Access, DirectorySource, Store, StoreUrl};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// The database of one test. `SUHBAT_POSTGRES` is the URL of a server without the name of a database: if it is set, each test gets a database of its own
/// there, copied from a migrated one. Otherwise it is a file in the test's folder.
#[derive(Debug)]
pub struct Database {
    /// Its name on the server.
    name: Option<String>,
    is_inhabited: bool,
}

/// The databases that others are copied from: a migrated one, and one with the standard community.
static MIGRATED: OnceCell<String> = OnceCell::const_new();
static INHABITED: OnceCell<String> = OnceCell::const_new();
static COPIES: AtomicU32 = AtomicU32::new(0);
/// Databases whose tests are over; the next test removes them.
static FINISHED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The server that tests run on, if it is not the embedded database.
#[expect(clippy::disallowed_methods, reason = "the database of all tests is no setting of the service")]
pub(crate) fn server() -> Option<String> {
    std::env::var("SUHBAT_POSTGRES").ok()
}

fn url_of(name: &str) -> String {
    format!("{}/{name}", server().expect("only databases of a server have names"))
}

async fn connect(name: &str) -> Client {
    let (client, connection) = Box::pin(tokio_postgres::connect(&url_of(name), NoTls))
        .await
        .expect("a connection to the server");
    tokio::spawn(connection);
    client
}

async fn template(inhabited: bool) -> &'static str {
    let (template, name) = if inhabited {
        (&INHABITED, "inhabited")
    } else {
        (&MIGRATED, "migrated")
    };
    template
        .get_or_init(|| async {
            let name = format!("{name}_{}", std::process::id());
            let administrator = connect("postgres").await;
            administrator
                .batch_execute(&format!("CREATE DATABASE {name}"))
                .await
                .expect("an administrator");
            let url: StoreUrl = url_of(&name).parse().expect("a URL of a database");
            let store = Store::open(&url, Access::Command, &DirectorySource::Own)
                .await
                .expect("an empty database");
            if inhabited {
                store.directory_writer.import(community()).await.expect("the standard community");
            }
            store.close().await;
            name
        })
        .await
}

impl Database {
    /// A migrated one, or the embedded one, which does not exist yet.
    pub async fn fresh() -> Self {
        Self::copy(false).await
    }

    /// The same, with the standard community in it if it is on a server. Filling each one anew would take as long as all tests do on the embedded database.
    pub async fn inhabited() -> Self {
        Self::copy(true).await
    }

    /// Does it have the standard community?
    pub(crate) fn is_inhabited(&self) -> bool {
        self.is_inhabited
    }

    async fn copy(inhabited: bool) -> Self {
        if server().is_none() {
            return Self {
                name: None,
                is_inhabited: false,
            };
        }
        let template = template(inhabited).await;
        let name = format!("test_{}_{}", std::process::id(), COPIES.fetch_add(1, Ordering::Relaxed));
        let administrator = connect("postgres").await;
        let finished = std::mem::take(&mut *FINISHED.lock().unwrap_or_else(PoisonError::into_inner));
        let removed = finished
            .into_iter()
            .map(|finished| format!("DROP DATABASE {finished} WITH (FORCE)"));
        let made = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
        for statement in removed.chain([made]) {
            administrator.batch_execute(&statement).await.expect("an administrator");
        }
        // A copy is not the same database: object stores belong to one of them.
        let own = "UPDATE messaging_store SET store_id = md5(current_database() || store_id), epoch = left(md5(store_id || current_database()), 16)";
        connect(&name).await.batch_execute(own).await.expect("a migrated database");
        Self {
            name: Some(name),
            is_inhabited: inhabited,
        }
    }

    /// Its URL, for a test with this folder.
    pub fn url(&self, folder: &Path) -> String {
        match &self.name {
            Some(name) => url_of(name),
            None => format!("sqlite://{}", folder.join("suhbat.db").display()),
        }
    }

    /// Keeps all others from writing into it.
    pub async fn lock(&self, folder: &Path) -> WriteLock {
        let holder = if let Some(name) = &self.name {
            let connection = connect(name).await;
            connection
                .batch_execute("BEGIN; LOCK TABLE accounts_user, confessions_confession, confessions_subscription IN EXCLUSIVE MODE")
                .await
                .expect("the tables of a migrated database");
            Holder::Server(connection)
        } else {
            let connection = rusqlite::Connection::open(folder.join("suhbat.db")).expect("the service's database");
            connection.execute_batch("BEGIN IMMEDIATE").expect("the write lock");
            Holder::Embedded(connection)
        };
        WriteLock { _connection: holder }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut finished = FINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        finished.extend(self.name.take());
    }
}

/// While it lives, the directory of a database cannot be written to. Its transaction ends with its connection.
#[derive(Debug)]
pub struct WriteLock {
    _connection: Holder,
}

#[derive(Debug)]
#[expect(dead_code, reason = "the connections are kept and not used")]
enum Holder {
    Embedded(rusqlite::Connection),
    Server(Client),
}
