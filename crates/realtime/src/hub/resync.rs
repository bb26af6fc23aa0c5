//! Telling clients that they missed events: at once if few are concerned, and spread over some time if many are, because each of them asks for changes.

use std::{collections::VecDeque, time::Duration};

use domain::{id::UserId, ports::Gap};
use protocol::frame::{ServerFrame, ServerFrameType};
use tokio::time::Instant;

use super::registry::Sockets;
use crate::outbox::{DropPolicy, Frame};

/// The users who are told at once, and then in every pause: two thousand a second.
const AT_ONCE: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// The users who have to be told.
#[derive(Debug, Default)]
pub(super) struct Resyncs {
    waiting: VecDeque<UserId>,
    due: Option<Instant>,
}

impl Resyncs {
    /// Notes the users with a gap, and tells the first of them. What was handed to their sockets so far is forgotten.
    pub(super) fn add(&mut self, sockets: &Sockets<'_>, gap: Gap, now: Instant) {
        let concerned: Vec<UserId> = match gap {
            Gap::Nobody => return,
            Gap::Users(users) => users.into_iter().filter(|user| !self.waiting.contains(user)).collect(),
            Gap::Everybody => {
                self.waiting.clear();
                sockets.users().collect()
            }
        };
        for user in &concerned {
            if let Some(mut forwarded) = sockets.forwarded(*user) {
                forwarded.forget();
            }
        }
        self.waiting.extend(concerned);
        if self.due.is_none() {
            self.send(sockets, now);
        }
    }

    /// The time at which [`Resyncs::send`] has to be called.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Tells the next users, if it is time.
    pub(super) fn send(&mut self, sockets: &Sockets<'_>, now: Instant) {
        if self.due.is_some_and(|due| now < due) {
            return;
        }
        let frame = resync_frame();
        for user in self.waiting.drain(..self.waiting.len().min(AT_ONCE)) {
            resync(sockets, user, &frame);
        }
        self.due = (!self.waiting.is_empty()).then(|| now + PAUSE);
    }
}

/// The frame `resync`.
pub(super) fn resync_frame() -> Frame {
    Frame::new(ServerFrameType::Resync, ServerFrame::Resync {}.to_text().into(), DropPolicy::Once)
}

/// Tells the clients of a user to ask for changes.
pub(super) fn resync(sockets: &Sockets<'_>, user: UserId, frame: &Frame) {
    sockets.of(user).for_each(|socket| socket.outbox.push(frame.clone()));
}
