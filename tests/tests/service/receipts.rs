//! Sent, delivered, seen.

use domain::testing::builders::{AZIZ, DILNOZA, RUSTAM};
use serde_json::{Value, json};
use suhbat_tests::Service;

#[tokio::test]
async fn a_message_goes_from_sent_to_delivered_to_seen() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut sender = aziz.chat(id).await;
    let message = sender.act("chat_message", json!({ "content": "hi" })).await["message_id"]
        .as_i64()
        .expect("an id");
    let alone = aziz.message(message).await;
    assert_eq!(
        (alone["status"].clone(), alone["message_reads"].clone()),
        (json!("sent"), json!([]))
    );

    service.clock.advance(3);
    let mut recipient = dilnoza.chat(id).await;
    let another = sender.act("chat_message", json!({ "content": "there?" })).await["message_id"]
        .as_i64()
        .expect("an id");
    recipient.expect("chat_message").await;
    let delivered = sender.expect("message_delivered").await;
    assert_eq!(
        delivered,
        json!({ "type": "message_delivered", "conversation": id, "message_id": another, "user_id": 2, "delivered_at": "2026-03-21T09:00:03.000001Z" })
    );
    assert_eq!(
        aziz.message(message).await["status"],
        "delivered",
        "and all of the sender's messages before it"
    );

    service.clock.advance(4);
    recipient.act("read_receipt", json!({ "message_id": message })).await;
    let read = sender.expect("read_receipt").await;
    assert_eq!(
        (read["message_id"].clone(), read["user_id"].clone(), read["username"].clone()),
        (json!(message), json!(2), json!("dilnoza"))
    );
    assert_eq!(
        (read["read_at"].clone(), read["up_to"].clone()),
        (json!("2026-03-21T09:00:07.000001Z"), Value::Null)
    );
    let seen = aziz.message(message).await;
    assert_eq!(seen["status"], "seen");
    assert_eq!(
        seen["message_reads"],
        json!([{
            "user": { "id": 2, "username": "dilnoza", "first_name": "Dilnoza", "last_name": "Toʻrayeva", "role": "admin", "avatar": null },
            "delivered_at": "2026-03-21T09:00:03.000001Z",
            "read_at": "2026-03-21T09:00:07.000001Z",
        }])
    );
    assert_eq!(aziz.message(another).await["status"], "delivered", "exactly this one");
}

#[tokio::test]
async fn fetching_counts_as_delivery_and_an_open_socket_alone_does_not() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let unread_socket = dilnoza.unread_socket(&format!("/ws/chat/{id}/")).await;
    let mut sender = aziz.chat(id).await;
    let message = sender.act("chat_message", json!({ "content": "hi" })).await["message_id"]
        .as_i64()
        .expect("an id");
    assert_eq!(aziz.message(message).await["status"], "sent");
    dilnoza.contents(&format!("conversation={id}")).await;
    assert_eq!(sender.expect("message_delivered").await["message_id"], message);
    assert_eq!(aziz.message(message).await["status"], "delivered");
    drop(unread_socket);
}

#[tokio::test]
async fn changes_and_a_single_message_count_as_fetched_too() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let first = aziz.says(id, "1").await;
    dilnoza.changes(id, 0).await;
    assert_eq!(aziz.message(first).await["status"], "delivered");
    let second = aziz.says(id, "2").await;
    dilnoza.message(second).await;
    assert_eq!(aziz.message(second).await["status"], "delivered");
}

#[tokio::test]
async fn reading_up_to_a_message_reads_all_before_it() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let messages = [aziz.says(id, "1").await, aziz.says(id, "2").await, aziz.says(id, "3").await];
    let (mut sender, mut reader) = (aziz.chat(id).await, dilnoza.chat(id).await);
    reader.act("read_receipt", json!({ "up_to": messages[1] })).await;
    let read = sender.expect("read_receipt").await;
    assert_eq!(
        (read["message_id"].clone(), read["up_to"].clone()),
        (json!(messages[1]), json!(true))
    );
    let statuses = [
        aziz.message(messages[0]).await["status"].clone(),
        aziz.message(messages[1]).await["status"].clone(),
    ];
    assert_eq!(statuses, [json!("seen"), json!("seen")]);
    assert_ne!(aziz.message(messages[2]).await["status"], "seen");
    assert_eq!(dilnoza.conversation(id).await["unread_count"], 1);
}

#[tokio::test]
async fn marking_a_conversation_read_reads_everything_up_to_now() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (first, second) = (aziz.says(id, "1").await, aziz.says(id, "2").await);
    let mut sender = aziz.all().await;
    dilnoza.post_empty(&format!("conversations/{id}/mark_as_read/")).await.ok();
    let read = sender.expect("read_receipt").await;
    assert_eq!(
        (read["conversation"].clone(), read["message_id"].clone(), read["up_to"].clone()),
        (json!(id), json!(second), json!(true))
    );
    assert_eq!(aziz.message(first).await["status"], "seen");
}

#[tokio::test]
async fn marking_one_message_is_idempotent_and_without_effect_on_one_s_own() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.says(id, "1").await;
    let path = format!("messages/{message}/mark_as_read/");
    let done = json!({ "status": "Message marked as read" });
    assert_eq!(aziz.post_empty(&path).await.ok(), done);
    assert_eq!(aziz.message(message).await["message_reads"], json!([]));
    assert_eq!(dilnoza.post_empty(&path).await.ok(), done);
    let first = aziz.message(message).await["message_reads"].clone();
    service.clock.advance(5);
    assert_eq!(dilnoza.post_empty(&path).await.ok(), done);
    assert_eq!(aziz.message(message).await["message_reads"], first, "times once set stay");
}

#[tokio::test]
async fn in_a_group_a_message_is_seen_once_all_others_have_read_it() {
    let service = Service::start().await;
    let (rustam, dilnoza, aziz) = (service.client(RUSTAM), service.client(DILNOZA), service.client(AZIZ));
    let id = rustam
        .post("conversations/", json!({ "participant_ids": [2, 5] }))
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    let message = rustam.says(id, "all").await;
    let status = async || rustam.message(message).await["status"].clone();
    assert_eq!(status().await, "sent");
    dilnoza.message(message).await;
    assert_eq!(status().await, "delivered");
    dilnoza.post_empty(&format!("messages/{message}/mark_as_read/")).await.ok();
    assert_eq!(status().await, "delivered", "one of two");
    aziz.post_empty(&format!("messages/{message}/mark_as_read/")).await.ok();
    assert_eq!(status().await, "seen");
    assert_eq!(rustam.message(message).await["message_reads"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn delivery_is_announced_to_the_sender_only() {
    let service = Service::start().await;
    let (rustam, dilnoza, aziz) = (service.client(RUSTAM), service.client(DILNOZA), service.client(AZIZ));
    let id = rustam
        .post("conversations/", json!({ "participant_ids": [2, 5] }))
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    let (mut sender, mut other) = (rustam.chat(id).await, aziz.chat(id).await);
    let message = rustam.says(id, "all").await;
    dilnoza.message(message).await;
    sender.expect_that("message_delivered", |frame| frame["user_id"] == 2).await;
    sender.expect_that("message_delivered", |frame| frame["user_id"] == 5).await;
    other.settle().await;
    assert!(other.left("message_delivered").is_empty());
}
