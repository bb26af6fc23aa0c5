//! `/ws/chat/{id}/`: one conversation on one socket.

mod slow_readers;

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL, RUSTAM, ZAFAR};
use serde_json::{Value, json};
use suhbat_tests::{Client, Service, Socket, Token, eventually};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

#[tokio::test]
async fn the_first_frame_is_ready() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    aziz.say(id, "one").await;
    let mut socket = Socket::open(&aziz.socket_url(&format!("/ws/chat/{id}/"))).await;
    insta::assert_json_snapshot!(socket.any().await, { ".epoch" => "[epoch]" }, @r#"
    {
      "conversation": 1,
      "epoch": "[epoch]",
      "heartbeat_seconds": 2,
      "last_seq": 1,
      "online": [],
      "server_time": "2026-03-21T09:00:00.000001Z",
      "type": "ready",
      "user_id": 5
    }
    "#);
}

#[tokio::test]
async fn a_message_reaches_every_socket_of_every_participant_and_is_acknowledged() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut phone, mut laptop, mut other) = (aziz.chat(id).await, aziz.chat(id).await, dilnoza.chat(id).await);
    let ack = phone
        .act(
            "chat_message",
            json!({ "content": "Assalomu alaykum", "client_id": "c-1", "request_id": "r-1" }),
        )
        .await;
    let (own, second, theirs) = (
        phone.expect("chat_message").await,
        laptop.expect("chat_message").await,
        other.expect("chat_message").await,
    );
    assert_eq!(
        ack,
        json!({ "type": "ack", "conversation": id, "request_id": "r-1", "client_id": "c-1", "message_id": own["message"]["id"], "seq": 1 })
    );
    assert_eq!(own, second);
    assert_eq!((own["seq"].clone(), own["message"]["seq"].clone()), (json!(1), json!(1)));
    assert_eq!(
        (
            own["message"]["status"].clone(),
            own["message"]["client_id"].clone(),
            own["message"]["can_edit"].clone()
        ),
        (json!("sent"), json!("c-1"), json!(true))
    );
    assert_eq!(
        (
            theirs["message"]["status"].clone(),
            theirs["message"]["client_id"].clone(),
            theirs["message"]["can_edit"].clone()
        ),
        (json!("received"), Value::Null, json!(false))
    );
    assert_eq!(theirs["message"]["sender"]["username"], "aziz");
}

#[tokio::test]
async fn the_message_in_a_frame_is_the_message_of_rest() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let unread_socket = aziz.unread_socket(&format!("/ws/chat/{id}/")).await;
    let mut socket = aziz.chat(id).await;
    let sent = aziz.say(id, "the same").await;
    let frame = socket.expect("chat_message").await;
    assert_eq!(frame["message"], sent);
    drop((unread_socket, service, dilnoza));
}

#[tokio::test]
async fn edits_pins_and_deletions_are_sent_to_both_sides() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut left, mut right) = (aziz.chat(id).await, dilnoza.chat(id).await);
    let message = left.act("chat_message", json!({ "content": "frist" })).await["message_id"].clone();

    let ack = left.act("edit_message", json!({ "message_id": message, "content": "first" })).await;
    assert_eq!((ack["message_id"].clone(), ack["seq"].clone()), (message.clone(), json!(2)));
    for socket in [&mut left, &mut right] {
        let frame = socket.expect("message_edited").await;
        assert_eq!(
            (
                frame["seq"].clone(),
                frame["message"]["content"].clone(),
                frame["message"]["is_edited"].clone()
            ),
            (json!(2), json!("first"), json!(true))
        );
    }
    right.act("pin_message", json!({ "message_id": message, "is_pinned": true })).await;
    for socket in [&mut left, &mut right] {
        let frame = socket.expect("message_pinned").await;
        assert_eq!(
            (frame["seq"].clone(), frame["message"]["is_pinned"].clone()),
            (json!(3), json!(true))
        );
    }
    right.act("pin_message", json!({ "message_id": message, "is_pinned": false })).await;
    for socket in [&mut left, &mut right] {
        assert_eq!(socket.expect("message_pinned").await["message"]["is_pinned"], false);
    }
    left.act("delete_message", json!({ "message_id": message })).await;
    for socket in [&mut left, &mut right] {
        assert_eq!(
            socket.expect("message_deleted").await,
            json!({ "type": "message_deleted", "conversation": id, "message_id": message, "seq": 5 })
        );
    }
}

#[tokio::test]
async fn acts_over_rest_are_broadcast_like_those_of_a_socket() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = dilnoza.chat(id).await;
    let message = aziz.says(id, "by REST").await;
    assert_eq!(socket.expect("chat_message").await["message"]["content"], "by REST");
    aziz.patch(&format!("messages/{message}/"), json!({ "content": "by PATCH" }))
        .await
        .ok();
    assert_eq!(socket.expect("message_edited").await["message"]["content"], "by PATCH");
    dilnoza.post_empty(&format!("messages/{message}/pin/")).await.ok();
    assert_eq!(socket.expect("message_pinned").await["message"]["is_pinned"], true);
    dilnoza.post_empty(&format!("messages/{message}/unpin/")).await.ok();
    assert_eq!(socket.expect("message_pinned").await["message"]["is_pinned"], false);
    dilnoza.post_empty(&format!("messages/{message}/mark_as_read/")).await.ok();
    assert_eq!(socket.expect("read_receipt").await["message_id"], message);
    aziz.delete(&format!("messages/{message}/")).await.expect(204);
    assert_eq!(socket.expect("message_deleted").await["message_id"], message);
}

#[tokio::test]
async fn frames_of_a_conversation_arrive_in_the_order_of_seq() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = dilnoza.chat(id).await;
    let senders = [&aziz, &dilnoza, &aziz, &dilnoza];
    let sending = senders.map(|sender| async move {
        for number in 0..25 {
            sender.say(id, &number.to_string()).await;
        }
    });
    futures_util::future::join_all(sending).await;
    let mut seqs = Vec::new();
    while seqs.len() < 100 {
        seqs.push(socket.expect("chat_message").await["seq"].as_i64().expect("a number"));
    }
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_refused_act_is_answered_on_its_socket_which_stays_open() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let foreign = service.client(MALIKA).open(PAVEL).await;
    let there = service.client(MALIKA).says(foreign, "elsewhere").await;
    let theirs = dilnoza.says(id, "hers").await;
    let mut socket = aziz.chat(id).await;
    let cases = [
        ("chat_message", json!({ "content": "  " }), "empty_message"),
        ("chat_message", json!({ "content": "a\u{0}" }), "invalid_content"),
        ("chat_message", json!({ "content": "x".repeat(10_001) }), "content_too_long"),
        ("chat_message", json!({ "content": "x", "reply_to_id": there }), "invalid_reply"),
        ("edit_message", json!({ "message_id": theirs, "content": "mine" }), "not_sender"),
        (
            "edit_message",
            json!({ "message_id": there, "content": "mine" }),
            "message_not_found",
        ),
        ("delete_message", json!({ "message_id": theirs }), "not_sender"),
        ("delete_message", json!({ "message_id": 987_654 }), "message_not_found"),
        (
            "pin_message",
            json!({ "message_id": theirs, "is_pinned": true }),
            "not_pin_authority",
        ),
        ("read_receipt", json!({ "message_id": there }), "message_not_found"),
        ("edit_message", json!({ "message_id": theirs }), "invalid_request"),
        ("typing", json!({ "is_typing": "perhaps" }), "invalid_request"),
        ("read_receipt", json!({}), "invalid_request"),
        ("dance", json!({}), "unknown_type"),
    ];
    for (kind, fields, code) in cases {
        socket.refused(kind, fields, code).await;
    }
    let error = socket
        .refused("chat_message", json!({ "content": "", "client_id": "c-9" }), "empty_message")
        .await;
    assert_eq!(error["client_id"], "c-9");
    socket.act("chat_message", json!({ "content": "still here" })).await;
}

#[tokio::test]
async fn malformed_frames_are_answered_and_twenty_in_ten_seconds_close_the_socket() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut socket = aziz.chat(id).await;
    for bad in ["", "{", "[]", "null", "5", "{\"type\": 5}", "{}", "\u{0}"] {
        socket.send_raw(Message::text(bad)).await;
        let error = socket.expect("error").await;
        assert!(
            matches!(error["code"].as_str(), Some("invalid_json" | "invalid_request" | "unknown_type")),
            "{bad}: {error}"
        );
    }
    socket.act("chat_message", json!({ "content": "still here" })).await;
    for _ in 0..20 {
        if !socket.try_send_raw(Message::text("{")).await {
            break;
        }
    }
    assert_eq!(socket.closed().await.code, 1008);
}

#[tokio::test]
async fn a_client_that_is_still_sending_reads_the_close_code() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for padding in [0, 5_000] {
        let mut socket = aziz.unread_socket(&format!("/ws/chat/{id}/")).await;
        for _ in 0..300 {
            socket.send("shout", json!({ "padding": "x".repeat(padding) })).await;
        }
        let (frames, closed) = socket.listen().await;
        let errors = frames.iter().filter(|frame| frame["type"] == "error").count();
        assert_eq!((errors, closed.code), (20, 1008), "{padding}");
    }
}

#[tokio::test]
async fn a_binary_frame_is_answered_as_malformed() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut socket = aziz.chat(id).await;
    socket.send_raw(Message::binary(vec![0, 159, 146, 150])).await;
    assert_eq!(socket.expect("error").await["code"], "invalid_json");
    socket.act("chat_message", json!({ "content": "still here" })).await;
}

#[tokio::test]
async fn a_frame_has_at_most_64_kib() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut socket = aziz.chat(id).await;
    let padding = |bytes: usize| {
        let empty = json!({ "type": "ping", "padding": "" }).to_string();
        json!({ "type": "ping", "padding": "x".repeat(bytes - empty.len()) }).to_string()
    };
    socket.send_raw(Message::text(padding(64 * 1024))).await;
    socket.expect("pong").await;
    socket.try_send_raw(Message::text(padding(64 * 1024 + 1))).await;
    assert_eq!(socket.closed().await.code, 1009);
}

#[tokio::test]
async fn a_handshake_that_is_not_acceptable_is_accepted_and_closed_with_the_reason() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let path = format!("/ws/chat/{id}/");
    let close = async |client: &Client, path: &str| Socket::open(&client.socket_url(path)).await.closed().await.code;
    assert_eq!(close(&aziz.anonymous(), &path).await, 4401);
    assert_eq!(close(&aziz.with_token("nonsense"), &path).await, 4401);
    let now = service.now();
    assert_eq!(
        close(&aziz.with_token(Token::access(AZIZ, now).claim("exp", 1).mint()), &path).await,
        4401
    );
    assert_eq!(
        close(
            &aziz.with_token(Token::access(AZIZ, now).claim("token_type", "refresh").mint()),
            &path
        )
        .await,
        4401
    );
    assert_eq!(close(&aziz.with_token(Token::access(ZAFAR, now).mint()), &path).await, 4401);
    assert_eq!(close(&aziz, "/ws/chat/987654/").await, 4404);
    for stranger in [MALIKA, PAVEL, RUSTAM] {
        assert_eq!(close(&service.client(stranger), &path).await, 4404);
    }
}

#[tokio::test]
async fn the_sockets_of_a_person_are_limited() {
    let (service, aziz, _, id) = Service::with_conversation_and(&[("limits.sockets_per_user", "3")]).await;
    let open = [aziz.chat(id).await, aziz.all().await, aziz.chat(id).await];
    assert_eq!(Socket::open(&aziz.socket_url("/ws/")).await.closed().await.code, 4429);
    service.client(DILNOZA).all().await;
    let [first, ..] = open;
    first.close().await;
    eventually("a place is free again", async || {
        let mut socket = Socket::open(&aziz.socket_url("/ws/")).await;
        socket.any_or_closed().await.filter(|frame| frame["type"] == "ready")
    })
    .await;
}

#[tokio::test]
async fn the_authorization_header_serves_instead_of_a_token_in_the_url() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let mut request = format!("{}/ws/chat/{id}/", service.base().replacen("http", "ws", 1))
        .into_client_request()
        .expect("a URL");
    let bearer = format!("Bearer {}", aziz.token.as_deref().expect("a token"));
    request.headers_mut().insert("authorization", bearer.parse().expect("a header"));
    let mut socket = Socket::try_open(request).await.expect("accepted");
    assert_eq!(socket.expect("ready").await["user_id"], 5);
}

#[tokio::test]
async fn a_handshake_from_a_foreign_origin_is_refused_with_403() {
    let service = Service::with(&[("cors.allowed_origins", "https://platform.example.org,https://other.example.org")]).await;
    let aziz = service.client(AZIZ);
    let from = async |origin: &str| {
        let mut request = aziz.socket_url("/ws/").into_client_request().expect("a URL");
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
        Socket::try_open(request).await
    };
    for fine in ["https://platform.example.org", "https://other.example.org", service.base()] {
        from(fine).await.expect("accepted").expect("ready").await;
    }
    for foreign in [
        "https://evil.example.org",
        "https://platform.example.org.evil.org",
        "http://platform.example.org",
        "null",
    ] {
        let refused = from(foreign).await.expect_err("refused");
        let tokio_tungstenite::tungstenite::Error::Http(response) = *refused else {
            panic!("{refused:?}")
        };
        assert_eq!(response.status().as_u16(), 403, "{foreign}");
    }
}

#[tokio::test]
async fn a_token_that_expires_closes_its_open_sockets() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    // Within the leeway of 5 seconds: the rest of it passes in real time, by the monotonic clock.
    let short = aziz.with_token(Token::access(AZIZ, service.now()).claim("exp", service.now().seconds() - 3).mint());
    let (mut chat, mut all, mut lasting) = (short.chat(id).await, short.all().await, aziz.chat(id).await);
    assert_eq!(chat.closed().await.code, 4401);
    assert_eq!(all.closed().await.code, 4401);
    lasting.act("chat_message", json!({ "content": "still here" })).await;
}

#[tokio::test]
async fn an_account_that_is_deactivated_loses_its_sockets_at_once() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut chat, mut all, mut other) = (aziz.chat(id).await, aziz.all().await, dilnoza.chat(id).await);
    let gone = json!({ "username": "aziz", "role": "user", "is_active": false });
    service.directory_client().put("/api/directory/users/5/", gone).await.ok();
    assert_eq!(chat.closed().await.code, 4401);
    assert_eq!(all.closed().await.code, 4401);
    other.act("chat_message", json!({ "content": "still here" })).await;
}

#[tokio::test]
async fn ping_is_answered_with_the_stored_last_seq() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut socket = aziz.chat(id).await;
    assert_eq!(socket.settle().await["last_seq"], 0);
    aziz.say(id, "one").await;
    aziz.say(id, "two").await;
    assert_eq!(socket.settle().await["last_seq"], 2);
}

#[tokio::test]
async fn a_socket_of_one_conversation_gets_no_events_of_another() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let other = service
        .client(MALIKA)
        .post("conversations/", json!({ "participant_ids": [2], "confession": 1 }))
        .await
        .expect(201)["id"]
        .as_i64()
        .expect("an id");
    let mut socket = dilnoza.chat(id).await;
    service.client(MALIKA).say(other, "elsewhere").await;
    aziz.say(id, "here").await;
    let before = socket.until("chat_message", |_| true).await;
    assert_eq!(before.last().expect("the message")["message"]["content"], "here");
    assert!(before.iter().all(|frame| frame["type"] != "conversation_updated"), "{before:?}");
    socket
        .refused("chat_message", json!({ "content": "x", "conversation": other }), "invalid_request")
        .await;
}
