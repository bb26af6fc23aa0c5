//! The adapter of PostgreSQL keeps what the ports promise, and is seen like the fake. Needs a server: `./just test postgres` starts one.
#![expect(clippy::unwrap_used, reason = "a test has no use for a failure, in its helpers neither")]

#[path = "postgres/batches.rs"]
mod batches;
#[path = "shared/chats.rs"]
mod chats;
#[path = "shared/corpus.rs"]
mod corpus;
#[path = "postgres/failures.rs"]
mod failures;
#[path = "postgres/migrations.rs"]
mod migrations;
#[path = "postgres/nodes.rs"]
mod nodes;
#[path = "postgres/outbox.rs"]
mod outbox;
#[path = "postgres/plans.rs"]
mod plans;
#[path = "postgres/transfer.rs"]
mod transfer;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use domain::testing::{
    conformance::{feed::play_documents, search::SearchedStore},
    fakes::FakeStore,
    model::{Step, play},
};
use proptest::prelude::*;
use storage::postgres::{Postgres, PostgresConfig};
use tokio::sync::OnceCell;

/// The server, as the start of a URL that ends before the name of a database.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn server() -> String {
    std::env::var("SUHBAT_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "these tests need a PostgreSQL server: run `./just test postgres`, or `scripts/postgres cargo test --workspace --test postgres`"
        )
    })
}

fn url(database: &str) -> String {
    format!("{}/{database}", server())
}

/// A migrated database, from which each test's own is copied.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COPIES: AtomicU32 = AtomicU32::new(0);
/// Databases whose tests are over; the next test removes them.
static FINISHED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Runs statements on the server, each in a transaction of its own.
async fn administer(statements: &[String]) {
    let mut connection = AsyncPgConnection::establish(&url("postgres"))
        .await
        .expect("a connection to the server");
    for statement in statements {
        connection.batch_execute(statement).await.expect("a statement of an administrator");
    }
}

async fn template() -> &'static str {
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", std::process::id());
            administer(&[format!("CREATE DATABASE {name}")]).await;
            let store = Postgres::open(PostgresConfig::at(url(&name))).await.expect("an empty database");
            store.close().await;
            name
        })
        .await
}

/// A database that is removed some time after the end of its test.
struct Database(String);

impl Drop for Database {
    fn drop(&mut self) {
        let mut finished = FINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        finished.push(std::mem::take(&mut self.0));
    }
}

impl Database {
    /// A migrated one.
    async fn fresh() -> Self {
        Self::copy_of(template().await).await
    }

    /// One without any table.
    async fn empty() -> Self {
        Self::copy_of("template0").await
    }

    async fn copy_of(template: &str) -> Self {
        let name = format!("test_{}_{}", std::process::id(), COPIES.fetch_add(1, Ordering::Relaxed));
        let finished = std::mem::take(&mut *FINISHED.lock().unwrap_or_else(PoisonError::into_inner));
        let mut statements: Vec<String> = finished
            .into_iter()
            .map(|finished| format!("DROP DATABASE {finished} WITH (FORCE)"))
            .collect();
        statements.push(format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"));
        administer(&statements).await;
        Self(name)
    }

    fn config(&self) -> PostgresConfig {
        PostgresConfig {
            connections: 4,
            // No test of the others fails because the machine is busy.
            wait: Duration::from_secs(30),
            ..PostgresConfig::at(url(&self.0))
        }
    }
}

async fn fresh() -> (Postgres, Database) {
    let database = Database::fresh().await;
    let store = Postgres::open(database.config()).await.expect("a migrated database");
    (store, database)
}

mod conformance {
    domain::store_conformance!(crate::fresh);
}

async fn searched() -> (SearchedStore<Postgres>, Database) {
    let (store, database) = fresh().await;
    let index = Arc::new(store.clone());
    (SearchedStore { store, index }, database)
}

mod search {
    domain::search_conformance!(crate::searched);

    #[tokio::test]
    async fn the_queries_of_the_corpus_find_what_the_lexicon_finds() {
        let (searched, _database) = crate::searched().await;
        crate::corpus::finds_what_the_lexicon_finds(&searched).await;
    }

    #[tokio::test]
    #[ignore = "takes minutes: ./just test search-long"]
    async fn ten_thousand_random_changes_are_found_as_by_reading_all() {
        let (searched, _database) = crate::searched().await;
        domain::testing::conformance::search::finds_as_by_reading_all(&searched, 10_000).await;
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn on_the_fake(steps: &[Step]) -> Vec<String> {
    runtime().block_on(play(FakeStore::default(), steps))
}

fn on_postgres(steps: &[Step]) -> Vec<String> {
    runtime().block_on(async {
        let (store, _database) = fresh().await;
        play(store, steps).await
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn postgres_is_seen_like_the_fake(steps in prop::collection::vec(any::<[u16; 4]>().prop_map(Step::from), 1..80)) {
        let (expected, found) = (on_the_fake(&steps), on_postgres(&steps));
        for (expected, found) in expected.iter().zip(&found) {
            prop_assert_eq!(expected, found);
        }
        prop_assert_eq!(expected.len(), found.len());
    }

    #[test]
    fn directory_documents_are_judged_as_a_whole(
        documents in prop::collection::vec(prop::collection::vec(any::<[u8; 3]>(), 0..8), 1..8)
    ) {
        runtime().block_on(async {
            let (store, _database) = fresh().await;
            play_documents(&store, &documents).await;
        });
    }
}
