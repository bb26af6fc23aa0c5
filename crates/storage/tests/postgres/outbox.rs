//! The outbox where several transactions run at once, and where the database came from another server.

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use domain::{
    id::MessageId,
    ports::{Outbox, OutboxEntry, OutboxPlace, OutboxStart, SendOutcome},
    testing::{
        builders::{AZIZ, at, draft},
        conformance::{Scene, Works as _, silent},
        direct::DirectMessages as _,
    },
};
use storage::postgres::Postgres;

use crate::{Database, fresh, url};

/// The entries behind this place, once there are so many: transactions of other tests may be older than theirs.
async fn behind(store: &Postgres, place: OutboxPlace, count: usize) -> Vec<OutboxEntry> {
    loop {
        let entries = Outbox::read(store, place, 100).await.works();
        if entries.len() >= count {
            return entries;
        }
        tokio::task::yield_now().await;
    }
}

fn messages(entries: &[OutboxEntry]) -> Vec<MessageId> {
    entries.iter().map(|entry| entry.message).collect()
}

#[tokio::test]
async fn an_entry_waits_for_transactions_that_are_older() {
    let (store, database) = fresh().await;
    let (scene, chat) = Scene::with_chat(&store).await;
    let mut other = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    other
        .batch_execute(
            "BEGIN; INSERT INTO messaging_outbox (kind, conversation_id, message_id, actor_id, at) VALUES ('edited', 1, 1000, 5, now())",
        )
        .await
        .unwrap();
    let sent = scene.say(chat, AZIZ, "salom").await;
    let none = OutboxPlace::default();
    assert_eq!(Outbox::read(&store, none, 10).await.works(), [], "an older one may still come");
    other.batch_execute("COMMIT").await.unwrap();
    let entries = behind(&store, none, 2).await;
    assert_eq!(messages(&entries), [MessageId(1000), sent.id]);
    assert!(entries[0].place < entries[1].place);
}

#[tokio::test]
async fn kinds_of_a_later_version_are_skipped_and_hold_nothing_up() {
    let (store, database) = fresh().await;
    let (scene, chat) = Scene::with_chat(&store).await;
    let claim = store
        .claim("search", "node", OutboxStart::Beginning, at(0), at(10))
        .await
        .works()
        .unwrap();
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    let later = "INSERT INTO messaging_outbox (kind, conversation_id, at) VALUES ('joined', 1, now()), ('reacted', 1, now())";
    let first = scene.say(chat, AZIZ, "salom").await;
    connection.batch_execute(later).await.unwrap();
    let second = scene.say(chat, AZIZ, "yana").await;
    connection.batch_execute(later).await.unwrap();
    let entries = behind(&store, claim.position, 2).await;
    assert_eq!(messages(&entries), [first.id, second.id]);
    assert_eq!(store.lag().await.works()[0].entries, 2);
    store.pass(&claim, entries[1].place).await.works();
    assert_eq!(store.lag().await.works()[0].entries, 0);
    assert_eq!(store.trim().await.works(), 4);
}

/// Another server counts transactions from another number on.
#[tokio::test]
async fn consumers_of_a_copied_database_go_on() {
    let (store, database) = fresh().await;
    let (scene, chat) = Scene::with_chat(&store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    let claim = store
        .claim("search", "node", OutboxStart::Beginning, at(0), at(1_000))
        .await
        .works()
        .unwrap();
    let entries = behind(&store, claim.position, 3).await;
    store.pass(&claim, entries[0].place).await.works();
    store.close().await;
    let mut connection = AsyncPgConnection::establish(&url(&database.0)).await.unwrap();
    let from_another_server = "UPDATE messaging_outbox SET xid = (1000000000000 + xid::text::bigint)::text::xid8;
         UPDATE messaging_consumer SET xid = (1000000000000 + xid::text::bigint)::text::xid8";
    connection.batch_execute(from_another_server).await.unwrap();

    let store = Postgres::open(database.config()).await.expect("a migrated database");
    let claim = store.claim("search", "another", OutboxStart::End, at(2), at(12)).await.works();
    let claim = claim.expect("nobody runs it on this server");
    assert_eq!(messages(&behind(&store, claim.position, 3).await), sent);
    let fourth = store.append(draft(chat, AZIZ, "yana", at(100)), silent()).await.works();
    assert!(matches!(fourth, Ok(SendOutcome::New(_))), "{fourth:?}");
    let entries = behind(&store, claim.position, 4).await;
    assert_eq!(messages(&entries)[..3], sent);
    assert_eq!((entries.len(), entries[3].at), (4, at(100)));
}

/// A database is not taken for a copied one because it is young or idle.
#[tokio::test]
async fn opening_again_keeps_positions() {
    let database = Database::fresh().await;
    let store = Postgres::open(database.config()).await.unwrap();
    let claim = store
        .claim("search", "node", OutboxStart::End, at(0), at(10))
        .await
        .works()
        .unwrap();
    store.close().await;
    let store = Postgres::open(database.config()).await.unwrap();
    let again = store
        .claim("search", "node", OutboxStart::End, at(1), at(11))
        .await
        .works()
        .unwrap();
    assert_eq!(again, claim);
}
