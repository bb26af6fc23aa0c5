//! Presence: `online`, `offline` and `last_seen`.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL};
use realtime::timings::Timings;
use serde_json::{Value, json};
use suhbat_tests::{PATIENCE, Service, Socket, TIMINGS};

#[tokio::test]
async fn coming_online_and_going_offline_is_announced_to_the_others_only() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let mut stranger = service.client(PAVEL).all().await;

    let mut socket = aziz.chat(id).await;
    let online = watcher.expect("user_status").await;
    assert_eq!(
        (online["user_id"].clone(), online["username"].clone(), online["status"].clone()),
        (json!(5), json!("aziz"), json!("online"))
    );
    assert!(socket.left("user_status").is_empty(), "not to oneself");

    service.clock.advance(90);
    socket.close().await;
    let offline = watcher.expect("user_status").await;
    assert_eq!(
        (offline["status"].clone(), offline["last_seen"].clone()),
        (json!("offline"), json!("2026-03-21T09:01:30.000001Z"))
    );
    stranger.settle().await;
    assert!(
        stranger.left("user_status").is_empty(),
        "not to those who have no conversation with them"
    );
}

#[tokio::test]
async fn closing_one_of_two_sockets_announces_no_offline() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.all().await;
    let (first, second) = (aziz.chat(id).await, aziz.all().await);
    watcher.expect("user_status").await;

    first.close().await;
    // Longer than the grace; a person who connects and disconnects meanwhile shows the time.
    let malika = service.client(MALIKA);
    malika
        .post("conversations/", json!({ "participant_ids": [2], "confession": 1 }))
        .await
        .expect(201);
    malika.all().await.close().await;
    watcher
        .expect_that("user_status", |frame| frame["user_id"] == 6 && frame["status"] == "offline")
        .await;
    assert!(
        watcher.left("user_status").iter().all(|frame| frame["user_id"] != 5),
        "still here in the other tab"
    );
    assert_eq!(dilnoza.conversation(id).await["presence"][0]["status"], "online");

    second.close().await;
    watcher
        .expect_that("user_status", |frame| frame["user_id"] == 5 && frame["status"] == "offline")
        .await;
}

#[tokio::test]
async fn a_reload_within_the_grace_announces_no_offline() {
    // As long as it takes to reload on a busy machine.
    let service = Service::timed(
        &[],
        Timings {
            grace: PATIENCE,
            ..TIMINGS
        },
    )
    .await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let mut watcher = dilnoza.chat(id).await;
    let socket = aziz.chat(id).await;
    watcher.expect("user_status").await;
    socket.close().await;
    let mut socket = aziz.chat(id).await;
    socket.act("chat_message", json!({ "content": "back" })).await;
    let before = watcher.until("chat_message", |_| true).await;
    assert!(before.iter().all(|frame| frame["type"] != "user_status"), "{before:?}");
}

#[tokio::test]
async fn ready_lists_the_online_users() {
    let service = Service::start().await;
    let (aziz, dilnoza, malika) = (service.client(AZIZ), service.client(DILNOZA), service.client(MALIKA));
    let id = aziz.open(DILNOZA).await;
    malika
        .post("conversations/", json!({ "participant_ids": [2], "confession": 1 }))
        .await
        .expect(201);
    let ready = async |client: &suhbat_tests::Client, path: &str| -> Value {
        Socket::open(&client.socket_url(path)).await.expect("ready").await["online"].clone()
    };
    assert_eq!(ready(&dilnoza, "/ws/").await, json!([]));

    let here = (aziz.chat(id).await, malika.all().await, service.client(PAVEL).all().await);
    assert_eq!(
        ready(&dilnoza, "/ws/").await,
        json!([5, 6]),
        "all counterparts who are online, and nobody else"
    );
    assert_eq!(
        ready(&dilnoza, &format!("/ws/chat/{id}/")).await,
        json!([5]),
        "those of the conversation"
    );
    drop(here);
}

#[tokio::test]
async fn a_conversation_shows_the_presence_of_the_others() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    assert_eq!(
        aziz.conversation(id).await["presence"],
        json!([{ "user_id": 2, "status": "offline", "last_seen": null }])
    );
    let socket = dilnoza.all().await;
    let presence = aziz.conversation(id).await["presence"][0].clone();
    assert_eq!(
        (presence["user_id"].clone(), presence["status"].clone()),
        (json!(2), json!("online"))
    );
    assert_eq!(dilnoza.conversation(id).await["presence"].as_array().map(Vec::len), Some(1));
    drop(socket);
}

#[tokio::test]
async fn a_dropped_connection_counts_as_going_offline() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let socket = aziz.chat(id).await;
    watcher.expect("user_status").await;
    drop(socket);
    assert_eq!(watcher.expect("user_status").await["status"], "offline");
}

#[tokio::test]
async fn a_peer_that_is_silent_for_two_intervals_is_dropped() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let unread_socket = aziz.unread_socket(&format!("/ws/chat/{id}/")).await;
    assert_eq!(watcher.expect("user_status").await["status"], "online");
    assert_eq!(watcher.expect("user_status").await["status"], "offline");
    drop(unread_socket);
}
