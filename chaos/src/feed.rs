//! The client's half of the resume protocol (contract 4.3) for one conversation, without network, clock and runtime. The clients of the chaos suite follow
//! it, and the model explores it in every order of events.

use std::collections::BTreeMap;

/// The number of a change in its conversation; 0 is before the first.
pub type Seq = u64;
/// The id of a message.
pub type MessageId = u64;

/// A message in its state after a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Change<M> {
    /// The number of the change.
    pub seq: Seq,
    /// The message that changed.
    pub message: MessageId,
    /// Its content and marks.
    pub state: M,
}

/// An answer of `changes/?after=`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page<E, M> {
    /// The epoch of the database that answered.
    pub epoch: E,
    /// Ascending by `seq`; each message once, under its newest change.
    pub changes: Vec<Change<M>>,
    /// The newest stored `seq`.
    pub last_seq: Seq,
    /// Whether more changes follow these.
    pub has_more: bool,
    /// Whether the number that was asked about lies beyond what is stored.
    pub reset: bool,
}

/// An effect of an event on the state that the client holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// The change with this number was applied.
    Applied(Seq),
    /// Everything was dropped, and is loaded anew.
    Dropped,
}

/// What one client holds of one conversation, and what it still has to ask for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Feed<E, M> {
    epoch: Option<E>,
    known: Seq,
    messages: BTreeMap<MessageId, Change<M>>,
    /// Changes that arrived before one with a lower number.
    early: BTreeMap<Seq, Change<M>>,
    is_ask_due: bool,
    asked_after: Option<Seq>,
}

impl<E, M> Default for Feed<E, M> {
    fn default() -> Self {
        Self {
            epoch: None,
            known: 0,
            messages: BTreeMap::new(),
            early: BTreeMap::new(),
            is_ask_due: false,
            asked_after: None,
        }
    }
}

impl<E: Clone + PartialEq, M: Clone> Feed<E, M> {
    /// The epoch of what is held.
    pub const fn epoch(&self) -> Option<&E> {
        self.epoch.as_ref()
    }

    /// All changes up to this number are applied.
    pub const fn known(&self) -> Seq {
        self.known
    }

    /// The messages that are held, each with the number of its newest change.
    pub const fn messages(&self) -> &BTreeMap<MessageId, Change<M>> {
        &self.messages
    }

    /// Whether nothing has to be asked for and nothing waits.
    pub fn is_settled(&self) -> bool {
        !self.is_ask_due && self.asked_after.is_none() && self.early.is_empty()
    }

    /// A socket was opened, and its `ready` named this epoch.
    pub fn connected(&mut self, epoch: &E) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.enter(epoch, &mut effects);
        // What changed before the socket was opened is sent by nobody.
        self.is_ask_due = true;
        effects
    }

    /// The socket is gone, and the answer to a request with it.
    pub fn disconnected(&mut self) {
        self.early.clear();
        self.asked_after = None;
    }

    /// `resync`: events may have been lost.
    pub const fn resync(&mut self) {
        self.is_ask_due = true;
    }

    /// `pong`: the newest stored number, and the epoch.
    pub fn told(&mut self, last_seq: Seq, epoch: &E) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.enter(epoch, &mut effects);
        // A lower number is no proof of a reset, since a frame may have overtaken the answer.
        self.is_ask_due |= last_seq != self.known;
        effects
    }

    /// A frame with a change.
    pub fn frame(&mut self, change: Change<M>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if change.seq <= self.known {
            // A repetition, or a number that was given out again after a restore: only the service can tell.
            self.is_ask_due = true;
        } else {
            self.early.insert(change.seq, change);
            self.drain(&mut effects);
            self.is_ask_due |= !self.early.is_empty();
        }
        effects
    }

    /// The number to ask `changes/?after=` for now, if there is need to and no answer is awaited. The caller has to ask.
    pub fn ask(&mut self) -> Option<Seq> {
        if !self.is_ask_due || self.asked_after.is_some() {
            return None;
        }
        self.is_ask_due = false;
        self.asked_after = Some(self.known);
        self.asked_after
    }

    /// The request has failed, and is repeated.
    pub const fn failed(&mut self) {
        self.asked_after = None;
        self.is_ask_due = true;
    }

    /// The answer to the request.
    pub fn answer(&mut self, page: Page<E, M>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.asked_after.take().is_none() {
            return effects;
        }
        if self.epoch.as_ref() != Some(&page.epoch) {
            self.enter(&page.epoch, &mut effects);
            return effects;
        }
        if page.reset {
            self.drop_all(&mut effects);
            return effects;
        }
        let last = page.changes.last().map(|change| change.seq);
        let covered = if page.has_more { last.unwrap_or(self.known) } else { page.last_seq };
        for change in page.changes {
            // Frames may have overtaken the answer.
            if change.seq > self.known {
                self.apply(change, &mut effects);
            }
        }
        // A message that changed twice stands in the answer once, so numbers may be missing there.
        self.known = self.known.max(covered);
        let known = self.known;
        self.early.retain(|seq, _| *seq > known);
        self.drain(&mut effects);
        self.is_ask_due |= page.has_more || !self.early.is_empty();
        effects
    }

    fn enter(&mut self, epoch: &E, effects: &mut Vec<Effect>) {
        if self.epoch.as_ref() != Some(epoch) {
            self.drop_all(effects);
            self.epoch = Some(epoch.clone());
        }
    }

    fn drop_all(&mut self, effects: &mut Vec<Effect>) {
        self.known = 0;
        self.messages.clear();
        self.early.clear();
        self.is_ask_due = true;
        effects.push(Effect::Dropped);
    }

    fn drain(&mut self, effects: &mut Vec<Effect>) {
        while let Some(change) = self.early.remove(&(self.known + 1)) {
            self.apply(change, effects);
        }
    }

    fn apply(&mut self, change: Change<M>, effects: &mut Vec<Effect>) {
        self.known = change.seq;
        effects.push(Effect::Applied(change.seq));
        self.messages.insert(change.message, change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(seq: Seq, message: MessageId, state: &'static str) -> Change<&'static str> {
        Change { seq, message, state }
    }

    fn page(changes: Vec<Change<&'static str>>, last_seq: Seq) -> Page<u8, &'static str> {
        Page {
            epoch: 1,
            changes,
            last_seq,
            has_more: false,
            reset: false,
        }
    }

    /// A feed that has applied two messages.
    fn feed() -> Feed<u8, &'static str> {
        let mut feed = Feed::default();
        feed.connected(&1);
        assert_eq!(feed.ask(), Some(0));
        feed.answer(page(vec![change(1, 10, "a"), change(2, 11, "b")], 2));
        assert!(feed.is_settled());
        feed
    }

    #[test]
    fn frames_are_applied_in_order_and_a_gap_is_asked_for() {
        let mut feed = feed();
        assert_eq!(feed.frame(change(3, 12, "c")), [Effect::Applied(3)]);
        assert_eq!(feed.frame(change(5, 14, "e")), []);
        assert_eq!(feed.ask(), Some(3));
        assert_eq!(feed.ask(), None, "one request at a time");
        assert_eq!(
            feed.answer(page(vec![change(4, 13, "d")], 4)),
            [Effect::Applied(4), Effect::Applied(5)]
        );
        assert!(feed.is_settled());
    }

    #[test]
    fn an_answer_that_a_frame_has_overtaken_applies_nothing_twice() {
        let mut feed = feed();
        feed.resync();
        assert_eq!(feed.ask(), Some(2));
        assert_eq!(feed.frame(change(3, 12, "c")), [Effect::Applied(3)]);
        assert_eq!(
            feed.answer(page(vec![change(3, 12, "c"), change(5, 10, "edited")], 5)),
            [Effect::Applied(5)]
        );
        assert_eq!(feed.messages()[&10].state, "edited");
        assert_eq!(feed.known(), 5);
    }

    #[test]
    fn another_epoch_or_a_reset_drops_everything() {
        let mut told = feed();
        assert_eq!(told.told(2, &2), [Effect::Dropped]);
        assert_eq!((told.ask(), told.messages().len()), (Some(0), 0));
        let mut reset = feed();
        reset.resync();
        reset.ask();
        assert_eq!(
            reset.answer(Page {
                reset: true,
                ..page(vec![], 1)
            }),
            [Effect::Dropped]
        );
        assert_eq!(reset.ask(), Some(0));
    }

    #[test]
    fn a_number_that_is_known_already_leads_to_a_question() {
        let mut feed = feed();
        assert_eq!(feed.frame(change(2, 11, "b")), []);
        assert_eq!(feed.ask(), Some(2));
    }
}
