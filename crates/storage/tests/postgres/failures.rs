//! Errors of the server are told apart by their codes, whatever language it speaks.

use std::time::Duration;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use domain::{
    ports::{Directory as _, DirectoryWriter as _, StoreError},
    testing::{
        builders::{AZIZ, DILNOZA, at, community, draft},
        conformance::{Works as _, silent},
        direct::DirectMessages as _,
    },
};
use storage::postgres::{Postgres, PostgresConfig};

use crate::{Database, chats::room, fresh, url};

async fn administrator(database: &Database) -> AsyncPgConnection {
    AsyncPgConnection::establish(&url(&database.0)).await.unwrap()
}

/// Lets the next insertions of messages fail, so many times, with this code. What a sequence counts is not undone with a transaction.
async fn fail(database: &Database, times: u32, code: &str) {
    let statements = format!(
        "CREATE SEQUENCE failed;
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('failed') <= {times} THEN RAISE EXCEPTION 'Xatolik' USING ERRCODE = '{code}'; END IF;
             RETURN new;
         END $$;
         CREATE TRIGGER fail BEFORE INSERT ON messaging_message FOR EACH ROW EXECUTE FUNCTION fail()"
    );
    administrator(database).await.batch_execute(&statements).await.unwrap();
}

#[tokio::test]
async fn an_act_in_a_deadlock_is_run_again_and_gives_up_as_busy() {
    for (times, is_stored) in [(3, true), (1_000, false)] {
        let (store, database) = fresh().await;
        store.import(community()).await.works();
        let room = room(&store, DILNOZA, AZIZ).await;
        fail(&database, times, "40P01").await;
        let sent = store.append(draft(room, DILNOZA, "salom", at(1)), silent()).await;
        if is_stored {
            sent.works().expect("allowed");
        } else {
            assert!(matches!(sent, Err(StoreError::Busy)), "{sent:?}");
        }
        assert!(!store.last_write_failed());
    }
}

#[tokio::test]
async fn an_act_on_a_full_disk_fails_and_is_not_run_again() {
    let (store, database) = fresh().await;
    store.import(community()).await.works();
    let room = room(&store, DILNOZA, AZIZ).await;
    fail(&database, 1, "53100").await;
    let sent = store.append(draft(room, DILNOZA, "salom", at(1)), silent()).await;
    let Err(StoreError::Failed(error)) = sent else { panic!("{sent:?}") };
    assert!(error.to_string().contains("the disk of the PostgreSQL server is full"), "{error}");
    assert!(store.last_write_failed());
    store.ping().await.works();
    assert!(!store.last_write_failed(), "there was room for a whole message");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_and_answered_as_busy() {
    let (store, database) = fresh().await;
    store.import(community()).await.works();
    let room = room(&store, DILNOZA, AZIZ).await;
    let config = PostgresConfig {
        longest_statement: Duration::from_millis(100),
        ..database.config()
    };
    let store = Postgres::open(config).await.unwrap();
    let mut elsewhere = administrator(&database).await;
    elsewhere
        .batch_execute("BEGIN; SELECT FROM messaging_conversation FOR UPDATE")
        .await
        .unwrap();
    let sent = store.append(draft(room, DILNOZA, "salom", at(1)), silent()).await;
    assert!(matches!(sent, Err(StoreError::Busy)), "{sent:?}");
    assert!(!store.last_write_failed());
}

#[tokio::test]
async fn connections_that_the_server_has_closed_are_not_used_again() {
    let (store, database) = fresh().await;
    store.import(community()).await.works();
    let reads = || futures_util::future::join_all((0..8).map(|_| store.person(AZIZ)));
    reads().await.into_iter().for_each(|person| assert!(person.works().is_some()));
    administrator(&database)
        .await
        .batch_execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'suhbat'",
        )
        .await
        .unwrap();
    reads().await.into_iter().for_each(|person| assert!(person.works().is_some()));
}
