//! What only the embedded database promises: order of announcements, one writer, bounded queues, files that outlive the process.
#![expect(clippy::unwrap_used, reason = "a test has no use for a failure, in its helpers neither")]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use domain::{
    conversation::NewConversation,
    id::{ConversationId, MessageId, Seq, UserId},
    message::Draft,
    page::{PageRequest, Window},
    ports::{Announce, Appended, Conversations, Directory, DirectoryFeed, Messages, Opened, Shown, StoreError},
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, MALIKA, NUR, RUSTAM, at, community, draft},
        conformance::{Works, silent},
        drafts::Drafts as _,
    },
};
use storage::{
    error::OpenError,
    sqlite::{Sqlite, SqliteConfig},
};
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

fn between(one: UserId, other: UserId) -> NewConversation {
    let mut participants = vec![one, other];
    participants.sort();
    NewConversation {
        participants,
        confession: Some(NUR),
        opened_by: one,
        opened_by_staff: true,
        at: at(0),
    }
}

async fn room(store: &Sqlite, one: UserId, other: UserId) -> ConversationId {
    store.open(between(one, other), silent()).await.works().id()
}

fn seq(appended: &Appended) -> (MessageId, Seq) {
    let Appended::New(change) = appended else {
        panic!("not new: {appended:?}")
    };
    (change.message.id, change.message.seq)
}

/// The numbers of a conversation's messages, in the order of the history.
async fn seqs(store: &Sqlite, of: ConversationId) -> Vec<Seq> {
    let (mut seqs, mut after) = (Vec::new(), MessageId(0));
    loop {
        let page = store.window(of, Window::After(after, 100), Shown::default()).await.works().unwrap();
        seqs.extend(page.items.iter().map(|message| message.seq));
        let Some(last) = page.items.last() else { return seqs };
        after = last.id;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_sends_get_gapless_numbers_and_are_announced_in_their_order() {
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
                let heard = announced.clone();
                let announce: Announce<Appended> = Box::new(move |appended| heard.lock().unwrap().push((room, seq(appended))));
                let draft = draft(room, DILNOZA, &format!("{sender}/{number}"), at(1));
                let mine = seq(&store.append(draft, announce).await.works());
                assert!(
                    announced.lock().unwrap().contains(&(room, mine)),
                    "the caller resumed before the announcement"
                );
            }
        });
    }
    while let Some(done) = senders.join_next().await {
        done.unwrap();
    }
    for room in rooms {
        let expected: Vec<Seq> = (1..=i64::try_from(SENDERS * EACH / 2).unwrap()).map(Seq).collect();
        let heard: Vec<(MessageId, Seq)> = announced
            .lock()
            .unwrap()
            .iter()
            .filter(|(of, _)| *of == room)
            .map(|(_, message)| *message)
            .collect();
        assert!(heard.is_sorted(), "announced out of order");
        assert_eq!(heard.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(), expected);
        assert_eq!(seqs(&store, room).await, expected, "ids grow with numbers");
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
        openers.spawn(async move { store.open(between(one, other), silent()).await.works() });
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
async fn everything_is_there_after_reopening() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    store.append(draft(room, DILNOZA, "salom", at(1)), silent()).await.works();
    let detail = store.detail(room, AZIZ).await.works();
    drop(store);
    assert!(
        !file(&folder).with_extension("db-wal").exists(),
        "the log is emptied when the last connection ends"
    );
    let store = open(&file(&folder));
    assert_eq!(store.detail(room, AZIZ).await.works(), detail);
    assert_eq!(
        seq(&store.append(draft(room, AZIZ, "alaykum", at(2)), silent()).await.works()).1,
        Seq(2)
    );
}

#[tokio::test]
async fn the_log_is_carried_into_the_database_file_while_the_store_is_open() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let text = "to be carried over";
    store.append(draft(room, DILNOZA, text, at(1)), silent()).await.works();
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
        .expect("it is carried over");
}

#[tokio::test]
async fn what_is_acknowledged_is_seen_by_another_process() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let other = open(&file(&folder));
    let room = room(&store, DILNOZA, AZIZ).await;
    store.append(draft(room, DILNOZA, "one", at(1)), silent()).await.works();
    assert_eq!(
        seq(&other.append(draft(room, AZIZ, "two", at(2)), silent()).await.works()).1,
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

/// A store whose writer is held up by an announcement until the sender is used or dropped.
async fn held_up(store: &Sqlite, draft: Draft) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<Appended, StoreError>>) {
    let (release, held) = mpsc::channel::<()>();
    let (holding, reached) = tokio::sync::oneshot::channel();
    let store = store.clone();
    let announce: Announce<Appended> = Box::new(move |_| {
        holding.send(()).unwrap();
        let _ = held.recv();
    });
    let first = tokio::spawn(async move { store.append(draft, announce).await });
    reached.await.unwrap();
    (release, first)
}

#[tokio::test]
async fn whoever_finds_the_queue_full_for_too_long_is_told_that_the_store_is_busy() {
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
    first.await.unwrap().works();
    waiting.join_next().await.unwrap().unwrap().works();
    assert_eq!(seqs(&store, room).await, [Seq(1), Seq(2)]);
}

#[tokio::test]
async fn what_waits_behind_a_commit_is_committed_together() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let (release, first) = held_up(&store, draft(room, DILNOZA, "1", at(1))).await;
    let mut waiting = JoinSet::new();
    let visible = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        // What another connection sees while the first of a batch is announced.
        let (path, visible) = (file(&folder), visible.clone());
        let announce: Announce<Appended> = Box::new(move |_| visible.lock().unwrap().push(count(&path)));
        let store = store.clone();
        waiting.spawn(async move { store.append(draft(room, AZIZ, "more", at(2)), announce).await.works() });
    }
    // All three have been handed over once each task was polled, which this runtime of one thread does in order.
    tokio::task::yield_now().await;
    drop(release);
    first.await.unwrap().works();
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
async fn a_send_whose_client_has_gone_is_carried_out_all_the_same() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let (announce, announced) = mpsc::channel();
    let mut gone = store.append(draft(room, DILNOZA, "salom", at(1)), Box::new(move |_| announce.send(()).unwrap()));
    tokio::select! {
        biased;
        _ = &mut gone => panic!("answered within one poll"),
        () = std::future::ready(()) => drop(gone),
    }
    store.ping().await.works();
    announced.try_recv().expect("it was announced");
    assert_eq!(seqs(&store, room).await, [Seq(1)]);
}

#[tokio::test]
async fn reads_whose_client_has_gone_harm_nobody() {
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
async fn a_closed_store_says_so_and_closing_twice_is_harmless() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    store.ping().await.works();
    store.close();
    store.close();
    assert!(matches!(store.ping().await, Err(StoreError::Failed(_))));
    assert!(matches!(store.person(AZIZ).await, Err(StoreError::Failed(_))));
    let room = store.open(between(RUSTAM, KAMOL), silent()).await;
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
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = Sqlite::open(SqliteConfig::at(&path)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database has schema version 99, but this program knows only 2: use the newer program"
    );
}
