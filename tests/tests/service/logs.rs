//! All log lines of one request can be found by its id.

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
fn logged(log: &str, request: &str) -> Vec<String> {
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
        let logged = logged(&log, request);
        for wanted in WAY {
            assert!(logged.iter().any(|line| line == wanted), "{request}: {logged:?}");
        }
    }
    assert_eq!(logged(&log, "hand-shake.3"), ["refused"]);
}

#[tokio::test]
async fn messages_are_not_logged_at_the_default_level() {
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

#[tokio::test]
async fn each_pin_by_a_superadmin_in_a_conversation_of_others_leaves_a_line_with_ids_only() {
    let service = serve("info").await;
    let (member, conversation) = member(&service).await;
    let message = member.says(conversation, "nobody else is to read this").await;
    let people = member.get("/api/demo/people/").await.ok();
    let superadmin = people
        .as_array()
        .expect("people")
        .iter()
        .find(|person| person["role"] == "superadmin");
    let superadmin = superadmin.expect("a superadmin")["id"].clone();
    let login = member.post("/api/demo/login/", json!({ "user_id": superadmin })).await.ok();
    let rustam = member.with_token(login["access"].as_str().expect("a token"));
    rustam.post_empty(&format!("messages/{message}/unpin/")).await.ok();
    rustam.post_empty(&format!("messages/{message}/pin/")).await.ok();
    let mut socket = rustam.all().await;
    let act = json!({ "conversation": conversation, "message_id": message, "is_pinned": true });
    socket.act("pin_message", act).await;

    let log = service.stop().await.all();
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["message"] == "a superadmin pinned or unpinned a message of a conversation of others")
        .collect();
    let logged: Vec<_> = lines.iter().map(|line| line["is_pinned"].as_bool()).collect();
    assert_eq!(logged, [Some(false), Some(true), Some(true)], "{log}");
    for line in &lines {
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["user.id"], superadmin);
        assert_eq!(
            (line["message.id"].as_i64(), line["conversation.id"].as_i64()),
            (Some(message), Some(conversation))
        );
    }
    assert!(!log.contains("nobody else"), "{log}");
}

#[tokio::test]
async fn a_refused_origin_is_logged_with_the_setting_to_change() {
    let service = serve("info").await;
    let client = service.client();
    let handshake = || {
        let mut request = client.socket_url("/ws/").into_client_request().expect("a URL");
        let origin = "https://anna:secret@Platform.example.org/path".parse().expect("a header");
        request.headers_mut().insert("origin", origin);
        Socket::try_open(request)
    };
    for _ in 0..200 {
        handshake().await.expect_err("refused");
    }
    let preflight = client
        .request(Method::OPTIONS, "messages/")
        .header("origin", "https://elsewhere.example:8443")
        .header("access-control-request-method", "POST");
    client.run(preflight).await.refused(400, "invalid_request");
    service.shown("https://elsewhere.example:8443").await;
    let log = service.stop().await.all();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let about = |origin: &str| -> Vec<&Value> { lines.iter().filter(|line| line["origin"] == origin).collect() };
    let (socket, page) = (about("https://platform.example.org"), about("https://elsewhere.example:8443"));
    for line in socket.iter().chain(&page) {
        let message = line["message"].as_str().expect("a message");
        assert!(message.contains("cors.allowed_origins"), "{message}");
    }
    assert_eq!(page.len(), 1);
    assert!(!socket.is_empty() && socket.len() < 100, "{} lines", socket.len());
    assert!(!log.contains("secret"), "{log}");
}
