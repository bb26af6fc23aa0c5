use std::sync::Arc;

use domain::{
    attachment::FileType,
    conversation::{Conversation as StoredConversation, Inbox, ListItem, PresenceStatus, Preview},
    event::{Body, Event},
    facts::ConversationFacts,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, Seq},
    message::ClientId,
    people::{Confession as Community, Contact as Known, Person, Role},
    ports::{ConversationDetail, RosterEntry},
    receipt::{Delivered, Marks, Receipt as StoredReceipt},
};
use proptest::prelude::*;
use serde::Serialize;

use super::*;
use crate::rest::{
    AllowedType, ClientConfig, Contact, ConversationListItem, ConversationMarkedAsRead, DemoPerson, Limits, List, MessageMarkedAsRead,
};

const SENT: Timestamp = Timestamp(1_772_357_400_000_000);
const AZIZA: UserId = UserId(1);
const TIMUR: UserId = UserId(2);

/// Links as they would be without a signature.
struct Plain;

impl Links for Plain {
    fn file(&self, attachment: &StoredFile) -> String {
        format!("https://suhbat.example/api/messaging/attachments/{}/", attachment.id)
    }

    fn thumbnail(&self, attachment: &StoredFile) -> Option<String> {
        attachment
            .thumbnail_key
            .as_ref()
            .map(|_| format!("{}thumbnail/", self.file(attachment)))
    }
}

fn person(id: UserId) -> Person {
    let (username, first_name, role) = if id == AZIZA {
        ("aziza", "Aziza", Role::Admin)
    } else {
        ("timur", "Timur", Role::User)
    };
    Person {
        id,
        username: username.into(),
        first_name: first_name.into(),
        last_name: String::new(),
        role,
        avatar: (id == AZIZA).then(|| "/media/a.png".into()),
        is_active: true,
    }
}

fn baptists() -> Community {
    Community {
        id: ConfessionId(3),
        name: "Baptists".into(),
        slug: "baptists".into(),
        admin: Some(AZIZA),
    }
}

fn picture() -> StoredFile {
    StoredFile {
        id: AttachmentId(11),
        message: MessageId(7),
        conversation: ConversationId(4),
        file_type: FileType::Image,
        file_name: "church.png".into(),
        file_size: 2_048,
        mime_type: "image/png".into(),
        width: Some(640),
        height: Some(480),
        uploaded_at: SENT,
        key: "secret-key".into(),
        thumbnail_key: Some("secret-thumbnail-key".into()),
    }
}

/// By Timur, to Aziza.
fn message() -> message::Message {
    message::Message {
        id: MessageId(7),
        conversation: ConversationId(4),
        sender: person(TIMUR),
        content: Some("Salom!".into()),
        reply_to: None,
        is_edited: false,
        is_pinned: false,
        is_deleted: false,
        created_at: SENT,
        updated_at: SENT,
        edited_at: None,
        attachments: Vec::new(),
        receipts: Vec::new(),
        others: 1,
        seq: Seq(17),
        client_id: ClientId::new("c-1"),
    }
}

fn reply_with_files() -> message::Message {
    let answered = message::Message {
        id: MessageId(6),
        sender: person(AZIZA),
        attachments: vec![picture()],
        ..message()
    };
    let receipt = StoredReceipt {
        person: person(AZIZA),
        delivered_at: SENT.plus_seconds(1),
        read_at: Some(SENT.plus_seconds(2)),
    };
    message::Message {
        reply_to: Some(answered.as_reply()),
        attachments: vec![
            picture(),
            StoredFile {
                width: None,
                height: None,
                thumbnail_key: None,
                ..picture()
            },
        ],
        receipts: vec![receipt],
        ..message()
    }
}

fn inbox() -> Arc<Inbox> {
    let preview = Some(Preview::of(&message()));
    Arc::new(Inbox {
        conversation: ConversationId(4),
        last_seq: Seq(17),
        preview,
        unread: vec![(TIMUR, 0), (AZIZA, 3)],
    })
}

fn look<T>(id: UserId, now: Timestamp, see: impl FnOnce(&Viewer<'_>) -> T) -> T {
    see(&Viewer {
        id,
        now,
        policy: &Policy::default(),
        links: &Plain,
    })
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn sender_sees_progress_client_id_and_the_right_to_edit() {
    insta::assert_snapshot!(look(TIMUR, SENT, |viewer| pretty(&viewer.message(&message()))), @r#"
    {
      "id": 7,
      "conversation": 4,
      "sender": {
        "id": 2,
        "username": "timur",
        "first_name": "Timur",
        "last_name": "",
        "role": "user",
        "avatar": null
      },
      "content": "Salom!",
      "reply_to": null,
      "is_edited": false,
      "is_pinned": false,
      "is_deleted": false,
      "created_at": "2026-03-01T09:30:00.000000Z",
      "updated_at": "2026-03-01T09:30:00.000000Z",
      "edited_at": null,
      "attachments": [],
      "message_reads": [],
      "status": "sent",
      "can_edit": true,
      "edit_deadline": "2026-03-01T09:40:00.000000Z",
      "seq": 17,
      "client_id": "c-1"
    }
    "#);
}

#[test]
fn other_sees_files_and_what_is_answered_but_nothing_of_the_senders_own() {
    let message = reply_with_files();
    let text = look(AZIZA, SENT, |viewer| pretty(&viewer.message(&message)));
    assert!(!text.contains("secret"), "keys of the object store are nobody's business");
    insta::assert_snapshot!(text, @r#"
    {
      "id": 7,
      "conversation": 4,
      "sender": {
        "id": 2,
        "username": "timur",
        "first_name": "Timur",
        "last_name": "",
        "role": "user",
        "avatar": null
      },
      "content": "Salom!",
      "reply_to": {
        "id": 6,
        "sender": {
          "id": 1,
          "username": "aziza",
          "first_name": "Aziza",
          "last_name": "",
          "role": "admin",
          "avatar": "/media/a.png"
        },
        "content": "Salom!",
        "attachments": [
          {
            "id": 11,
            "file": "https://suhbat.example/api/messaging/attachments/11/",
            "thumbnail": "https://suhbat.example/api/messaging/attachments/11/thumbnail/",
            "file_type": "image",
            "file_name": "church.png",
            "file_size": 2048,
            "mime_type": "image/png",
            "width": 640,
            "height": 480,
            "uploaded_at": "2026-03-01T09:30:00.000000Z"
          }
        ],
        "created_at": "2026-03-01T09:30:00.000000Z",
        "is_deleted": false
      },
      "is_edited": false,
      "is_pinned": false,
      "is_deleted": false,
      "created_at": "2026-03-01T09:30:00.000000Z",
      "updated_at": "2026-03-01T09:30:00.000000Z",
      "edited_at": null,
      "attachments": [
        {
          "id": 11,
          "file": "https://suhbat.example/api/messaging/attachments/11/",
          "thumbnail": "https://suhbat.example/api/messaging/attachments/11/thumbnail/",
          "file_type": "image",
          "file_name": "church.png",
          "file_size": 2048,
          "mime_type": "image/png",
          "width": 640,
          "height": 480,
          "uploaded_at": "2026-03-01T09:30:00.000000Z"
        },
        {
          "id": 11,
          "file": "https://suhbat.example/api/messaging/attachments/11/",
          "thumbnail": null,
          "file_type": "image",
          "file_name": "church.png",
          "file_size": 2048,
          "mime_type": "image/png",
          "width": null,
          "height": null,
          "uploaded_at": "2026-03-01T09:30:00.000000Z"
        }
      ],
      "message_reads": [
        {
          "user": {
            "id": 1,
            "username": "aziza",
            "first_name": "Aziza",
            "last_name": "",
            "role": "admin",
            "avatar": "/media/a.png"
          },
          "delivered_at": "2026-03-01T09:30:01.000000Z",
          "read_at": "2026-03-01T09:30:02.000000Z"
        }
      ],
      "status": "received",
      "can_edit": false,
      "edit_deadline": "2026-03-01T09:40:00.000000Z",
      "seq": 17,
      "client_id": null
    }
    "#);
}

#[test]
fn tombstones_keep_nothing_that_was_said_whatever_the_store_gives() {
    let mut deleted = reply_with_files();
    deleted.is_deleted = true;
    if let Some(reply) = &mut deleted.reply_to {
        reply.is_deleted = true;
    }
    for id in [TIMUR, AZIZA] {
        let wire = look(id, SENT, |viewer| {
            let wire = viewer.message(&deleted);
            assert_eq!((wire.content, wire.attachments.len(), wire.can_edit), (None, 0, false));
            let reply = wire.reply_to.unwrap();
            assert_eq!(
                (reply.id, reply.content, reply.attachments.len(), reply.is_deleted),
                (6, None, 0, true)
            );
            pretty(&viewer.message(&deleted))
        });
        assert!(!wire.contains("Salom") && !wire.contains("church"), "{wire}");
    }
}

#[test]
fn status_is_what_the_rules_say_for_each_viewer() {
    let status = |id, message: &message::Message| look(id, SENT, |viewer| viewer.message(message).status);
    assert_eq!((status(TIMUR, &message()), status(AZIZA, &message())), ("sent", "received"));
    let mut delivered = reply_with_files();
    assert_eq!((status(TIMUR, &delivered), status(AZIZA, &delivered)), ("seen", "received"));
    delivered.receipts[0].read_at = None;
    assert_eq!(status(TIMUR, &delivered), "delivered");
}

fn detail() -> ConversationDetail {
    let conversation = StoredConversation {
        id: ConversationId(4),
        participants: [person(AZIZA), person(TIMUR)].into(),
        confession: Some(baptists()),
        opened_by_staff: false,
        created_at: SENT,
        updated_at: SENT,
        last_message_at: Some(SENT),
        last_seq: Seq(17),
    };
    let facts = ConversationFacts {
        actor: person(TIMUR),
        conversation,
        actor_follows: true,
    };
    ConversationDetail {
        facts,
        last_message: None,
        unread_count: 2,
    }
}

#[test]
fn conversation_says_why_one_cannot_send() {
    let presence = vec![
        PresenceStatus {
            user: AZIZA,
            online: true,
            last_seen: Some(SENT),
        },
        PresenceStatus {
            user: TIMUR,
            online: true,
            last_seen: None,
        },
    ];
    let view = ConversationView {
        detail: detail(),
        cannot_send: Some(Denial::NotSubscribed),
        can_pin: false,
        presence,
    };
    insta::assert_snapshot!(look(TIMUR, SENT, |viewer| pretty(&viewer.conversation(&view))), @r#"
    {
      "id": 4,
      "participants": [
        {
          "id": 1,
          "username": "aziza",
          "first_name": "Aziza",
          "last_name": "",
          "role": "admin",
          "avatar": "/media/a.png"
        },
        {
          "id": 2,
          "username": "timur",
          "first_name": "Timur",
          "last_name": "",
          "role": "user",
          "avatar": null
        }
      ],
      "confession": {
        "id": 3,
        "name": "Baptists",
        "slug": "baptists"
      },
      "created_at": "2026-03-01T09:30:00.000000Z",
      "updated_at": "2026-03-01T09:30:00.000000Z",
      "last_message_at": "2026-03-01T09:30:00.000000Z",
      "last_message": null,
      "unread_count": 2,
      "last_seq": 17,
      "can_send": false,
      "cannot_send_reason": "not_subscribed",
      "can_pin": false,
      "presence": [
        {
          "user_id": 1,
          "status": "online",
          "last_seen": "2026-03-01T09:30:00.000000Z"
        }
      ]
    }
    "#);
}

#[test]
fn conversation_shows_its_last_message_to_the_viewer() {
    let mut detail = detail();
    detail.last_message = Some(message());
    let view = ConversationView {
        detail,
        cannot_send: None,
        can_pin: true,
        presence: Vec::new(),
    };
    look(TIMUR, SENT, |viewer| {
        let wire = viewer.conversation(&view);
        assert_eq!((wire.can_send, wire.cannot_send_reason, wire.can_pin), (true, None, true));
        assert_eq!(wire.last_message.unwrap().client_id, Some("c-1"));
    });
}

#[test]
fn changes_hold_messages_and_the_ids_of_deleted_ones() {
    let deleted = message::Message {
        id: MessageId(5),
        seq: Seq(18),
        is_deleted: true,
        content: None,
        ..message()
    };
    let marks = vec![
        Marks {
            user: AZIZA,
            delivered_up_to: Some(MessageId(7)),
            read_up_to: Some(MessageId(6)),
            read_at: Some(SENT),
        },
        Marks {
            user: TIMUR,
            delivered_up_to: None,
            read_up_to: None,
            read_at: None,
        },
    ];
    let page = ChangePage {
        changes: vec![(ChangeKind::Edited, message()), (ChangeKind::Deleted, deleted)],
        last_seq: Seq(18),
        has_more: false,
        marks,
    };
    let text = look(AZIZA, SENT, |viewer| serde_json::to_string(&viewer.changes(&page)).unwrap());
    assert!(
        text.starts_with(r#"{"changes":[{"seq":17,"type":"message_edited","message":{"id":7,"#),
        "{text}"
    );
    let mut wire: serde_json::Value = serde_json::from_str(&text).unwrap();
    wire["changes"][0]["message"] = "…".into();
    insta::assert_json_snapshot!(wire, @r#"
    {
      "changes": [
        {
          "message": "…",
          "seq": 17,
          "type": "message_edited"
        },
        {
          "message_id": 5,
          "seq": 18,
          "type": "message_deleted"
        }
      ],
      "has_more": false,
      "last_seq": 18,
      "receipts": [
        {
          "delivered_up_to": 7,
          "read_at": "2026-03-01T09:30:00.000000Z",
          "read_up_to": 6,
          "user_id": 1
        },
        {
          "delivered_up_to": null,
          "read_at": null,
          "read_up_to": null,
          "user_id": 2
        }
      ]
    }
    "#);
}

#[test]
fn rows_of_lists() {
    let item = ListItem {
        id: ConversationId(4),
        participants: vec![person(AZIZA)],
        confession: Some(baptists()),
        created_at: SENT,
        last_message_at: Some(SENT),
        unread_count: 3,
        last_seq: Seq(17),
        preview: Some(Preview {
            content: Some("ш".repeat(51)),
            ..Preview::of(&message())
        }),
    };
    let list = List {
        count: 21,
        next: Some("https://suhbat.example/?page=2".into()),
        previous: None,
        results: vec![ConversationListItem::from(&item)],
    };
    insta::assert_snapshot!(pretty(&list), @r#"
    {
      "count": 21,
      "next": "https://suhbat.example/?page=2",
      "previous": null,
      "results": [
        {
          "id": 4,
          "participants": [
            {
              "id": 1,
              "username": "aziza",
              "first_name": "Aziza",
              "last_name": "",
              "role": "admin",
              "avatar": "/media/a.png"
            }
          ],
          "confession": {
            "id": 3,
            "name": "Baptists",
            "slug": "baptists"
          },
          "created_at": "2026-03-01T09:30:00.000000Z",
          "last_message_at": "2026-03-01T09:30:00.000000Z",
          "unread_count": 3,
          "last_seq": 17,
          "last_message_preview": {
            "id": 7,
            "sender": "timur",
            "content": "шшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшшш...",
            "has_attachments": false,
            "created_at": "2026-03-01T09:30:00.000000Z"
          }
        }
      ]
    }
    "#);
    let empty = ListItem {
        last_message_at: None,
        preview: None,
        confession: None,
        participants: Vec::new(),
        ..item
    };
    insta::assert_snapshot!(serde_json::to_string(&ConversationListItem::from(&empty)).unwrap(), @r#"{"id":4,"participants":[],"confession":null,"created_at":"2026-03-01T09:30:00.000000Z","last_message_at":null,"unread_count":3,"last_seq":17,"last_message_preview":null}"#);
}

#[test]
fn people_and_settings() {
    let known = Known {
        person: person(AZIZA),
        confession: Some(baptists()),
    };
    insta::assert_snapshot!(serde_json::to_string(&Contact::from(&known)).unwrap(), @r#"{"user":{"id":1,"username":"aziza","first_name":"Aziza","last_name":"","role":"admin","avatar":"/media/a.png"},"confession":{"id":3,"name":"Baptists","slug":"baptists"}}"#);
    let entry = RosterEntry {
        person: person(TIMUR),
        confessions: vec![baptists()],
    };
    insta::assert_snapshot!(serde_json::to_string(&DemoPerson::from(&entry)).unwrap(), @r#"{"id":2,"username":"timur","first_name":"Timur","last_name":"","role":"user","avatar":null,"confessions":[{"id":3,"name":"Baptists","slug":"baptists"}]}"#);
    let limits = Limits {
        content_chars: 10_000,
        files_per_message: 10,
        file_bytes: 26_214_400,
        request_bytes: 52_428_800,
        sockets_per_user: 20,
        link_seconds: 3_600,
        participants: 50,
        client_id_chars: 64,
        page_size: 100,
        image_pixels: 50_000_000,
        messages_per_minute: 120,
        uploads_per_minute: 30,
        requests_per_minute: 0,
    };
    let config = ClientConfig {
        edit_window_seconds: 600,
        limits,
        allowed_types: vec![AllowedType::new("image/jpeg", &["jpg", "jpeg"], FileType::Image)],
        heartbeat_seconds: 30,
    };
    insta::assert_snapshot!(pretty(&config), @r#"
    {
      "edit_window_seconds": 600,
      "limits": {
        "content_chars": 10000,
        "files_per_message": 10,
        "file_bytes": 26214400,
        "request_bytes": 52428800,
        "sockets_per_user": 20,
        "link_seconds": 3600,
        "participants": 50,
        "client_id_chars": 64,
        "page_size": 100,
        "image_pixels": 50000000,
        "messages_per_minute": 120,
        "uploads_per_minute": 30,
        "requests_per_minute": 0
      },
      "allowed_types": [
        {
          "mime_type": "image/jpeg",
          "extensions": [
            "jpg",
            "jpeg"
          ],
          "file_type": "image"
        }
      ],
      "heartbeat_seconds": 30
    }
    "#);
    insta::assert_snapshot!(serde_json::to_string(&ConversationMarkedAsRead::new(0)).unwrap(), @r#"{"status":"Messages marked as read","unread_count":0}"#);
    insta::assert_snapshot!(serde_json::to_string(&MessageMarkedAsRead::default()).unwrap(), @r#"{"status":"Message marked as read"}"#);
}

fn event(body: Body) -> Event {
    Event {
        to: vec![TIMUR, AZIZA],
        body,
    }
}

fn told(body: Body) -> String {
    event_frame(&event(body), Audience::Others, SENT, &Policy::default(), &Plain).unwrap()
}

fn changed(kind: ChangeKind) -> Event {
    event(Body::Message {
        kind,
        message: Arc::new(message()),
        inbox: inbox(),
    })
}

#[test]
fn a_message_has_one_frame_for_its_sender_and_one_for_everybody_else() {
    let event = changed(ChangeKind::Sent);
    assert_eq!(
        (Audience::of(&event, TIMUR), Audience::of(&event, AZIZA)),
        (Audience::Sender, Audience::Others)
    );
    let frame = |audience| event_frame(&event, audience, SENT, &Policy::default(), &Plain).unwrap();
    insta::assert_snapshot!(frame(Audience::Sender), @r#"{"type":"chat_message","conversation":4,"message":{"id":7,"conversation":4,"sender":{"id":2,"username":"timur","first_name":"Timur","last_name":"","role":"user","avatar":null},"content":"Salom!","reply_to":null,"is_edited":false,"is_pinned":false,"is_deleted":false,"created_at":"2026-03-01T09:30:00.000000Z","updated_at":"2026-03-01T09:30:00.000000Z","edited_at":null,"attachments":[],"message_reads":[],"status":"sent","can_edit":true,"edit_deadline":"2026-03-01T09:40:00.000000Z","seq":17,"client_id":"c-1"},"seq":17}"#);
    insta::assert_snapshot!(frame(Audience::Others), @r#"{"type":"chat_message","conversation":4,"message":{"id":7,"conversation":4,"sender":{"id":2,"username":"timur","first_name":"Timur","last_name":"","role":"user","avatar":null},"content":"Salom!","reply_to":null,"is_edited":false,"is_pinned":false,"is_deleted":false,"created_at":"2026-03-01T09:30:00.000000Z","updated_at":"2026-03-01T09:30:00.000000Z","edited_at":null,"attachments":[],"message_reads":[],"status":"received","can_edit":false,"edit_deadline":"2026-03-01T09:40:00.000000Z","seq":17,"client_id":null},"seq":17}"#);
}

#[test]
fn frames_of_events_show_each_audience_what_rest_would_show_it() {
    let event = event(Body::Message {
        kind: ChangeKind::Edited,
        message: Arc::new(reply_with_files()),
        inbox: inbox(),
    });
    for (audience, id) in [(Audience::Sender, TIMUR), (Audience::Others, AZIZA)] {
        let frame = event_frame(&event, audience, SENT, &Policy::default(), &Plain).unwrap();
        let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
        let rest = look(id, SENT, |viewer| {
            serde_json::to_value(viewer.message(&reply_with_files())).unwrap()
        });
        assert_eq!((&frame["message"], &frame["type"]), (&rest, &"message_edited".into()));
    }
}

#[test]
fn changes_are_told_by_their_kind() {
    let kind = |kind| {
        let frame = event_frame(&changed(kind), Audience::Others, SENT, &Policy::default(), &Plain).unwrap();
        serde_json::from_str::<serde_json::Value>(&frame).unwrap()["type"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for change in [ChangeKind::Sent, ChangeKind::Edited, ChangeKind::Pinned, ChangeKind::Deleted] {
        assert_eq!(kind(change), change.frame_type());
    }
    let deleted = event_frame(&changed(ChangeKind::Deleted), Audience::Sender, SENT, &Policy::default(), &Plain);
    insta::assert_snapshot!(deleted.unwrap(), @r#"{"type":"message_deleted","conversation":4,"message_id":7,"seq":17}"#);
}

#[test]
fn receipts_typing_and_presence_are_told() {
    let news = Delivered {
        conversation: ConversationId(4),
        sender: TIMUR,
        user: AZIZA,
        message: MessageId(7),
        delivered_at: SENT,
    };
    insta::assert_snapshot!(told(Body::Delivered(news)), @r#"{"type":"message_delivered","conversation":4,"message_id":7,"user_id":1,"delivered_at":"2026-03-01T09:30:00.000000Z"}"#);
    let read = |up_to| Body::Read {
        conversation: ConversationId(4),
        message: MessageId(7),
        up_to,
        user: AZIZA,
        username: "aziza".into(),
        read_at: SENT,
        inbox: inbox(),
    };
    insta::assert_snapshot!(told(read(false)), @r#"{"type":"read_receipt","conversation":4,"message_id":7,"user_id":1,"username":"aziza","read_at":"2026-03-01T09:30:00.000000Z"}"#);
    insta::assert_snapshot!(told(read(true)), @r#"{"type":"read_receipt","conversation":4,"message_id":7,"user_id":1,"username":"aziza","read_at":"2026-03-01T09:30:00.000000Z","up_to":true}"#);
    let typing = Body::Typing {
        conversation: ConversationId(4),
        user: AZIZA,
        username: "aziza".into(),
        is_typing: true,
    };
    insta::assert_snapshot!(told(typing), @r#"{"type":"typing","conversation":4,"user_id":1,"username":"aziza","is_typing":true}"#);
    let presence = |online, last_seen| Body::Presence {
        status: PresenceStatus {
            user: AZIZA,
            online,
            last_seen,
        },
        username: "aziza".into(),
    };
    insta::assert_snapshot!(told(presence(true, None)), @r#"{"type":"user_status","user_id":1,"username":"aziza","status":"online","last_seen":null}"#);
    insta::assert_snapshot!(told(presence(false, Some(SENT))), @r#"{"type":"user_status","user_id":1,"username":"aziza","status":"offline","last_seen":"2026-03-01T09:30:00.000000Z"}"#);
}

#[test]
fn lists_are_told_to_each_with_their_own_count() {
    insta::assert_snapshot!(inbox_frame(&changed(ChangeKind::Sent), AZIZA).unwrap(), @r#"{"type":"conversation_updated","conversation":4,"unread_count":3,"last_seq":17,"last_message_preview":{"id":7,"sender":"timur","content":"Salom!","has_attachments":false,"created_at":"2026-03-01T09:30:00.000000Z"}}"#);
    assert!(
        inbox_frame(&changed(ChangeKind::Sent), TIMUR)
            .unwrap()
            .contains(r#""unread_count":0"#)
    );
    assert_eq!(inbox_frame(&changed(ChangeKind::Sent), UserId(99)), None);
    let opened = event(Body::Opened {
        inbox: Arc::new(Inbox {
            preview: None,
            last_seq: Seq(0),
            ..(*inbox()).clone()
        }),
    });
    insta::assert_snapshot!(inbox_frame(&opened, AZIZA).unwrap(), @r#"{"type":"conversation_updated","conversation":4,"unread_count":3,"last_seq":0,"last_message_preview":null}"#);
    assert_eq!(event_frame(&opened, Audience::Others, SENT, &Policy::default(), &Plain), None);
    assert_eq!(
        event_frame(&event(Body::AccountChanged), Audience::Others, SENT, &Policy::default(), &Plain),
        None
    );
    assert_eq!(inbox_frame(&event(Body::AccountChanged), AZIZA), None);
}

proptest! {
    #[test]
    fn can_edit_turns_false_right_after_the_deadline_and_for_the_sender_only(window in 0_i64..100_000, late in 1_i64..10_000_000) {
        let policy = Policy { edit_window_seconds: window, ..Policy::default() };
        let can_edit = |id, now| Viewer { id, now, policy: &policy, links: &Plain }.message(&message()).can_edit;
        let deadline = SENT.plus_seconds(window);
        prop_assert!(can_edit(TIMUR, deadline));
        prop_assert!(!can_edit(TIMUR, deadline.plus_micros(late)));
        prop_assert!(!can_edit(AZIZA, deadline));
    }
}
