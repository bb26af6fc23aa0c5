//! The server is stopped while the service runs, and started again.

use std::time::{Duration, Instant};

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::{PostgresServer, Service, eventually};

/// A service with the standard community on this server.
async fn service(server: &PostgresServer) -> Service {
    server.administer("postgres", &["CREATE DATABASE chat"]).await;
    Service::with(&[("database.url", &server.url("chat"))]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_outlive_a_stop_of_the_database_and_all_is_well_a_second_after_its_start() {
    let mut server = PostgresServer::start(&[]);
    let service = service(&server).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let (mut his, mut hers) = (aziz.chat(id).await, dilnoza.all().await);
    aziz.say(id, "before").await;
    his.expect("chat_message").await;
    hers.expect("chat_message").await;
    // Every connection of the pool is in use once.
    futures_util::future::join_all((0..16).map(|_| aziz.get("conversations/"))).await;

    server.stop();
    for _ in 0..8 {
        aziz.get("conversations/").await.refused(503, "unavailable");
        let message = json!({ "conversation": id, "content": "meanwhile" });
        aziz.post("messages/", message).await.refused(503, "unavailable");
    }
    his.send("chat_message", json!({ "content": "meanwhile", "client_id": "c-1" }))
        .await;
    assert_eq!(his.expect("error").await["code"], "unavailable");
    let ready = aziz.anonymous().get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert_eq!(aziz.anonymous().get("/healthz").await.status, 200);

    server.resume();
    let started = Instant::now();
    eventually("a message is stored again", async || {
        let message = json!({ "conversation": id, "content": "after", "client_id": "c-2" });
        (aziz.post("messages/", message).await.status < 300).then_some(())
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    // No connection from before the stop is left that would fail once more.
    for answer in futures_util::future::join_all((0..32).map(|_| aziz.get("conversations/"))).await {
        answer.ok();
    }
    // The same sockets.
    let ack = his.act("chat_message", json!({ "content": "meanwhile", "client_id": "c-1" })).await;
    hers.expect_that("chat_message", |frame| frame["message"]["id"] == ack["message_id"])
        .await;
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["before", "after", "meanwhile"]);
    assert_eq!(aziz.anonymous().get("/readyz").await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_database_that_becomes_read_only_reads_go_on_and_writes_are_refused() {
    let mut server = PostgresServer::start(&[]);
    let service = service(&server).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.say(id, "before").await;
    server.restart_with("default_transaction_read_only=on");
    eventually("reads go on", async || {
        (aziz.get("conversations/").await.status == 200).then_some(())
    })
    .await;
    let message = json!({ "conversation": id, "content": "after" });
    aziz.post("messages/", message.clone()).await.refused(503, "unavailable");
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["before"]);
    assert_eq!(aziz.anonymous().get("/readyz").await.status, 503);
    server.restart_with("default_transaction_read_only=off");
    eventually("writes go on", async || {
        (aziz.post("messages/", message.clone()).await.status == 201).then_some(())
    })
    .await;
    eventually("the service is ready", async || {
        (aziz.anonymous().get("/readyz").await.status == 200).then_some(())
    })
    .await;
    service.stop().await;
}

/// The server says so in the same way as on a disk that is full, since the code of the error is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_reads_go_on_and_messages_are_refused_until_there_is_room() {
    let server = PostgresServer::start(&[]);
    let service = service(&server).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    aziz.say(id, "before").await;
    server
        .administer(
            "chat",
            &[
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'Auf dem Gerät ist kein Platz mehr' USING ERRCODE = 'disk_full'; END $$",
                "CREATE TRIGGER full_disk BEFORE INSERT ON messaging_message FOR EACH ROW EXECUTE FUNCTION full_disk()",
                "CREATE TRIGGER full_disk BEFORE UPDATE ON messaging_store FOR EACH ROW
                 WHEN (length(new.epoch) > 20000) EXECUTE FUNCTION full_disk()",
            ],
        )
        .await;
    let message = json!({ "conversation": id, "content": "after" });
    aziz.post("messages/", message.clone()).await.refused(503, "unavailable");
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["before"]);
    let ready = aziz.anonymous().get("/readyz").await;
    assert_eq!(ready.status, 503, "a small write succeeds, a message would not: {}", ready.text);
    server
        .administer(
            "chat",
            &[
                "DROP TRIGGER full_disk ON messaging_message",
                "DROP TRIGGER full_disk ON messaging_store",
            ],
        )
        .await;
    eventually("the service is ready", async || {
        (aziz.anonymous().get("/readyz").await.status == 200).then_some(())
    })
    .await;
    aziz.post("messages/", message).await.expect(201);
    service.stop().await;
}
