//! Sending, changing and reading messages: R6 to R12.

use domain::testing::builders::{AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NUR, PAVEL, RUSTAM};
use reqwest::multipart::Form;
use serde_json::{Value, json};
use suhbat_tests::{Service, Upload};

#[tokio::test]
async fn a_message_has_the_shape_of_the_contract() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let first = aziz.says(id, "Assalomu alaykum").await;
    service.clock.advance(2);
    let request = json!({ "conversation": id, "content": "Bormisiz?", "reply_to": first, "client_id": "abc" });
    insta::assert_json_snapshot!(aziz.post("messages/", request).await.expect(201), @r#"
    {
      "attachments": [],
      "can_edit": true,
      "client_id": "abc",
      "content": "Bormisiz?",
      "conversation": 1,
      "created_at": "2026-03-21T09:00:02.000001Z",
      "edit_deadline": "2026-03-21T09:10:02.000001Z",
      "edited_at": null,
      "id": 2,
      "is_deleted": false,
      "is_edited": false,
      "is_pinned": false,
      "message_reads": [],
      "reply_to": {
        "attachments": [],
        "content": "Assalomu alaykum",
        "created_at": "2026-03-21T09:00:00.000001Z",
        "id": 1,
        "is_deleted": false,
        "sender": {
          "avatar": "/media/aziz.jpg",
          "first_name": "Aziz",
          "id": 5,
          "last_name": "Gʻaniyev",
          "role": "user",
          "username": "aziz"
        }
      },
      "sender": {
        "avatar": "/media/aziz.jpg",
        "first_name": "Aziz",
        "id": 5,
        "last_name": "Gʻaniyev",
        "role": "user",
        "username": "aziz"
      },
      "seq": 2,
      "status": "sent",
      "updated_at": "2026-03-21T09:00:02.000001Z"
    }
    "#);
}

#[tokio::test]
async fn the_other_side_sees_it_as_received_without_the_sender_s_client_id() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let sent = aziz
        .post("messages/", json!({ "conversation": id, "content": "hi", "client_id": "mine" }))
        .await
        .expect(201);
    let seen = dilnoza.message(sent["id"].as_i64().expect("an id")).await;
    assert_eq!(
        (seen["status"].clone(), seen["client_id"].clone(), seen["can_edit"].clone()),
        (json!("received"), Value::Null, json!(false))
    );
    assert_eq!(
        (sent["status"].clone(), sent["client_id"].clone(), sent["can_edit"].clone()),
        (json!("sent"), json!("mine"), json!(true))
    );
}

#[tokio::test]
async fn content_is_kept_as_sent() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    for text in [
        "  spaces around\n\n",
        "<b>&amp;\"'</b>",
        "Oʻzbekcha, по-русски, עברית, 🕊️👨‍👩‍👧",
        "a\r\nb\tc\u{200b}\u{feff}",
        "é vs e\u{301}",
    ] {
        let message = aziz.say(id, text).await;
        assert_eq!(message["content"], text);
        assert_eq!(dilnoza.message(message["id"].as_i64().expect("an id")).await["content"], text);
    }
}

#[tokio::test]
async fn content_is_measured_in_scalar_values() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let send = async |text: String| aziz.post("messages/", json!({ "conversation": id, "content": text })).await;
    send("🕊".repeat(10_000)).await.expect(201);
    let refused = send("a".repeat(10_001)).await.refused(400, "content_too_long");
    assert_eq!(refused["details"]["limit"], 10_000);
    send("🕊".repeat(10_001)).await.refused(400, "content_too_long");
}

#[tokio::test]
async fn a_message_needs_text_without_nul() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for body in [
        json!({}),
        json!({ "content": null }),
        json!({ "content": "" }),
        json!({ "content": " \n\t\u{a0}\u{2003}" }),
    ] {
        let mut body = body;
        body["conversation"] = json!(id);
        aziz.post("messages/", body).await.refused(400, "empty_message");
    }
    aziz.post("messages/", json!({ "conversation": id, "content": "a\u{0}b" }))
        .await
        .refused(400, "invalid_content");
    assert_eq!(aziz.conversation(id).await["last_seq"], 0, "what is refused takes no seq");
}

#[tokio::test]
async fn a_form_sends_like_json() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let first = aziz.says(id, "first").await;
    let form = Form::new()
        .text("conversation", id.to_string())
        .text("content", "from a form 🕊")
        .text("reply_to", first.to_string())
        .text("client_id", "form-1");
    let message = aziz.post_form("messages/", form).await.expect(201);
    assert_eq!(message["content"], "from a form 🕊");
    assert_eq!(message["reply_to"]["id"], first);
    assert_eq!(message["client_id"], "form-1");
}

#[tokio::test]
async fn a_message_is_edited_by_its_sender_until_the_last_microsecond_of_the_window() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.say(id, "frist").await;
    let path = format!("messages/{}/", message["id"]);
    assert_eq!(message["edit_deadline"], "2026-03-21T09:10:00.000001Z");

    dilnoza.patch(&path, json!({ "content": "mine" })).await.refused(403, "not_sender");
    service.clock.advance(600);
    let edited = aziz.patch(&path, json!({ "content": "first" })).await.ok();
    assert_eq!(
        (edited["content"].clone(), edited["is_edited"].clone()),
        (json!("first"), json!(true))
    );
    assert_eq!(edited["edited_at"], "2026-03-21T09:10:00.000001Z");
    assert_eq!(edited["updated_at"], edited["edited_at"]);
    assert_eq!(edited["created_at"], message["created_at"]);
    assert_eq!((edited["seq"].clone(), edited["can_edit"].clone()), (json!(2), json!(true)));

    service.clock.advance_micros(1);
    aziz.patch(&path, json!({ "content": "too late" }))
        .await
        .refused(403, "edit_window_closed");
    let stored = aziz.message(message["id"].as_i64().expect("an id")).await;
    assert_eq!(
        (stored["content"].clone(), stored["can_edit"].clone()),
        (json!("first"), json!(false))
    );
}

#[tokio::test]
async fn the_edit_window_is_the_operator_s_choice() {
    let (service, aziz, _, id) = Service::with_conversation_and(&[("policy.edit_window_seconds", "5")]).await;
    let message = aziz.says(id, "quick").await;
    assert_eq!(aziz.get("config/").await.ok()["edit_window_seconds"], 5);
    service.clock.advance_micros(5_000_001);
    aziz.patch(&format!("messages/{message}/"), json!({ "content": "slow" }))
        .await
        .refused(403, "edit_window_closed");
}

#[tokio::test]
async fn an_edit_must_not_be_empty() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let path = format!("messages/{}/", aziz.says(id, "text").await);
    aziz.patch(&path, json!({ "content": " " })).await.refused(400, "empty_message");
    aziz.patch(&path, json!({ "content": "a\u{0}" }))
        .await
        .refused(400, "invalid_content");
    aziz.patch(&path, json!({ "content": "a".repeat(10_001) }))
        .await
        .refused(400, "content_too_long");
    let fields = aziz.patch(&path, json!({})).await.refused(400, "invalid_request");
    assert!(fields["details"]["fields"]["content"].is_array(), "{fields}");
}

#[tokio::test]
async fn a_deleted_message_is_a_tombstone_everywhere() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz.says(id, "a secret").await;
    let answer = dilnoza
        .post("messages/", json!({ "conversation": id, "content": "what?", "reply_to": message }))
        .await
        .expect(201);
    service.clock.advance(100_000);
    let path = format!("messages/{message}/");

    dilnoza.delete(&path).await.refused(403, "not_sender");
    service.client(RUSTAM).delete(&path).await.refused(404, "message_not_found");
    let gone = aziz.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(aziz.delete(&path).await.status, 204, "deleting twice succeeds");
    assert_eq!(aziz.conversation(id).await["last_seq"], 3, "and takes no new seq");

    for viewer in [&aziz, &dilnoza] {
        let tombstone = viewer.message(message).await;
        assert_eq!(
            (
                tombstone["content"].clone(),
                tombstone["is_deleted"].clone(),
                tombstone["attachments"].clone()
            ),
            (Value::Null, json!(true), json!([]))
        );
        let preview = viewer.message(answer["id"].as_i64().expect("an id")).await["reply_to"].clone();
        assert_eq!(
            (
                preview["content"].clone(),
                preview["is_deleted"].clone(),
                preview["attachments"].clone()
            ),
            (Value::Null, json!(true), json!([]))
        );
        assert_eq!(viewer.contents(&format!("conversation={id}")).await, ["what?"]);
        assert_eq!(
            viewer.contents(&format!("conversation={id}&include_deleted=true")).await,
            ["(none)", "what?"]
        );
        let everything = viewer.changes(id, 0).await.to_string() + &viewer.get("conversations/").await.text;
        assert!(!everything.contains("a secret"), "{everything}");
    }
    aziz.patch(&path, json!({ "content": "back" }))
        .await
        .refused(403, "message_deleted");
}

#[tokio::test]
async fn a_reply_answers_a_message_of_the_same_conversation_that_is_not_deleted() {
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
    let here = dilnoza.says(nur, "here").await;
    let there = dilnoza.says(bahor, "there").await;
    let reply = async |to: Value| {
        malika
            .post("messages/", json!({ "conversation": nur, "content": "re", "reply_to": to }))
            .await
    };
    let answered = reply(json!(here)).await.expect(201);
    assert_eq!(answered["reply_to"]["content"], "here");
    assert_eq!(answered["reply_to"]["sender"]["username"], "dilnoza");
    reply(json!(there)).await.refused(400, "invalid_reply");
    reply(json!(987_654)).await.refused(400, "invalid_reply");
    dilnoza.delete(&format!("messages/{here}/")).await.expect(204);
    reply(json!(here)).await.refused(400, "invalid_reply");
    reply(Value::Null).await.expect(201);
}

#[tokio::test]
async fn the_confession_s_admin_and_superadmins_pin_and_nobody_else() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let rustam = service.client(RUSTAM);
    let message = aziz.says(id, "important").await;
    let pin = format!("messages/{message}/pin/");
    aziz.post_empty(&pin).await.refused(403, "not_pin_authority");
    for stranger in [MALIKA, KAMOL, PAVEL] {
        service.client(stranger).post_empty(&pin).await.refused(404, "message_not_found");
    }
    let pinned = dilnoza.post_empty(&pin).await.ok();
    assert_eq!((pinned["is_pinned"].clone(), pinned["seq"].clone()), (json!(true), json!(2)));
    let again = dilnoza.post_empty(&pin).await.ok();
    assert_eq!(
        (again["is_pinned"].clone(), again["seq"].clone()),
        (json!(true), json!(2)),
        "idempotent"
    );
    let unpinned = rustam.post_empty(&format!("messages/{message}/unpin/")).await.ok();
    assert_eq!((unpinned["is_pinned"].clone(), unpinned["seq"].clone()), (json!(false), json!(3)));
    assert_eq!(rustam.post_empty(&pin).await.ok()["is_pinned"], true, "any message anywhere");
    rustam.get(&format!("messages/{message}/")).await.refused(404, "message_not_found");
}

#[tokio::test]
async fn a_superadmin_reads_nothing_by_pinning_messages_of_others() {
    let (service, aziz, dilnoza, id) = Service::with_conversation().await;
    let rustam = service.client(RUSTAM);
    let question = dilnoza.says(id, "a question of theirs").await;
    let form = suhbat_tests::form(id, &[Upload::text("secret.txt", 40)])
        .text("content", "an answer of theirs")
        .text("client_id", "c-1")
        .text("reply_to", question.to_string());
    let message = aziz.post_form("messages/", form).await.expect(201)["id"].as_i64().expect("an id");
    dilnoza.post_empty(&format!("messages/{message}/mark_as_read/")).await.ok();
    for (act, pinned) in [("unpin", false), ("pin", true), ("pin", true), ("unpin", false)] {
        let answer = rustam.post_empty(&format!("messages/{message}/{act}/")).await.ok();
        assert_eq!(answer["is_pinned"], pinned);
        for hidden in ["content", "reply_to", "client_id"] {
            assert_eq!(answer[hidden], Value::Null, "{hidden}: {answer}");
        }
        for hidden in ["attachments", "message_reads"] {
            assert_eq!(answer[hidden], json!([]), "{hidden}: {answer}");
        }
        let text = answer.to_string();
        for leak in ["of theirs", "secret", "attachments/", "c-1"] {
            assert!(!text.contains(leak), "{leak}: {text}");
        }
        let whole = dilnoza.message(message).await;
        let (mut shown, mut known): (Vec<_>, Vec<_>) = (keys(&answer), keys(&whole));
        shown.sort();
        known.sort();
        assert_eq!(shown, known, "the shape is that of every message");
    }
    let deleted = aziz.says(id, "gone").await;
    aziz.delete(&format!("messages/{deleted}/")).await.expect(204);
    rustam
        .post_empty(&format!("messages/{deleted}/pin/"))
        .await
        .refused(403, "message_deleted");
}

fn keys(object: &Value) -> Vec<String> {
    object.as_object().expect("an object").keys().cloned().collect()
}

#[tokio::test]
async fn several_messages_can_be_pinned_and_deleting_unpins() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let (first, second, third) = (aziz.says(id, "1").await, dilnoza.says(id, "2").await, aziz.says(id, "3").await);
    for message in [first, third] {
        dilnoza.post_empty(&format!("messages/{message}/pin/")).await.ok();
    }
    let pinned = format!("conversation={id}&pinned=true");
    assert_eq!(aziz.contents(&pinned).await, ["1", "3"]);
    aziz.delete(&format!("messages/{first}/")).await.expect(204);
    assert_eq!(aziz.contents(&pinned).await, ["3"]);
    assert_eq!(aziz.message(first).await["is_pinned"], false);
    dilnoza
        .post_empty(&format!("messages/{first}/pin/"))
        .await
        .refused(403, "message_deleted");
    assert_eq!(dilnoza.message(second).await["is_pinned"], false);
}

#[tokio::test]
async fn strangers_find_no_message() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let message = aziz.says(id, "between us").await;
    for stranger in [MALIKA, PAVEL, KAMOL, RUSTAM] {
        let stranger = service.client(stranger);
        let path = format!("messages/{message}/");
        stranger.get(&path).await.refused(404, "message_not_found");
        stranger
            .patch(&path, json!({ "content": "x" }))
            .await
            .refused(404, "message_not_found");
        stranger.delete(&path).await.refused(404, "message_not_found");
        stranger
            .post_empty(&format!("{path}mark_as_read/"))
            .await
            .refused(404, "message_not_found");
    }
}

#[tokio::test]
async fn every_path_works_without_its_last_slash() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let message = aziz
        .post("messages", json!({ "conversation": id, "content": "hi" }))
        .await
        .expect(201)["id"]
        .clone();
    for path in ["conversations", "conversations/unread_count", "contacts", "me", "config"] {
        aziz.get(path).await.ok();
    }
    aziz.get(&format!("conversations/{id}")).await.ok();
    aziz.get(&format!("conversations/{id}/changes?after=0")).await.ok();
    aziz.get(&format!("messages?conversation={id}")).await.ok();
    aziz.get(&format!("messages/{message}")).await.ok();
    aziz.patch(&format!("messages/{message}"), json!({ "content": "ho" })).await.ok();
    dilnoza.post_empty(&format!("messages/{message}/pin")).await.ok();
    dilnoza.post_empty(&format!("messages/{message}/unpin")).await.ok();
    dilnoza.post_empty(&format!("messages/{message}/mark_as_read")).await.ok();
    dilnoza.post_empty(&format!("conversations/{id}/mark_as_read")).await.ok();
    aziz.delete(&format!("messages/{message}")).await.expect(204);
    aziz.post("conversations/get_or_create", json!({ "target_user_id": 2 })).await.ok();
    aziz.post_empty("ws_ticket").await.ok();
}

#[tokio::test]
async fn a_client_learns_the_limits() {
    let service = Service::start().await;
    insta::assert_json_snapshot!(service.client(AZIZ).get("config/").await.ok(), { ".allowed_types" => "[…]" }, @r#"
    {
      "allowed_types": "[…]",
      "edit_window_seconds": 600,
      "features": {
        "announcements": false,
        "calls": null,
        "desk": false,
        "encryption": false,
        "forwarding": false,
        "groups": false,
        "push": null,
        "reactions": "off",
        "report": false,
        "search": true
      },
      "heartbeat_seconds": 2,
      "limits": {
        "client_id_chars": 64,
        "content_chars": 10000,
        "file_bytes": 26214400,
        "files_per_message": 10,
        "image_pixels": 64000000,
        "link_seconds": 3600,
        "messages_per_minute": 0,
        "page_size": 100,
        "participants": 50,
        "request_bytes": 52428800,
        "requests_per_minute": 0,
        "sockets_per_user": 20,
        "upload_bytes_per_day": 2147483648,
        "uploads_per_minute": 0
      }
    }
    "#);
}
