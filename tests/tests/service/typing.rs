//! Typing events.

use domain::testing::builders::{AZIZ, DILNOZA, RUSTAM};
use serde_json::json;
use suhbat_tests::{Service, Socket};

/// The sockets of two participants in their conversation: one types, the other receives the events.
async fn typist_and_watcher() -> (Service, i64, Socket, Socket) {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (typist, watcher) = (aziz.chat(id).await, dilnoza.chat(id).await);
    (service, id, typist, watcher)
}

#[tokio::test]
async fn typing_is_announced_to_the_others_only() {
    let (_service, id, mut typist, mut watcher) = typist_and_watcher().await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(
        watcher.expect("typing").await,
        json!({ "type": "typing", "conversation": id, "user_id": 5, "username": "aziz", "is_typing": true })
    );
    typist.settle().await;
    assert!(typist.left("typing").is_empty());
}

#[tokio::test]
async fn the_end_of_typing_is_announced() {
    let (_service, _, mut typist, mut watcher) = typist_and_watcher().await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], true);
    typist.send("typing", json!({ "is_typing": false })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], false);
}

#[tokio::test]
async fn typing_ends_by_itself_unless_renewed() {
    let (_service, _, mut typist, mut watcher) = typist_and_watcher().await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], true);
    assert_eq!(watcher.expect("typing").await["is_typing"], false);
}

#[tokio::test]
async fn typing_ends_when_the_last_socket_closes() {
    let (service, id, mut typist, mut watcher) = typist_and_watcher().await;
    let other = service.client(AZIZ).chat(id).await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], true);
    drop(typist);
    drop(other);
    assert_eq!(watcher.expect("typing").await["is_typing"], false);
}

#[tokio::test]
async fn repeated_typing_is_throttled() {
    let (_service, _, mut typist, mut watcher) = typist_and_watcher().await;
    for _ in 0..200 {
        typist.send("typing", json!({ "is_typing": true })).await;
    }
    typist.act("chat_message", json!({ "content": "done" })).await;
    let before = watcher.until("chat_message", |_| true).await;
    let relayed = before
        .iter()
        .filter(|frame| frame["type"] == "typing" && frame["is_typing"] == true)
        .count();
    assert!((1..10).contains(&relayed), "{relayed} of 200");
}

#[tokio::test]
async fn in_a_group_all_others_receive_typing() {
    let service = Service::start().await;
    let id = service
        .client(RUSTAM)
        .post("conversations/", json!({ "participant_ids": [2, 5] }))
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    let (mut rustam, mut dilnoza, mut aziz) = (
        service.client(RUSTAM).chat(id).await,
        service.client(DILNOZA).all().await,
        service.client(AZIZ).chat(id).await,
    );
    rustam.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(dilnoza.expect("typing").await["conversation"], id);
    assert_eq!(aziz.expect("typing").await["user_id"], 1);
}
