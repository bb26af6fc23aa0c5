//! `/ws/`: all of a person's conversations on one socket.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, PAVEL, RUSTAM, SVETLANA};
use serde_json::{Value, json};
use suhbat_tests::{Service, Socket};

#[tokio::test]
async fn the_first_frame_is_ready_without_a_last_seq() {
    let service = Service::start().await;
    let aziz = service.client(AZIZ);
    aziz.open(DILNOZA).await;
    let mut socket = Socket::open(&aziz.socket_url("/ws/")).await;
    insta::assert_json_snapshot!(socket.any().await, { ".epoch" => "[epoch]" }, @r#"
    {
      "epoch": "[epoch]",
      "heartbeat_seconds": 2,
      "last_seq": null,
      "online": [],
      "server_time": "2026-03-21T09:00:00.000001Z",
      "type": "ready",
      "user_id": 5
    }
    "#);
}

#[tokio::test]
async fn every_frame_about_a_conversation_names_it() {
    let service = Service::start().await;
    let (dilnoza, aziz, svetlana) = (service.client(DILNOZA), service.client(AZIZ), service.client(SVETLANA));
    let (first, second) = (dilnoza.open(AZIZ).await, dilnoza.open(SVETLANA).await);
    let mut all = dilnoza.all().await;
    let mut chat = aziz.chat(first).await;

    chat.act("chat_message", json!({ "content": "one" })).await;
    let frame = all.expect("chat_message").await;
    assert_eq!(
        (frame["conversation"].clone(), frame["message"]["conversation"].clone()),
        (json!(first), json!(first))
    );
    chat.expect("chat_message").await;

    let message = svetlana.says(second, "two").await;
    assert_eq!(all.expect("chat_message").await["conversation"], second);
    svetlana
        .patch(&format!("messages/{message}/"), json!({ "content": "2" }))
        .await
        .ok();
    assert_eq!(all.expect("message_edited").await["conversation"], second);
    svetlana.post_empty(&format!("conversations/{second}/mark_as_read/")).await.ok();
    let mut theirs = svetlana.chat(second).await;
    theirs.act("typing", json!({ "is_typing": true })).await;
    assert_eq!(all.expect("typing").await["conversation"], second);
    svetlana.delete(&format!("messages/{message}/")).await.expect(204);
    assert_eq!(
        all.expect("message_deleted").await,
        json!({ "type": "message_deleted", "conversation": second, "message_id": message, "seq": 3 })
    );
}

#[tokio::test]
async fn a_superadmin_who_pins_in_a_conversation_of_others_gets_no_event() {
    let service = Service::start().await;
    let (dilnoza, aziz, rustam) = (service.client(DILNOZA), service.client(AZIZ), service.client(RUSTAM));
    let room = dilnoza.open(AZIZ).await;
    let message = aziz.says(room, "between us").await;
    let (mut theirs, mut his) = (dilnoza.all().await, rustam.all().await);
    for (is_pinned, seq) in [(false, 1), (true, 2), (true, 2), (false, 3)] {
        let act = json!({ "conversation": room, "message_id": message, "is_pinned": is_pinned });
        let ack = his.act("pin_message", act).await;
        assert_eq!((ack["message_id"].clone(), ack["seq"].clone()), (json!(message), json!(seq)));
    }
    for seq in [2, 3] {
        assert_eq!(theirs.expect("message_pinned").await["seq"], seq);
    }
    his.settle().await;
    for kind in ["message_pinned", "conversation_updated", "chat_message"] {
        assert_eq!(his.left(kind), Vec::<Value>::new());
    }
    for (kind, frame) in [
        (
            "edit_message",
            json!({ "conversation": room, "message_id": message, "content": "x" }),
        ),
        ("delete_message", json!({ "conversation": room, "message_id": message })),
        ("read_receipt", json!({ "conversation": room, "message_id": message })),
    ] {
        his.refused(kind, frame, "message_not_found").await;
    }
    for (kind, frame) in [
        (
            "chat_message",
            json!({ "conversation": room, "content": "x", "reply_to_id": message }),
        ),
        ("read_receipt", json!({ "conversation": room, "up_to": message })),
        ("ping", json!({ "conversation": room })),
    ] {
        his.refused(kind, frame, "conversation_not_found").await;
    }
}

#[tokio::test]
async fn acts_name_their_conversation() {
    let service = Service::start().await;
    let dilnoza = service.client(DILNOZA);
    let (first, second) = (dilnoza.open(AZIZ).await, dilnoza.open(SVETLANA).await);
    let foreign = service.client(MALIKA).open(PAVEL).await;
    let mut socket = dilnoza.all().await;
    let one = socket.act("chat_message", json!({ "conversation": first, "content": "1" })).await;
    let two = socket.act("chat_message", json!({ "conversation": second, "content": "2" })).await;
    assert_eq!((one["seq"].clone(), two["seq"].clone()), (json!(1), json!(1)));
    assert_eq!(
        (one["conversation"].clone(), two["conversation"].clone()),
        (json!(first), json!(second))
    );
    socket
        .act(
            "edit_message",
            json!({ "conversation": first, "message_id": one["message_id"], "content": "1!" }),
        )
        .await;
    socket
        .act(
            "pin_message",
            json!({ "conversation": first, "message_id": one["message_id"], "is_pinned": true }),
        )
        .await;
    socket
        .act("delete_message", json!({ "conversation": second, "message_id": two["message_id"] }))
        .await;

    socket
        .refused("chat_message", json!({ "content": "nowhere" }), "invalid_request")
        .await;
    socket
        .refused(
            "chat_message",
            json!({ "conversation": foreign, "content": "x" }),
            "conversation_not_found",
        )
        .await;
    socket
        .refused(
            "typing",
            json!({ "conversation": foreign, "is_typing": true }),
            "conversation_not_found",
        )
        .await;
    socket
        .refused(
            "edit_message",
            json!({ "conversation": second, "message_id": one["message_id"], "content": "x" }),
            "message_not_found",
        )
        .await;
}

#[tokio::test]
async fn ping_works_with_and_without_a_conversation() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    aziz.say(id, "one").await;
    let mut socket = aziz.all().await;
    socket.send("ping", json!({})).await;
    assert_eq!(socket.expect("pong").await["last_seq"], Value::Null);
    socket.send("ping", json!({ "conversation": id })).await;
    let pong = socket.expect("pong").await;
    assert_eq!((pong["last_seq"].clone(), pong["conversation"].clone()), (json!(1), json!(id)));
    socket
        .refused("ping", json!({ "conversation": 987_654 }), "conversation_not_found")
        .await;
}

#[tokio::test]
async fn a_list_is_kept_up_to_date_by_conversation_updated() {
    let service = Service::start().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let mut socket = dilnoza.all().await;

    let id = aziz.open(DILNOZA).await;
    let opened = socket.expect("conversation_updated").await;
    assert_eq!(
        opened,
        json!({ "type": "conversation_updated", "conversation": id, "unread_count": 0, "last_seq": 0, "last_message_preview": null })
    );

    let message = aziz.says(id, "Assalomu alaykum").await;
    let updated = socket.expect_that("conversation_updated", |frame| frame["last_seq"] == 1).await;
    let listed = dilnoza.get("conversations/").await.ok()["results"][0].clone();
    for field in ["unread_count", "last_seq", "last_message_preview"] {
        assert_eq!(updated[field], listed[field], "{field}");
    }
    assert_eq!(updated["unread_count"], 1);

    dilnoza.post_empty(&format!("messages/{message}/mark_as_read/")).await.ok();
    let read = socket.expect_that("conversation_updated", |frame| frame["unread_count"] == 0).await;
    assert_eq!(read["last_message_preview"]["id"], message);

    aziz.delete(&format!("messages/{message}/")).await.expect(204);
    let deleted = socket.expect_that("conversation_updated", |frame| frame["last_seq"] == 2).await;
    assert_eq!(deleted["last_message_preview"], Value::Null);
}

#[tokio::test]
async fn the_same_socket_gets_events_of_a_conversation_opened_later() {
    let service = Service::start().await;
    let (aziz, dilnoza) = (service.client(AZIZ), service.client(DILNOZA));
    let mut socket = dilnoza.all().await;
    let id = aziz.open(DILNOZA).await;
    aziz.say(id, "new").await;
    assert_eq!(socket.expect("chat_message").await["conversation"], id);
    socket
        .act("chat_message", json!({ "conversation": id, "content": "welcome" }))
        .await;
}
