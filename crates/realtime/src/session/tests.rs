use domain::{id::MessageId, time::Timestamp};
use proptest::prelude::*;
use protocol::{
    error::{Code, ErrorBody},
    frame::ClientFrame,
};
use serde_json::{Value, json};

use super::*;
use crate::outbox::{Batch, Frame, Weight};

const ANNA: UserId = UserId(7);
const ROOM: ConversationId = ConversationId(5);
const OTHER_ROOM: ConversationId = ConversationId(6);
const MS: Duration = Duration::from_millis(1);

/// A session and the time that passes for it.
struct Bench {
    session: Session,
    now: Instant,
}

impl Bench {
    fn new(scope: Scope) -> Self {
        Self::with_token(scope, None)
    }

    fn with_token(scope: Scope, expires_in: Option<Duration>) -> Self {
        let now = Instant::now();
        let session = Session::new(
            "a-1".into(),
            ANNA,
            scope,
            &Timings::default(),
            expires_in.map(|after| now + after),
            now,
        );
        Self { session, now }
    }

    /// On a socket for [`ROOM`] that is past `ready`.
    fn in_room() -> Self {
        let mut bench = Self::new(Scope::One(ROOM));
        bench.welcome(Some(Seq(10)));
        bench.outputs();
        bench
    }

    fn on_all() -> Self {
        let mut bench = Self::new(Scope::All);
        bench.welcome(None);
        bench.outputs();
        bench
    }

    fn welcome(&mut self, last_seq: Option<Seq>) {
        self.session.welcome(&Welcome {
            last_seq,
            online: vec![UserId(2)],
            server_time: Timestamp(0),
        });
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.session.next_output()).collect()
    }

    /// The frames written, as JSON; anything else is a fault.
    fn written(&mut self) -> Vec<Value> {
        let json = |output| match output {
            Output::Write(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        };
        self.outputs().into_iter().map(json).collect()
    }

    fn says(&mut self, frame: &Value) {
        self.session.text(&frame.to_string(), self.now);
    }

    /// The call that this frame leads to, answered at once with nothing to say.
    fn call(&mut self, frame: &Value) -> Asked {
        self.says(frame);
        let outputs = self.outputs();
        self.session.done(Outcome::Quiet);
        match <[Output; 1]>::try_from(outputs) {
            Ok([Output::Perform(asked)]) => *asked,
            other => panic!("{frame} led to {other:?}"),
        }
    }

    fn hears(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let batch = Batch {
            frames: frames.into_iter().collect(),
            ..Batch::default()
        };
        self.session.batch(batch, self.now);
    }

    /// Lets time pass, ticking whenever the session wants it; a peer that is there answers all pings.
    fn pass(&mut self, time: Duration, peer_is_there: bool) -> Vec<Output> {
        let (end, mut outputs) = (self.now + time, Vec::new());
        while self.session.deadline() <= end {
            self.now = self.now.max(self.session.deadline());
            self.session.tick(self.now);
            for output in self.outputs() {
                if let (Output::Ping(payload), true) = (&output, peer_is_there) {
                    self.session.pong(payload, self.now);
                }
                let is_over = matches!(output, Output::Close(_) | Output::Drop);
                outputs.push(output);
                if is_over {
                    return outputs;
                }
            }
        }
        self.now = end;
        outputs
    }
}

fn event(text: &str) -> Frame {
    Frame::new("typing", text.into(), Weight::Durable)
}

fn message(conversation: ConversationId, id: i64, seq: i64) -> Frame {
    Frame {
        change: Some((conversation, Seq(seq))),
        delivers: Some(MessageId(id)),
        ..Frame::new("chat_message", format!(r#"{{"seq":{seq}}}"#).into(), Weight::Durable)
    }
}

fn texts(outputs: &[Output]) -> Vec<&str> {
    let mut texts = Vec::new();
    for output in outputs {
        if let Output::Write(text) = output {
            texts.push(text.as_ref());
        }
    }
    texts
}

fn pings(outputs: &[Output]) -> Vec<[u8; 8]> {
    let payload = |output: &Output| if let Output::Ping(payload) = output { Some(*payload) } else { None };
    outputs.iter().filter_map(payload).collect()
}

fn delivered(conversation: ConversationId, up_to: i64) -> Output {
    Output::Delivered(DeliveryMark {
        user: ANNA,
        conversation,
        up_to: MessageId(up_to),
    })
}

#[test]
fn ready_is_first_and_says_where_things_stand() {
    let mut bench = Bench::new(Scope::One(ROOM));
    bench.welcome(Some(Seq(10)));
    let ready = json!({"type": "ready", "conversation": 5, "user_id": 7, "last_seq": 10, "online": [2], "server_time": "1970-01-01T00:00:00.000000Z", "heartbeat_seconds": 25});
    assert_eq!(bench.written(), [ready]);
    let mut bench = Bench::new(Scope::All);
    bench.welcome(None);
    assert_eq!(bench.written()[0]["last_seq"], Value::Null);
}

#[test]
fn frames_become_calls_in_the_socket_s_conversation() {
    for mut frame in [
        json!({"type": "chat_message", "content": "hi", "reply_to_id": 3, "client_id": "c1"}),
        json!({"type": "typing", "is_typing": true}),
        json!({"type": "read_receipt", "message_id": 3}),
        json!({"type": "read_receipt", "up_to": 3}),
        json!({"type": "edit_message", "message_id": 3, "content": "ho"}),
        json!({"type": "delete_message", "message_id": 3}),
        json!({"type": "pin_message", "message_id": 3, "is_pinned": false}),
        json!({"type": "ping"}),
    ] {
        let call = Call::Frame(ClientFrame::parse(&frame.to_string()).unwrap().frame);
        assert_eq!(call.kind(), frame["type"]);
        let expected = |request_id: Option<&str>| Asked {
            id: FrameId {
                socket: "a-1".into(),
                number: 1,
            },
            call: call.clone(),
            conversation: Some(ROOM),
            request_id: request_id.map(str::to_owned),
        };
        assert_eq!(Bench::in_room().call(&frame), expected(None));
        frame["conversation"] = json!(ROOM.0);
        frame["request_id"] = json!("r");
        assert_eq!(Bench::in_room().call(&frame), expected(Some("r")));
        assert_eq!(Bench::on_all().call(&frame), expected(Some("r")));
    }
}

#[test]
fn on_the_socket_for_all_a_conversation_must_be_named() {
    for frame in [
        json!({"type": "chat_message", "content": "hi", "client_id": "c1", "request_id": "r"}),
        json!({"type": "typing", "is_typing": true}),
        json!({"type": "read_receipt", "message_id": 3}),
        json!({"type": "edit_message", "message_id": 3, "content": "x"}),
        json!({"type": "delete_message", "message_id": 3}),
        json!({"type": "pin_message", "message_id": 3, "is_pinned": true}),
    ] {
        let mut bench = Bench::on_all();
        bench.says(&frame);
        let answer = &bench.written()[0];
        assert_eq!(answer["code"], "invalid_request", "{frame}");
        assert_eq!(
            (answer.get("request_id"), answer.get("client_id")),
            (frame.get("request_id"), frame.get("client_id"))
        );
    }
}

#[test]
fn errors_name_the_frame_as_the_log_does() {
    let mut bench = Bench::in_room();
    bench.says(&json!({"type": "ping"}));
    bench.says(&json!({"type": "dance"}));
    bench.session.binary(bench.now);
    bench.says(&json!({"type": "typing", "is_typing": true, "conversation": OTHER_ROOM.0}));
    bench.says(&json!({"type": "edit_message", "message_id": 3, "content": ""}));
    let refused = Outcome::Refused(Box::new(ErrorBody::new(Code::EmptyMessage)));
    bench.session.done(Outcome::LastSeq(Seq(10)));
    bench.session.done(refused);
    let outputs = bench.outputs();
    let named = outputs.iter().filter_map(|output| match output {
        Output::Write(text) => serde_json::from_str::<Value>(text).unwrap()["details"]["request_id"]
            .as_str()
            .map(str::to_owned),
        _ => None,
    });
    assert_eq!(named.collect::<Vec<_>>(), ["a-1.2", "a-1.3", "a-1.4", "a-1.5"]);
}

#[test]
fn a_socket_for_one_conversation_does_not_act_in_another() {
    let mut bench = Bench::in_room();
    bench.says(&json!({"type": "chat_message", "content": "hi", "conversation": OTHER_ROOM.0}));
    assert_eq!(bench.written()[0]["code"], "invalid_request");
}

#[test]
fn ping_without_a_conversation_is_answered_with_null() {
    let mut bench = Bench::on_all();
    bench.says(&json!({"type": "ping"}));
    assert_eq!(bench.written(), [json!({"type": "pong", "last_seq": null})]);
}

#[test]
fn answers_name_what_was_asked() {
    let asked = json!({"type": "chat_message", "content": "hi", "client_id": "c1", "request_id": "r1", "conversation": 5});
    let done = Outcome::Done {
        message: Some(MessageId(30)),
        seq: Some(Seq(40)),
    };
    let refused = Outcome::Refused(Box::new(ErrorBody::saying(Code::NotSubscribed, "No.")));
    let table = [
        (
            asked.clone(),
            done,
            json!({"type": "ack", "conversation": 5, "request_id": "r1", "client_id": "c1", "message_id": 30, "seq": 40}),
        ),
        (
            asked,
            refused,
            json!({"type": "error", "code": "not_subscribed", "message": "No.", "details": {"request_id": "a-1.1"}, "conversation": 5,
                "request_id": "r1", "client_id": "c1"}),
        ),
        (
            json!({"type": "ping", "conversation": 5}),
            Outcome::LastSeq(Seq(12)),
            json!({"type": "pong", "last_seq": 12, "conversation": 5}),
        ),
    ];
    for (frame, outcome, answer) in table {
        let mut bench = Bench::on_all();
        bench.says(&frame);
        assert!(matches!(bench.outputs()[..], [Output::Perform(_)]));
        bench.session.done(outcome);
        assert_eq!(bench.written(), [answer]);
    }
}

#[test]
fn typing_is_acknowledged_only_where_an_answer_is_awaited() {
    let mut bench = Bench::in_room();
    bench.says(&json!({"type": "typing", "is_typing": true}));
    bench.outputs();
    bench.session.done(Outcome::Told);
    assert_eq!(bench.outputs(), []);
    bench.says(&json!({"type": "typing", "is_typing": true, "request_id": "r"}));
    bench.outputs();
    bench.session.done(Outcome::Told);
    assert_eq!(bench.written()[0]["request_id"], "r");
}

#[test]
fn calls_run_one_after_another_while_frames_keep_flowing() {
    let mut bench = Bench::in_room();
    for id in [1, 2, 3] {
        bench.says(&json!({"type": "delete_message", "message_id": id}));
    }
    let deleted = |outputs: Vec<Output>| match &outputs[..] {
        [.., Output::Perform(asked)] => match &asked.call {
            Call::Frame(ClientFrame::DeleteMessage { message_id }) => message_id.0,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(deleted(bench.outputs()), 1);
    bench.hears([event("between")]);
    assert_eq!(texts(&bench.outputs()), ["between"]);
    bench.session.done(Outcome::Quiet);
    assert_eq!(deleted(bench.outputs()), 2);
    bench.session.done(Outcome::Quiet);
    assert_eq!(deleted(bench.outputs()), 3);
    bench.session.done(Outcome::Quiet);
    assert_eq!(bench.outputs(), []);
}

#[test]
fn messages_are_sent_without_waiting_for_each_other_and_answered_in_order() {
    let mut bench = Bench::in_room();
    let send = |name: &str| json!({"type": "chat_message", "content": "salom", "client_id": name});
    let begun = |outputs: &[Output]| -> Vec<&'static str> {
        let kind = |output: &Output| match output {
            Output::Perform(asked) => Some(asked.call.kind()),
            _ => None,
        };
        outputs.iter().filter_map(kind).collect()
    };
    for frame in [send("a"), send("b"), json!({"type": "ping"}), send("c"), send("d")] {
        bench.says(&frame);
    }
    assert_eq!(
        begun(&bench.outputs()),
        ["chat_message", "chat_message"],
        "a ping asks what was stored before it"
    );
    let done = || Outcome::Done { message: None, seq: None };
    bench.session.done(done());
    assert_eq!(bench.written()[0]["client_id"], "a");
    bench.session.done(done());
    assert_eq!(begun(&bench.outputs()), ["ping"]);
    bench.session.done(Outcome::LastSeq(Seq(2)));
    assert_eq!(begun(&bench.outputs()), ["chat_message", "chat_message"]);
    bench.session.done(done());
    bench.session.done(done());
    let names: Vec<Value> = bench.written().into_iter().map(|frame| frame["client_id"].clone()).collect();
    assert_eq!(names, ["c", "d"]);
}

#[test]
fn what_waits_is_bounded_by_not_reading() {
    let ping = json!({"type": "ping"});
    let mut bench = Bench::in_room();
    for _ in 0..MAX_HELD {
        assert!(bench.session.is_reading());
        bench.says(&ping);
    }
    bench.says(&ping);
    assert!(!bench.session.is_reading());
    bench.session.done(Outcome::Quiet);
    assert!(bench.session.is_reading());

    let mut bench = Bench::in_room();
    let long = json!({"type": "chat_message", "content": "x".repeat(60_000)});
    for _ in 0..3 {
        assert!(bench.session.is_reading());
        bench.says(&long);
    }
    assert!(!bench.session.is_reading());
}

#[test]
fn a_flood_is_read_at_its_pace_and_not_blamed_for_it() {
    let mut bench = Bench::in_room();
    let gap = 100 * MS;
    let timings = Timings {
        frame_gap: Some(gap),
        ..Timings::default()
    };
    bench.session = Session::new("a-1".into(), ANNA, Scope::All, &timings, None, bench.now);
    let mut answers = 0;
    for _ in 1..pace::BURST {
        bench.says(&json!({"type": "ping"}));
        answers += bench.written().len();
    }
    assert!(bench.session.is_reading());
    bench.says(&json!({"type": "ping"}));
    answers += bench.written().len();
    assert_eq!(answers, pace::BURST as usize, "nothing is lost");
    assert!(!bench.session.is_reading());
    assert_eq!(bench.session.deadline(), bench.now + gap);
    bench.now += gap;
    bench.session.tick(bench.now);
    assert!(bench.session.is_reading());
}

#[test]
fn a_peer_that_is_not_read_is_not_blamed_for_its_silence() {
    let mut bench = Bench::in_room();
    for _ in 0..=MAX_HELD {
        bench.says(&json!({"type": "ping"}));
    }
    bench.outputs();
    let outputs = bench.pass(Duration::from_mins(5), false);
    assert_eq!(pings(&outputs).len(), outputs.len());
    while !bench.session.is_reading() {
        bench.session.done(Outcome::Quiet);
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
fn malformed_frames_far_apart_are_forgiven() {
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

#[test]
fn nothing_comes_after_the_end() {
    let mut bench = Bench::in_room();
    bench.says(&json!({"type": "ping"}));
    bench.says(&json!({"type": "ping"}));
    bench.outputs();
    bench.session.close(CloseCode::Restarting);
    bench.session.close(CloseCode::TooSlow);
    bench.hears([event("late")]);
    bench.session.done(Outcome::LastSeq(Seq(1)));
    bench.says(&json!({"type": "ping"}));
    assert_eq!(bench.outputs(), [Output::Close(CloseCode::Restarting)]);
}

#[test]
fn what_ready_knew_is_not_told_again() {
    let mut bench = Bench::in_room();
    bench.hears([message(ROOM, 1, 9), message(ROOM, 2, 10), event("typing"), message(ROOM, 3, 11)]);
    assert_eq!(texts(&bench.outputs()), ["typing", r#"{"seq":11}"#]);
}

#[test]
fn a_socket_for_all_skips_nothing() {
    let mut bench = Bench::on_all();
    bench.hears([message(ROOM, 1, 1), message(OTHER_ROOM, 2, 1)]);
    assert_eq!(texts(&bench.outputs()).len(), 2);
}

#[test]
fn a_pong_proves_what_was_written_before_its_ping() {
    let mut bench = Bench::on_all();
    bench.hears([message(ROOM, 1, 1), message(ROOM, 2, 2), message(OTHER_ROOM, 3, 1)]);
    let outputs = bench.outputs();
    assert!(matches!(outputs.last(), Some(Output::Ping(_))), "the ping follows the messages");
    let first = pings(&outputs)[0];
    bench.hears([message(ROOM, 4, 3)]);
    assert_eq!(pings(&bench.outputs()), [[0; 8]; 0], "not twice in 100 ms");
    bench.session.pong(&first, bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 2), delivered(OTHER_ROOM, 3)]);
    let later = bench.pass(MS * 100, false);
    assert_eq!(pings(&later).len(), 1);
    bench.session.pong(&first, bench.now);
    assert_eq!(bench.outputs(), [], "an old pong proves nothing new");
    bench.session.pong(&pings(&later)[0], bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 4)]);
}

#[test]
fn a_later_pong_proves_what_earlier_pings_asked_for() {
    let mut bench = Bench::in_room();
    let mut last = [0; 8];
    for number in 1..=3 {
        bench.hears([message(ROOM, number, 10 + number)]);
        last = pings(&bench.outputs())[0];
        bench.now += MS * 100;
    }
    bench.session.pong(&last, bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 3)]);
}

#[test]
fn foreign_pongs_prove_nothing() {
    let mut bench = Bench::in_room();
    bench.hears([message(ROOM, 1, 11)]);
    let ping = pings(&bench.outputs())[0];
    for payload in [&b""[..], b"hello", &[0xff; 8], &[0; 8], &[0; 9]] {
        bench.session.pong(payload, bench.now);
        assert_eq!(bench.outputs(), [], "{payload:?}");
    }
    bench.session.pong(&ping, bench.now);
    assert_eq!(bench.outputs(), [delivered(ROOM, 1)]);
}

#[test]
fn proof_is_asked_for_at_most_once_in_100_ms_and_not_without_end() {
    let mut bench = Bench::on_all();
    let mut asked = 0;
    for number in 0..100 {
        bench.hears([message(ROOM, number, number + 1)]);
        asked += pings(&bench.outputs()).len();
        asked += pings(&bench.pass(MS * 10, false)).len();
    }
    assert_eq!(asked, 4, "in one second; the peer has answered none");
}

#[test]
fn own_messages_and_typing_need_no_proof() {
    let mut bench = Bench::in_room();
    let own = Frame {
        delivers: None,
        ..message(ROOM, 1, 11)
    };
    bench.hears([own, event("typing")]);
    assert_eq!(pings(&bench.outputs()), [[0; 8]; 0]);
}

#[test]
fn a_peer_that_answers_is_pinged_every_heartbeat_and_kept() {
    let mut bench = Bench::in_room();
    let outputs = bench.pass(Duration::from_secs(251), true);
    assert_eq!(outputs.len(), 10);
    assert_eq!(pings(&outputs).len(), 10);
}

#[test]
fn a_peer_that_is_silent_for_two_intervals_is_dropped() {
    let mut bench = Bench::in_room();
    let start = bench.now;
    let outputs = bench.pass(Duration::from_secs(251), false);
    assert_eq!(outputs.last(), Some(&Output::Drop));
    assert_eq!(bench.now - start, Duration::from_secs(50));
    let mut bench = Bench::in_room();
    for _ in 0..10 {
        let outputs = bench.pass(Duration::from_secs(49), false);
        assert_eq!(pings(&outputs).len(), outputs.len());
        bench.says(&json!({"type": "shout"}));
        bench.outputs();
    }
}

#[test]
fn an_expired_token_ends_the_session() {
    let mut bench = Bench::with_token(Scope::All, Some(Duration::from_secs(305)));
    let outputs = bench.pass(Duration::from_millis(304_999), true);
    assert_eq!(pings(&outputs).len(), outputs.len());
    assert_eq!(bench.pass(MS, true), [Output::Close(CloseCode::NotAuthenticated)]);
}

#[test]
fn a_changed_account_is_looked_at_again() {
    let look_again = || Batch {
        look_again: true,
        ..Batch::default()
    };
    let mut bench = Bench::in_room();
    bench.session.batch(look_again(), bench.now);
    let outputs = bench.outputs();
    assert!(matches!(&outputs[..], [Output::Perform(asked)] if asked.call == Call::LookAgain));
    bench.session.done(Outcome::Quiet);
    assert_eq!(bench.outputs(), []);
    bench.session.batch(look_again(), bench.now);
    bench.outputs();
    bench.session.done(Outcome::AccountInactive);
    assert_eq!(bench.outputs(), [Output::Close(CloseCode::NotAuthenticated)]);
}

#[test]
fn the_hub_can_end_the_session() {
    let mut bench = Bench::in_room();
    let batch = Batch {
        frames: [event("last")].into(),
        close: Some(CloseCode::Restarting),
        ..Batch::default()
    };
    bench.session.batch(batch, bench.now);
    let outputs = bench.outputs();
    assert_eq!(texts(&outputs), ["last"]);
    assert_eq!(outputs.last(), Some(&Output::Close(CloseCode::Restarting)));
}

#[test]
fn an_idle_session_holds_no_buffers() {
    let mut bench = Bench::in_room();
    for number in 0..40 {
        bench.says(&json!({"type": "ping"}));
        bench.hears([message(ROOM, number, 11 + number)]);
        let outputs = bench.outputs();
        bench.session.done(Outcome::LastSeq(Seq(1)));
        bench.outputs();
        for ping in pings(&outputs) {
            bench.session.pong(&ping, bench.now);
        }
        bench.outputs();
    }
    let session = &bench.session;
    assert_eq!(
        (
            session.waiting.capacity() + session.calling.capacity(),
            session.outputs.capacity(),
            session.held_bytes
        ),
        (0, 0, 0)
    );
    assert!(size_of::<Session>() < 512, "{}", size_of::<Session>());
}

/// Something that a peer, the hub or the clock may do at any time.
#[derive(Clone, Debug)]
enum Step {
    Text(String),
    Binary,
    Pong(Vec<u8>),
    Message(i64, i64),
    Typing,
    LookAgain,
    Done,
    Pass(u64),
}

fn any_frame() -> impl Strategy<Value = String> {
    let kinds = prop::sample::select(vec![
        "chat_message",
        "typing",
        "read_receipt",
        "edit_message",
        "delete_message",
        "pin_message",
        "ping",
        "shout",
        "",
    ]);
    let names = prop::sample::select(vec![
        "content",
        "reply_to_id",
        "client_id",
        "is_typing",
        "message_id",
        "up_to",
        "is_pinned",
        "conversation",
        "request_id",
    ]);
    let values = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (4_i64..7).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({"type": "ping"})),
    ];
    let frame = (kinds, prop::collection::vec((names, values), 0..5)).prop_map(|(kind, fields)| {
        let mut frame = json!({"type": kind});
        for (name, value) in fields {
            frame[name] = value;
        }
        frame.to_string()
    });
    prop_oneof![8 => frame, 1 => ".{0,200}", 1 => Just("[".repeat(60_000))]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_frame().prop_map(Step::Text),
        1 => Just(Step::Binary),
        2 => prop_oneof![any::<[u8; 8]>().prop_map(|bytes| bytes.to_vec()), (0_u64..9).prop_map(|number| number.to_be_bytes().to_vec()), Just(vec![1; 125])]
            .prop_map(Step::Pong),
        4 => (5_i64..8, 0_i64..30).prop_map(|(conversation, seq)| Step::Message(conversation, seq)),
        1 => Just(Step::Typing),
        1 => Just(Step::LookAgain),
        4 => Just(Step::Done),
        2 => (0_u64..40_000).prop_map(Step::Pass),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_the_session_keeps_its_word(scope in prop::sample::select(vec![Scope::One(ROOM), Scope::All]), steps in prop::collection::vec(any_step(), 0..60)) {
        let mut bench = Bench::with_token(scope, Some(Duration::from_mins(10)));
        bench.welcome(Some(Seq(3)));
        let (mut calling, mut is_over, mut newest_ping) = (VecDeque::new(), false, 0);
        for step in steps {
            match step {
                Step::Text(text) => bench.session.text(&text, bench.now),
                Step::Binary => bench.session.binary(bench.now),
                Step::Pong(payload) => bench.session.pong(&payload, bench.now),
                Step::Message(conversation, seq) => bench.hears([message(ConversationId(conversation), seq, seq)]),
                Step::Typing => bench.hears([event("{}")]),
                Step::LookAgain => bench.session.batch(Batch { look_again: true, ..Batch::default() }, bench.now),
                Step::Done => {
                    calling.pop_front();
                    bench.session.done(Outcome::Done { message: None, seq: None });
                }
                Step::Pass(ms) => {
                    bench.now += MS * u32::try_from(ms).unwrap();
                    bench.session.tick(bench.now);
                }
            }
            for output in bench.outputs() {
                prop_assert!(!is_over, "{output:?} after the end");
                match output {
                    Output::Write(text) => prop_assert!(serde_json::from_str::<Value>(&text).unwrap().is_object()),
                    Output::Ping(payload) => {
                        let number = u64::from_be_bytes(payload);
                        prop_assert!(number > newest_ping);
                        newest_ping = number;
                    }
                    Output::Perform(asked) => {
                        let is_send = asked.call.kind() == "chat_message";
                        prop_assert!(calling.is_empty() || is_send && calling.iter().all(|is_send| *is_send), "only sends run together");
                        calling.push_back(is_send);
                        prop_assert!(calling.len() <= MAX_HELD + 1);
                    }
                    Output::Delivered(mark) => prop_assert!(mark.user == ANNA && mark.up_to > MessageId(3) || scope == Scope::All),
                    Output::Close(_) | Output::Drop => is_over = true,
                }
            }
        }
    }
}
