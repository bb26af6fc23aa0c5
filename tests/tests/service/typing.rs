//! Who is typing.

use domain::testing::builders::{AZIZ, DILNOZA, RUSTAM};
use serde_json::json;
use suhbat_tests::{Service, Socket};

/// A service, its typist's socket and another participant's.
async fn two() -> (Service, i64, Socket, Socket) {
    let service = Service::start().await;
    let id = service.client(AZIZ).open(DILNOZA).await;
    let (typist, watcher) = (service.client(AZIZ).chat(id).await, service.client(DILNOZA).chat(id).await);
    (service, id, typist, watcher)
}

#[tokio::test]
async fn typing_is_told_to_the_others_only() {
    let (_service, id, mut typist, mut watcher) = two().await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(
        watcher.expect("typing").await,
        json!({ "type": "typing", "conversation": id, "user_id": 5, "username": "aziz", "is_typing": true })
    );
    typist.settle().await;
    assert!(typist.left("typing").is_empty());
}

#[tokio::test]
async fn stopping_is_told() {
    let (_service, _, mut typist, mut watcher) = two().await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], true);
    typist.send("typing", json!({ "is_typing": false })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], false);
}

#[tokio::test]
async fn who_does_not_renew_it_stops_by_itself() {
    let (_service, _, mut typist, mut watcher) = two().await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], true);
    assert_eq!(watcher.expect("typing").await["is_typing"], false);
}

#[tokio::test]
async fn who_closes_the_last_socket_stops() {
    let (service, id, mut typist, mut watcher) = two().await;
    let other = service.client(AZIZ).chat(id).await;
    typist.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(watcher.expect("typing").await["is_typing"], true);
    drop(typist);
    drop(other);
    assert_eq!(watcher.expect("typing").await["is_typing"], false);
}

#[tokio::test]
async fn repeated_typing_is_relayed_seldom() {
    let (_service, _, mut typist, mut watcher) = two().await;
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
async fn in_a_group_everybody_else_hears_it() {
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
