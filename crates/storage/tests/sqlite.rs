//! Promises of the embedded database alone: the order of events, one writer, bounded queues, files that outlive the process.
#![expect(clippy::unwrap_used, reason = "a test has no use for a failure, in its helpers neither")]

#[path = "shared/chats.rs"]
mod chats;
#[path = "sqlite/copies.rs"]
mod copies;
#[path = "sqlite/index.rs"]
mod index;
#[path = "sqlite/logs.rs"]
mod logs;
#[path = "sqlite/notes.rs"]
mod notes;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use chats::{between, room, seqs, stored};
use domain::{
    id::{MessageId, Seq},
    message::Draft,
    page::PageRequest,
    ports::{Conversations, Decided, Directory, DirectoryWriter, Messages, OnCommit, Opened, SendOutcome, StoreError},
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, MALIKA, RUSTAM, at, community, draft},
        conformance::{Works, silent},
        direct::{DirectConversations as _, DirectMessages as _},
    },
};
use storage::sqlite::{OpenError, Sqlite, SqliteConfig};
use tempfile::TempDir;
use tokio::task::JoinSet;

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("deep/down/suhbat.db")
}

fn open(path: &Path) -> Sqlite {
    Sqlite::open(SqliteConfig::at(path)).unwrap()
}

async fn populated(config: SqliteConfig) -> Sqlite {
    let store = Sqlite::open(config).unwrap();
    store.import(community()).await.works();
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_sends_get_gapless_seqs_and_call_on_commit_in_their_order() {
    const SENDERS: usize = 64;
    const EACH: usize = 20;
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let rooms = [room(&store, DILNOZA, AZIZ).await, room(&store, DILNOZA, MALIKA).await];
    let announced = Arc::new(Mutex::new(Vec::new()));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (store, announced, room) = (store.clone(), announced.clone(), rooms[sender % 2]);
        senders.spawn(async move {
            for number in 0..EACH {
                let published = announced.clone();
                let on_commit: OnCommit<SendOutcome> = Box::new(move |appended| published.lock().unwrap().push((room, stored(appended))));
                let draft = draft(room, DILNOZA, &format!("{sender}/{number}"), at(1));
                let mine = stored(&store.append(draft, on_commit).await.works().expect("allowed"));
                assert!(
                    announced.lock().unwrap().contains(&(room, mine)),
                    "the caller resumed before `on_commit`"
                );
            }
        });
    }
    while let Some(done) = senders.join_next().await {
        done.unwrap();
    }
    for room in rooms {
        let expected: Vec<Seq> = (1..=i64::try_from(SENDERS * EACH / 2).unwrap()).map(Seq).collect();
        let published: Vec<(MessageId, Seq)> = announced
            .lock()
            .unwrap()
            .iter()
            .filter(|(of, _)| *of == room)
            .map(|(_, message)| *message)
            .collect();
        assert!(published.is_sorted(), "`on_commit` was called out of order");
        assert_eq!(published.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(), expected);
        assert_eq!(seqs(&store, room).await, expected, "ids and `seq` grow together");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_opening_gives_one_conversation() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let mut openers = JoinSet::new();
    for number in 0..32 {
        let store = store.clone();
        let (one, other) = if number % 2 == 0 { (DILNOZA, AZIZ) } else { (AZIZ, DILNOZA) };
        openers.spawn(async move { store.create(between(one, other), silent()).await.works() });
    }
    let opened = openers.join_all().await;
    assert_eq!(opened.iter().filter(|opened| matches!(opened, Opened::New(_))).count(), 1);
    assert!(opened.iter().all(|one| one.id() == opened[0].id()));
    assert_eq!(
        store
            .list(AZIZ, &domain::conversation::ListFilter::default(), PageRequest::new(1, 20))
            .await
            .works()
            .total,
        1
    );
}

#[tokio::test]
async fn all_data_is_kept_after_reopening() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    store
        .append(draft(room, DILNOZA, "salom", at(1)), silent())
        .await
        .works()
        .expect("allowed");
    let detail = store.detail(room, AZIZ).await.works();
    drop(store);
    assert!(
        !file(&folder).with_extension("db-wal").exists(),
        "closing the last connection empties the WAL"
    );
    let store = open(&file(&folder));
    assert_eq!(store.detail(room, AZIZ).await.works(), detail);
    assert_eq!(
        stored(
            &store
                .append(draft(room, AZIZ, "alaykum", at(2)), silent())
                .await
                .works()
                .expect("allowed")
        )
        .1,
        Seq(2)
    );
}

#[tokio::test]
async fn the_wal_is_checkpointed_while_the_store_is_open() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let text = "to be carried over";
    store
        .append(draft(room, DILNOZA, text, at(1)), silent())
        .await
        .works()
        .expect("allowed");
    let carried = async {
        while !std::fs::read(file(&folder))
            .unwrap()
            .windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), carried)
        .await
        .expect("the WAL is checkpointed");
}

#[tokio::test]
async fn acknowledged_commands_are_visible_to_another_process() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let other = open(&file(&folder));
    let room = room(&store, DILNOZA, AZIZ).await;
    store
        .append(draft(room, DILNOZA, "one", at(1)), silent())
        .await
        .works()
        .expect("allowed");
    assert_eq!(
        stored(
            &other
                .append(draft(room, AZIZ, "two", at(2)), silent())
                .await
                .works()
                .expect("allowed")
        )
        .1,
        Seq(2)
    );
    assert_eq!(seqs(&store, room).await, [Seq(1), Seq(2)]);
}

#[test]
fn several_processes_may_open_an_empty_database_at_once() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Sqlite::open(SqliteConfig::at(&path)).map(drop)))
            .collect();
        for opened in opening {
            opened.join().unwrap().unwrap();
        }
    });
}

/// Holds up the writer in `on_commit` until the returned sender is used or dropped.
async fn held_up(store: &Sqlite, draft: Draft) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<Decided<SendOutcome>, StoreError>>) {
    let (release, held) = mpsc::channel::<()>();
    let (holding, reached) = tokio::sync::oneshot::channel();
    let store = store.clone();
    let on_commit: OnCommit<SendOutcome> = Box::new(move |_| {
        holding.send(()).unwrap();
        let _ = held.recv();
    });
    let first = tokio::spawn(async move { store.append(draft, on_commit).await });
    reached.await.unwrap();
    (release, first)
}

#[tokio::test]
async fn a_command_that_waits_too_long_for_the_full_queue_gets_busy() {
    let folder = TempDir::new().unwrap();
    let config = SqliteConfig {
        queue: 1,
        wait: Duration::from_millis(50),
        ..SqliteConfig::at(file(&folder))
    };
    let store = populated(config).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let (release, first) = held_up(&store, draft(room, DILNOZA, "1", at(1))).await;
    let mut waiting = JoinSet::new();
    for text in ["2", "3"] {
        let store = store.clone();
        waiting.spawn(async move { store.append(draft(room, DILNOZA, text, at(2)), silent()).await });
    }
    let refused = waiting.join_next().await.unwrap().unwrap();
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    drop(release);
    first.await.unwrap().works().expect("allowed");
    waiting.join_next().await.unwrap().unwrap().works().expect("allowed");
    assert_eq!(seqs(&store, room).await, [Seq(1), Seq(2)]);
}

#[tokio::test]
async fn commands_that_wait_during_a_commit_are_committed_together() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let (release, first) = held_up(&store, draft(room, DILNOZA, "1", at(1))).await;
    let mut waiting = JoinSet::new();
    let visible = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        // Count the messages that another connection sees while `on_commit` runs.
        let (path, visible) = (file(&folder), visible.clone());
        let on_commit: OnCommit<SendOutcome> = Box::new(move |_| visible.lock().unwrap().push(count(&path)));
        let store = store.clone();
        waiting.spawn(async move { store.append(draft(room, AZIZ, "more", at(2)), on_commit).await.works() });
    }
    // All three commands are pushed once each task was polled, which this runtime of one thread does in order.
    tokio::task::yield_now().await;
    drop(release);
    first.await.unwrap().works().expect("allowed");
    waiting.join_all().await;
    assert_eq!(*visible.lock().unwrap(), [4, 4, 4]);
}

fn count(path: &Path) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .query_row("SELECT count(*) FROM messaging_message", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_send_is_carried_out_even_if_its_client_is_gone() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let (on_commit, announced) = mpsc::channel();
    let mut gone = store.append(draft(room, DILNOZA, "salom", at(1)), Box::new(move |_| on_commit.send(()).unwrap()));
    tokio::select! {
        biased;
        _ = &mut gone => panic!("answered within one poll"),
        () = std::future::ready(()) => drop(gone),
    }
    store.ping().await.works();
    announced.try_recv().expect("`on_commit` was called");
    assert_eq!(seqs(&store, room).await, [Seq(1)]);
}

#[tokio::test]
async fn dropped_reads_do_not_affect_later_ones() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig {
        readers: 1,
        ..SqliteConfig::at(file(&folder))
    })
    .await;
    for _ in 0..100 {
        let mut gone = store.person(AZIZ);
        tokio::select! {
            biased;
            _ = &mut gone => {}
            () = std::future::ready(()) => drop(gone),
        }
    }
    assert_eq!(store.person(AZIZ).await.works().unwrap().id, AZIZ);
}

#[tokio::test]
async fn calls_on_a_closed_store_fail_and_closing_twice_does_nothing() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    store.ping().await.works();
    store.close();
    store.close();
    assert!(matches!(store.ping().await, Err(StoreError::Failed(_))));
    assert!(matches!(store.person(AZIZ).await, Err(StoreError::Failed(_))));
    let room = store.create(between(RUSTAM, KAMOL), silent()).await;
    assert!(matches!(room, Err(StoreError::Failed(_))));
}

#[test]
fn a_file_that_is_no_database_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "This is not a database. ".repeat(1_000)).unwrap();
    let error = Sqlite::open(SqliteConfig::at(&path)).unwrap_err();
    assert!(matches!(error, OpenError::Unreadable(..)), "{error:?}");
    assert!(error.to_string().contains("letter.txt"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = Sqlite::open(SqliteConfig::at(folder.path().join("file/suhbat.db"))).unwrap_err();
    assert!(matches!(error, OpenError::Folder(..)), "{error:?}");
}

#[test]
fn a_newer_schema_stops_the_start() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("suhbat.db");
    drop(open(&path));
    let database = rusqlite::Connection::open(&path).unwrap();
    let known: i64 = database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let error = Sqlite::open(SqliteConfig::at(&path)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the database has schema version 99, but this program knows only {known}: use the newer program")
    );
}

/// The WAL of a full disk: it only has room for a page.
#[tokio::test]
async fn a_ping_writes_as_much_as_the_largest_message_and_leaves_no_trace() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let store = populated(SqliteConfig::at(&path)).await;
    let log = folder.path().join("deep/down/suhbat.db-wal");
    let row = || -> (String, String) {
        rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("SELECT store_id, epoch FROM messaging_store", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap()
    };
    let (before, length) = (row(), std::fs::metadata(&log).unwrap().len());
    store.ping().await.works();
    let written = std::fs::metadata(&log).unwrap().len() - length;
    let needed = SqliteConfig::message_bytes(10_000) as u64;
    assert!(written >= needed, "{written} of {needed} bytes were written");
    assert_eq!(row(), before);
    let room = room(&store, DILNOZA, AZIZ).await;
    let longest = "\u{1F54A}".repeat(10_000);
    let length = std::fs::metadata(&log).unwrap().len();
    store
        .append(draft(room, DILNOZA, &longest, at(1)), silent())
        .await
        .works()
        .expect("allowed");
    let message = std::fs::metadata(&log).unwrap().len() - length;
    assert!(message <= written, "a message took {message} bytes, a probe only {written}");
}

#[tokio::test]
async fn no_write_is_acknowledged_into_a_moved_file() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let store = populated(SqliteConfig::at(&path)).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    store
        .append(draft(room, DILNOZA, "before", at(1)), silent())
        .await
        .works()
        .expect("allowed");
    let elsewhere = path.with_extension("elsewhere");
    std::fs::rename(&path, &elsewhere).unwrap();
    for replacement in [None, Some("another file")] {
        if let Some(content) = replacement {
            std::fs::write(&path, content).unwrap();
        }
        let announced = Arc::new(Mutex::new(false));
        let published = announced.clone();
        let sent = store
            .append(
                draft(room, DILNOZA, "lost", at(2)),
                Box::new(move |_| *published.lock().unwrap() = true),
            )
            .await;
        assert!(matches!(sent, Err(StoreError::Damaged(_))), "{sent:?}");
        assert!(!*announced.lock().unwrap());
        assert!(matches!(store.ping().await, Err(StoreError::Damaged(_))));
        assert!(store.last_write_failed());
        store.person(AZIZ).await.works();
    }
    std::fs::rename(&elsewhere, &path).unwrap();
    store.ping().await.works();
    store
        .append(draft(room, DILNOZA, "after", at(3)), silent())
        .await
        .works()
        .expect("allowed");
    assert!(!store.last_write_failed());
}

#[tokio::test]
async fn damage_is_noticed_by_a_ping_and_stays_noticed() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder);
    let store = populated(SqliteConfig::at(&path)).await;
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'messaging_message'; PRAGMA writable_schema = OFF; PRAGMA schema_version = 99;")
        .unwrap();
    let missing = store.get(MessageId(1), AZIZ).await;
    assert!(matches!(missing, Err(StoreError::Damaged(_))), "{missing:?}");
    assert!(matches!(store.ping().await, Err(StoreError::Damaged(_))));
}
