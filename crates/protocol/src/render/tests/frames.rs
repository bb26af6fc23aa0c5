//! The frames of events.

use super::*;

fn event(body: Body) -> Event {
    Event {
        to: vec![TIMUR, AZIZA],
        body,
    }
}

fn frame_of(body: Body) -> String {
    event_frame(&event(body), Audience::Others, SENT, &Policy::default(), &Plain)
        .unwrap()
        .text
}

fn changed(kind: ChangeKind) -> Event {
    event(Body::Message {
        kind,
        message: Arc::new(message()),
        summary: summary(),
    })
}

#[test]
fn a_message_has_one_frame_for_its_sender_and_one_for_everybody_else() {
    let event = changed(ChangeKind::Sent);
    assert_eq!(
        (Audience::of(&event, TIMUR), Audience::of(&event, AZIZA)),
        (Audience::Sender, Audience::Others)
    );
    let frame = |audience| event_frame(&event, audience, SENT, &Policy::default(), &Plain).unwrap().text;
    insta::assert_snapshot!(frame(Audience::Sender), @r#"{"type":"chat_message","conversation":4,"message":{"id":7,"conversation":4,"sender":{"id":2,"username":"timur","first_name":"Timur","last_name":"","role":"user","avatar":null},"content":"Salom!","reply_to":null,"is_edited":false,"is_pinned":false,"is_deleted":false,"created_at":"2026-03-01T09:30:00.000000Z","updated_at":"2026-03-01T09:30:00.000000Z","edited_at":null,"attachments":[],"message_reads":[],"status":"sent","can_edit":true,"edit_deadline":"2026-03-01T09:40:00.000000Z","seq":17,"client_id":"c-1"},"seq":17}"#);
    insta::assert_snapshot!(frame(Audience::Others), @r#"{"type":"chat_message","conversation":4,"message":{"id":7,"conversation":4,"sender":{"id":2,"username":"timur","first_name":"Timur","last_name":"","role":"user","avatar":null},"content":"Salom!","reply_to":null,"is_edited":false,"is_pinned":false,"is_deleted":false,"created_at":"2026-03-01T09:30:00.000000Z","updated_at":"2026-03-01T09:30:00.000000Z","edited_at":null,"attachments":[],"message_reads":[],"status":"received","can_edit":false,"edit_deadline":"2026-03-01T09:40:00.000000Z","seq":17,"client_id":null},"seq":17}"#);
}

#[test]
fn frames_of_events_render_messages_as_rest_does_for_each_audience() {
    let event = event(Body::Message {
        kind: ChangeKind::Edited,
        message: Arc::new(reply_with_files()),
        summary: summary(),
    });
    for (audience, id) in [(Audience::Sender, TIMUR), (Audience::Others, AZIZA)] {
        let frame = event_frame(&event, audience, SENT, &Policy::default(), &Plain).unwrap().text;
        let frame: serde_json::Value = serde_json::from_str(&frame).unwrap();
        let rest = look(id, SENT, |viewer| {
            serde_json::to_value(viewer.message(&reply_with_files())).unwrap()
        });
        assert_eq!((&frame["message"], &frame["type"]), (&rest, &"message_edited".into()));
    }
}

#[test]
fn changes_are_rendered_by_their_kind() {
    let changes = [
        (ChangeKind::Sent, "chat_message"),
        (ChangeKind::Edited, "message_edited"),
        (ChangeKind::Pinned, "message_pinned"),
        (ChangeKind::Deleted, "message_deleted"),
    ];
    for (kind, name) in changes {
        let event = changed(kind);
        let frame = event_frame(&event, Audience::Others, SENT, &Policy::default(), &Plain).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&frame.text).unwrap()["type"], name);
        assert_eq!(
            (frame.frame_type.as_str(), event_frame_type(&event.body)),
            (name, Some(frame.frame_type))
        );
    }
    let deleted = event_frame(&changed(ChangeKind::Deleted), Audience::Sender, SENT, &Policy::default(), &Plain);
    insta::assert_snapshot!(deleted.unwrap().text, @r#"{"type":"message_deleted","conversation":4,"message_id":7,"seq":17}"#);
}

#[test]
fn receipts_typing_and_presence_are_rendered() {
    let news = Delivered {
        conversation: ConversationId(4),
        sender: TIMUR,
        user: AZIZA,
        message: MessageId(7),
        delivered_at: SENT,
    };
    insta::assert_snapshot!(frame_of(Body::Delivered(news)), @r#"{"type":"message_delivered","conversation":4,"message_id":7,"user_id":1,"delivered_at":"2026-03-01T09:30:00.000000Z"}"#);
    let read = |up_to| Body::Read {
        conversation: ConversationId(4),
        message: MessageId(7),
        up_to,
        user: AZIZA,
        username: "aziza".into(),
        read_at: SENT,
        summary: summary(),
    };
    insta::assert_snapshot!(frame_of(read(false)), @r#"{"type":"read_receipt","conversation":4,"message_id":7,"user_id":1,"username":"aziza","read_at":"2026-03-01T09:30:00.000000Z"}"#);
    insta::assert_snapshot!(frame_of(read(true)), @r#"{"type":"read_receipt","conversation":4,"message_id":7,"user_id":1,"username":"aziza","read_at":"2026-03-01T09:30:00.000000Z","up_to":true}"#);
    let typing = Body::Typing {
        conversation: ConversationId(4),
        user: AZIZA,
        username: "aziza".into(),
        is_typing: true,
        node: 1,
    };
    insta::assert_snapshot!(frame_of(typing), @r#"{"type":"typing","conversation":4,"user_id":1,"username":"aziza","is_typing":true}"#);
    let presence = |online, last_seen| Body::Presence {
        status: PresenceStatus {
            user: AZIZA,
            online,
            last_seen,
        },
        username: "aziza".into(),
    };
    insta::assert_snapshot!(frame_of(presence(true, None)), @r#"{"type":"user_status","user_id":1,"username":"aziza","status":"online","last_seen":null}"#);
    insta::assert_snapshot!(frame_of(presence(false, Some(SENT))), @r#"{"type":"user_status","user_id":1,"username":"aziza","status":"offline","last_seen":"2026-03-01T09:30:00.000000Z"}"#);
}

#[test]
fn access_is_rendered_with_the_code_that_forbids_sending() {
    let access = |cannot_send, can_pin| Body::Access {
        conversation: ConversationId(4),
        cannot_send,
        can_pin,
    };
    insta::assert_snapshot!(frame_of(access(Some(DenialCode::NotSubscribed), false)), @r#"{"type":"conversation_access","conversation":4,"can_send":false,"cannot_send_reason":"not_subscribed","can_pin":false}"#);
    insta::assert_snapshot!(frame_of(access(None, true)), @r#"{"type":"conversation_access","conversation":4,"can_send":true,"cannot_send_reason":null,"can_pin":true}"#);
    assert_eq!(summary_frame(&event(access(None, true)), AZIZA), None);
}

#[test]
fn list_updates_have_the_unread_count_of_their_recipient() {
    insta::assert_snapshot!(summary_frame(&changed(ChangeKind::Sent), AZIZA).unwrap(), @r#"{"type":"conversation_updated","conversation":4,"unread_count":3,"last_seq":17,"last_message_preview":{"id":7,"sender":"timur","content":"Salom!","has_attachments":false,"attachments":null,"status":"received","created_at":"2026-03-01T09:30:00.000000Z"}}"#);
    assert!(
        summary_frame(&changed(ChangeKind::Sent), TIMUR)
            .unwrap()
            .contains(r#""unread_count":0"#)
    );
    assert_eq!(summary_frame(&changed(ChangeKind::Sent), UserId(99)), None);
    let opened = event(Body::Opened {
        summary: Arc::new(ConversationSummary {
            preview: None,
            last_seq: Seq(0),
            ..(*summary()).clone()
        }),
    });
    insta::assert_snapshot!(summary_frame(&opened, AZIZA).unwrap(), @r#"{"type":"conversation_updated","conversation":4,"unread_count":3,"last_seq":0,"last_message_preview":null}"#);
    let row = RowState {
        awaiting_since: Some(SENT),
        muted_until: Some(RowState::FOREVER),
        archived_at: Some(SENT),
        is_marked_unread: true,
    };
    let arranged = event(Body::Arranged {
        summary: Arc::new(ConversationSummary {
            preview: None,
            rows: vec![(AZIZA, row)],
            ..(*summary()).clone()
        }),
    });
    insta::assert_snapshot!(summary_frame(&arranged, AZIZA).unwrap(), @r#"{"type":"conversation_updated","conversation":4,"unread_count":3,"last_seq":17,"last_message_preview":null,"awaiting_since":"2026-03-01T09:30:00.000000Z","muted_until":"2255-03-14T16:00:00.000000Z","archived_at":"2026-03-01T09:30:00.000000Z","is_marked_unread":true}"#);
    assert_eq!(event_frame(&arranged, Audience::Others, SENT, &Policy::default(), &Plain), None);
    assert_eq!(event_frame(&opened, Audience::Others, SENT, &Policy::default(), &Plain), None);
    assert_eq!(
        event_frame(&event(Body::AccountChanged), Audience::Others, SENT, &Policy::default(), &Plain),
        None
    );
    assert_eq!(summary_frame(&event(Body::AccountChanged), AZIZA), None);
}
