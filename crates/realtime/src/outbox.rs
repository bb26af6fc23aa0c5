//! What waits to be written to one socket: bounded, so that a slow reader costs little and is told so.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytestring::ByteString;
use domain::id::{ConversationId, MessageId, Seq, UserId};
use tokio::sync::Notify;

use crate::{bus::Trail, close::CloseCode};

/// The most frames that wait.
pub const MAX_FRAMES: usize = 512;
/// The most bytes that wait. A single longer frame passes through an empty outbox, since it could never be sent otherwise.
pub const MAX_BYTES: usize = 256 * 1024;

/// What a frame is good for once another one waits behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
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

impl Weight {
    const fn may_be_lost(self) -> bool {
        matches!(self, Self::Typing(..) | Self::Presence(_))
    }
}

/// A rendered frame on its way to a socket. Cheap to clone: sockets share the text.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The frame type, for counting.
    pub kind: &'static str,
    /// As it is written.
    pub text: ByteString,
    /// Whether it may be replaced or dropped.
    pub weight: Weight,
    /// The change that it tells of.
    pub change: Option<(ConversationId, Seq)>,
    /// The message of another person that the device has once it has this frame.
    pub delivers: Option<MessageId>,
    /// Of the event that it tells of, if delivering that is to be measured.
    pub trail: Option<Trail>,
}

impl Frame {
    /// A frame that tells neither of a change nor of a message.
    pub const fn new(kind: &'static str, text: ByteString, weight: Weight) -> Self {
        Self {
            kind,
            text,
            weight,
            change: None,
            delivers: None,
            trail: None,
        }
    }
}

/// What the socket's task takes out at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// In order.
    pub frames: VecDeque<Frame>,
    /// Are there more?
    pub more: bool,
    /// The account was changed: look again whether it is active.
    pub look_again: bool,
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
    look_again: bool,
    close: Option<CloseCode>,
}

impl State {
    fn has_room_for(&self, bytes: usize) -> bool {
        self.frames.is_empty() || (self.frames.len() < MAX_FRAMES && self.bytes + bytes <= MAX_BYTES)
    }

    /// Puts the frame in the place of the one that it makes worthless.
    fn replace(&mut self, frame: Frame) -> Option<Frame> {
        if frame.weight == Weight::Durable {
            return Some(frame);
        }
        let Some(old) = self.frames.iter_mut().rev().find(|old| old.weight == frame.weight) else {
            return Some(frame);
        };
        self.bytes = self.bytes - old.text.len() + frame.text.len();
        *old = frame;
        None
    }

    /// Drops the oldest frames that may be lost, until this many bytes fit.
    fn make_room_for(&mut self, bytes: usize) {
        while !self.has_room_for(bytes) {
            let Some(position) = self.frames.iter().position(|old| old.weight.may_be_lost()) else {
                return;
            };
            if let Some(dropped) = self.frames.remove(position) {
                count_dropped(dropped.kind);
                self.bytes -= dropped.text.len();
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        let Some(frame) = self.replace(frame) else { return };
        let bytes = frame.text.len();
        if !self.has_room_for(bytes) && frame.weight.may_be_lost() {
            count_dropped(frame.kind);
            return;
        }
        self.make_room_for(bytes);
        if self.has_room_for(bytes) {
            self.bytes += bytes;
            self.frames.push_back(frame);
        } else {
            metrics::counter!("suhbat_outbox_overflows_total").increment(1);
            self.close(CloseCode::TooSlow);
        }
    }

    /// What waits is given up: the peer resumes by asking for changes.
    fn close(&mut self, code: CloseCode) {
        self.frames = VecDeque::new();
        self.bytes = 0;
        self.close = Some(code);
    }
}

fn count_dropped(kind: &'static str) {
    metrics::counter!("suhbat_frames_dropped_total", "type" => kind).increment(1);
}

impl Outbox {
    /// The most frames that are taken out at once.
    pub const BATCH: usize = 32;

    /// Lets a frame wait. Never blocks. If a frame that must arrive does not fit, the socket is closed as too slow.
    pub fn push(&self, frame: Frame) {
        let mut state = self.lock();
        if state.close.is_some() {
            return;
        }
        state.push(frame);
        drop(state);
        self.filled.notify_one();
    }

    /// Asks the session to look again whether its account is active.
    pub fn look_again(&self) {
        self.lock().look_again = true;
        self.filled.notify_one();
    }

    /// Asks the session to end. The first reason stays.
    pub fn close(&self, code: CloseCode) {
        let mut state = self.lock();
        if state.close.is_none() {
            state.close(code);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Waits until there is something to take. One reader at a time.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes the next frames. With `more` the caller comes back without waiting.
    pub fn take(&self) -> Batch {
        let mut state = self.lock();
        let frames = if state.frames.len() <= Self::BATCH {
            state.bytes = 0;
            std::mem::take(&mut state.frames)
        } else {
            let frames: VecDeque<Frame> = state.frames.drain(..Self::BATCH).collect();
            state.bytes -= frames.iter().map(|frame| frame.text.len()).sum::<usize>();
            frames
        };
        Batch {
            frames,
            more: !state.frames.is_empty(),
            look_again: std::mem::take(&mut state.look_again),
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

    fn frame(text: &str, weight: Weight) -> Frame {
        Frame::new("test", text.into(), weight)
    }

    fn durable(text: &str) -> Frame {
        frame(text, Weight::Durable)
    }

    fn typing(text: &str, user: i64) -> Frame {
        frame(text, Weight::Typing(ConversationId(1), UserId(user)))
    }

    fn updated(text: &str, conversation: i64) -> Frame {
        frame(text, Weight::NewestOf(ConversationId(conversation)))
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
        assert_eq!(outbox.lock().bytes, "a2 longermb1".len());
        assert_eq!(texts(&outbox), ["a2 longer", "m", "b1"]);
    }

    #[test]
    fn typing_and_presence_coalesce_by_person() {
        let outbox = Outbox::default();
        for waiting in [
            typing("7 types", 7),
            typing("8 types", 8),
            frame("7 on", Weight::Presence(UserId(7))),
            typing("7 stops", 7),
            frame("7 off", Weight::Presence(UserId(7))),
        ] {
            outbox.push(waiting);
        }
        assert_eq!(texts(&outbox), ["7 stops", "8 types", "7 off"]);
    }

    #[test]
    fn resync_waits_once() {
        let outbox = Outbox::default();
        outbox.push(frame("resync", Weight::Once));
        outbox.push(durable("m"));
        outbox.push(frame("resync", Weight::Once));
        assert_eq!(texts(&outbox), ["resync", "m"]);
    }

    #[test]
    fn typing_is_dropped_first() {
        let outbox = Outbox::default();
        for number in 0..MAX_FRAMES / 2 {
            outbox.push(durable("m"));
            outbox.push(typing("t", i64::try_from(number).unwrap()));
        }
        outbox.push(typing("dropped at once", -1));
        for _ in 0..MAX_FRAMES / 2 {
            outbox.push(durable("m"));
        }
        assert_eq!(texts(&outbox), vec!["m"; MAX_FRAMES]);
        assert_eq!(outbox.take().close, None);
    }

    #[test]
    fn a_durable_frame_too_many_closes_the_socket() {
        let outbox = Outbox::default();
        for _ in 0..MAX_FRAMES {
            outbox.push(durable("m"));
        }
        assert_eq!(outbox.lock().close, None);
        outbox.push(durable("m"));
        let batch = outbox.take();
        assert_eq!((batch.frames.len(), batch.close), (0, Some(CloseCode::TooSlow)));
    }

    #[test]
    fn bytes_are_bounded_too_but_one_huge_frame_passes() {
        let outbox = Outbox::default();
        outbox.push(durable(&"x".repeat(MAX_BYTES + 1)));
        assert_eq!(texts(&outbox).len(), 1);
        let half = "x".repeat(MAX_BYTES / 2);
        outbox.push(durable(&half));
        outbox.push(durable(&half));
        assert_eq!(outbox.lock().close, None);
        outbox.push(durable("x"));
        assert_eq!(outbox.take().close, Some(CloseCode::TooSlow));
    }

    #[test]
    fn the_first_reason_to_close_stays() {
        let outbox = Outbox::default();
        outbox.close(CloseCode::Restarting);
        outbox.close(CloseCode::TooSlow);
        outbox.push(durable("m"));
        let batch = outbox.take();
        assert_eq!((batch.frames.len(), batch.close), (0, Some(CloseCode::Restarting)));
    }

    #[tokio::test]
    async fn what_is_pushed_before_waiting_is_not_missed() {
        let outbox = Outbox::default();
        outbox.look_again();
        outbox.filled().await;
        assert!(outbox.take().look_again);
        assert!(!outbox.take().look_again);
    }
}
