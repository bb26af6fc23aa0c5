//! The frames that wait to be written to one socket, bounded by their memory. The speed of the client does not matter here: a burst waits until the client
//! has taken it. The session notices a client that takes nothing at all ([`crate::session::Session::tick`]).

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytestring::ByteString;
use domain::{
    event::Body,
    id::{ConversationId, MessageId, Seq, UserId},
};
use protocol::{close::CloseCode, frame::ServerFrameType};
use tokio::sync::Notify;

use crate::bus::DeliveryTrace;

/// The most bytes that waiting frames may take, the overhead of each frame included. A single longer frame passes through an empty outbox, since it
/// could never be sent otherwise. A text counts for every socket that it waits for, though sockets share it.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A frame that a new one replaces is searched among this many of the newest frames. Without this bound, a socket with thousands of waiting frames would
/// hold up the hub with every event.
const REPLACED_AMONG: usize = 256;

/// Whether a waiting frame may be dropped, or replaced by a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropPolicy {
    /// Must arrive, or the socket is closed.
    Durable,
    /// Must arrive, but only the newest of its conversation (`conversation_updated`).
    NewestOf(ConversationId),
    /// Must arrive, once for all that wait (`resync`).
    Once,
    /// May be lost; only the newest of a person in a conversation counts.
    Typing(ConversationId, UserId),
    /// May be lost; only the newest of a person counts.
    Presence(UserId),
}

impl DropPolicy {
    /// The policy of the frame of this event.
    pub fn of(body: &Body) -> Self {
        match body {
            Body::Message { .. } | Body::Delivered(_) | Body::Read { .. } | Body::Access { .. } | Body::AccountChanged => Self::Durable,
            Body::Opened { summary } | Body::Arranged { summary } => Self::NewestOf(summary.conversation),
            Body::Typing { conversation, user, .. } => Self::Typing(*conversation, *user),
            Body::Presence { status, .. } => Self::Presence(status.user),
        }
    }

    const fn may_be_lost(self) -> bool {
        matches!(self, Self::Typing(..) | Self::Presence(_))
    }
}

/// A rendered frame on its way to a socket. Cheap to clone: sockets share the text.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The frame type, for counting.
    pub frame_type: ServerFrameType,
    /// The JSON, as it is written to the socket.
    pub text: ByteString,
    /// Whether it may be replaced or dropped.
    pub drop_policy: DropPolicy,
    /// The change in this frame, by conversation and `seq`; `None` for all other events.
    pub change: Option<(ConversationId, Seq)>,
    /// The message of another person that the device has once it has this frame.
    pub delivers: Option<MessageId>,
    /// The trace of the event, if its delivery is measured.
    pub trace: Option<DeliveryTrace>,
}

impl Frame {
    /// The memory that the frame takes while it waits, in bytes.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.len()
    }

    /// A frame without a change and without a message.
    pub const fn new(frame_type: ServerFrameType, text: ByteString, drop_policy: DropPolicy) -> Self {
        Self {
            frame_type,
            text,
            drop_policy,
            change: None,
            delivers: None,
            trace: None,
        }
    }
}

/// The frames and notices that the socket's task takes out at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// The frames, in the order in which they have to be written.
    pub frames: VecDeque<Frame>,
    /// True if more frames wait in the outbox.
    pub more: bool,
    /// The account was changed, so the session has to check whether it is active.
    pub recheck_account: bool,
    /// The socket is to be closed; nothing else comes any more.
    pub close: Option<CloseCode>,
}

/// The queue between the hub and one socket's task. Idle, it holds no buffer.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// The number of waiting frames that may be dropped.
    losable: usize,
    recheck_account: bool,
    close: Option<CloseCode>,
}

impl State {
    fn has_room_for(&self, bytes: usize) -> bool {
        self.frames.is_empty() || self.bytes + bytes <= MAX_BYTES
    }

    /// Puts the frame in the place of the one that it supersedes. Returns the frame if there is none.
    fn replace(&mut self, frame: Frame) -> Option<Frame> {
        if frame.drop_policy == DropPolicy::Durable {
            return Some(frame);
        }
        let newest = self.frames.iter_mut().rev().take(REPLACED_AMONG);
        let Some(old) = newest.into_iter().find(|old| old.drop_policy == frame.drop_policy) else {
            return Some(frame);
        };
        self.bytes = self.bytes - old.bytes() + frame.bytes();
        *old = frame;
        None
    }

    /// Drops the oldest frames that may be dropped, until this many bytes fit.
    fn make_room_for(&mut self, bytes: usize) {
        while self.losable > 0 && !self.has_room_for(bytes) {
            let Some(position) = self.frames.iter().position(|old| old.drop_policy.may_be_lost()) else {
                return;
            };
            if let Some(dropped) = self.frames.remove(position) {
                count_dropped(dropped.frame_type);
                self.forget(&dropped);
            }
        }
    }

    fn forget(&mut self, gone: &Frame) {
        self.bytes -= gone.bytes();
        self.losable -= usize::from(gone.drop_policy.may_be_lost());
    }

    fn push(&mut self, frame: Frame) {
        let Some(frame) = self.replace(frame) else { return };
        let bytes = frame.bytes();
        if !self.has_room_for(bytes) && frame.drop_policy.may_be_lost() {
            count_dropped(frame.frame_type);
            return;
        }
        self.make_room_for(bytes);
        if self.has_room_for(bytes) {
            self.bytes += bytes;
            self.losable += usize::from(frame.drop_policy.may_be_lost());
            self.frames.push_back(frame);
        } else {
            metrics::counter!("suhbat_outbox_overflows_total").increment(1);
            self.close(CloseCode::TooSlow);
        }
    }

    /// The oldest frames, as many as are taken out at once.
    fn take(&mut self) -> VecDeque<Frame> {
        let (mut count, mut bytes) = (0, 0);
        while count < Outbox::BATCH
            && bytes < Outbox::BATCH_BYTES
            && let Some(frame) = self.frames.get(count)
        {
            bytes += frame.bytes();
            count += 1;
        }
        if count == self.frames.len() {
            (self.bytes, self.losable) = (0, 0);
            return std::mem::take(&mut self.frames);
        }
        let taken: VecDeque<Frame> = self.frames.drain(..count).collect();
        for frame in &taken {
            self.forget(frame);
        }
        taken
    }

    /// Drops the waiting frames: the client resumes by asking for changes.
    fn close(&mut self, code: CloseCode) {
        self.frames = VecDeque::new();
        (self.bytes, self.losable) = (0, 0);
        self.close = Some(code);
    }
}

fn count_dropped(frame_type: ServerFrameType) {
    metrics::counter!("suhbat_frames_dropped_total", "type" => frame_type.as_str()).increment(1);
}

impl Outbox {
    /// The most frames that are taken out at once.
    pub const BATCH: usize = 32;
    /// Once the frames of a batch take this many bytes, no more are taken out, because they do not count for [`MAX_BYTES`] any more.
    const BATCH_BYTES: usize = 128 * 1024;

    /// Queues a frame, without blocking. If a frame that must arrive does not fit, the socket is closed as a slow client's.
    pub fn push(&self, frame: Frame) {
        let mut state = self.lock();
        if state.close.is_some() {
            return;
        }
        state.push(frame);
        drop(state);
        self.filled.notify_one();
    }

    /// Asks the session to check whether its account is still active.
    pub fn recheck_account(&self) {
        self.lock().recheck_account = true;
        self.filled.notify_one();
    }

    /// Asks the session to end. The code of the first call stays.
    pub fn close(&self, code: CloseCode) {
        let mut state = self.lock();
        if state.close.is_none() {
            state.close(code);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// The code with which the session has to end; `None` while it may go on.
    pub fn closing(&self) -> Option<CloseCode> {
        self.lock().close
    }

    /// Waits until there is a frame or a notice to take. Only one task may wait at a time.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes the next frames. With `more` the caller comes back without waiting.
    pub fn take(&self) -> Batch {
        let mut state = self.lock();
        Batch {
            frames: state.take(),
            more: !state.frames.is_empty(),
            recheck_account: std::mem::take(&mut state.recheck_account),
            close: state.close,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str, drop_policy: DropPolicy) -> Frame {
        Frame::new(ServerFrameType::Resync, text.into(), drop_policy)
    }

    fn durable(text: &str) -> Frame {
        frame(text, DropPolicy::Durable)
    }

    fn typing(text: &str, user: i64) -> Frame {
        frame(text, DropPolicy::Typing(ConversationId(1), UserId(user)))
    }

    fn updated(text: &str, conversation: i64) -> Frame {
        frame(text, DropPolicy::NewestOf(ConversationId(conversation)))
    }

    fn texts(outbox: &Outbox) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let batch = outbox.take();
            assert!(batch.frames.len() <= Outbox::BATCH);
            texts.extend(batch.frames.iter().map(|frame| frame.text.to_string()));
            if !batch.more {
                return texts;
            }
        }
    }

    #[test]
    fn frames_come_out_in_order_and_leave_no_buffer() {
        let outbox = Outbox::default();
        let sent: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        for text in &sent {
            outbox.push(durable(text));
        }
        assert_eq!(texts(&outbox), sent);
        let state = outbox.lock();
        assert_eq!((state.frames.capacity(), state.bytes), (0, 0));
    }

    #[test]
    fn the_newest_of_a_conversation_takes_the_place_of_the_older() {
        let outbox = Outbox::default();
        for waiting in [updated("a1", 1), durable("m"), updated("b1", 2), updated("a2 longer", 1)] {
            outbox.push(waiting);
        }
        assert_eq!(outbox.lock().bytes, 3 * size_of::<Frame>() + "a2 longermb1".len());
        assert_eq!(texts(&outbox), ["a2 longer", "m", "b1"]);
    }

    #[test]
    fn typing_and_presence_coalesce_by_person() {
        let outbox = Outbox::default();
        for waiting in [
            typing("7 types", 7),
            typing("8 types", 8),
            frame("7 on", DropPolicy::Presence(UserId(7))),
            typing("7 stops", 7),
            frame("7 off", DropPolicy::Presence(UserId(7))),
        ] {
            outbox.push(waiting);
        }
        assert_eq!(texts(&outbox), ["7 stops", "8 types", "7 off"]);
    }

    #[test]
    fn resync_waits_once() {
        let outbox = Outbox::default();
        outbox.push(frame("resync", DropPolicy::Once));
        outbox.push(durable("m"));
        outbox.push(frame("resync", DropPolicy::Once));
        assert_eq!(texts(&outbox), ["resync", "m"]);
    }

    /// As many frames of this text as an outbox has room for.
    fn fill(outbox: &Outbox, text: &str) -> usize {
        let frames = MAX_BYTES / durable(text).bytes();
        (0..frames).for_each(|_| outbox.push(durable(text)));
        frames
    }

    #[test]
    fn a_burst_does_not_close_the_socket() {
        let outbox = Outbox::default();
        let text = "x".repeat(30_000);
        let mut sent = fill(&outbox, &text);
        assert!(sent > 130);
        for _ in 0..10 {
            // The room of the frames that were taken is free again.
            let taken = outbox.take().frames.len();
            (0..taken).for_each(|_| outbox.push(durable(&text)));
            sent += taken;
        }
        assert_eq!(outbox.closing(), None);
        assert_eq!(texts(&outbox).len() + 10 * 5, sent);
    }

    #[test]
    fn short_frames_count_with_their_overhead() {
        let outbox = Outbox::default();
        let frames = fill(&outbox, "");
        assert!(frames * size_of::<Frame>() <= MAX_BYTES && frames > 10_000, "{frames}");
        assert_eq!(outbox.closing(), None);
        outbox.push(durable(""));
        assert_eq!(outbox.closing(), Some(CloseCode::TooSlow));
    }

    #[test]
    fn typing_is_dropped_first() {
        let outbox = Outbox::default();
        let text = "x".repeat(10_000);
        let most = MAX_BYTES / durable(&text).bytes();
        for number in 0..most / 2 {
            outbox.push(durable(&text));
            outbox.push(typing(&text, i64::try_from(number).unwrap()));
        }
        let (dropped, last) = (typing(&text, -1), most - most / 2 * 2);
        for _ in 0..most / 2 + last {
            outbox.push(durable(&text));
            outbox.push(dropped.clone());
        }
        assert_eq!(outbox.closing(), None);
        assert_eq!(outbox.lock().losable, 0);
        assert_eq!(texts(&outbox).len(), most);
        let state = outbox.lock();
        assert_eq!((state.bytes, state.losable), (0, 0));
    }

    #[test]
    fn too_many_frames_that_must_arrive_close_the_socket() {
        let outbox = Outbox::default();
        fill(&outbox, &"x".repeat(10_000));
        assert_eq!(outbox.closing(), None);
        outbox.push(durable(&"x".repeat(10_000)));
        let batch = outbox.take();
        assert_eq!((batch.frames.len(), batch.close), (0, Some(CloseCode::TooSlow)));
        assert_eq!(outbox.lock().bytes, 0);
    }

    #[test]
    fn an_empty_outbox_takes_one_frame_of_any_length() {
        let outbox = Outbox::default();
        outbox.push(durable(&"x".repeat(MAX_BYTES + 1)));
        assert_eq!(texts(&outbox).len(), 1);
    }

    #[test]
    fn a_batch_is_bounded_by_its_bytes_too() {
        let outbox = Outbox::default();
        let text = "x".repeat(Outbox::BATCH_BYTES / 2);
        (0..5).for_each(|_| outbox.push(durable(&text)));
        let sizes: Vec<usize> = (0..3).map(|_| outbox.take().frames.len()).collect();
        assert_eq!(sizes, [2, 2, 1]);
    }

    #[test]
    fn the_first_close_code_stays() {
        let outbox = Outbox::default();
        outbox.close(CloseCode::Restarting);
        outbox.close(CloseCode::TooSlow);
        outbox.push(durable("m"));
        let batch = outbox.take();
        assert_eq!((batch.frames.len(), batch.close), (0, Some(CloseCode::Restarting)));
    }

    #[tokio::test]
    async fn frames_pushed_before_waiting_are_not_missed() {
        let outbox = Outbox::default();
        outbox.recheck_account();
        outbox.filled().await;
        assert!(outbox.take().recheck_account);
        assert!(!outbox.take().recheck_account);
    }
}
