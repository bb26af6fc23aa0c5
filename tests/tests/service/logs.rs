//! What the log tells whoever looks for one request.

use reqwest::Method;
use serde_json::{Value, json};
use suhbat_tests::{Binary, Client, Served, Socket};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

async fn serve(level: &str) -> Served {
    Binary::new(env!("CARGO_BIN_EXE_suhbat-under-test"))
        .with("log.level", level)
        .with("log.format", "json")
        .serve(&["--demo"])
        .await
}

/// Somebody of the demo, and a conversation of theirs.
pub(crate) async fn member(service: &Served) -> (Client, i64) {
    let client = service.client();
    let people = client.get("/api/demo/people/").await.ok();
    let member = people.as_array().expect("people").iter().find(|person| person["role"] == "user");
    let id = member.expect("a member")["id"].as_i64().expect("an id");
    let login = client.post("/api/demo/login/", json!({ "user_id": id })).await.ok();
    let client = client.with_token(login["access"].as_str().expect("a token"));
    let conversations = client.get("conversations/").await.ok();
    let conversation = conversations["results"][0]["id"].as_i64().expect("a conversation");
    (client, conversation)
}

/// The lines of the log about this request, by their messages.
fn told(log: &str, request: &str) -> Vec<String> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["request.id"] == request)
        .map(|line| line["message"].as_str().expect("a message").to_owned())
        .collect()
}

const WAY: [&str; 3] = [
    "durable",
    "an event reached the sockets of this node",
    "a frame is handed to a socket",
];

#[tokio::test]
async fn a_message_can_be_followed_from_its_request_to_delivery() {
    let service = serve("debug").await;
    let (client, conversation) = member(&service).await;
    let url = client.socket_url(&format!("/ws/chat/{conversation}/"));
    let mut request = url.into_client_request().expect("a URL");
    request
        .headers_mut()
        .insert("x-request-id", "hand-shake".parse().expect("a header"));
    let mut socket = Socket::try_open(request).await.expect("a socket");
    socket.expect("ready").await;
    socket.send("ping", json!({})).await;
    socket.expect("pong").await;
    socket.send("chat_message", json!({ "content": "over the socket" })).await;
    socket.expect("chat_message").await;
    socket.send("edit_message", json!({ "message_id": 987_654, "content": "x" })).await;
    let refused = socket.expect("error").await;
    assert_eq!(refused["details"]["request_id"], "hand-shake.3");
    let send = client
        .request(Method::POST, "messages/")
        .header("x-request-id", "over-rest")
        .json(&json!({ "conversation": conversation, "content": "over REST" }));
    client.run(send).await.expect(201);
    socket.expect("chat_message").await;

    let log = service.stop().await.all();
    for request in ["hand-shake.2", "over-rest"] {
        let told = told(&log, request);
        for wanted in WAY {
            assert!(told.iter().any(|line| line == wanted), "{request} tells {told:?}");
        }
    }
    assert_eq!(told(&log, "hand-shake.3"), ["refused"]);
}

#[tokio::test]
async fn messages_leave_no_lines_where_nobody_looks_for_faults() {
    let service = serve("info").await;
    let (client, conversation) = member(&service).await;
    let before = service.shown("the service is up").await.lines().count();
    let mut socket = client.chat(conversation).await;
    for number in 0..5 {
        socket.send("chat_message", json!({ "content": number.to_string() })).await;
        socket.expect("chat_message").await;
    }
    let after = service.shown("the service is up").await.lines().count();
    assert_eq!(before, after);
    service.stop().await;
}
