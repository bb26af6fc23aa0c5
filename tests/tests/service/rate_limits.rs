//! Rate limits (section 7: `rate.*`). Clocks stand still unless a test moves them, so every number is exact.

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::Service;

/// Two messages at once, then one each five seconds.
const MESSAGES: &[(&str, &str)] = &[("rate.messages_per_minute", "12")];

#[tokio::test]
async fn sending_too_often_is_429_with_the_time_to_wait() {
    let service = Service::with(MESSAGES).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    let message = || json!({ "conversation": id, "content": "again" });
    for _ in 0..2 {
        aziz.say(id, "once").await;
    }
    let answer = aziz.post("messages/", message()).await;
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.refused(429, "rate_limited")["details"]["retry_after"], 5);

    service.clock.advance_micros(4_999_999);
    let answer = aziz.post("messages/", message()).await;
    assert_eq!(answer.header("retry-after"), Some("1"), "rounded up");
    answer.refused(429, "rate_limited");

    service.clock.advance_micros(1);
    aziz.post("messages/", message()).await.expect(201);
    assert_eq!(aziz.contents(&format!("conversation={id}")).await, ["once", "once", "again"]);
}

#[tokio::test]
async fn a_rate_limit_of_one_person_does_not_affect_others() {
    let service = Service::with(MESSAGES).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let id = aziz.open(DILNOZA).await;
    for _ in 0..20 {
        aziz.post("messages/", json!({ "conversation": id, "content": "flood" })).await;
    }
    dilnoza.say(id, "calm").await;
    dilnoza.chat(id).await.act("chat_message", json!({ "content": "calm" })).await;
}

#[tokio::test]
async fn messages_are_counted_over_rest_and_sockets_together() {
    let service = Service::with(MESSAGES).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    let mut socket = aziz.chat(id).await;
    socket.act("chat_message", json!({ "content": "by socket" })).await;
    aziz.say(id, "by request").await;

    let error = socket
        .refused("chat_message", json!({ "content": "too much", "client_id": "c-3" }), "rate_limited")
        .await;
    assert_eq!((&error["client_id"], &error["details"]["retry_after"]), (&json!("c-3"), &json!(5)));
    aziz.post("messages/", json!({ "conversation": id, "content": "too much" }))
        .await
        .refused(429, "rate_limited");

    // The socket is still open, and the same message goes through later.
    service.clock.advance(5);
    let ack = socket
        .act("chat_message", json!({ "content": "in time", "client_id": "c-3" }))
        .await;
    assert_eq!((&ack["client_id"], &ack["seq"]), (&json!("c-3"), &json!(3)));
}

#[tokio::test]
async fn requests_of_any_kind_are_counted_for_each_person() {
    let service = Service::with(&[("rate.requests_per_minute", "12")]).await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    aziz.get("conversations/").await.ok();
    aziz.get("config/").await.ok();
    for path in ["conversations/", "contacts/", "messages/1/", "config/"] {
        let answer = aziz.get(path).await;
        assert_eq!(answer.header("retry-after"), Some("5"), "{path}");
        answer.refused(429, "rate_limited");
    }
    aziz.anonymous().get("conversations/").await.refused(401, "not_authenticated");
    aziz.get("/healthz").await.ok();
    dilnoza.get("conversations/").await.ok();

    service.clock.advance(5);
    aziz.get("conversations/").await.ok();
    aziz.get("conversations/").await.refused(429, "rate_limited");
}

#[tokio::test]
async fn changes_over_a_socket_count_as_requests_and_talking_does_not() {
    let (service, aziz, _, id) = Service::with_conversation_and(&[("rate.requests_per_minute", "18")]).await;
    let mut socket = aziz.chat(id).await;
    let message = socket.act("chat_message", json!({ "content": "first" })).await["message_id"].clone();
    for content in ["second", "third"] {
        socket
            .act("edit_message", json!({ "message_id": message, "content": content }))
            .await;
    }
    let edit = json!({ "message_id": message, "content": "fourth" });
    let error = socket.refused("edit_message", edit.clone(), "rate_limited").await;
    assert_eq!(error["details"]["retry_after"], 4, "a third of ten seconds, rounded up");
    socket
        .refused("delete_message", json!({ "message_id": message }), "rate_limited")
        .await;
    socket
        .refused("pin_message", json!({ "message_id": message, "is_pinned": true }), "rate_limited")
        .await;
    aziz.get("conversations/").await.refused(429, "rate_limited");

    for number in 0..30 {
        socket.act("chat_message", json!({ "content": number.to_string() })).await;
        socket.act("read_receipt", json!({ "message_id": message })).await;
    }
    socket.settle().await;

    service.clock.advance(4);
    socket.act("edit_message", edit).await;
}

#[tokio::test]
async fn directory_requests_are_not_rate_limited() {
    let service = Service::with(&[("rate.requests_per_minute", "6")]).await;
    for _ in 0..20 {
        service
            .directory_client()
            .put("/api/directory/subscriptions/5/1/", json!({}))
            .await
            .ok();
    }
}

#[tokio::test]
async fn limits_of_the_configuration_are_those_in_force() {
    let (_service, aziz, _, id) = Service::with_conversation_and(&[("rate.messages_per_minute", "120")]).await;
    let mut socket = aziz.chat(id).await;
    for number in 0..20 {
        socket.act("chat_message", json!({ "content": number.to_string() })).await;
    }
    socket
        .refused("chat_message", json!({ "content": "number 21" }), "rate_limited")
        .await;
}
