//! Many callers at once, in one process and in several: numbers without gaps, announcements in the order of commits, nobody waits for ever.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use domain::{
    denial::Denial,
    id::{MessageId, Seq},
    message::{ClientId, Draft},
    ports::{Conversations, Directory, DirectoryWriter, OnCommit, Opened, Receipts, SendOutcome, StoreError},
    receipt::DeliveryMark,
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, MALIKA, RUSTAM, at, community, draft},
        conformance::{Works, silent},
        direct::{DirectConversations as _, DirectMessages as _},
    },
};
use storage::{
    DirectoryTurns, StoreUrl,
    postgres::{Postgres, PostgresConfig},
};
use tokio::task::JoinSet;

use crate::{
    Database,
    chats::{between, room, seqs, stored},
    fresh, url,
};

async fn populated() -> (Postgres, Database) {
    let (store, database) = fresh().await;
    store.import(community()).await.works();
    (store, database)
}

fn first_numbers(count: usize) -> Vec<Seq> {
    (1..=i64::try_from(count).unwrap()).map(Seq).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_sends_get_gapless_numbers_and_are_announced_in_their_order() {
    const SENDERS: usize = 32;
    const EACH: usize = 10;
    let (store, _database) = populated().await;
    let rooms = [room(&store, DILNOZA, AZIZ).await, room(&store, DILNOZA, MALIKA).await];
    let announced = Arc::new(Mutex::new(Vec::new()));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (store, announced, room) = (store.clone(), announced.clone(), rooms[sender % 2]);
        senders.spawn(async move {
            for number in 0..EACH {
                let heard = announced.clone();
                let on_commit: OnCommit<SendOutcome> = Box::new(move |appended| heard.lock().unwrap().push((room, stored(appended))));
                let draft = draft(room, DILNOZA, &format!("{sender}/{number}"), at(1));
                let mine = stored(&store.append(draft, on_commit).await.works().expect("allowed"));
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
        let heard = announced.lock().unwrap().clone();
        let heard: Vec<(MessageId, Seq)> = heard
            .into_iter()
            .filter(|(of, _)| *of == room)
            .map(|(_, message)| message)
            .collect();
        assert!(heard.is_sorted(), "announced out of order");
        assert_eq!(
            heard.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(),
            first_numbers(SENDERS * EACH / 2)
        );
        assert_eq!(seqs(&store, room).await, first_numbers(SENDERS * EACH / 2), "ids grow with numbers");
    }
}

/// Two nodes send into the same conversations, in which a third marks as delivered, several at once and in the other order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_on_the_same_conversations_neither_leave_gaps_nor_wait_for_each_other_for_ever() {
    const EACH: usize = 40;
    let (one, database) = populated().await;
    let other = Postgres::open(database.config()).await.unwrap();
    let rooms = [room(&one, DILNOZA, AZIZ).await, room(&one, DILNOZA, MALIKA).await];
    let mut tasks = JoinSet::new();
    for (store, rooms) in [(one.clone(), rooms), (other.clone(), [rooms[1], rooms[0]])] {
        let sender = store.clone();
        tasks.spawn(async move {
            for number in 0..EACH {
                for room in rooms {
                    let draft = draft(room, DILNOZA, &number.to_string(), at(1));
                    stored(&sender.append(draft, silent()).await.works().expect("allowed"));
                }
            }
        });
        tasks.spawn(async move {
            for _ in 0..EACH {
                let marks = [AZIZ, MALIKA].into_iter().flat_map(|user| {
                    rooms.map(|conversation| DeliveryMark {
                        user,
                        conversation,
                        up_to: MessageId(i64::MAX),
                    })
                });
                store.mark_delivered(marks.collect(), at(2), silent()).await.works();
            }
        });
    }
    while let Some(done) = tokio::time::timeout(Duration::from_mins(1), tasks.join_next())
        .await
        .expect("nobody hangs")
    {
        done.unwrap();
    }
    for room in rooms {
        assert_eq!(seqs(&one, room).await, first_numbers(2 * EACH));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_opening_gives_one_conversation() {
    let (one, database) = populated().await;
    let other = Postgres::open(database.config()).await.unwrap();
    let mut openers = JoinSet::new();
    for number in 0..16 {
        let store = if number % 3 == 0 { one.clone() } else { other.clone() };
        let (from, to) = if number % 2 == 0 { (DILNOZA, AZIZ) } else { (AZIZ, DILNOZA) };
        openers.spawn(async move { store.create(between(from, to), silent()).await.works() });
    }
    let opened = openers.join_all().await;
    assert_eq!(opened.iter().filter(|opened| matches!(opened, Opened::New(_))).count(), 1);
    assert!(opened.iter().all(|one| one.id() == opened[0].id()));
}

/// They share neither a lane nor a locked row: the unique key refuses one of them, which is then decided again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_messages_of_one_name_in_two_conversations_at_once_one_is_stored() {
    let (store, _database) = populated().await;
    let rooms = [room(&store, DILNOZA, AZIZ).await, room(&store, DILNOZA, MALIKA).await];
    for number in 0..20 {
        let send = |room| {
            let named = Draft {
                client_id: ClientId::new(&format!("same {number}")),
                ..draft(room, DILNOZA, "salom", at(1))
            };
            let store = store.clone();
            async move { store.append(named, silent()).await.works() }
        };
        let outcomes = tokio::join!(send(rooms[0]), send(rooms[1]));
        assert!(
            matches!(
                &outcomes,
                (Ok(SendOutcome::New(_)), Err(Denial::ClientIdConflict)) | (Err(Denial::ClientIdConflict), Ok(SendOutcome::New(_)))
            ),
            "{outcomes:?}"
        );
    }
}

#[tokio::test]
async fn a_send_whose_client_has_gone_is_carried_out_all_the_same() {
    let (store, _database) = populated().await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let (on_commit, announced) = mpsc::channel();
    let mut gone = store.append(draft(room, DILNOZA, "salom", at(1)), Box::new(move |_| on_commit.send(()).unwrap()));
    tokio::select! {
        biased;
        _ = &mut gone => panic!("answered within one poll"),
        () = std::future::ready(()) => drop(gone),
    }
    store.close().await;
    announced.try_recv().expect("it was announced");
}

#[tokio::test]
async fn more_callers_than_connections_are_busy_after_a_while() {
    let (store, database) = populated().await;
    let room = room(&store, DILNOZA, AZIZ).await;
    let config = PostgresConfig {
        connections: 1,
        wait: Duration::from_millis(100),
        ..database.config()
    };
    let store = Postgres::open(config).await.unwrap();
    // Holds up whoever wants to act in the conversation.
    let mut elsewhere = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    elsewhere
        .batch_execute("BEGIN; SELECT FROM messaging_conversation FOR UPDATE")
        .await
        .unwrap();
    let mut first = store.append(draft(room, DILNOZA, "1", at(1)), silent());
    let busy = tokio::time::timeout(Duration::from_millis(50), &mut first).await;
    assert!(busy.is_err(), "{busy:?}");
    let same_lane = store.append(draft(room, DILNOZA, "2", at(1)), silent()).await;
    assert!(matches!(same_lane, Err(StoreError::Busy)), "{same_lane:?}");
    let read = store.person(AZIZ).await;
    assert!(matches!(read, Err(StoreError::Busy)), "{read:?}");
    elsewhere.batch_execute("ROLLBACK").await.unwrap();
    first.await.works().expect("allowed");
    assert_eq!(seqs(&store, room).await, first_numbers(1));
}

#[tokio::test]
async fn a_closed_store_says_so_and_closing_twice_is_harmless() {
    let (store, _database) = populated().await;
    store.ping().await.works();
    store.close().await;
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Failed(_))));
    assert!(matches!(store.person(AZIZ).await, Err(StoreError::Failed(_))));
    let room = store.create(between(RUSTAM, KAMOL), silent()).await;
    assert!(matches!(room, Err(StoreError::Failed(_))));
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let (store, database) = populated().await;
    let room = room(&store, DILNOZA, AZIZ).await;
    store
        .append(draft(room, DILNOZA, "salom", at(1)), silent())
        .await
        .works()
        .expect("allowed");
    let (detail, newest) = (store.detail(room, AZIZ).await.works(), store.newest_time());
    store.close().await;
    let store = Postgres::open(database.config()).await.unwrap();
    assert_eq!(store.detail(room, AZIZ).await.works(), detail);
    assert_eq!(store.newest_time(), newest);
}

/// Each service has connections of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_have_their_turns_to_change_the_directory_one_after_the_other() {
    let (_store, database) = fresh().await;
    let url: StoreUrl = url(&database.0).parse().expect("a URL");
    let (one, other) = (DirectoryTurns::on(&url), DirectoryTurns::on(&url));
    let at_once = AtomicU32::new(0);
    let take_turns = async |turns: &DirectoryTurns| {
        for _ in 0..10 {
            let turn = turns.take().await.expect("a turn");
            assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0, "nobody else has one");
            turns_pass().await;
            at_once.fetch_sub(1, Ordering::SeqCst);
            turn.end().await;
        }
    };
    tokio::join!(take_turns(&one), take_turns(&other));
    let unended = one.take().await.expect("a turn");
    drop(unended);
    other.take().await.expect("a turn that was dropped has ended").end().await;
}

async fn turns_pass() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
