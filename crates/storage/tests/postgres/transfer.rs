//! An embedded database is transferred to a server as a whole or not at all, and is seen there as before.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use domain::{
    page::PageRequest,
    people::{ContactScope, DirectoryDocument, Role},
    ports::{DirectoryWriter as _, ImportOutcome},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, at, community, draft, person},
        conformance::{Store, Works as _, silent},
        direct::DirectMessages as _,
        model::{Step, World},
    },
};
use proptest::prelude::*;
use storage::{
    Origin, StoreUrl,
    postgres::{OpenError, Postgres},
    sqlite::{self, CopyError, ServiceLock, Sqlite, SqliteConfig},
    transfer::{TransferError, TransferProgress, Transferred, transfer},
};
use tempfile::TempDir;

use crate::{
    Database,
    chats::{room, stored},
    migrations::schema,
    runtime, url,
};

async fn transferred(
    file: &Path,
    to: &Database,
    progress: &mut (dyn FnMut(TransferProgress) + Send),
) -> Result<Transferred, TransferError> {
    let Ok(StoreUrl::Postgres(to)) = url(&to.0).parse() else {
        panic!("a URL of a server")
    };
    transfer(file, &to, "a test", progress).await
}

/// A database with a service on it, for which an import leaves a note.
fn sqlite_in(folder: &TempDir) -> (Sqlite, PathBuf) {
    let file = folder.path().join("suhbat.db");
    let config = SqliteConfig {
        holder: Some("a test".to_owned()),
        ..SqliteConfig::at(&file)
    };
    (Sqlite::open(config).unwrap(), file)
}

/// A closed database in which many kinds of rows are.
async fn filled(folder: &TempDir) -> PathBuf {
    let (store, file) = sqlite_in(folder);
    let mut world = World::new(store.clone()).await;
    for number in 0..200_u16 {
        let step = [number, number.wrapping_mul(7), number.wrapping_mul(11), number.wrapping_mul(13)];
        world.apply(&Step::from(step)).await;
    }
    let renamed = DirectoryDocument {
        users: vec![person(AZIZ.0, "aziz-2", Role::User)],
        ..DirectoryDocument::default()
    };
    let imported = store.import_with_note(renamed).await.works();
    assert!(matches!(imported, ImportOutcome::Done(_)), "{imported:?}");
    store.close();
    file
}

/// The files of a database and their contents.
fn files(folder: &TempDir) -> BTreeMap<String, Vec<u8>> {
    let entries = folder.path().read_dir().unwrap().map(Result::unwrap);
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()));
    named
        .filter(|(name, _)| !name.ends_with("-lock") && !name.ends_with("-shm"))
        .collect()
}

/// What each person finds in the directory.
async fn directory(store: &impl Store) -> Vec<String> {
    let mut found = vec![format!("{:?}", store.roster().await.works())];
    for user in community().users {
        found.push(format!("{:?}", store.affiliation(user.id).await.works()));
        for query in [None, Some("pavel")] {
            let contacts = store
                .contacts(user.id, ContactScope::Everyone, query, PageRequest::new(1, 50))
                .await;
            found.push(format!("{:?}", contacts.works()));
        }
    }
    found
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(database: &Database, query: &str) -> i64 {
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    let query = diesel::sql_query(query);
    let count: Count = diesel_async::RunQueryDsl::get_result(query, &mut connection).await.unwrap();
    count.count
}

/// The rows of the tables that a transfer fills, without those that the migrations make.
async fn rows(database: &Database) -> i64 {
    let tables = [
        "accounts_user",
        "confessions_confession",
        "confessions_subscription",
        "messaging_conversation",
        "messaging_conversation_participants",
        "messaging_message",
        "messaging_messageread",
        "messaging_messageattachment",
        "directory_changes",
        "messaging_outbox",
    ];
    let counts = tables.map(|table| format!("(SELECT count(*) FROM {table})"));
    count(database, &format!("SELECT {} AS count", counts.join(" + "))).await
}

fn highest_message(file: &Path) -> i64 {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection
        .query_row("SELECT coalesce(max(id), 0) FROM messaging_message", [], |row| row.get(0))
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// And everybody goes on there: the steps after the transfer keep all invariants, `seq` without gaps among them.
    #[test]
    fn everybody_sees_a_transferred_database_as_before_and_goes_on(
        before in prop::collection::vec(any::<[u16; 4]>().prop_map(Step::from), 1..120),
        after in prop::collection::vec(any::<[u16; 4]>().prop_map(Step::from), 1..30),
    ) {
        runtime().block_on(async {
            let folder = TempDir::new().unwrap();
            let (store, file) = sqlite_in(&folder);
            let mut world = World::new(store.clone()).await;
            for step in &before {
                world.apply(step).await;
            }
            let (seen, found) = (world.visible_state().await, directory(&store).await);
            let (identity, newest) = (store.identity().clone(), store.newest_time());
            store.close();

            let database = Database::empty().await;
            transferred(&file, &database, &mut |_| ()).await.unwrap();
            let store = Postgres::open(database.config()).await.unwrap();
            let mut world = world.moved_to(store.clone());
            assert_eq!(world.visible_state().await, seen);
            assert_eq!(directory(&store).await, found);
            assert_eq!((store.identity(), store.newest_time()), (&identity, newest));
            for step in &after {
                world.apply(step).await;
            }
            world.visible_state().await;
        });
    }
}

#[tokio::test]
async fn the_first_message_after_a_transfer_gets_the_next_id_and_a_sent_one_is_known_by_its_client_id() {
    let folder = TempDir::new().unwrap();
    let (store, file) = sqlite_in(&folder);
    store.import(community()).await.works();
    let chat = room(&store, DILNOZA, AZIZ).await;
    let named = |text| domain::message::Draft {
        client_id: domain::message::ClientId::new("c-1"),
        ..draft(chat, DILNOZA, text, at(1))
    };
    let (first, _) = stored(&store.append(named("salom"), silent()).await.works().expect("allowed"));
    store.close();
    let database = Database::fresh().await;
    transferred(&file, &database, &mut |_| ()).await.unwrap();

    let store = Postgres::open(database.config()).await.unwrap();
    let (next, seq) = stored(
        &store
            .append(draft(chat, DILNOZA, "yana", at(2)), silent())
            .await
            .works()
            .expect("allowed"),
    );
    assert_eq!((next.0, seq.0), (highest_message(&file) + 1, 2));
    let again = store.append(named("salom"), silent()).await.works().expect("allowed");
    assert!(
        matches!(again, domain::ports::SendOutcome::AlreadySent(id) if id == first),
        "{again:?}"
    );
    let other = room(&store, DILNOZA, MALIKA).await;
    assert_eq!(other.0, chat.0 + 1);
}

#[tokio::test]
async fn a_transfer_changes_no_file_leaves_the_schema_as_migrated_and_reports_its_progress() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let before = files(&folder);
    let (migrated, database) = (Database::fresh().await, Database::empty().await);
    let mut reports = Vec::new();
    let contents = transferred(&file, &database, &mut |report| reports.push(report)).await.unwrap();

    assert!(files(&folder) == before, "{:?}", files(&folder).keys());
    let mut expected = AsyncPgConnection::establish(&url(&migrated.0)).await.unwrap();
    let mut found = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    assert_eq!(schema(&mut found).await, schema(&mut expected).await);

    assert_eq!(reports.first(), Some(&TransferProgress::CheckingSource));
    let copied = reports.iter().rev().find_map(|report| match report {
        TransferProgress::Copied { rows, of } => Some((*rows, *of)),
        _ => None,
    });
    let (copied, of) = copied.expect("a report of rows");
    assert_eq!(copied, of);
    assert_eq!(reports.last(), Some(&TransferProgress::Checked { rows: of, of }));
    assert!(contents.messages > 0 && contents.accounts > 0 && contents.conversations > 0);
    // Of the other rows, one is about the database, one about the folding, and two count accounts.
    let totals = count(&database, "SELECT count(*) FROM messaging_conversation_totals").await;
    assert_eq!(rows(&database).await + totals + 4, i64::try_from(of).unwrap());
    assert_eq!(
        count(
            &database,
            "SELECT sum(active)::bigint - (SELECT count(*) FROM accounts_user WHERE is_active) AS count FROM accounts_user_totals"
        )
        .await,
        0
    );
    let note = Postgres::open(database.config()).await.unwrap().take_note().await.works();
    assert!(note.expect("the note of the import").accounts.contains(&AZIZ));
}

/// Interrupts a transfer after each report of its progress, until one is through.
#[tokio::test]
async fn an_interrupted_transfer_leaves_an_empty_database_and_can_be_repeated() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let whole = Database::fresh().await;
    transferred(&file, &whole, &mut |_| ()).await.unwrap();
    let database = Database::fresh().await;
    let mut interrupted = 0;
    loop {
        let (mut reports, last) = (0, interrupted + 1);
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let mut stop = Some(stop);
        let mut report = |_| {
            reports += 1;
            if reports == last {
                stop.take().map(|stop| stop.send(()));
            }
        };
        let done = tokio::select! {
            biased;
            _ = stopped => None,
            done = transferred(&file, &database, &mut report) => Some(done),
        };
        match done {
            // The thread of the interrupted transfer still ends.
            Some(Err(TransferError::Source(CopyError::Open(sqlite::OpenError::InUse { .. })))) => tokio::task::yield_now().await,
            Some(done) => {
                done.unwrap();
                break;
            }
            None => {
                interrupted += 1;
                let stored = rows(&database).await;
                if stored > 0 {
                    // The commit was on its way.
                    break;
                }
                let store = Postgres::open(database.config()).await.unwrap();
                assert_eq!(store.origin().await.works(), Origin::Empty);
                store.close().await;
            }
        }
    }
    assert!(interrupted > 5, "{interrupted}");
    assert_eq!(rows(&database).await, rows(&whole).await);
}

#[tokio::test]
async fn the_changes_in_the_log_of_a_killed_service_are_transferred_and_stay_there() {
    let folder = TempDir::new().unwrap();
    let (store, file) = sqlite_in(&folder);
    store.import(community()).await.works();
    let chat = room(&store, DILNOZA, AZIZ).await;
    store
        .append(draft(chat, DILNOZA, "salom", at(1)), silent())
        .await
        .works()
        .expect("allowed");
    let killed = TempDir::new().unwrap();
    for (name, bytes) in files(&folder) {
        std::fs::write(killed.path().join(name), bytes).unwrap();
    }
    let before = files(&killed);
    assert!(before["suhbat.db-wal"].len() > 4096, "the message is in the log");
    let database = Database::empty().await;
    let contents = transferred(&killed.path().join("suhbat.db"), &database, &mut |_| ()).await.unwrap();
    assert_eq!(contents.messages, 1);
    assert!(files(&killed) == before);
    drop((store, file));
}

#[tokio::test]
async fn a_database_with_rows_or_with_a_service_on_it_is_refused_and_keeps_what_it_has() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let database = Database::fresh().await;
    let store = Postgres::open(database.config()).await.unwrap();
    let refused = transferred(&file, &database, &mut |_| ()).await.unwrap_err();
    assert!(matches!(refused, TransferError::InUse), "{refused:?}");
    store.import(community()).await.works();
    store.close().await;
    let before = rows(&database).await;
    let refused = transferred(&file, &database, &mut |_| ()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the table accounts_user of the new database has rows; name an empty database"
    );
    assert_eq!(rows(&database).await, before);
    let nowhere = Database("nowhere".to_owned());
    let refused = transferred(&file, &nowhere, &mut |_| ()).await.unwrap_err();
    assert!(matches!(refused, TransferError::Target(OpenError::Unreachable(_))), "{refused:?}");
    std::mem::forget(nowhere);
}

#[tokio::test]
async fn a_transfer_waits_a_moment_for_a_service_that_stops() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let database = Database::fresh().await;
    let store = Postgres::open(database.config()).await.unwrap();
    let stops = async {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'suhbat transfer'",
            database.0
        );
        while count(&database, &waiting).await == 0 {
            tokio::task::yield_now().await;
        }
        store.close().await;
    };
    let mut silent = |_| ();
    let (contents, ()) = tokio::join!(transferred(&file, &database, &mut silent), stops);
    contents.unwrap();
}

#[tokio::test]
async fn an_embedded_database_that_is_in_use_older_damaged_or_missing_is_refused_by_a_sentence() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let database = Database::fresh().await;
    let refusal = async |file: &Path| transferred(file, &database, &mut |_| ()).await.unwrap_err().to_string();

    let lock = ServiceLock::acquire(&file, "the service at 127.0.0.1:8000").unwrap();
    let refused = refusal(&file).await;
    assert!(refused.contains("is in use by the service at 127.0.0.1:8000"), "{refused}");
    drop(lock);

    let missing = refusal(&folder.path().join("nowhere.db")).await;
    assert!(missing.starts_with("there is no file"), "{missing}");

    let connection = rusqlite::Connection::open(&file).unwrap();
    let newest: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", newest - 1).unwrap();
    let older = refusal(&file).await;
    assert!(older.ends_with("run `suhbat migrate` first"), "{older}");
    connection.pragma_update(None, "user_version", newest).unwrap();
    drop(connection);

    let mut bytes = std::fs::read(&file).unwrap();
    let page = bytes.windows(6).rposition(|bytes| bytes == b"salom,").unwrap() / 4096 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let damaged = refusal(&file).await;
    assert!(damaged.contains("is damaged"), "{damaged}");
    assert_eq!(rows(&database).await, 0);
}

#[tokio::test]
async fn an_import_beside_a_transfer_stops_it() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let database = Database::fresh().await;
    let (of, mut imported) = (file.clone(), None);
    let mut import = |report| {
        if report == TransferProgress::Indexing {
            let store = Sqlite::open(SqliteConfig::at(&of)).unwrap();
            let other = store.clone();
            let importing = std::thread::spawn(move || runtime().block_on(other.import(community())));
            importing.join().unwrap().works();
            imported = Some(store);
        }
    };
    let refused = transferred(&file, &database, &mut import).await.unwrap_err();
    assert!(matches!(refused, TransferError::Source(CopyError::Changed(_))), "{refused:?}");
    assert_eq!(rows(&database).await, 0);
}

#[tokio::test]
async fn values_that_the_server_cannot_store_as_they_are_stop_a_transfer() {
    let folder = TempDir::new().unwrap();
    let file = filled(&folder).await;
    let database = Database::fresh().await;
    let spoilt = async |statement: &str| {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.execute(statement, []).unwrap();
        drop(connection);
        let refused = transferred(&file, &database, &mut |_| ()).await.unwrap_err();
        assert_eq!(rows(&database).await, 0);
        refused.to_string()
    };
    // A time after the last one of PostgreSQL, found by the checksum of its conversation.
    let differs = spoilt("UPDATE messaging_message SET updated_at = 9223372036854775807 WHERE id = 1").await;
    assert!(differs.starts_with("the copy differs: the rows of conversation "), "{differs}");
    let nul = spoilt("UPDATE messaging_message SET content = 'a' || char(0) || 'b' WHERE id = 1").await;
    assert_eq!(
        nul,
        "the embedded database has a text with a NUL character in messaging_message.content, which PostgreSQL cannot store"
    );
    let unreadable = spoilt("UPDATE accounts_user SET first_name = CAST(x'ff' AS TEXT) WHERE id = 5").await;
    assert_eq!(
        unreadable,
        "the embedded database has an unreadable value in accounts_user.first_name"
    );
}
