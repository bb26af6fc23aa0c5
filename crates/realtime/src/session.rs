//! The protocol of one socket: a state machine without network and runtime. Frames, events and the time go in; text to write, pings,
//! commands to perform and a close code come out of [`Session::next_output`], in the order in which they have to be carried out.
//!
//! # How to add a …
//! - **frame from the client**: [`protocol::frame::ClientFrame`] parses it, `session/incoming.rs` finds its conversation, and `commands.rs` performs it.
//! - **frame to the client**: `hub/dispatch.rs` makes the frames of events, `session/answer.rs` the answers.

mod answer;
mod command;
mod incoming;
mod limits;
mod probe;

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
    identity::Epoch,
    receipt::DeliveryMark,
};
use protocol::{
    close::CloseCode,
    frame::{Correlation, MAX_FRAME_BYTES, ServerFrame, ServerFrameType},
    render::RenderedFrame,
};

use crate::{
    measure, outbox,
    timings::{LATE, Timings},
};
use answer::PendingCommand;
pub use command::{Command, FrameId, Outcome, ReceivedCommand};
use limits::{Malformed, ReadThrottle};
use probe::{DeliveryProbe, Due};

/// While more commands than this are being carried out or wait for earlier ones, the socket is not read.
const MAX_HELD: usize = 16;
/// While these commands take more bytes than this, the socket is not read.
const MAX_HELD_BYTES: usize = 2 * MAX_FRAME_BYTES;

/// The conversations whose events a socket receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The conversation of `/ws/chat/{id}/`.
    One(ConversationId),
    /// All conversations of the user, on `/ws/`.
    All,
}

impl Scope {
    /// Whether the socket receives the events of this conversation.
    pub fn covers(self, conversation: ConversationId) -> bool {
        match self {
            Self::One(own) => own == conversation,
            Self::All => true,
        }
    }
}

/// An action that the session asks of the socket's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write a text frame.
    Write(ByteString),
    /// Write a protocol ping.
    Ping([u8; 8]),
    /// Answer a protocol ping.
    Pong(Box<[u8]>),
    /// Perform a command and pass its outcome to [`Session::done`]. Only sends run at the same time; they must begin, and their outcomes must return, in order.
    Perform(Box<ReceivedCommand>),
    /// Note that a device has all messages up to this mark.
    Delivered(DeliveryMark),
    /// Send a close frame with this code, and close the socket. The session is over.
    Close(CloseCode),
    /// Close the socket without a close frame, because the peer is gone. The session is over.
    Drop,
}

impl Output {
    /// Whether the connection needs room for this output.
    const fn is_frame(&self) -> bool {
        matches!(self, Self::Write(_) | Self::Ping(_) | Self::Pong(_))
    }
}

/// The content of the first frame, `ready`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The newest change of the conversation; `None` on a socket for all.
    pub last_seq: Option<Seq>,
    /// The online users among those whose presence the socket receives.
    pub online: Vec<UserId>,
    /// The wall clock of the service, so that the client can correct its own.
    pub server_time: domain::time::Timestamp,
}

/// The state of the protocol on one socket.
#[derive(Debug)]
pub struct Session {
    id: Arc<str>,
    frames: u64,
    user: UserId,
    scope: Scope,
    epoch: Epoch,
    heartbeat: Duration,
    /// A peer that takes nothing for this long while frames wait is a slow client.
    slow: Duration,
    /// The end of the token, leeway included.
    expires: Option<Instant>,
    over: bool,
    /// The end of the last pause of the process: silence of the peer before it does not count.
    runs_since: Instant,
    last_alive: Instant,
    last_ping: Instant,
    /// The time at which to check whether the peer takes the frames that were handed to the connection.
    look_at: Option<Instant>,
    probe: DeliveryProbe,
    malformed: Malformed,
    throttle: Option<ReadThrottle>,
    /// The socket is not read before this time.
    paused: Option<Instant>,
    pending: VecDeque<PendingCommand>,
    waiting: VecDeque<ReceivedCommand>,
    held_bytes: usize,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session of a user whose token expires (leeway included) at `expires`. `id` is the request id of the handshake.
    pub fn new(id: Arc<str>, user: UserId, scope: Scope, epoch: Epoch, timings: &Timings, expires: Option<Instant>, now: Instant) -> Self {
        Self {
            id,
            frames: 0,
            user,
            scope,
            epoch,
            heartbeat: timings.heartbeat,
            slow: timings.slow,
            expires,
            over: false,
            runs_since: now,
            last_alive: now,
            last_ping: now,
            look_at: None,
            probe: DeliveryProbe::new(timings.ping_spacing),
            malformed: Malformed::default(),
            throttle: timings.frame_gap.map(|gap| ReadThrottle::new(gap, now)),
            paused: None,
            pending: VecDeque::new(),
            waiting: VecDeque::new(),
            held_bytes: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Takes the next action for the socket's task, in order.
    pub fn next_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if self.outputs.is_empty() {
            self.outputs = VecDeque::new();
        }
        output
    }

    /// Whether [`Session::next_output`] would return an output.
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Whether the connection needs room for the next output.
    pub fn next_is_frame(&self) -> bool {
        self.outputs.front().is_some_and(Output::is_frame)
    }

    /// The time at which [`Session::tick`] has to be called.
    pub fn deadline(&self) -> Instant {
        let mut deadline = self.silence_ends().min(self.last_ping + self.heartbeat);
        if let Some(Due::At(at)) = self.probe.due() {
            deadline = deadline.min(at);
        }
        let others = [self.expires, self.paused, self.look_at];
        others.into_iter().flatten().fold(deadline, Instant::min)
    }

    /// The time at which the peer has been silent for two heartbeats.
    fn silence_ends(&self) -> Instant {
        self.last_alive.max(self.runs_since) + self.heartbeat * 2
    }

    /// Notes that frames were handed to the connection, or wait for room in it.
    pub fn handed_over(&mut self, now: Instant) {
        self.look_at.get_or_insert(now + self.slow);
    }

    /// Handles the timeouts that are due. If bytes wait in the connection, `blocked_since` is the time since which the peer has taken none of them.
    ///
    /// A late tick drops no peer: its frames may wait unread in the kernel, and frames for it were not offered to it. Silence and slowness therefore count
    /// from now.
    pub fn tick(&mut self, now: Instant, blocked_since: Option<Instant>) {
        if now >= self.deadline() + LATE {
            self.runs_since = now;
        }
        if self.expires.is_some_and(|expires| now >= expires) {
            return self.close(CloseCode::NotAuthenticated);
        }
        if self.paused.is_some_and(|until| now >= until) {
            self.paused = None;
            self.note_alive(now);
        }
        if self.look_at.is_some_and(|at| now >= at) {
            self.look_at = blocked_since.map(|since| since.max(self.runs_since) + self.slow);
            if self.look_at.is_some_and(|at| now >= at) {
                return self.give_up(CloseCode::TooSlow);
            }
        }
        // While the socket is not read, the peer cannot prove that it is alive.
        if !self.is_reading() || self.has_output() {
            self.last_alive = now;
        }
        if now >= self.silence_ends() {
            return self.end(Output::Drop);
        }
        if now >= self.last_ping + self.heartbeat {
            self.ping(now);
        }
        self.ask_for_pong(now);
    }

    /// Whether the session has room for another frame. While it has none, the socket is not read.
    pub fn is_reading(&self) -> bool {
        self.paused.is_none() && self.pending.len() + self.waiting.len() <= MAX_HELD && self.held_bytes < MAX_HELD_BYTES
    }

    /// Counts a frame of the peer, of any kind.
    fn count_frame(&mut self, now: Instant) {
        self.note_alive(now);
        self.paused = self.throttle.as_mut().and_then(|throttle| throttle.count(now));
    }

    fn note_alive(&mut self, now: Instant) {
        self.last_alive = self.last_alive.max(now);
    }

    /// Handles a protocol ping.
    pub fn pinged(&mut self, payload: &[u8], now: Instant) {
        self.count_frame(now);
        self.put(Output::Pong(payload.into()));
    }

    /// Handles a protocol pong: it shows that the peer is alive, and may prove delivery.
    pub fn pong(&mut self, payload: &[u8], now: Instant) {
        self.count_frame(now);
        for (conversation, up_to) in self.probe.pong(payload) {
            let user = self.user;
            self.put(Output::Delivered(DeliveryMark { user, conversation, up_to }));
        }
        self.ask_for_pong(now);
    }

    /// Handles frames and notices from the outbox.
    pub fn batch(&mut self, batch: outbox::Batch, now: Instant) {
        for frame in batch.frames {
            self.forward(frame, now);
        }
        self.ask_for_pong(now);
        if batch.recheck_account {
            self.command(ReceivedCommand {
                id: self.frame_id(),
                command: Command::RecheckAccount,
                correlation: Correlation::default(),
            });
        }
        if let Some(code) = batch.close {
            self.close(code);
        }
    }

    /// Handles the outcome of the oldest command that is being carried out.
    pub fn done(&mut self, outcome: Outcome) {
        if let Some(pending) = self.pending.pop_front() {
            self.held_bytes -= pending.bytes;
            self.answer(&pending, outcome);
        }
        while let Some(command) = self.waiting.pop_front_if(|command| may_start(&self.pending, command)) {
            self.held_bytes -= command.bytes();
            self.start(command);
        }
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
    }

    /// Ends the session with this code.
    pub fn close(&mut self, code: CloseCode) {
        self.end(Output::Close(code));
    }

    /// Ends the session of a peer that takes nothing: waiting frames are dropped, and the client resumes by asking for changes. Commands of the client are
    /// still carried out.
    pub fn give_up(&mut self, code: CloseCode) {
        self.outputs.retain(|output| !output.is_frame());
        self.close(code);
    }

    /// The id of the frame that was received last.
    fn frame_id(&self) -> FrameId {
        FrameId {
            socket: self.id.clone(),
            number: self.frames,
        }
    }

    fn forward(&mut self, frame: outbox::Frame, now: Instant) {
        self.write_text(frame.frame_type, frame.text);
        if let Some(trace) = frame.trace {
            measure::delivered(now.saturating_duration_since(trace.since));
            tracing::debug!(parent: &trace.span, user.id = self.user.0, kind = frame.frame_type.as_str(), "a frame is handed to a socket");
        }
        if let (Some((conversation, _)), Some(message)) = (frame.change, frame.delivers) {
            self.probe.wrote(conversation, message);
        }
    }

    fn ask_for_pong(&mut self, now: Instant) {
        let due = self.probe.due().is_some_and(|due| match due {
            Due::Now => true,
            Due::At(at) => now >= at,
        });
        if due {
            self.ping(now);
        }
    }

    fn ping(&mut self, now: Instant) {
        self.last_ping = now;
        let payload = self.probe.ping(now);
        self.put(Output::Ping(payload));
    }

    /// Starts the command, or queues it behind earlier ones.
    fn command(&mut self, command: ReceivedCommand) {
        if self.waiting.is_empty() && may_start(&self.pending, &command) {
            self.start(command);
        } else {
            self.held_bytes += command.bytes();
            self.waiting.push_back(command);
        }
    }

    fn start(&mut self, command: ReceivedCommand) {
        if command.is_bare_ping() {
            return self.answer_bare_ping(&command);
        }
        self.held_bytes += command.bytes();
        self.pending.push_back(PendingCommand::from(&command));
        self.put(Output::Perform(Box::new(command)));
    }

    fn write_frame(&mut self, frame: &ServerFrame<'_>) {
        self.write(frame.into());
    }

    fn write(&mut self, frame: RenderedFrame) {
        self.write_text(frame.frame_type, frame.text.into());
    }

    fn write_text(&mut self, frame_type: ServerFrameType, text: ByteString) {
        if !self.over {
            measure::frame_sent(frame_type);
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
        self.held_bytes -= self.waiting.iter().map(ReceivedCommand::bytes).sum::<usize>();
        self.waiting = VecDeque::new();
    }
}

/// Sends are stored in the order in which they begin, so they need not wait for each other. All other commands run alone.
fn may_start(pending: &VecDeque<PendingCommand>, command: &ReceivedCommand) -> bool {
    pending.back().is_none_or(|newest| newest.is_send && command.is_send())
}
