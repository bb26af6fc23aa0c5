//! Tokens and texts of messages stay out of the logs.

use serde_json::json;
use suhbat_tests::{Binary, Socket};

#[tokio::test]
async fn tokens_tickets_and_messages_are_never_logged() {
    let service = Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("log.level", "trace")
        .with("log.format", "json")
        .serve(&["--demo"])
        .await;
    let client = service.client();
    let people = client.get("/api/demo/people/").await.ok();
    let member = people
        .as_array()
        .expect("people")
        .iter()
        .find(|person| person["role"] == "user")
        .expect("a member")
        .clone();
    let token = client.post("/api/demo/login/", json!({ "user_id": member["id"] })).await.ok()["access"]
        .as_str()
        .expect("a token")
        .to_owned();
    let client = client.with_token(&token);
    let conversation = client.get("conversations/").await.ok()["results"][0]["id"]
        .as_i64()
        .expect("a conversation");

    client
        .post("messages/", json!({ "conversation": conversation, "content": "xyzzy over REST" }))
        .await;
    let ticket = client.post_empty("ws_ticket/").await.ok()["ticket"]
        .as_str()
        .expect("a ticket")
        .to_owned();
    let mut socket = Socket::open(&client.socket_url("/ws/")).await;
    socket.expect("ready").await;
    socket
        .send(
            "chat_message",
            json!({ "conversation": conversation, "content": "xyzzy over a socket" }),
        )
        .await;
    socket.settle().await;
    let mut other = Socket::open(&format!("{}/ws/?ticket={ticket}", service.base().replacen("http", "ws", 1))).await;
    other.expect("ready").await;
    client.get(&format!("contacts/?token={token}")).await.ok();
    client
        .with_token("bad.bad.bad")
        .get("conversations/")
        .await
        .refused(401, "token_invalid");
    client.get("messages/987654/").await.refused(404, "message_not_found");

    let outcome = service.stop().await;
    let log = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(
        log.contains("/api/messaging/messages/987654/"),
        "the log tells of requests at this level: {log}"
    );
    // The first lines show how to try the demo, with a token of its own.
    let signature = token.rsplit('.').next().expect("a signature");
    for secret in [token.as_str(), signature, ticket.as_str(), "xyzzy", "bad.bad.bad"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
