//! Floods, malformed frames and other excesses of a peer.

use super::*;

#[test]
fn waiting_commands_are_bounded_by_not_reading() {
    let ping = json!({"type": "ping"});
    let mut bench = Bench::in_room();
    for _ in 0..MAX_HELD {
        assert!(bench.session.is_reading());
        bench.client_sends(&ping);
    }
    bench.client_sends(&ping);
    assert!(!bench.session.is_reading());
    bench.session.done(Outcome::NoReply);
    assert!(bench.session.is_reading());

    let mut bench = Bench::in_room();
    let long = json!({"type": "chat_message", "content": "x".repeat(60_000)});
    for _ in 0..3 {
        assert!(bench.session.is_reading());
        bench.client_sends(&long);
    }
    assert!(!bench.session.is_reading());
}

#[test]
fn a_flood_of_frames_is_read_at_the_throttled_rate_and_not_dropped() {
    let mut bench = Bench::in_room();
    let gap = 100 * MS;
    let timings = Timings {
        frame_gap: Some(gap),
        ..Timings::default()
    };
    bench.session = Session::new("a-1".into(), ANNA, Scope::All, Epoch::new("e1"), &timings, None, bench.now);
    let mut answers = 0;
    for _ in 1..limits::BURST {
        bench.client_sends(&json!({"type": "ping"}));
        answers += bench.written().len();
    }
    assert!(bench.session.is_reading());
    bench.client_sends(&json!({"type": "ping"}));
    answers += bench.written().len();
    assert_eq!(answers, limits::BURST as usize, "no frame is lost");
    assert!(!bench.session.is_reading());
    assert_eq!(bench.session.deadline(), bench.now + gap);
    bench.now += gap;
    bench.session.tick(bench.now, None);
    assert!(bench.session.is_reading());
}

#[test]
fn a_peer_that_the_session_does_not_read_is_not_dropped_as_silent() {
    let mut bench = Bench::in_room();
    for _ in 0..=MAX_HELD {
        bench.client_sends(&json!({"type": "ping"}));
    }
    bench.outputs();
    let outputs = bench.pass(Duration::from_mins(5), false);
    assert_eq!(pings(&outputs).len(), outputs.len());
    while !bench.session.is_reading() {
        bench.session.done(Outcome::NoReply);
        bench.outputs();
    }
    assert_eq!(bench.pass(Duration::from_mins(1), false).last(), Some(&Output::Drop));
}

#[test]
fn malformed_frames_are_answered_and_too_many_of_them_end_the_session() {
    for malformed in ["", "{", "[1]", "null", r#"{"type": "shout"}"#, r#"{"type": "typing"}"#] {
        let mut bench = Bench::in_room();
        for _ in 0..19 {
            bench.session.text(malformed, bench.now);
            assert_eq!(bench.written()[0]["type"], "error", "{malformed}");
            bench.now += MS;
        }
        bench.session.text(malformed, bench.now);
        assert_eq!(bench.outputs()[1..], [Output::Close(CloseCode::ProtocolViolated)], "{malformed}");
    }
}

#[test]
fn malformed_frames_far_apart_do_not_end_the_session() {
    let mut bench = Bench::in_room();
    for _ in 0..100 {
        bench.session.text("{", bench.now);
        bench.now += MS * 527;
    }
    assert_eq!(bench.written().len(), 100);
}

#[test]
fn codes_of_malformed_frames() {
    let table = [
        ("{", "invalid_json"),
        (r#"{"type": "shout"}"#, "unknown_type"),
        (r#"{"type": "typing"}"#, "invalid_request"),
        (r#"{"type": "delete_message", "message_id": "x"}"#, "invalid_request"),
    ];
    for (text, code) in table {
        let mut bench = Bench::in_room();
        bench.session.text(text, bench.now);
        assert_eq!(bench.written()[0]["code"], code, "{text}");
    }
}

#[test]
fn binary_frames_are_an_error_and_count_as_malformed() {
    let mut bench = Bench::in_room();
    for _ in 0..20 {
        bench.session.binary(bench.now);
    }
    let outputs = bench.outputs();
    assert!(texts(&outputs)[0].contains("invalid_json"));
    assert_eq!(outputs.last(), Some(&Output::Close(CloseCode::ProtocolViolated)));
}

#[test]
fn a_frame_that_is_too_big_ends_the_session() {
    let mut bench = Bench::in_room();
    bench.session.text(&"x".repeat(MAX_FRAME_BYTES + 1), bench.now);
    assert_eq!(bench.outputs(), [Output::Close(CloseCode::FrameTooBig)]);
}
