//! Messages that wait at the same time share a transaction, and none of them harms another.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    denial::Denial,
    id::{ConversationId, Seq},
    message::{ClientId, Draft, NewMessage},
    ports::{Decided, DirectoryWriter as _, Messages as _, SendOutcome, StoreError},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, at, community, draft},
        conformance::{Works as _, silent},
        direct::DirectMessages as _,
    },
};
use storage::postgres::{Postgres, PostgresConfig};
use tokio::task::JoinHandle;

use crate::{
    Database,
    chats::{room, seqs, stored},
    fresh, url,
};

type Sent = Result<Decided<SendOutcome>, StoreError>;

/// Two conversations, and somebody else's transaction that holds up whoever acts in the first.
struct Scene {
    store: Postgres,
    database: Database,
    held: ConversationId,
    other: ConversationId,
    elsewhere: AsyncPgConnection,
}

impl Scene {
    async fn new() -> Self {
        let (store, database) = Box::pin(fresh()).await;
        store.import(community()).await.works();
        let (held, other) = (room(&store, DILNOZA, AZIZ).await, room(&store, DILNOZA, MALIKA).await);
        let mut elsewhere = Box::pin(AsyncPgConnection::establish(&url(&database.0))).await.unwrap();
        let statement = format!("BEGIN; SELECT FROM messaging_conversation WHERE id = {held} FOR UPDATE");
        elsewhere.batch_execute(&statement).await.unwrap();
        Self {
            store,
            database,
            held,
            other,
            elsewhere,
        }
    }

    fn send(&self, draft: Draft) -> JoinHandle<Sent> {
        let store = self.store.clone();
        begin(async move { store.append(draft, silent()).await })
    }

    async fn let_go(&mut self) {
        self.elsewhere.batch_execute("ROLLBACK").await.unwrap();
    }

    /// How many transactions were carried out on the database.
    async fn transactions(&mut self) -> i64 {
        diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>("pg_current_xact_id()::text::bigint"))
            .get_result(&mut self.elsewhere)
            .await
            .unwrap()
    }
}

/// Begins a call before the next one, as its caller does who waits for it.
fn begin<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let mut call = Box::pin(call);
    let begun = futures_util::FutureExt::now_or_never(&mut call);
    assert!(begun.is_none(), "nothing is sent at once");
    tokio::spawn(call)
}

#[tokio::test]
async fn messages_that_waited_share_a_transaction() {
    let mut scene = Scene::new().await;
    let mut sending: Vec<_> = (0..50)
        .map(|number| scene.send(draft(scene.held, DILNOZA, &number.to_string(), at(1))))
        .collect();
    scene.let_go().await;
    let before = scene.transactions().await;
    for (number, sending) in sending.drain(..).enumerate() {
        let (_, seq) = stored(&sending.await.unwrap().works().expect("allowed"));
        assert_eq!(
            seq,
            Seq(i64::try_from(number).unwrap() + 1),
            "in the order in which they began to wait"
        );
    }
    // The first is held up alone; each look at the number is a transaction, too.
    let transactions = scene.transactions().await - before;
    assert!(transactions <= 4, "{transactions} transactions");
}

#[tokio::test]
async fn a_batch_that_is_held_up_holds_up_no_other_conversation() {
    let mut scene = Scene::new().await;
    let held = scene.send(draft(scene.held, DILNOZA, "held up", at(1)));
    let other = scene.send(draft(scene.other, DILNOZA, "not held up", at(1)));
    other.await.unwrap().works().expect("allowed");
    assert!(!held.is_finished());
    scene.let_go().await;
    held.await.unwrap().works().expect("allowed");
}

#[tokio::test]
async fn a_client_id_that_is_repeated_within_a_batch_meets_the_first_message() {
    let mut scene = Scene::new().await;
    let named = |text: &str| Draft {
        client_id: ClientId::new("the same"),
        ..draft(scene.held, DILNOZA, text, at(1))
    };
    let first = scene.send(draft(scene.held, DILNOZA, "held up alone", at(1)));
    let (original, repeated) = (scene.send(named("original")), scene.send(named("repeated")));
    scene.let_go().await;
    stored(&first.await.unwrap().works().expect("allowed"));
    let (id, _) = stored(&original.await.unwrap().works().expect("allowed"));
    assert_eq!(repeated.await.unwrap().works(), Ok(SendOutcome::AlreadySent(id)));
    assert_eq!(seqs(&scene.store, scene.held).await, [Seq(1), Seq(2)]);
}

#[tokio::test]
async fn a_message_that_cannot_be_stored_and_a_rule_that_panics_harm_no_neighbour() {
    let mut scene = Scene::new().await;
    let mut connection = Box::pin(AsyncPgConnection::establish(&url(&scene.database.0))).await.unwrap();
    let condition = "ALTER TABLE messaging_message ADD CHECK (content <> 'bad')";
    connection.batch_execute(condition).await.unwrap();
    let first = scene.send(draft(scene.held, DILNOZA, "held up alone", at(1)));
    let good = scene.send(draft(scene.held, DILNOZA, "good", at(1)));
    let bad = scene.send(draft(scene.held, DILNOZA, "bad", at(1)));
    let panics = {
        let (store, message) = (scene.store.clone(), Arc::new(NewMessage::empty(DILNOZA, scene.held)));
        begin(async move {
            store
                .send(message, Box::new(|_| panic!("a rule that panics, as this test wants")), silent())
                .await
        })
    };
    let refused = {
        let (store, message) = (scene.store.clone(), Arc::new(NewMessage::empty(DILNOZA, scene.held)));
        begin(async move { store.send(message, Box::new(|_| Err(Denial::NotSubscribed)), silent()).await })
    };
    let last = scene.send(draft(scene.held, DILNOZA, "good, too", at(1)));
    scene.let_go().await;
    for good in [first, good, last] {
        stored(&good.await.unwrap().works().expect("allowed"));
    }
    for bad in [bad, panics] {
        let outcome = bad.await.unwrap();
        assert!(matches!(outcome, Err(StoreError::Failed(_))), "{outcome:?}");
    }
    assert_eq!(refused.await.unwrap().works(), Err(Denial::NotSubscribed));
    assert_eq!(seqs(&scene.store, scene.held).await, [Seq(1), Seq(2), Seq(3)], "without gaps");
}

#[tokio::test]
async fn a_message_without_a_place_is_busy_after_a_while_and_a_place_is_free_after_its_message() {
    let mut scene = Scene::new().await;
    let config = PostgresConfig {
        waiting_messages: 1,
        wait: Duration::from_millis(500),
        ..scene.database.config()
    };
    scene.store = Postgres::open(config).await.unwrap();
    let first = scene.send(draft(scene.held, DILNOZA, "has the only place", at(1)));
    let refused = scene.send(draft(scene.other, DILNOZA, "no place", at(1))).await.unwrap();
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    scene.let_go().await;
    first.await.unwrap().works().expect("allowed");
    let next = scene.send(draft(scene.other, DILNOZA, "its place", at(1))).await.unwrap();
    assert_eq!(stored(&next.works().expect("allowed")).1, Seq(1), "the refused one was not sent");
}

#[tokio::test]
async fn what_waits_when_the_store_closes_is_sent_and_announced() {
    let mut scene = Scene::new().await;
    let announced = Arc::new(Mutex::new(Vec::new()));
    let mut sending = Vec::new();
    for number in 0..3 {
        let (store, heard) = (scene.store.clone(), announced.clone());
        let draft = draft(scene.held, DILNOZA, &number.to_string(), at(1));
        sending.push(begin(async move {
            let on_commit = Box::new(move |sent: &SendOutcome| heard.lock().unwrap().push(stored(sent).1));
            store.append(draft, on_commit).await
        }));
    }
    let closing = scene.store.clone();
    let mut closing = begin(async move { closing.close().await });
    assert!(
        tokio::time::timeout(Duration::from_millis(50), &mut closing).await.is_err(),
        "it closed before the messages were sent"
    );
    scene.let_go().await;
    closing.await.unwrap();
    assert_eq!(*announced.lock().unwrap(), [Seq(1), Seq(2), Seq(3)]);
    for sending in sending {
        sending.await.unwrap().works().expect("allowed");
    }
    drop(scene.database);
}
