use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use domain::id::{ConversationId, MessageId};

/// The most pings that wait for their pong. While there are so many, written messages gather for the next ping.
const MOST_IN_FLIGHT: usize = 4;

/// The newest message by conversation.
type Marks = Vec<(ConversationId, MessageId)>;

/// Proves delivery: a pong with the number of a ping shows that the device has everything that was written before that ping.
#[derive(Debug)]
pub(super) struct DeliveryProbe {
    spacing: Duration,
    /// The number of the newest ping.
    sent: u64,
    sent_at: Option<Instant>,
    /// Written since the newest ping.
    written: Marks,
    /// Written before the ping of this number.
    in_flight: VecDeque<(u64, Marks)>,
}

impl DeliveryProbe {
    pub(super) fn new(spacing: Duration) -> Self {
        Self {
            spacing,
            sent: 0,
            sent_at: None,
            written: Marks::new(),
            in_flight: VecDeque::new(),
        }
    }

    /// Notes that a message of another person was written to the socket.
    pub(super) fn wrote(&mut self, conversation: ConversationId, message: MessageId) {
        raise(&mut self.written, conversation, message);
    }

    /// The time at which to send a ping that proves the written messages; `None` if there is nothing to prove or enough pings are in flight.
    pub(super) fn due(&self) -> Option<Due> {
        if self.written.is_empty() || self.in_flight.len() >= MOST_IN_FLIGHT {
            return None;
        }
        Some(self.sent_at.map_or(Due::Now, |at| Due::At(at + self.spacing)))
    }

    /// The payload of a ping that is sent now, to prove delivery or as a heartbeat.
    pub(super) fn ping(&mut self, now: Instant) -> [u8; 8] {
        self.sent += 1;
        self.sent_at = Some(now);
        if !self.written.is_empty() {
            let marks = std::mem::take(&mut self.written);
            self.in_flight.push_back((self.sent, marks));
        }
        self.sent.to_be_bytes()
    }

    /// The marks that a pong with this payload proves. A payload that no ping of ours had proves nothing.
    pub(super) fn pong(&mut self, payload: &[u8]) -> Marks {
        let mut proven = Marks::new();
        let Ok(number) = payload.try_into().map(u64::from_be_bytes) else {
            return proven;
        };
        if number > self.sent {
            return proven;
        }
        while self.in_flight.front().is_some_and(|(ping, _)| *ping <= number) {
            let marks = self.in_flight.pop_front().map(|(_, marks)| marks);
            for (conversation, message) in marks.into_iter().flatten() {
                raise(&mut proven, conversation, message);
            }
        }
        if self.in_flight.is_empty() {
            self.in_flight = VecDeque::new();
        }
        proven
    }
}

/// The time of a ping, relative to the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
}

fn raise(marks: &mut Marks, conversation: ConversationId, message: MessageId) {
    match marks.iter_mut().find(|(id, _)| *id == conversation) {
        Some((_, newest)) => *newest = message.max(*newest),
        None => marks.push((conversation, message)),
    }
}
