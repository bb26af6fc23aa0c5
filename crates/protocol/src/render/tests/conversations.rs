//! Conversations and their lists, people, and the settings for clients.

use super::*;

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
        awaiting_since: None,
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
        row: RowState {
            muted_until: Some(RowState::FOREVER),
            ..RowState::default()
        },
    }
}

#[test]
fn conversation_gives_the_reason_why_the_viewer_cannot_send() {
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
      ],
      "awaiting_since": null,
      "muted_until": "2255-03-14T16:00:00.000000Z",
      "archived_at": null,
      "is_marked_unread": false
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
        state: RowState {
            awaiting_since: Some(SENT),
            archived_at: Some(SENT),
            is_marked_unread: true,
            ..RowState::default()
        },
    };
    let list = List {
        count: 21,
        next: Some("https://suhbat.example/?page=2".into()),
        previous: None,
        results: vec![ConversationListItem::of(&item, AZIZA)],
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
            "attachments": null,
            "status": "received",
            "created_at": "2026-03-01T09:30:00.000000Z"
          },
          "awaiting_since": "2026-03-01T09:30:00.000000Z",
          "muted_until": null,
          "archived_at": "2026-03-01T09:30:00.000000Z",
          "is_marked_unread": true
        }
      ]
    }
    "#);
    let empty = ListItem {
        last_message_at: None,
        preview: None,
        confession: None,
        participants: Vec::new(),
        state: RowState::default(),
        ..item
    };
    insta::assert_snapshot!(serde_json::to_string(&ConversationListItem::of(&empty, AZIZA)).unwrap(), @r#"{"id":4,"participants":[],"confession":null,"created_at":"2026-03-01T09:30:00.000000Z","last_message_at":null,"unread_count":3,"last_seq":17,"last_message_preview":null,"awaiting_since":null,"muted_until":null,"archived_at":null,"is_marked_unread":false}"#);
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
        image_pixels: 64_000_000,
        messages_per_minute: 120,
        uploads_per_minute: 30,
        requests_per_minute: 0,
        upload_bytes_per_day: 2048,
    };
    let config = ClientConfig {
        edit_window_seconds: 600,
        limits,
        allowed_types: vec![AllowedType::new("image/jpeg", &["jpg", "jpeg"], FileType::Image)],
        heartbeat_seconds: 30,
        features: crate::rest::Features::present(),
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
        "image_pixels": 64000000,
        "messages_per_minute": 120,
        "uploads_per_minute": 30,
        "requests_per_minute": 0,
        "upload_bytes_per_day": 2048
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
      "heartbeat_seconds": 30,
      "features": {
        "search": true,
        "reactions": "off",
        "forwarding": false,
        "push": null,
        "desk": false,
        "groups": false,
        "announcements": false,
        "calls": null,
        "encryption": false,
        "report": false
      }
    }
    "#);
    insta::assert_snapshot!(serde_json::to_string(&ConversationMarkedAsRead::new(0)).unwrap(), @r#"{"status":"Messages marked as read","unread_count":0}"#);
    insta::assert_snapshot!(serde_json::to_string(&MessageMarkedAsRead::default()).unwrap(), @r#"{"status":"Message marked as read"}"#);
}
