use domain::{denial::DenialCode, time::Timestamp};

use super::*;

const AT: Time = Time(Timestamp(1_772_357_400_000_000));

#[test]
fn ready_on_both_kinds_of_socket() {
    let ready = |conversation, last_seq| ServerFrame::Ready {
        conversation,
        user_id: 2,
        last_seq,
        epoch: "e1",
        online: vec![3, 5],
        server_time: AT,
        heartbeat_seconds: 30,
    };
    insta::assert_snapshot!(ready(Some(4), Some(17)).to_text(), @r#"{"type":"ready","conversation":4,"user_id":2,"last_seq":17,"epoch":"e1","online":[3,5],"server_time":"2026-03-01T09:30:00.000000Z","heartbeat_seconds":30}"#);
    insta::assert_snapshot!(ready(None, None).to_text(), @r#"{"type":"ready","user_id":2,"last_seq":null,"epoch":"e1","online":[3,5],"server_time":"2026-03-01T09:30:00.000000Z","heartbeat_seconds":30}"#);
}

#[test]
fn ack_has_the_fields_that_are_known() {
    let bare = ServerFrame::Ack {
        conversation: None,
        request_id: None,
        client_id: None,
        message_id: None,
        seq: None,
    };
    assert_eq!(bare.to_text(), r#"{"type":"ack"}"#);
    let full = ServerFrame::Ack {
        conversation: Some(4),
        request_id: Some("r"),
        client_id: Some("c"),
        message_id: Some(7),
        seq: Some(17),
    };
    insta::assert_snapshot!(full.to_text(), @r#"{"type":"ack","conversation":4,"request_id":"r","client_id":"c","message_id":7,"seq":17}"#);
}

#[test]
fn error_names_the_frame_it_answers() {
    let body = ErrorBody::new(DenialCode::EmptyMessage.into());
    assert_eq!(
        ServerFrame::error(&body, &Correlation::default()).to_text(),
        r#"{"type":"error","code":"empty_message","message":"A message needs text or a file."}"#
    );
    let correlation = Correlation {
        conversation: Some(ConversationId(4)),
        request_id: Some("r".into()),
        client_id: Some("c".into()),
    };
    insta::assert_snapshot!(ServerFrame::error(&body.with_limit(3), &correlation).to_text(), @r#"{"type":"error","conversation":4,"code":"empty_message","message":"A message needs text or a file.","details":{"limit":3},"request_id":"r","client_id":"c"}"#);
}

#[test]
fn pong_has_a_null_where_no_conversation_was_named() {
    insta::assert_snapshot!(ServerFrame::Pong { conversation: Some(4), last_seq: Some(17), epoch: "e1", request_id: Some("r") }.to_text(), @r#"{"type":"pong","conversation":4,"last_seq":17,"epoch":"e1","request_id":"r"}"#);
    insta::assert_snapshot!(ServerFrame::Pong { conversation: None, last_seq: None, epoch: "e1", request_id: None }.to_text(), @r#"{"type":"pong","last_seq":null,"epoch":"e1"}"#);
}

#[test]
fn resync_is_nothing_but_its_type() {
    assert_eq!(ServerFrame::Resync {}.to_text(), r#"{"type":"resync"}"#);
}
