//! Messages, and the changes that are made of them.

use super::*;

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
fn other_participants_see_files_and_the_answered_message_but_not_the_senders_fields() {
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
            "uploaded_at": "2026-03-01T09:30:00.000000Z",
            "voice": null
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
          "uploaded_at": "2026-03-01T09:30:00.000000Z",
          "voice": null
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
          "uploaded_at": "2026-03-01T09:30:00.000000Z",
          "voice": null
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
fn tombstones_render_no_content_even_if_the_store_returns_some() {
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
fn status_follows_the_rules_for_each_viewer() {
    let status = |id, message: &message::Message| look(id, SENT, |viewer| viewer.message(message).status);
    assert_eq!((status(TIMUR, &message()), status(AZIZA, &message())), ("sent", "received"));
    let mut delivered = reply_with_files();
    assert_eq!((status(TIMUR, &delivered), status(AZIZA, &delivered)), ("seen", "received"));
    delivered.receipts[0].read_at = None;
    assert_eq!(status(TIMUR, &delivered), "delivered");
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
    let missed = MissedChanges {
        page: ChangePage {
            changes: vec![(ChangeKind::Edited, message()), (ChangeKind::Deleted, deleted)],
            last_seq: Seq(18),
            has_more: false,
            marks,
        },
        epoch: Epoch::new("e1"),
        reset: false,
    };
    let text = look(AZIZA, SENT, |viewer| serde_json::to_string(&viewer.changes(&missed)).unwrap());
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
      "epoch": "e1",
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
    let reset = MissedChanges { reset: true, ..missed };
    let text = look(AZIZA, SENT, |viewer| serde_json::to_string(&viewer.changes(&reset)).unwrap());
    assert!(text.contains(r#""epoch":"e1","reset":true,"#), "{text}");
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
