//! The schema is made, unmade and made again, by one program at a time, and never by an older program than the database's.

use std::path::Path;

use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{AsyncConnection as _, AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use storage::postgres::{OpenError, Postgres, PostgresConfig};
use tokio::task::JoinSet;

use crate::{Database, url};

#[derive(Debug, PartialEq, Eq, QueryableByName)]
pub(crate) struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Everything that a migration could leave behind, and what it looks like.
pub(crate) async fn schema(connection: &mut AsyncPgConnection) -> Vec<Named> {
    let everything = "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable AS name
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE 'diesel%'
         UNION ALL SELECT 'trigger ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
         ORDER BY 1";
    diesel::sql_query(everything).load(connection).await.unwrap()
}

#[tokio::test]
async fn everything_goes_up_down_and_up_again() {
    let database = Database::empty().await;
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    let nothing = schema(&mut connection).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let migrate = async |connection: AsyncPgConnection, up: bool| {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || {
            let (migrations, mut harness) = (
                FileBasedMigrations::from_path(folder).unwrap(),
                AsyncMigrationHarness::new(connection),
            );
            if up {
                harness.run_pending_migrations(migrations).unwrap();
            } else {
                harness.revert_all_migrations(migrations).unwrap();
            }
            harness.into_inner()
        })
        .await
        .unwrap()
    };
    connection = migrate(connection, true).await;
    let everything = schema(&mut connection).await;
    assert!(everything.len() > 100, "{everything:?}");
    connection = migrate(connection, false).await;
    assert_eq!(schema(&mut connection).await, nothing);
    connection = migrate(connection, true).await;
    assert_eq!(schema(&mut connection).await, everything);
}

#[tokio::test]
async fn several_programs_may_open_an_empty_database_at_once() {
    let database = Database::empty().await;
    let mut opening = JoinSet::new();
    for _ in 0..4 {
        opening.spawn(Postgres::open(database.config()));
    }
    let opened: Vec<Postgres> = opening.join_all().await.into_iter().map(Result::unwrap).collect();
    assert!(opened.iter().all(|store| store.identity() == opened[0].identity()));
}

#[tokio::test]
async fn a_newer_schema_stops_the_start() {
    let database = Database::fresh().await;
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    connection
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99later')")
        .await
        .unwrap();
    let error = Postgres::open(database.config()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database has the migration 99later, which this program does not know: use the newer program"
    );
}

#[tokio::test]
async fn a_service_leaves_an_older_schema_to_the_operator() {
    let database = Database::fresh().await;
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    connection
        .batch_execute("DROP TABLE directory_changes; DELETE FROM __diesel_schema_migrations WHERE version = '06directorychanges'")
        .await
        .unwrap();
    let service = PostgresConfig {
        migrate_older: false,
        ..database.config()
    };
    let error = Postgres::open(service.clone()).await.unwrap_err();
    assert!(matches!(error, OpenError::TooOld), "{error:?}");
    Postgres::open(database.config()).await.unwrap().close().await;
    Postgres::open(service.clone()).await.unwrap().close().await;
    let empty = Database::empty().await;
    let service = PostgresConfig {
        url: url(&empty.0),
        ..service
    };
    Postgres::open(service).await.unwrap().close().await;
}

#[tokio::test]
async fn a_database_that_is_not_there_stops_the_start() {
    let error = Postgres::open(PostgresConfig::at(url("nowhere"))).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
}
