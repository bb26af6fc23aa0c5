//! The worst faults of the service that this one replaces: each was demonstrated by a request, and here is that request.

use domain::testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL};
use futures_util::future::join_all;
use serde_json::{Value, json};
use suhbat_tests::{Service, Token};
use tokio_tungstenite::tungstenite::Message;

/// A message in a conversation that Aziz has no part in.
async fn foreign(service: &Service) -> (i64, i64) {
    let malika = service.client(MALIKA);
    let id = malika.open(PAVEL).await;
    (id, malika.says(id, "a confidence").await)
}

#[tokio::test]
async fn reply_to_does_not_show_messages_of_other_conversations() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let (_, secret) = foreign(&service).await;
    let refused = aziz
        .post("messages/", json!({ "conversation": id, "content": "re", "reply_to": secret }))
        .await
        .refused(400, "invalid_reply");
    assert!(!refused.to_string().contains("confidence"));
    let error = aziz
        .chat(id)
        .await
        .refused("chat_message", json!({ "content": "re", "reply_to_id": secret }), "invalid_reply")
        .await;
    assert!(!error.to_string().contains("confidence"));
}

#[tokio::test]
async fn a_socket_does_not_pin_read_edit_or_delete_foreign_messages() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (_, secret) = foreign(&service).await;
    for client in [&aziz, &dilnoza] {
        let mut socket = client.chat(id).await;
        socket
            .refused(
                "pin_message",
                json!({ "message_id": secret, "is_pinned": true }),
                "message_not_found",
            )
            .await;
        socket
            .refused("read_receipt", json!({ "message_id": secret }), "message_not_found")
            .await;
        socket
            .refused("edit_message", json!({ "message_id": secret, "content": "x" }), "message_not_found")
            .await;
        socket
            .refused("delete_message", json!({ "message_id": secret }), "message_not_found")
            .await;
    }
    let message = service.client(MALIKA).message(secret).await;
    assert_eq!(
        (
            message["is_pinned"].clone(),
            message["message_reads"].clone(),
            message["content"].clone()
        ),
        (json!(false), json!([]), json!("a confidence"))
    );
}

#[tokio::test]
async fn frames_and_answers_hold_no_private_data() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = dilnoza.chat(id).await;
    aziz.say(id, "hi").await;
    let texts = [
        socket.expect("chat_message").await.to_string(),
        dilnoza.get(&format!("messages/?conversation={id}")).await.text,
        dilnoza.get("conversations/").await.text,
        dilnoza.get("contacts/").await.text,
        dilnoza.conversation(id).await.to_string(),
    ];
    for text in texts {
        for private in [
            "email",
            "e-mail",
            "password",
            "permission",
            "is_staff",
            "is_superuser",
            "is_active",
            "last_login",
            "phone",
        ] {
            assert!(!text.contains(private), "{private}: {text}");
        }
    }
}

#[tokio::test]
async fn deleted_text_does_not_live_on_in_replies() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = aziz.chat(id).await;
    let message = aziz.says(id, "regretted").await;
    let reply = json!({ "conversation": id, "content": "what?", "reply_to": message });
    let answer = dilnoza.post("messages/", reply).await.expect(201)["id"].as_i64().expect("an id");
    aziz.delete(&format!("messages/{message}/")).await.expect(204);
    dilnoza
        .patch(&format!("messages/{answer}/"), json!({ "content": "what??" }))
        .await
        .ok();
    let edited = socket.expect("message_edited").await.to_string();
    let listed = dilnoza.get(&format!("messages/?conversation={id}&include_deleted=true")).await.text;
    for text in [
        edited,
        listed,
        dilnoza.message(answer).await.to_string(),
        aziz.changes(id, 0).await.to_string(),
    ] {
        assert!(!text.contains("regretted"), "{text}");
    }
}

#[tokio::test]
async fn an_open_socket_ends_with_its_account_and_its_token() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let expiring = Token::access(DILNOZA, service.now())
        .claim("exp", service.now().seconds() - 3)
        .mint();
    let (mut hers, mut his) = (dilnoza.with_token(expiring).chat(id).await, aziz.chat(id).await);
    service
        .directory_client()
        .put(
            "/api/directory/users/5/",
            json!({ "username": "aziz", "role": "user", "is_active": false }),
        )
        .await
        .ok();
    assert_eq!(his.closed().await.code, 4401);
    assert_eq!(hers.closed().await.code, 4401);
    let refresh = Token::access(DILNOZA, service.now()).claim("token_type", "refresh").mint();
    let mut refused = suhbat_tests::Socket::open(&dilnoza.with_token(refresh).socket_url(&format!("/ws/chat/{id}/"))).await;
    assert_eq!(refused.closed().await.code, 4401);
}

#[tokio::test]
async fn a_member_does_not_write_to_an_admin_without_following() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    aziz.post("conversations/get_or_create/", json!({ "target_user_id": PAVEL.0 }))
        .await
        .refused(403, "not_subscribed");
    aziz.post("conversations/", json!({ "participant_ids": [PAVEL.0], "confession": 3 }))
        .await
        .refused(403, "not_subscribed");
}

#[tokio::test]
async fn a_participant_does_not_erase_the_conversation_for_both() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    aziz.say(id, "still here").await;
    let path = format!("conversations/{id}/");
    for method in [reqwest::Method::DELETE, reqwest::Method::PUT, reqwest::Method::PATCH] {
        let answer = aziz
            .run(aziz.request(method.clone(), &path).json(&json!({ "participant_ids": [5] })))
            .await;
        assert_eq!(answer.status, 405, "{method}: {}", answer.text);
    }
    assert_eq!(dilnoza.contents(&format!("conversation={id}")).await, ["still here"]);
}

#[tokio::test]
async fn an_edit_that_is_broadcast_is_stored() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut socket = dilnoza.chat(id).await;
    let message = aziz.says(id, "frist").await;
    aziz.chat(id)
        .await
        .act("edit_message", json!({ "message_id": message, "content": "first" }))
        .await;
    assert_eq!(socket.expect("message_edited").await["message"]["content"], "first");
    assert_eq!(dilnoza.message(message).await["content"], "first");
}

#[tokio::test]
async fn page_one_is_the_newest() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for number in 1..=60 {
        aziz.say(id, &number.to_string()).await;
    }
    let page = aziz.contents(&format!("conversation={id}&page=1")).await;
    assert_eq!((page.len(), page[0].as_str(), page[49].as_str()), (50, "11", "60"));
}

#[tokio::test]
async fn an_act_over_rest_reaches_the_sockets() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (mut chat, mut all) = (dilnoza.chat(id).await, dilnoza.all().await);
    let message = aziz.says(id, "by REST").await;
    for socket in [&mut chat, &mut all] {
        assert_eq!(socket.expect("chat_message").await["message"]["id"], message);
    }
}

#[tokio::test]
async fn reply_to_counts_over_rest() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.says(id, "question").await;
    let answer = dilnoza
        .post("messages/", json!({ "conversation": id, "content": "answer", "reply_to": message }))
        .await
        .expect(201);
    assert_eq!(answer["reply_to"]["content"], "question");
}

#[tokio::test]
async fn an_empty_message_is_no_message() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for content in [json!(null), json!(""), json!("   \n")] {
        aziz.post("messages/", json!({ "conversation": id, "content": content }))
            .await
            .refused(400, "empty_message");
    }
    aziz.chat(id)
        .await
        .refused("chat_message", json!({ "content": "" }), "empty_message")
        .await;
}

#[tokio::test]
async fn deleted_messages_are_not_unread() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.says(id, "1").await;
    aziz.say(id, "2").await;
    aziz.delete(&format!("messages/{message}/")).await.expect(204);
    assert_eq!(dilnoza.conversation(id).await["unread_count"], 1);
    assert_eq!(dilnoza.get("conversations/").await.ok()["results"][0]["unread_count"], 1);
    assert_eq!(dilnoza.get("conversations/unread_count/").await.ok()["unread_count"], 1);
}

#[tokio::test]
async fn the_status_is_not_always_sent() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.says(id, "hi").await;
    let status = async || aziz.message(message).await["status"].clone();
    assert_eq!(status().await, "sent");
    dilnoza.message(message).await;
    assert_eq!(status().await, "delivered");
    dilnoza.post_empty(&format!("messages/{message}/mark_as_read/")).await.ok();
    assert_eq!(status().await, "seen");
}

#[tokio::test]
async fn closing_one_of_two_tabs_sends_no_offline() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let (first, mut second) = (aziz.chat(id).await, aziz.chat(id).await);
    assert_eq!(watcher.expect("user_status").await["status"], "online");
    first.close().await;
    second.act("chat_message", json!({ "content": "still here" })).await;
    let before = watcher.until("chat_message", |_| true).await;
    assert!(before.iter().all(|frame| frame["type"] != "user_status"), "{before:?}");
}

#[tokio::test]
async fn a_new_socket_gets_the_online_users() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let here = aziz.chat(id).await;
    let mut socket = suhbat_tests::Socket::open(&dilnoza.socket_url(&format!("/ws/chat/{id}/"))).await;
    assert_eq!(socket.expect("ready").await["online"], json!([5]));
    drop(here);
}

#[tokio::test]
async fn opening_at_the_same_time_makes_no_duplicates() {
    let service = Service::start().await;
    let malika = service.client(MALIKA);
    let opening = (0..12).map(async |turn: i64| {
        let confession = if turn % 2 == 0 { NUR } else { BAHOR };
        malika
            .post(
                "conversations/get_or_create/",
                json!({ "target_user_id": 2, "confession_id": confession.0 }),
            )
            .await
            .status
    });
    let statuses = join_all(opening).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 2, "{statuses:?}");
    assert_eq!(malika.get("conversations/").await.ok()["count"], 2);
}

#[tokio::test]
async fn nul_is_refused_and_does_not_vanish() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    aziz.post("messages/", json!({ "conversation": id, "content": "a\u{0}b" }))
        .await
        .refused(400, "invalid_content");
    assert!(aziz.contents(&format!("conversation={id}")).await.is_empty());
}

#[tokio::test]
async fn bad_input_is_no_500() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "{\"conversation\": \"abc\"}",
        "{\"conversation\": 99999999999999999999}",
    ] {
        let answer = aziz.post_raw("messages/", body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
    }
    assert!(matches!(aziz.get("messages/abc/").await.status, 400 | 404));
    aziz.get(&format!("messages/?conversation={id}&page=abc"))
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn a_binary_frame_does_not_kill_the_socket() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let mut socket = aziz.chat(id).await;
    socket.send_raw(Message::binary(vec![1, 2, 3])).await;
    socket.expect("error").await;
    socket.act("chat_message", json!({ "content": "alive" })).await;
}

#[tokio::test]
async fn there_is_a_limit_to_sizes() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    aziz.post("messages/", json!({ "conversation": id, "content": "x".repeat(10_001) }))
        .await
        .refused(400, "content_too_long");
    aziz.post("messages/", json!({ "conversation": id, "content": "x".repeat(3_000_000) }))
        .await
        .refused(413, "payload_too_large");
    let mut socket = aziz.chat(id).await;
    socket
        .refused("chat_message", json!({ "content": "x".repeat(10_001) }), "content_too_long")
        .await;
    socket.try_send_raw(Message::text("x".repeat(200_000))).await;
    assert_eq!(socket.closed().await.code, 1009);
}

#[tokio::test]
async fn a_list_and_the_unread_count_stand_on_rows_of_their_own() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    for number in 0..30 {
        aziz.say(id, &number.to_string()).await;
    }
    let item = dilnoza.get("conversations/").await.ok()["results"][0].clone();
    assert_eq!((item["unread_count"].clone(), item["last_seq"].clone()), (json!(30), json!(30)));
    assert_eq!(item["last_message_preview"]["content"], "29");
    assert!(item.get("messages").is_none_or(Value::is_null), "a list carries no history");
}
