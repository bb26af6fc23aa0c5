//! What people saw through the platform's older service, they see through Suhbat.

use std::collections::BTreeSet;

use domain::id::UserId;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use suhbat_tests::{Client, Service};

use crate::Platform;

/// Everything that a participant sees of a conversation, as the older service would show it. Replies to messages of other conversations, which that service
/// showed to people who must not read them, are left out.
fn messages_before(conversation: i64, viewer: i64) -> String {
    format!(
        "SELECT coalesce(json_agg(shown.message ORDER BY shown.id), '[]')::text AS line FROM (
            SELECT m.id, json_build_object(
                'id', m.id, 'conversation', m.conversation_id, 'sender', {sender},
                'content', CASE WHEN NOT m.is_deleted THEN m.content END,
                'reply_to', (
                    SELECT json_build_object('id', a.id, 'sender', ({answered}), 'content', CASE WHEN NOT a.is_deleted THEN a.content END, 'is_deleted', a.is_deleted)
                    FROM messaging_message a JOIN accounts_user s ON s.id = a.sender_id WHERE a.id = m.reply_to_id AND a.conversation_id = m.conversation_id),
                'is_edited', m.is_edited, 'is_pinned', m.is_pinned, 'is_deleted', m.is_deleted,
                'created_at', {created}, 'updated_at', {updated}, 'edited_at', {edited},
                'attachments', (
                    SELECT coalesce(json_agg(json_build_object('id', f.id, 'file_type', f.file_type, 'file_name', f.file_name, 'file_size', f.file_size,
                        'mime_type', f.mime_type, 'uploaded_at', {uploaded}) ORDER BY f.id), '[]')
                    FROM messaging_messageattachment f WHERE f.message_id = m.id AND NOT m.is_deleted),
                'message_reads', (
                    SELECT coalesce(json_agg(json_build_object('user', r.user_id, 'delivered_at', {delivered}, 'read_at', {read})
                        ORDER BY r.delivered_at, r.user_id), '[]')
                    FROM messaging_messageread r WHERE r.message_id = m.id),
                'status', CASE WHEN m.sender_id <> {viewer} THEN 'received'
                    WHEN (SELECT count(*) FROM messaging_messageread r WHERE r.message_id = m.id AND r.read_at IS NOT NULL)
                        >= (SELECT count(*) - 1 FROM messaging_conversation_participants p WHERE p.conversation_id = m.conversation_id) THEN 'seen'
                    WHEN EXISTS (SELECT FROM messaging_messageread r WHERE r.message_id = m.id) THEN 'delivered' ELSE 'sent' END
            ) AS message
            FROM messaging_message m JOIN accounts_user s ON s.id = m.sender_id WHERE m.conversation_id = {conversation}
        ) shown",
        sender = PERSON,
        answered = PERSON,
        created = time("m.created_at"),
        updated = time("m.updated_at"),
        edited = time("m.edited_at"),
        uploaded = time("f.uploaded_at"),
        delivered = time("r.delivered_at"),
        read = time("r.read_at"),
    )
}

/// An account `s`. Django escapes other letters in the paths of pictures; 2 has some.
const PERSON: &str = "json_build_object('id', s.id, 'username', s.username, 'first_name', s.first_name, 'last_name', s.last_name, 'role', s.role,
    'avatar', CASE WHEN s.id = 2 THEN '/media/avatars/%D1%80%D0%B0%D1%81%D0%BC%201.png' WHEN s.avatar <> '' THEN '/media/' || s.avatar END)";

fn time(column: &str) -> String {
    format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
}

/// The same of a message of the service.
fn as_before(message: &Value) -> Value {
    let some = |value: &Value, names: &[&str]| {
        names
            .iter()
            .map(|name| ((*name).to_owned(), value[*name].clone()))
            .collect::<Value>()
    };
    let mut shown = some(
        message,
        &[
            "id",
            "conversation",
            "sender",
            "content",
            "is_edited",
            "is_pinned",
            "is_deleted",
            "created_at",
            "updated_at",
            "edited_at",
            "status",
        ],
    );
    let list = |name: &str| message[name].as_array().unwrap().iter();
    shown["reply_to"] = match &message["reply_to"] {
        Value::Null => Value::Null,
        reply => some(reply, &["id", "sender", "content", "is_deleted"]),
    };
    let fields = ["id", "file_type", "file_name", "file_size", "mime_type", "uploaded_at"];
    shown["attachments"] = list("attachments").map(|file| some(file, &fields)).collect();
    // Looking at a message delivers it.
    let is_old = |read: &&Value| read["delivered_at"].as_str().unwrap() < "2025";
    shown["message_reads"] = list("message_reads")
        .filter(is_old)
        .map(|read| json!({ "user": read["user"]["id"], "delivered_at": read["delivered_at"], "read_at": read["read_at"] }))
        .collect();
    shown
}

/// A whole history, oldest first.
async fn history(client: &Client, conversation: i64) -> Vec<Value> {
    let mut pages: Vec<Vec<Value>> = Vec::new();
    let mut next = format!("messages/?conversation={conversation}&include_deleted=true&limit=100");
    loop {
        let page = client.get(&next).await.ok();
        pages.push(page["results"].as_array().unwrap().iter().map(as_before).collect());
        match page["next"].as_str() {
            Some(older) => older.clone_into(&mut next),
            None => return pages.into_iter().rev().flatten().collect(),
        }
    }
}

/// A person's list of conversations, the newest activity first.
fn list_before(viewer: i64) -> String {
    format!(
        "SELECT coalesce(json_agg(json_build_object('id', c.id, 'confession', c.confession_id, 'last_message_at', {last}, 'created_at', {created},
            'participants', (SELECT json_agg(p.user_id ORDER BY p.user_id) FROM messaging_conversation_participants p WHERE p.conversation_id = c.id),
            'unread_count', (SELECT count(*) FROM messaging_message m WHERE m.conversation_id = c.id AND m.sender_id <> {viewer} AND NOT m.is_deleted
                AND NOT EXISTS (SELECT FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = {viewer} AND r.read_at IS NOT NULL)),
            'last_message', (SELECT max(m.id) FROM messaging_message m WHERE m.conversation_id = c.id AND NOT m.is_deleted)
         ) ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.id DESC), '[]')::text AS line
         FROM messaging_conversation c WHERE c.id IN (SELECT conversation_id FROM messaging_conversation_participants WHERE user_id = {viewer})",
        last = time("c.last_message_at"),
        created = time("c.created_at"),
    )
}

async fn list(client: &Client) -> Value {
    let mut found = Vec::new();
    let mut next = "conversations/?page_size=100".to_owned();
    loop {
        let page = client.get(&next).await.ok();
        found.extend(page["results"].as_array().unwrap().iter().map(|item| {
            let people: Vec<&Value> = item["participants"].as_array().unwrap().iter().map(|person| &person["id"]).collect();
            json!({
                "id": item["id"], "confession": item["confession"]["id"], "last_message_at": item["last_message_at"], "created_at": item["created_at"],
                "participants": people, "unread_count": item["unread_count"], "last_message": item["last_message_preview"]["id"],
            })
        }));
        let Some(more) = page["next"].as_str() else {
            assert_eq!(page["count"], found.len());
            return found.into();
        };
        more.clone_into(&mut next);
    }
}

/// Conversations, each with an active participant who looks at it.
const VIEWERS: &str = "SELECT c.id || ' ' || viewer.id AS line FROM messaging_conversation c CROSS JOIN LATERAL (
        SELECT u.id FROM messaging_conversation_participants p JOIN accounts_user u ON u.id = p.user_id
        WHERE p.conversation_id = c.id AND u.is_active ORDER BY CASE WHEN c.id % 2 = 0 THEN u.id ELSE -u.id END LIMIT 1) viewer ORDER BY c.id";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_seen_as_before_and_opening_returns_the_newest_of_duplicates() {
    let before = Platform::filled().await;
    let platform = Platform::filled().await;
    let originals = originals(&platform).await;
    platform.take_over().await;
    platform.check_facts().await;
    let media = tempfile::tempdir().unwrap();
    let service = platform.serve(media.path()).await;
    platform.check_facts().await;
    assert_eq!(
        originals,
        self::originals(&platform).await,
        "the platform's own columns were changed"
    );
    histories_are_the_same(&before, &service).await;
    lists_are_the_same(&before, &service).await;
    duplicates_stay_and_the_newest_is_opened(&before, &service).await;
}

/// Fingerprints of the platform's own columns.
async fn originals(platform: &Platform) -> Vec<String> {
    let columns = [
        ("accounts_user", "t"),
        ("confessions_confession", "t"),
        ("confessions_subscription", "t"),
        (
            "messaging_conversation",
            "(id, created_at, updated_at, last_message_at, confession_id)",
        ),
        ("messaging_conversation_participants", "(id, conversation_id, user_id)"),
        (
            "messaging_message",
            "(id, content, is_edited, is_pinned, is_deleted, created_at, updated_at, edited_at, conversation_id, reply_to_id, sender_id)",
        ),
        ("messaging_messageread", "t"),
        (
            "messaging_messageattachment",
            "(id, file, file_type, file_name, file_size, mime_type, uploaded_at, message_id)",
        ),
    ];
    let mut found = Vec::new();
    for (table, columns) in columns {
        let fingerprint = format!("SELECT count(*) || ' ' || md5(string_agg(md5({columns}::text), '' ORDER BY id)) AS line FROM {table} t");
        found.extend(platform.lines(&fingerprint).await);
    }
    found
}

async fn histories_are_the_same(before: &Platform, service: &Service) {
    let views = before.lines(VIEWERS).await;
    let compared: usize = stream::iter(&views)
        .map(|view| history_is_the_same(before, service, view))
        .buffer_unordered(4)
        .fold(0, async |sum, compared| sum + compared)
        .await;
    assert!(compared >= 100_000, "{compared} messages were compared");
}

/// Compares a conversation as one of its participants sees it; how many messages it has.
async fn history_is_the_same(before: &Platform, service: &Service, view: &str) -> usize {
    let (conversation, viewer) = view.split_once(' ').unwrap();
    let (conversation, viewer): (i64, i64) = (conversation.parse().unwrap(), viewer.parse().unwrap());
    let expected = before.json(&messages_before(conversation, viewer)).await;
    let found = history(&service.client(UserId(viewer)), conversation).await;
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "conversation {conversation}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "seen by {viewer}");
    }
    found.len()
}

async fn lists_are_the_same(before: &Platform, service: &Service) {
    let viewers = "SELECT id::text AS line FROM accounts_user WHERE is_active AND (id <= 40 OR id % 37 = 0)";
    for viewer in before.lines(viewers).await {
        let viewer: i64 = viewer.parse().unwrap();
        let client = service.client(UserId(viewer));
        let expected = before.json(&list_before(viewer)).await;
        assert_eq!(list(&client).await, expected, "the list of {viewer}");
        let unread: i64 = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["unread_count"].as_i64().unwrap())
            .sum();
        let total = client.get("conversations/unread_count/").await.ok();
        assert_eq!(total["unread_count"], unread, "the unread count of {viewer}");
    }
}

/// 1 to 50 are there three times, and 51 to 100 twice.
async fn duplicates_stay_and_the_newest_is_opened(before: &Platform, service: &Service) {
    let mut opened = BTreeSet::new();
    for first in (1..=100).filter(|first| first % 7 != 0) {
        let found = before
            .json(&format!(
                "SELECT json_build_object('newest', (array_agg(c.id ORDER BY c.last_message_at DESC, c.id DESC))[1], 'all', json_agg(c.id ORDER BY c.id),
                    'confession', min(c.confession_id), 'member', {first} % 1000 + 21, 'admin', {first} % 14 + 2)::text AS line
                 FROM messaging_conversation c WHERE c.id IN ({first}, {first} + 2000) OR c.id = {first} + 2100 AND {first} <= 50"
            ))
            .await;
        let admin = service.client(UserId(found["admin"].as_i64().unwrap()));
        let target = json!({ "target_user_id": found["member"], "confession_id": found["confession"] });
        let answer = admin.post("conversations/get_or_create/", target).await;
        // Somebody inactive cannot be written to, whatever exists.
        if answer.status == 403 {
            continue;
        }
        let conversation = answer.ok();
        assert_eq!(conversation["id"], found["newest"], "{found}");
        opened.insert(conversation["id"].as_i64().unwrap());
        for one in found["all"].as_array().unwrap() {
            assert_eq!(
                admin.conversation(one.as_i64().unwrap()).await["participants"],
                conversation["participants"]
            );
        }
    }
    assert!(
        opened.len() > 80 && opened.iter().any(|id| *id > 2100) && opened.iter().any(|id| *id <= 100),
        "{opened:?}"
    );
}
