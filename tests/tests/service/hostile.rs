//! Clients that mean harm, or are merely broken: each gets its answer, and no other client is affected.

use std::time::Duration;

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::{Value, json};
use suhbat_tests::{PATIENCE, Service, Token};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

#[tokio::test]
async fn a_thousand_frames_at_once_are_all_answered_in_order() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut socket, mut other) = (aziz.chat(id).await, dilnoza.chat(id).await);
    for number in 0..1000 {
        // Every tenth is refused, and its answer has its place among the others.
        let content = if number % 10 == 9 { String::new() } else { number.to_string() };
        socket
            .send("chat_message", json!({ "content": content, "request_id": number.to_string() }))
            .await;
    }
    let mut seq = 0;
    for number in 0..1000 {
        let answer = loop {
            let frame = socket.any().await;
            if frame["type"] == "ack" || frame["type"] == "error" {
                break frame;
            }
        };
        assert_eq!(answer["request_id"], number.to_string(), "{answer}");
        if number % 10 == 9 {
            assert_eq!(answer["code"], "empty_message");
        } else {
            seq += 1;
            assert_eq!(answer["seq"], seq);
        }
    }
    for expected in 1..=seq {
        assert_eq!(other.expect("chat_message").await["seq"], expected);
    }
}

#[tokio::test]
async fn malformed_frames_get_an_error_with_the_reason_and_change_nothing() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let depth = 20_000;
    let cases: Vec<(String, &str)> = vec![
        (r#"{"type": "chat_message", "content": "\ud83d"}"#.to_owned(), "invalid_json"),
        (r#"{"type": "chat_message", "content": "\udc00\ud83d"}"#.to_owned(), "invalid_json"),
        (format!("{}{}", "[".repeat(depth), "]".repeat(depth)), "invalid_json"),
        (
            r#"{"type": "chat_message", "content": "x", "reply_to_id": 1e400}"#.to_owned(),
            "invalid_request",
        ),
        (
            r#"{"type": "chat_message", "content": "x", "reply_to_id": 99999999999999999999999999}"#.to_owned(),
            "invalid_request",
        ),
        (
            r#"{"type": "chat_message", "content": "x", "reply_to_id": 1.5}"#.to_owned(),
            "invalid_request",
        ),
        (
            r#"{"type": "chat_message", "content": {"text": "x"}}"#.to_owned(),
            "invalid_request",
        ),
        (r#"{"type": "chat_message", "content": ["x"]}"#.to_owned(), "invalid_request"),
        (
            r#"{"type": "read_receipt", "message_id": -9223372036854775809}"#.to_owned(),
            "invalid_request",
        ),
        (
            r#"{"type": "read_receipt", "message_id": 9223372036854775807}"#.to_owned(),
            "message_not_found",
        ),
        (r#"{"type": "delete_message", "message_id": -1}"#.to_owned(), "message_not_found"),
        (format!(r#"{{"type": "{}"}}"#, "x".repeat(60_000)), "unknown_type"),
        (
            format!(r#"{{"type": "chat_message", "content": "x", "client_id": "{}"}}"#, "c".repeat(65)),
            "invalid_request",
        ),
    ];
    for (text, code) in cases {
        let shown: String = text.chars().take(100).collect();
        // A socket each, for twenty that are malformed would close it.
        let mut socket = aziz.chat(id).await;
        socket.send_raw(Message::text(text)).await;
        let error = socket.expect("error").await;
        assert_eq!(error["code"], code, "{shown}: {error}");
        assert!(error.to_string().len() < 1000, "the answer repeats no more than it must: {error}");
        assert_eq!(socket.settle().await["last_seq"], 0, "{shown}");
    }
}

#[tokio::test]
async fn a_message_in_many_small_frames_is_bounded_too() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let part = |opcode, last| Message::Frame(Frame::message(vec![b' '; 1024], OpCode::Data(opcode), last));
    let mut socket = aziz.chat(id).await;
    let mut open = socket.try_send_raw(part(Data::Text, false)).await;
    for _ in 0..70 {
        open = open && socket.try_send_raw(part(Data::Continue, false)).await;
    }
    assert_eq!(socket.closed().await.code, 1009);
    dilnoza.say(id, "still here").await;
}

#[tokio::test]
async fn a_content_of_10_000_scalars_passes_however_it_is_escaped_and_one_more_does_not() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let escaped = |count: usize| format!(r#"{{"conversation": {id}, "content": "{}"}}"#, r"\ud83d\ude00".repeat(count));
    let stored: Value = aziz.post_raw("messages/", escaped(10_000)).await.expect(201);
    assert_eq!(stored["content"].as_str().map(|content| content.chars().count()), Some(10_000));
    aziz.post_raw("messages/", escaped(10_001)).await.refused(400, "content_too_long");
}

#[tokio::test]
async fn a_connection_that_never_finishes_its_request_is_dropped() {
    let service = Service::tuned(&[], |options| options.patience.stalled = Duration::from_millis(300)).await;
    let aziz = service.client(AZIZ);
    let id = aziz.open(DILNOZA).await;
    let address = service.base().trim_start_matches("http://");
    let token = Token::access(AZIZ, service.now()).mint();
    let body = format!(
        "POST /api/messaging/messages/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    let beginnings = [
        body.as_str(),
        "",
        "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "POST /api/messaging/messages/ HTTP/1.1\r\nHost: loc",
    ];
    let dropped = beginnings.map(|beginning| async move {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(beginning.as_bytes()).await.expect("an open connection");
        let mut answer = Vec::new();
        // A reset ends it as well as a close.
        let ended = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{beginning:?} is waited for");
        assert!(!answer.starts_with(b"HTTP/1.1 101"), "{beginning:?}");
        if beginning.contains("Content-Length") {
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
        }
    });
    futures_util::future::join_all(dropped).await;
    aziz.say(id, "still here").await;
}
