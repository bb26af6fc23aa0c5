//! The order of the changes of a conversation on their way to one user.
//!
//! A node publishes in the order of commits, but events of several nodes interleave, and one may be lost. So the hub compares the `seq` of each change with
//! the one before it. A change that comes too early waits for those before it, for a moment; then the missing ones are read from storage. Only the changes of
//! that conversation wait.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use domain::id::{ConversationId, Seq, UserId};
use tokio::time::Instant;

use crate::bus::Traced;

/// How long a change waits for the ones before it, which are usually on their way from another node.
const PATIENCE: Duration = Duration::from_millis(20);
/// The largest hole that is read from storage. After a larger one the client asks for the changes itself.
const MOST_READ: i64 = 100;
/// The most changes of one conversation that wait behind a hole.
const MOST_WAITING: usize = 256;
/// The most holes at the same time.
const MOST_HOLES: usize = 4096;
/// The most conversations of one user whose newest change is known; beyond that, all are forgotten, and holes in them are noticed by the client alone.
const MOST_KNOWN: usize = 4096;

/// The newest change that was handed to the sockets of one user, by conversation. Most users have none: the map is made when the first one is noted.
#[derive(Debug, Default)]
#[expect(clippy::box_collection, reason = "an empty map would take 48 bytes of every user who is online")]
pub(super) struct Forwarded(Option<Box<HashMap<ConversationId, Seq>>>);

impl Forwarded {
    /// Notes the change if it may be handed on now. `Err` has the newest change before it if it comes too late or too early.
    fn advance(&mut self, conversation: ConversationId, seq: Seq) -> Result<(), Seq> {
        let Some(newest) = self.0.as_mut().and_then(|known| known.get_mut(&conversation)) else {
            self.set(conversation, seq);
            return Ok(());
        };
        if seq.0 != newest.0 + 1 {
            return Err(*newest);
        }
        *newest = seq;
        Ok(())
    }

    fn set(&mut self, conversation: ConversationId, seq: Seq) {
        let known = self.0.get_or_insert_default();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(conversation, seq);
    }

    /// Forgets all changes, because some were missed and the clients ask for them.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

/// The changes of a conversation for one user.
pub(super) type Line = (UserId, ConversationId);

/// What to do with a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is the next one.
    Next,
    /// It is the next one, and others wait for it: call [`Holes::released`].
    Awaited,
    /// Changes before it are missing. It was kept if `kept`, and must be given up otherwise.
    Early {
        /// False if too much waits already.
        kept: bool,
    },
    /// It was handed on already, or read from storage.
    Late,
}

/// A hole in front of changes that wait.
#[derive(Debug)]
struct Hole {
    /// The newest change that was handed on.
    after: Seq,
    waiting: BTreeMap<Seq, Traced>,
    due: Instant,
    is_read: bool,
}

/// A hole that has to be read from storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) line: Line,
    pub(super) after: Seq,
    pub(super) before: Seq,
}

impl Missing {
    /// Whether the hole is small enough to be read.
    pub(super) const fn is_small(&self) -> bool {
        self.before.0 - self.after.0 <= MOST_READ
    }
}

/// All holes of this node.
#[derive(Debug, Default)]
pub(super) struct Holes(HashMap<Line, Hole>);

impl Holes {
    /// Finds the place of a change, and keeps it if it has to wait.
    pub(super) fn place(&mut self, forwarded: &mut Forwarded, line: Line, seq: Seq, change: &Traced, now: Instant) -> Place {
        if !self.0.is_empty()
            && let Some(hole) = self.0.get_mut(&line)
        {
            return hole.place(seq, change);
        }
        match forwarded.advance(line.1, seq) {
            Ok(()) => Place::Next,
            Err(newest) if seq <= newest => Place::Late,
            Err(newest) => {
                let kept = self.0.len() < MOST_HOLES;
                if kept {
                    let hole = Hole {
                        after: newest,
                        waiting: BTreeMap::from([(seq, change.clone())]),
                        due: now + PATIENCE,
                        is_read: false,
                    };
                    self.0.insert(line, hole);
                }
                Place::Early { kept }
            }
        }
    }

    /// The changes that need not wait any more, because the hole before them is filled up to `filled`.
    pub(super) fn released(&mut self, forwarded: &mut Forwarded, line: Line, filled: Seq, now: Instant) -> Vec<Traced> {
        let Some(hole) = self.0.get_mut(&line) else { return Vec::new() };
        hole.after = hole.after.max(filled);
        let mut released = Vec::new();
        while let Some(first) = hole.waiting.first_entry()
            && first.key().0 <= hole.after.0 + 1
        {
            let (seq, change) = first.remove_entry();
            if seq > hole.after {
                hole.after = seq;
                released.push(change);
            }
        }
        hole.due = now + PATIENCE;
        hole.is_read = false;
        if hole.waiting.is_empty() {
            forwarded.set(line.1, hole.after);
            self.0.remove(&line);
        }
        released
    }

    /// The newest change that was handed on before the hole, and the first that waits behind it.
    pub(super) fn bounds(&self, line: Line) -> Option<(Seq, Seq)> {
        let hole = self.0.get(&line)?;
        Some((hole.after, *hole.waiting.first_key_value()?.0))
    }

    /// Ends the hole without filling it. Returns what waits behind it, and `change` in its place.
    pub(super) fn give_up(&mut self, forwarded: &mut Forwarded, line: Line, change: Option<(Seq, &Traced)>) -> Vec<Traced> {
        let mut waiting = self.0.remove(&line).map(|hole| hole.waiting).unwrap_or_default();
        waiting.extend(change.map(|(seq, change)| (seq, change.clone())));
        if let Some((newest, _)) = waiting.last_key_value() {
            forwarded.set(line.1, *newest);
        }
        waiting.into_values().collect()
    }

    /// Forgets the holes of a user without a socket, and the changes that wait behind them.
    pub(super) fn forget(&mut self, whose: UserId) {
        self.0.retain(|(user, _), _| *user != whose);
    }

    /// The conversations of these users in which changes wait behind a hole.
    pub(super) fn lines(&self, is_meant: impl Fn(UserId) -> bool) -> Vec<Line> {
        self.0.keys().copied().filter(|(user, _)| is_meant(*user)).collect()
    }

    /// The time at which [`Holes::due`] has to be called.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.0.values().filter(|hole| !hole.is_read).map(|hole| hole.due).min()
    }

    /// The holes whose changes have waited long enough. Each is returned once.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Missing> {
        let due = self.0.iter_mut().filter(|(_, hole)| !hole.is_read && hole.due <= now);
        due.filter_map(|(line, hole)| {
            hole.is_read = true;
            Some(Missing {
                line: *line,
                after: hole.after,
                before: *hole.waiting.first_key_value()?.0,
            })
        })
        .collect()
    }
}

impl Hole {
    fn place(&mut self, seq: Seq, change: &Traced) -> Place {
        if seq <= self.after || self.waiting.contains_key(&seq) {
            return Place::Late;
        }
        if seq.0 == self.after.0 + 1 {
            self.after = seq;
            return Place::Awaited;
        }
        let kept = self.waiting.len() < MOST_WAITING;
        if kept {
            self.waiting.insert(seq, change.clone());
        }
        Place::Early { kept }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{
        conversation::ConversationSummary,
        event::{Body, Event},
        message::ChangeKind,
        testing::builders::{AZIZ, DILNOZA, message, someone},
    };

    use super::*;
    use crate::bus::DeliveryTrace;

    const CHAT: ConversationId = ConversationId(1);
    const LINE: Line = (DILNOZA, CHAT);

    fn change(seq: i64) -> Traced {
        let mut message = message(CHAT, &someone(AZIZ), "salom");
        message.seq = Seq(seq);
        let summary = ConversationSummary {
            conversation: CHAT,
            last_seq: Seq(seq),
            preview: None,
            unread: Vec::new(),
            rows: Vec::new(),
        };
        let event = Event {
            to: vec![DILNOZA],
            body: Body::Message {
                kind: ChangeKind::Sent,
                message: Arc::new(message),
                summary: Arc::new(summary),
            },
        };
        let trace = DeliveryTrace::of(&event);
        Traced { event, trace }
    }

    fn seqs(changes: &[Traced]) -> Vec<i64> {
        let seq = |change: &Traced| match &change.event.body {
            Body::Message { message, .. } => Some(message.seq.0),
            _ => None,
        };
        changes.iter().filter_map(seq).collect()
    }

    struct Order {
        holes: Holes,
        forwarded: Forwarded,
        start: Instant,
    }

    impl Order {
        fn new() -> Self {
            Self {
                holes: Holes::default(),
                forwarded: Forwarded::default(),
                start: Instant::now(),
            }
        }

        fn place(&mut self, seq: i64) -> Place {
            self.holes.place(&mut self.forwarded, LINE, Seq(seq), &change(seq), self.start)
        }

        fn released(&mut self, filled: i64) -> Vec<i64> {
            seqs(&self.holes.released(&mut self.forwarded, LINE, Seq(filled), self.start))
        }
    }

    const KEPT: Place = Place::Early { kept: true };

    #[test]
    fn changes_in_order_go_on_at_once_from_whatever_number_they_begin() {
        let mut order = Order::new();
        for seq in 7..20 {
            assert_eq!(order.place(seq), Place::Next);
        }
        assert_eq!(order.place(19), Place::Late);
        assert_eq!(order.holes.next_due(), None);
    }

    #[test]
    fn early_changes_wait_for_those_before_them() {
        let mut order = Order::new();
        let places: Vec<Place> = [1, 3, 5, 3, 2].map(|seq| order.place(seq)).into();
        assert_eq!(places, [Place::Next, KEPT, KEPT, Place::Late, Place::Awaited]);
        assert_eq!(order.released(2), [3], "5 still waits for 4");
        assert_eq!(order.place(4), Place::Awaited);
        assert_eq!(order.released(4), [5]);
        assert_eq!(order.place(6), Place::Next);
        assert_eq!(order.holes.next_due(), None);
    }

    #[test]
    fn a_hole_is_due_once_and_ends_when_it_is_read() {
        let mut order = Order::new();
        order.place(1);
        order.place(5);
        let due = order.start + PATIENCE;
        assert_eq!(order.holes.next_due(), Some(due));
        assert_eq!(order.holes.due(order.start), []);
        let missing = Missing {
            line: LINE,
            after: Seq(1),
            before: Seq(5),
        };
        assert_eq!(order.holes.due(due), [missing]);
        assert_eq!((order.holes.due(due), order.holes.next_due()), (vec![], None));
        assert_eq!(order.released(4), [5]);
        assert_eq!(order.place(3), Place::Late, "it was read");
        assert_eq!(order.place(6), Place::Next);
    }

    #[test]
    fn a_hole_that_is_given_up_lets_everything_go_on() {
        let mut order = Order::new();
        order.place(1);
        for seq in 0..i64::try_from(MOST_WAITING).unwrap() {
            assert_eq!(order.place(3 + seq), KEPT);
        }
        let last = 3 + i64::try_from(MOST_WAITING).unwrap();
        assert_eq!(order.place(last), Place::Early { kept: false });
        let waiting = order.holes.give_up(&mut order.forwarded, LINE, Some((Seq(last), &change(last))));
        assert_eq!(seqs(&waiting), (3..=last).collect::<Vec<_>>());
        assert_eq!(order.place(last + 1), Place::Next);
    }

    #[test]
    fn after_a_gap_the_next_change_is_the_first() {
        let mut order = Order::new();
        order.place(1);
        order.place(5);
        order.holes.forget(DILNOZA);
        order.forwarded.forget();
        assert_eq!((order.place(9), order.place(10)), (Place::Next, Place::Next));
    }
}
