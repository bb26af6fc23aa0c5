//! One lane for each conversation: acts in it follow one another in this process, from before their transaction until their announcement, so that
//! announcements are made in the order of commits. Between processes the lock on the conversation's row orders.
//!
//! An act waits in its lane in one of two ways: for a turn, in which it has the lane for itself, or as an item that is taken out together with others, of
//! this lane and of other lanes. Both keep the order in which they began to wait.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

/// Names an act in the lanes.
type Ticket = u64;

/// The lanes in use: those of acts that run or wait. Clones share them.
pub(super) struct Lanes<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    ready: Notify,
}

struct State<T> {
    last_ticket: Ticket,
    lanes: HashMap<i64, Lane<T>>,
    /// Turns that still wait for a lane.
    turns: HashMap<Ticket, PendingTurn>,
    /// Free lanes in which an item is the first, in the order in which that became so.
    ready: VecDeque<i64>,
}

struct Lane<T> {
    taken_by: Option<Ticket>,
    waiting: VecDeque<Waiter<T>>,
}

enum Waiter<T> {
    Turn(Ticket),
    Item(Ticket, T),
}

impl<T> Waiter<T> {
    const fn ticket(&self) -> Ticket {
        match self {
            Self::Turn(ticket) | Self::Item(ticket, _) => *ticket,
        }
    }
}

struct PendingTurn {
    lanes_missing: usize,
    granted: oneshot::Sender<()>,
}

/// The place of one act in some lanes, which are free again once this is dropped.
pub(super) struct Turn<T> {
    granted: Option<oneshot::Receiver<()>>,
    _hold: Hold<T>,
}

/// Items that were taken together. Their lanes are free again once this is dropped.
pub(super) struct Taken<T> {
    /// In each lane's order.
    pub(super) items: Vec<T>,
    /// Frees the lanes.
    pub(super) hold: Hold<T>,
}

/// Frees the lanes that it has when it is dropped, and leaves those in which it waits.
pub(super) struct Hold<T> {
    lanes: Lanes<T>,
    ticket: Ticket,
    conversations: Vec<i64>,
}

impl<T> Clone for Lanes<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                last_ticket: 0,
                lanes: HashMap::new(),
                turns: HashMap::new(),
                ready: VecDeque::new(),
            }),
            ready: Notify::new(),
        }))
    }
}

impl<T> Drop for Hold<T> {
    fn drop(&mut self) {
        let mut state = self.lanes.state();
        state.turns.remove(&self.ticket);
        for conversation in &self.conversations {
            state.leave(*conversation, self.ticket);
        }
        self.lanes.tell(state);
    }
}

impl<T> Turn<T> {
    /// Waits until the act has all its lanes.
    pub(super) async fn granted(&mut self) {
        if let Some(granted) = self.granted.take() {
            // The sender is kept until the turn is granted or dropped.
            let _ = granted.await;
        }
    }
}

impl<T> Taken<T> {
    /// The items of each lane by themselves, so that one lane is free before another.
    pub(super) fn split(mut self, lane: impl Fn(&T) -> i64) -> Vec<Self> {
        let mut items: HashMap<i64, Vec<T>> = HashMap::new();
        for item in self.items.drain(..) {
            items.entry(lane(&item)).or_default().push(item);
        }
        let conversations = std::mem::take(&mut self.hold.conversations).into_iter();
        let parts = conversations.map(|conversation| Self {
            items: items.remove(&conversation).unwrap_or_default(),
            hold: Hold {
                lanes: self.hold.lanes.clone(),
                ticket: self.hold.ticket,
                conversations: vec![conversation],
            },
        });
        parts.collect()
    }
}

impl<T> Lanes<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever takes items if there are some.
    fn tell(&self, state: MutexGuard<'_, State<T>>) {
        let ready = !state.ready.is_empty();
        drop(state);
        if ready {
            self.0.ready.notify_one();
        }
    }

    /// Takes a place in all these lanes at once, so that two acts never wait for each other.
    pub(super) fn enter(&self, mut conversations: Vec<i64>) -> Turn<T> {
        conversations.sort_unstable();
        conversations.dedup();
        let (granting, granted) = oneshot::channel();
        let mut state = self.state();
        let ticket = state.new_ticket();
        if conversations.is_empty() {
            // Nobody is in the way.
            let _ = granting.send(());
        } else {
            let pending = PendingTurn {
                lanes_missing: conversations.len(),
                granted: granting,
            };
            state.turns.insert(ticket, pending);
            for conversation in &conversations {
                state.wait(*conversation, Waiter::Turn(ticket));
            }
        }
        drop(state);
        Turn {
            granted: Some(granted),
            _hold: Hold {
                lanes: self.clone(),
                ticket,
                conversations,
            },
        }
    }

    /// Puts an item into a lane.
    pub(super) fn put(&self, conversation: i64, item: T) -> Ticket {
        let mut state = self.state();
        let ticket = state.new_ticket();
        state.wait(conversation, Waiter::Item(ticket, item));
        self.tell(state);
        ticket
    }

    /// Takes an item out of a lane again, unless it was taken already.
    pub(super) fn withdraw(&self, conversation: i64, ticket: Ticket) -> Option<T> {
        let mut state = self.state();
        let withdrawn = state.leave(conversation, ticket);
        self.tell(state);
        withdrawn
    }

    /// Waits until there may be items to take.
    pub(super) async fn ready(&self) {
        self.0.ready.notified().await;
    }

    /// Takes at most `limit` items that are the first in their lanes, from as many lanes as possible; `None` if there are none.
    pub(super) fn take(&self, limit: usize) -> Option<Taken<T>> {
        let mut state = self.state();
        let share = limit.div_ceil(state.ready.len().max(1));
        let (ticket, mut items, mut conversations) = (state.new_ticket(), Vec::new(), Vec::new());
        while items.len() < limit
            && let Some(conversation) = state.ready.pop_front()
        {
            let Some(lane) = state.lanes.get_mut(&conversation) else { continue };
            lane.taken_by = Some(ticket);
            conversations.push(conversation);
            let most = items.len() + share.min(limit - items.len());
            while items.len() < most
                && let Some(Waiter::Item(..)) = lane.waiting.front()
                && let Some(Waiter::Item(_, item)) = lane.waiting.pop_front()
            {
                items.push(item);
            }
        }
        drop(state);
        (!items.is_empty()).then(|| Taken {
            items,
            hold: Hold {
                lanes: self.clone(),
                ticket,
                conversations,
            },
        })
    }
}

impl<T> State<T> {
    const fn new_ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        self.last_ticket
    }

    fn wait(&mut self, conversation: i64, waiter: Waiter<T>) {
        let lane = self.lanes.entry(conversation).or_insert_with(|| Lane {
            taken_by: None,
            waiting: VecDeque::new(),
        });
        lane.waiting.push_back(waiter);
        if lane.taken_by.is_none() && lane.waiting.len() == 1 {
            self.advance(conversation);
        }
    }

    /// Frees the lane if this act has it, or takes the act out of those that wait; returns its item.
    fn leave(&mut self, conversation: i64, ticket: Ticket) -> Option<T> {
        let lane = self.lanes.get_mut(&conversation)?;
        if lane.taken_by == Some(ticket) {
            lane.taken_by = None;
            self.advance(conversation);
            return None;
        }
        let place = lane.waiting.iter().position(|waiter| waiter.ticket() == ticket)?;
        let left = lane.waiting.remove(place);
        if place == 0 && lane.taken_by.is_none() {
            self.ready.retain(|ready| *ready != conversation);
            self.advance(conversation);
        }
        match left {
            Some(Waiter::Item(_, item)) => Some(item),
            _ => None,
        }
    }

    /// Gives a free lane to the first who waits in it.
    fn advance(&mut self, conversation: i64) {
        let Some(lane) = self.lanes.get_mut(&conversation) else { return };
        match lane.waiting.front() {
            None => {
                self.lanes.remove(&conversation);
            }
            Some(Waiter::Item(..)) => self.ready.push_back(conversation),
            Some(Waiter::Turn(ticket)) => {
                let ticket = *ticket;
                lane.taken_by = Some(ticket);
                lane.waiting.pop_front();
                if let Some(turn) = self.turns.get_mut(&ticket) {
                    turn.lanes_missing -= 1;
                    if turn.lanes_missing == 0
                        && let Some(turn) = self.turns.remove(&ticket)
                    {
                        // Whoever stopped waiting frees the lanes by dropping its place.
                        let _ = turn.granted.send(());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    fn is_empty(lanes: &Lanes<&str>) -> bool {
        let state = lanes.state();
        state.lanes.is_empty() && state.turns.is_empty() && state.ready.is_empty()
    }

    #[tokio::test]
    async fn turns_in_a_lane_follow_one_another_and_an_unused_lane_is_removed() {
        let lanes = Lanes::default();
        let mut first = lanes.enter(vec![1]);
        first.granted().await;
        let mut other = lanes.enter(vec![2]);
        other.granted().await;
        let mut second = lanes.enter(vec![1]);
        assert!(poll!(Box::pin(second.granted())).is_pending());
        drop(first);
        drop((second, other));
        assert!(is_empty(&lanes));
    }

    #[tokio::test]
    async fn a_turn_waits_for_all_its_lanes_and_nobody_waits_for_a_turn_that_was_given_up() {
        let lanes = Lanes::default();
        let mut first = lanes.enter(vec![1]);
        first.granted().await;
        let given_up = lanes.enter(vec![2, 1, 2]);
        let mut last = lanes.enter(vec![2]);
        assert!(
            poll!(Box::pin(last.granted())).is_pending(),
            "the turn before it has this lane already"
        );
        drop(given_up);
        lanes.enter(vec![]).granted().await;
        drop(last);
        drop(first);
        assert!(is_empty(&lanes));
    }

    #[tokio::test]
    async fn items_of_several_lanes_are_taken_together_in_the_order_of_each_lane() {
        let lanes = Lanes::default();
        let mut turn = lanes.enter(vec![2]);
        turn.granted().await;
        for (conversation, item) in [(1, "1a"), (2, "2a"), (1, "1b"), (3, "3a")] {
            lanes.put(conversation, item);
        }
        let mut behind = lanes.enter(vec![1]);
        lanes.put(1, "1c");
        lanes.ready().await;
        let taken = lanes.take(10).unwrap();
        assert_eq!(taken.items, ["1a", "1b", "3a"], "2 is taken, and 1c waits behind a turn");
        assert!(poll!(Box::pin(behind.granted())).is_pending());
        assert!(lanes.take(10).is_none());
        drop(taken);
        behind.granted().await;
        drop((turn, behind));
        assert_eq!(lanes.take(10).unwrap().items, ["2a", "1c"]);
        assert!(is_empty(&lanes));
    }

    #[tokio::test]
    async fn lanes_that_were_taken_together_can_be_freed_one_by_one() {
        let lanes = Lanes::default();
        for (conversation, item) in [(1, "1a"), (2, "2a"), (1, "1b")] {
            lanes.put(conversation, item);
        }
        let mut parts = lanes.take(10).unwrap().split(|item| if item.starts_with('1') { 1 } else { 2 });
        assert_eq!(
            parts.iter().map(|part| part.items.clone()).collect::<Vec<_>>(),
            [vec!["1a", "1b"], vec!["2a"]]
        );
        let mut behind = lanes.enter(vec![2]);
        assert!(poll!(Box::pin(behind.granted())).is_pending());
        parts.pop();
        behind.granted().await;
        drop((parts, behind));
        assert!(is_empty(&lanes));
    }

    #[tokio::test]
    async fn a_crowded_lane_leaves_room_for_the_others() {
        let lanes = Lanes::default();
        for _ in 0..10 {
            lanes.put(1, "crowded");
        }
        lanes.put(2, "quiet");
        let taken = lanes.take(4).unwrap();
        assert_eq!(taken.items, ["crowded", "crowded", "quiet"]);
    }

    #[tokio::test]
    async fn an_item_can_be_withdrawn_until_it_is_taken() {
        let lanes = Lanes::default();
        let first = lanes.put(1, "first");
        let mut behind = lanes.enter(vec![1]);
        assert_eq!(lanes.withdraw(1, first), Some("first"));
        behind.granted().await;
        let second = lanes.put(1, "second");
        drop(behind);
        let taken = lanes.take(1).unwrap();
        assert_eq!((taken.items.as_slice(), lanes.withdraw(1, second)), (["second"].as_slice(), None));
        drop(taken);
        assert!(is_empty(&lanes));
    }
}
