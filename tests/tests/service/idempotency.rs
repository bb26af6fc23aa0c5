//! Nothing is doubled: `client_id`.

use domain::testing::builders::{BAHOR, DILNOZA, MALIKA, NUR};
use futures_util::future::join_all;
use serde_json::json;
use suhbat_tests::{Service, assert_stored_once};

#[tokio::test]
async fn a_repeat_answers_with_the_first_message_and_is_neither_stored_nor_broadcast() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let body = json!({ "conversation": id, "content": "once", "client_id": "c" });
    let first = aziz.post("messages/", body.clone()).await.expect(201);
    watcher.expect("chat_message").await;
    let second = aziz
        .post("messages/", json!({ "conversation": id, "content": "twice?", "client_id": "c" }))
        .await
        .ok();
    assert_eq!(
        (second["id"].clone(), second["content"].clone()),
        (first["id"].clone(), json!("once"))
    );
    let mut socket = aziz.chat(id).await;
    let ack = socket.act("chat_message", json!({ "content": "thrice?", "client_id": "c" })).await;
    assert_eq!(
        (ack["message_id"].clone(), ack["client_id"].clone()),
        (first["id"].clone(), json!("c"))
    );
    aziz.say(id, "next").await;
    let frames = watcher.until("chat_message", |_| true).await;
    assert_eq!(frames.last().expect("the next")["seq"], 2);
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["once", "next"]);
}

#[tokio::test]
async fn many_repeats_at_the_same_time_are_one_message() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let answers = join_all((0..20).map(async |_| {
        aziz.post("messages/", json!({ "conversation": id, "content": "once", "client_id": "same" }))
            .await
    }))
    .await;
    assert_stored_once(&answers);
    assert_eq!(aziz.conversation(id).await["last_seq"], 1);
}

#[tokio::test]
async fn a_client_id_belongs_to_its_sender_and_one_conversation() {
    let service = Service::start().await;
    let (malika, dilnoza) = (service.client(MALIKA), service.client(DILNOZA));
    let open = async |confession: i64| {
        let opened = malika
            .post("conversations/", json!({ "participant_ids": [2], "confession": confession }))
            .await
            .expect(201);
        opened["id"].as_i64().expect("an id")
    };
    let (nur, bahor) = (open(NUR.0).await, open(BAHOR.0).await);
    let body = |conversation: i64| json!({ "conversation": conversation, "content": "x", "client_id": "c" });
    malika.post("messages/", body(nur)).await.expect(201);
    dilnoza.post("messages/", body(nur)).await.expect(201);
    malika.post("messages/", body(bahor)).await.refused(409, "client_id_conflict");
    malika
        .chat(bahor)
        .await
        .refused("chat_message", json!({ "content": "x", "client_id": "c" }), "client_id_conflict")
        .await;
    assert_eq!(malika.conversation(bahor).await["last_seq"], 0);
}

#[tokio::test]
async fn a_repeat_succeeds_after_any_later_change() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let body = json!({ "conversation": id, "content": "once", "client_id": "c" });
    let first = aziz.post("messages/", body.clone()).await.expect(201)["id"].clone();
    aziz.delete(&format!("messages/{first}/")).await.expect(204);
    service
        .directory_client()
        .delete("/api/directory/subscriptions/5/1/")
        .await
        .expect(204);
    let again = aziz.post("messages/", body).await.ok();
    assert_eq!((again["id"].clone(), again["is_deleted"].clone()), (first, json!(true)));
}

#[tokio::test]
async fn a_client_id_has_at_most_64_characters() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let send = async |client_id: String| {
        aziz.post("messages/", json!({ "conversation": id, "content": "x", "client_id": client_id }))
            .await
    };
    send("ж".repeat(64)).await.expect(201);
    send("ж".repeat(65)).await.refused(400, "invalid_request");
    let mut socket = aziz.chat(id).await;
    socket
        .refused(
            "chat_message",
            json!({ "content": "x", "client_id": "x".repeat(65) }),
            "invalid_request",
        )
        .await;
}
