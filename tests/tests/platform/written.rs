//! What Suhbat writes, the platform reads in its own tables as if its models had written it.

use domain::id::UserId;
use serde_json::json;
use suhbat_tests::{Service, Upload, eventually, form};

use crate::Platform;

/// The columns of the platform's models.
const MESSAGE: &str =
    "'content', content, 'is_edited', is_edited, 'is_pinned', is_pinned, 'is_deleted', is_deleted, 'conversation', conversation_id,
    'reply_to', reply_to_id, 'sender', sender_id, 'is_edited_at', edited_at IS NOT NULL, 'is_updated', updated_at > created_at";

/// 2 administers a confession that 21 and 22 follow.
const PEOPLE: &str = "
    INSERT INTO accounts_user
        SELECT u, '', NULL, false, 'user' || u, 'Aziza', '', '', false, now(), CASE u WHEN 2 THEN 'admin' ELSE 'user' END, NULL, NULL, true, 'uz', 'light'
        FROM unnest(ARRAY[2, 21, 22]) u;
    INSERT INTO confessions_confession VALUES (1, 'Nur', 'nur', '', NULL, now(), now(), 2);
    INSERT INTO confessions_subscription (subscribed_at, confession_id, user_id) VALUES (now(), 1, 21), (now(), 1, 22);
    INSERT INTO messaging_conversation VALUES (7, '2024-01-01Z', '2024-01-01Z', '2024-01-02Z', 1);
    INSERT INTO messaging_conversation_participants (conversation_id, user_id) VALUES (7, 2), (7, 21);
    INSERT INTO messaging_message VALUES (5, 'old', false, false, false, '2024-01-02Z', '2024-01-02Z', NULL, 7, NULL, 21);
    INSERT INTO messaging_messageread (delivered_at, read_at, message_id, user_id) VALUES ('2024-01-02Z', NULL, 5, 2);
    SELECT setval(pg_get_serial_sequence('messaging_conversation', 'id'), 7), setval(pg_get_serial_sequence('messaging_message', 'id'), 5)";

async fn started() -> (Platform, Service, tempfile::TempDir) {
    let platform = Platform::with(PEOPLE).await;
    platform.take_over().await;
    let media = tempfile::tempdir().unwrap();
    let service = platform.serve(media.path()).await;
    (platform, service, media)
}

impl Platform {
    async fn message(&self, id: i64) -> serde_json::Value {
        self.json(&format!(
            "SELECT json_build_object({MESSAGE})::text AS line FROM messaging_message WHERE id = {id}"
        ))
        .await
    }
}

#[tokio::test]
async fn messages_are_read_by_the_platforms_models() {
    let (platform, service, _media) = started().await;
    let (admin, member) = (service.client(UserId(2)), service.client(UserId(21)));
    let sent = |content: &str, reply: Option<i64>, sender: i64| {
        json!({ "content": content, "is_edited": false, "is_pinned": false, "is_deleted": false, "conversation": 7, "reply_to": reply, "sender": sender,
            "is_edited_at": false, "is_updated": false })
    };
    let first = member.says(7, "salom").await;
    assert_eq!(platform.message(first).await, sent("salom", None, 21));
    let reply = admin
        .post("messages/", json!({ "conversation": 7, "content": "va alaykum", "reply_to": 5 }))
        .await
        .expect(201)["id"]
        .as_i64()
        .unwrap();
    assert_eq!(platform.message(reply).await, sent("va alaykum", Some(5), 2));
    // An edit, a pin and a deletion
    service.clock.advance(60);
    member
        .patch(&format!("messages/{first}/"), json!({ "content": "salom!" }))
        .await
        .ok();
    admin.post_empty(&format!("messages/{first}/pin/")).await.ok();
    admin.delete(&format!("messages/{reply}/")).await.expect(204);
    let changed = platform.message(first).await;
    for (column, value) in [
        ("content", json!("salom!")),
        ("is_edited", json!(true)),
        ("is_pinned", json!(true)),
        ("is_edited_at", json!(true)),
        ("is_updated", json!(true)),
    ] {
        assert_eq!(changed[column], value, "{column}");
    }
    assert_eq!(platform.message(reply).await["is_deleted"], true);
    let conversation = platform
        .json("SELECT json_build_object('is_newest', last_message_at = (SELECT max(created_at) FROM messaging_message), 'is_updated', updated_at >= last_message_at)::text AS line FROM messaging_conversation WHERE id = 7")
        .await;
    assert_eq!(conversation, json!({ "is_newest": true, "is_updated": true }));
}

#[tokio::test]
async fn receipts_files_and_conversations_are_read_by_the_platforms_models() {
    let (platform, service, _media) = started().await;
    let (admin, member) = (service.client(UserId(2)), service.client(UserId(21)));
    // An old receipt keeps its time of delivery, and a new one has one.
    let first = member.says(7, "salom").await;
    admin.post_empty("conversations/7/mark_as_read/").await.ok();
    let reads = format!(
        "SELECT json_agg(json_build_object('message', message_id, 'user', user_id, 'is_read', read_at IS NOT NULL, 'is_old', delivered_at = '2024-01-02Z') ORDER BY message_id)::text AS line FROM messaging_messageread WHERE message_id <= {first}"
    );
    let expected = json!([
        { "message": 5, "user": 2, "is_read": true, "is_old": true },
        { "message": first, "user": 2, "is_read": true, "is_old": false },
    ]);
    assert_eq!(platform.json(&reads).await, expected);
    // A file
    let with_file = admin
        .post_form("messages/", form(7, &[Upload::new("qoʻllanma.txt", "matn")]))
        .await
        .expect(201);
    let file = platform
        .json(&format!(
            "SELECT json_build_object('file_type', file_type, 'file_name', file_name, 'file_size', file_size, 'mime_type', mime_type, 'is_timed', uploaded_at IS NOT NULL)::text AS line
             FROM public.messaging_messageattachment WHERE message_id = {}",
            with_file["id"]
        ))
        .await;
    assert_eq!(
        file,
        json!({ "file_type": "document", "file_name": "qoʻllanma.txt", "file_size": 4, "mime_type": "text/plain", "is_timed": true })
    );
    let url = with_file["attachments"][0]["file"].as_str().unwrap().to_owned();
    assert_eq!(member.anonymous().get(&url).await.text, "matn");
    // A new conversation
    let opened = service.client(UserId(22)).open(UserId(2)).await;
    let conversation = platform
        .json(&format!(
            "SELECT json_build_object('confession', confession_id, 'last_message_at', last_message_at, 'people',
                (SELECT json_agg(user_id ORDER BY user_id) FROM messaging_conversation_participants p WHERE p.conversation_id = c.id AND p.id IS NOT NULL))::text AS line
             FROM messaging_conversation c WHERE id = {opened}"
        ))
        .await;
    assert_eq!(conversation, json!({ "confession": 1, "last_message_at": null, "people": [2, 22] }));
    // A delivered message
    let mut socket = member.all().await;
    let sent = admin.says(7, "yetdimi?").await;
    socket.expect("chat_message").await;
    let delivered = format!(
        "SELECT (delivered_at IS NOT NULL AND read_at IS NULL)::text AS line FROM messaging_messageread WHERE message_id = {sent} AND user_id = 21"
    );
    let line = eventually("it is delivered", async || platform.lines(&delivered).await.pop()).await;
    assert_eq!(line, "true");
    platform.check_facts_of_receipts().await;
}

impl Platform {
    /// The counters of Suhbat agree with the platform's rows.
    async fn check_facts_of_receipts(&self) {
        for (fact, wrong) in crate::FACTS
            .iter()
            .filter(|(fact, _)| fact.contains("unread") || fact.contains("person"))
        {
            assert_eq!(self.lines(wrong).await, Vec::<String>::new(), "{fact}");
        }
    }
}
