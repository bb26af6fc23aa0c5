mod bounds;
mod commands;
mod delivery;
mod fuzz;
mod liveness;

use domain::{id::MessageId, identity::Epoch, time::Timestamp};
use protocol::frame::ClientFrame;
use serde_json::{Value, json};

use super::*;
use crate::outbox::{Batch, DropPolicy, Frame};

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
            Epoch::new("e1"),
            &Timings::default(),
            expires_in.map(|after| now + after),
            now,
        );
        Self { session, now }
    }

    /// A session on a socket for [`ROOM`] that has sent `ready`.
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

    /// The written frames, as JSON. Any other output fails the test.
    fn written(&mut self) -> Vec<Value> {
        let json = |output| match output {
            Output::Write(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        };
        self.outputs().into_iter().map(json).collect()
    }

    fn client_sends(&mut self, frame: &Value) {
        self.session.text(&frame.to_string(), self.now);
    }

    /// The command of this frame, which is done at once, without a reply.
    fn call(&mut self, frame: &Value) -> ReceivedCommand {
        self.client_sends(frame);
        let outputs = self.outputs();
        self.session.done(Outcome::NoReply);
        match <[Output; 1]>::try_from(outputs) {
            Ok([Output::Perform(command)]) => *command,
            other => panic!("{frame} led to {other:?}"),
        }
    }

    fn hub_sends(&mut self, frames: impl IntoIterator<Item = Frame>) {
        let batch = Batch {
            frames: frames.into_iter().collect(),
            ..Batch::default()
        };
        self.session.batch(batch, self.now);
    }

    /// Advances the time, with a tick at every deadline of the session. A peer that is there answers all pings.
    fn pass(&mut self, time: Duration, peer_is_there: bool) -> Vec<Output> {
        let (end, mut outputs) = (self.now + time, Vec::new());
        while self.session.deadline() <= end {
            self.now = self.now.max(self.session.deadline());
            self.session.tick(self.now, None);
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
    Frame::new(ServerFrameType::Typing, text.into(), DropPolicy::Durable)
}

fn message(conversation: ConversationId, id: i64, seq: i64) -> Frame {
    Frame {
        change: Some((conversation, Seq(seq))),
        delivers: Some(MessageId(id)),
        ..Frame::new(
            ServerFrameType::ChatMessage,
            format!(r#"{{"seq":{seq}}}"#).into(),
            DropPolicy::Durable,
        )
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
fn ready_comes_first_with_last_seq_and_epoch() {
    let mut bench = Bench::new(Scope::One(ROOM));
    bench.welcome(Some(Seq(10)));
    let ready = json!({"type": "ready", "conversation": 5, "user_id": 7, "last_seq": 10, "epoch": "e1", "online": [2], "server_time": "1970-01-01T00:00:00.000000Z", "heartbeat_seconds": 25});
    assert_eq!(bench.written(), [ready]);
    let mut bench = Bench::new(Scope::All);
    bench.welcome(None);
    assert_eq!(bench.written()[0]["last_seq"], Value::Null);
}

#[test]
fn nothing_comes_after_the_end() {
    let mut bench = Bench::in_room();
    bench.client_sends(&json!({"type": "ping"}));
    bench.client_sends(&json!({"type": "ping"}));
    bench.outputs();
    bench.session.close(CloseCode::Restarting);
    bench.session.close(CloseCode::TooSlow);
    bench.hub_sends([event("late")]);
    bench.session.done(Outcome::LastSeq(Seq(1)));
    bench.client_sends(&json!({"type": "ping"}));
    assert_eq!(bench.outputs(), [Output::Close(CloseCode::Restarting)]);
}

#[test]
fn an_expired_token_ends_the_session() {
    let mut bench = Bench::with_token(Scope::All, Some(Duration::from_secs(305)));
    let outputs = bench.pass(Duration::from_millis(304_999), true);
    assert_eq!(pings(&outputs).len(), outputs.len());
    assert_eq!(bench.pass(MS, true), [Output::Close(CloseCode::NotAuthenticated)]);
}

#[test]
fn a_changed_account_is_rechecked() {
    let recheck_account = || Batch {
        recheck_account: true,
        ..Batch::default()
    };
    let mut bench = Bench::in_room();
    bench.session.batch(recheck_account(), bench.now);
    let outputs = bench.outputs();
    assert!(matches!(&outputs[..], [Output::Perform(command)] if command.command == Command::RecheckAccount));
    bench.session.done(Outcome::NoReply);
    assert_eq!(bench.outputs(), []);
    bench.session.batch(recheck_account(), bench.now);
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
        bench.client_sends(&json!({"type": "ping"}));
        bench.hub_sends([message(ROOM, number, 11 + number)]);
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
            session.waiting.capacity() + session.pending.capacity(),
            session.outputs.capacity(),
            session.held_bytes
        ),
        (0, 0, 0)
    );
    assert!(size_of::<Session>() < 512, "{}", size_of::<Session>());
}
