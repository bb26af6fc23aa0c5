//! What one socket says and hears: a state machine that knows neither a network nor a runtime. Frames, events and the time go in; text to write, pings,
//! calls to perform and a close code come out of [`Session::next_output`], in the order in which they are to be done.
//!
//! # How to add a …
//! - **frame from the client**: it is read in [`protocol::frame::ClientFrame`], placed in a conversation in `session/incoming.rs` and performed in `perform.rs`.
//! - **frame to the client**: from `hub/dispatch.rs` if it tells of an event, from `session/answer.rs` if it answers.

mod answer;
mod call;
mod incoming;
mod malformed;
mod pace;
mod proof;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use bytestring::ByteString;
use domain::{
    id::{ConversationId, Seq, UserId},
    receipt::DeliveryMark,
};

pub use call::{Asked, Call, FrameId, Outcome};

use protocol::frame::ServerFrame;

use crate::{close::CloseCode, measure, outbox, timings::Timings};
use answer::Calling;
use malformed::Malformed;
use pace::Pace;
use proof::{Due, Proof};

/// The longest frame that a client may send.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// While more frames than this are under way or wait for the calls before them, nothing more is read.
const MAX_HELD: usize = 16;
/// The same for the bytes that they hold.
const MAX_HELD_BYTES: usize = 2 * MAX_FRAME_BYTES;

/// Which conversations a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `/ws/chat/{id}/`.
    One(ConversationId),
    /// `/ws/`.
    All,
}

impl Scope {
    /// Does the socket hear of this conversation?
    pub fn covers(self, conversation: ConversationId) -> bool {
        match self {
            Self::One(own) => own == conversation,
            Self::All => true,
        }
    }
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write a text frame.
    Write(ByteString),
    /// Write a protocol ping.
    Ping([u8; 8]),
    /// Perform a call and come back with its outcome. Only sends are under way together; they are to be begun, and their outcomes to come back, in order.
    Perform(Box<Asked>),
    /// The device has this.
    Delivered(DeliveryMark),
    /// Say why and close. The session is over.
    Close(CloseCode),
    /// The peer is gone; there is nobody to say goodbye to. The session is over.
    Drop,
}

/// What the first frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The newest change of the conversation; `None` on a socket for all.
    pub last_seq: Option<Seq>,
    /// Which of the others are online.
    pub online: Vec<UserId>,
    /// By the service's wall clock.
    pub server_time: domain::time::Timestamp,
}

/// One socket's part of the protocol.
#[derive(Debug)]
pub struct Session {
    id: Arc<str>,
    frames: u64,
    user: UserId,
    scope: Scope,
    heartbeat: Duration,
    /// Then the token has expired.
    expires: Option<Instant>,
    /// Changes up to here were known to the client by `ready`.
    known: Option<Seq>,
    over: bool,
    last_heard: Instant,
    last_ping: Instant,
    proof: Proof,
    malformed: Malformed,
    pace: Option<Pace>,
    /// Until then the socket is not read.
    paused: Option<Instant>,
    calling: VecDeque<Calling>,
    waiting: VecDeque<Asked>,
    held_bytes: usize,
    outputs: VecDeque<Output>,
}

impl Session {
    /// For a user whose token expires (the leeway included) at `expires`; `id` is the request id of the handshake.
    pub fn new(id: Arc<str>, user: UserId, scope: Scope, timings: &Timings, expires: Option<Instant>, now: Instant) -> Self {
        Self {
            id,
            frames: 0,
            user,
            scope,
            heartbeat: timings.heartbeat,
            expires,
            known: None,
            over: false,
            last_heard: now,
            last_ping: now,
            proof: Proof::new(timings.ping_spacing),
            malformed: Malformed::default(),
            pace: timings.frame_gap.map(|gap| Pace::new(gap, now)),
            paused: None,
            calling: VecDeque::new(),
            waiting: VecDeque::new(),
            held_bytes: 0,
            outputs: VecDeque::new(),
        }
    }

    /// What is to be done next.
    pub fn next_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if self.outputs.is_empty() {
            self.outputs = VecDeque::new();
        }
        output
    }

    /// When [`Session::tick`] is to be called.
    pub fn deadline(&self) -> Instant {
        let silence = self.last_heard + self.heartbeat * 2;
        let mut deadline = silence.min(self.last_ping + self.heartbeat);
        if let Some(Due::At(at)) = self.proof.due() {
            deadline = deadline.min(at);
        }
        [self.expires, self.paused].into_iter().flatten().fold(deadline, Instant::min)
    }

    /// Does what the time demands.
    pub fn tick(&mut self, now: Instant) {
        if self.expires.is_some_and(|expires| now >= expires) {
            return self.close(CloseCode::NotAuthenticated);
        }
        if self.paused.is_some_and(|until| now >= until) {
            self.paused = None;
            self.heard(now);
        }
        // While nothing is read the peer cannot be heard.
        if !self.is_reading() {
            self.last_heard = now;
        }
        if now >= self.last_heard + self.heartbeat * 2 {
            return self.end(Output::Drop);
        }
        if now >= self.last_ping + self.heartbeat {
            self.ping(now);
        }
        self.ask_for_proof(now);
    }

    /// Is there room for another frame? While not, the socket is not read.
    pub fn is_reading(&self) -> bool {
        self.paused.is_none() && self.calling.len() + self.waiting.len() <= MAX_HELD && self.held_bytes < MAX_HELD_BYTES
    }

    /// A frame of the peer's came, of whatever kind.
    fn count_frame(&mut self, now: Instant) {
        self.heard(now);
        self.paused = self.pace.as_mut().and_then(|pace| pace.count(now));
    }

    fn heard(&mut self, now: Instant) {
        self.last_heard = self.last_heard.max(now);
    }

    /// A protocol ping came; its pong is the caller's.
    pub fn pinged(&mut self, now: Instant) {
        self.count_frame(now);
    }

    /// A pong came.
    pub fn pong(&mut self, payload: &[u8], now: Instant) {
        self.count_frame(now);
        for (conversation, up_to) in self.proof.pong(payload) {
            let user = self.user;
            self.put(Output::Delivered(DeliveryMark { user, conversation, up_to }));
        }
        self.ask_for_proof(now);
    }

    /// Frames came from the hub.
    pub fn batch(&mut self, batch: outbox::Batch, now: Instant) {
        for frame in batch.frames {
            self.forward(frame, now);
        }
        self.ask_for_proof(now);
        if batch.look_again {
            self.call(Asked {
                id: self.frame_id(),
                call: Call::LookAgain,
                conversation: None,
                request_id: None,
            });
        }
        if let Some(code) = batch.close {
            self.close(code);
        }
    }

    /// The oldest call is done.
    pub fn done(&mut self, outcome: Outcome) {
        if let Some(calling) = self.calling.pop_front() {
            self.held_bytes -= calling.bytes;
            self.answer(&calling, outcome);
        }
        while let Some(asked) = self.waiting.pop_front_if(|asked| may_start(&self.calling, asked)) {
            self.held_bytes -= asked.bytes();
            self.start(asked);
        }
        if self.calling.is_empty() {
            self.calling = VecDeque::new();
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }

    /// Ends the session for this reason.
    pub fn close(&mut self, code: CloseCode) {
        self.end(Output::Close(code));
    }

    /// Of the frame that was heard last.
    fn frame_id(&self) -> FrameId {
        FrameId {
            socket: self.id.clone(),
            number: self.frames,
        }
    }

    fn forward(&mut self, frame: outbox::Frame, now: Instant) {
        // What was stored between subscribing and `ready` is in `ready.last_seq` already.
        let is_known = |(_, seq)| self.known.is_some_and(|known| seq <= known);
        if frame.change.is_some_and(is_known) {
            return;
        }
        self.write(frame.kind, frame.text);
        if let Some(trail) = frame.trail {
            measure::delivered(now.saturating_duration_since(trail.since));
            tracing::debug!(parent: &trail.span, user.id = self.user.0, kind = frame.kind, "a frame is handed to a socket");
        }
        if let (Some((conversation, _)), Some(message)) = (frame.change, frame.delivers) {
            self.proof.wrote(conversation, message);
        }
    }

    fn ask_for_proof(&mut self, now: Instant) {
        let due = self.proof.due().is_some_and(|due| match due {
            Due::Now => true,
            Due::At(at) => now >= at,
        });
        if due {
            self.ping(now);
        }
    }

    fn ping(&mut self, now: Instant) {
        self.last_ping = now;
        let payload = self.proof.ping(now);
        self.put(Output::Ping(payload));
    }

    /// Starts the call, or lets it wait for those before it.
    fn call(&mut self, asked: Asked) {
        if self.waiting.is_empty() && may_start(&self.calling, &asked) {
            self.start(asked);
        } else {
            self.held_bytes += asked.bytes();
            self.waiting.push_back(asked);
        }
    }

    fn start(&mut self, asked: Asked) {
        if asked.is_bare_ping() {
            return self.answer_bare_ping(&asked);
        }
        self.held_bytes += asked.bytes();
        self.calling.push_back(Calling::new(&asked));
        self.put(Output::Perform(Box::new(asked)));
    }

    fn write_frame(&mut self, kind: &'static str, frame: &ServerFrame<'_>) {
        self.write(kind, frame.to_text().into());
    }

    fn write(&mut self, kind: &'static str, text: ByteString) {
        if !self.over {
            measure::said(kind);
        }
        self.put(Output::Write(text));
    }

    fn put(&mut self, output: Output) {
        if !self.over {
            self.outputs.push_back(output);
        }
    }

    fn end(&mut self, output: Output) {
        self.put(output);
        self.over = true;
        self.held_bytes -= self.waiting.iter().map(Asked::bytes).sum::<usize>();
        self.waiting = VecDeque::new();
    }
}

/// Sends are stored in the order in which they begin, so they need not wait for each other; everything else runs alone.
fn may_start(calling: &VecDeque<Calling>, asked: &Asked) -> bool {
    calling.back().is_none_or(|newest| newest.is_send && asked.is_send())
}
