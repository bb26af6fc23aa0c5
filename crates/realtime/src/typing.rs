//! The people who are typing on this node: when to relay it to the other participants, and when it expires.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    id::{ConversationId, UserId},
    messaging::Membership,
};
use tokio::time::Instant;

/// A typing event to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// The conversation in which the user types.
    pub conversation: ConversationId,
    /// The person who types, and the other participants.
    pub typist: Arc<Membership>,
    /// True if the person began or continues, false if the person stopped.
    pub is_typing: bool,
    /// Whether the other participants are told. If not, only other nodes are: the person stopped here, and types on one of them.
    pub for_others: bool,
}

/// The state of everybody who has typed on this node within the last seconds. It has no clock: the caller passes the time.
///
/// Each person has at most one relay per `throttle` in a conversation. The last state is always relayed, at the end of that time if need be.
#[derive(Debug)]
pub struct TypingTracker {
    expiry: Duration,
    throttle: Duration,
    typists: HashMap<UserId, HashMap<ConversationId, Entry>>,
    /// Those who type on other nodes and have sockets here, with the time at which it ends unless it is renewed. What ends here is not relayed before.
    elsewhere: HashMap<(UserId, ConversationId), Instant>,
    /// No typist is due before this time. It may be too early, so that an update need not look at all typists.
    due: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    typist: Arc<Membership>,
    /// The newest state that a client sent.
    is_typing: bool,
    /// The time at which `is_typing` ends by itself.
    expires: Instant,
    /// The state that was relayed last, and the time of that relay.
    relayed: Option<(bool, Instant)>,
    /// The client has sent a state since the last relay.
    is_unsent: bool,
    /// Other nodes were told that it ended here, the participants not yet.
    is_held: bool,
}

impl Entry {
    /// The time of the next relay, expiry or removal.
    fn due(&self, throttle: Duration, elsewhere: Option<Instant>) -> Instant {
        let free = self.relayed.map_or(self.expires, |(_, at)| at + throttle);
        if self.is_unsent && !self.is_typing {
            return elsewhere.map_or(free, |until| free.max(until));
        }
        if self.is_unsent || !self.is_typing { free } else { self.expires }
    }

    /// The event that has to be published now, if any.
    fn step(&mut self, conversation: ConversationId, throttle: Duration, elsewhere: Option<Instant>, now: Instant) -> Option<Relay> {
        if self.is_typing && now >= self.expires {
            self.is_typing = false;
            self.is_unsent = true;
        }
        let throttled = self.relayed.is_some_and(|(_, at)| now < at + throttle);
        if self.is_unsent && !self.is_typing && elsewhere.is_some_and(|until| now < until) {
            let is_known = std::mem::replace(&mut self.is_held, true);
            return (!is_known).then(|| self.relay(conversation, false));
        }
        if !self.is_unsent || throttled {
            return None;
        }
        self.is_unsent = false;
        self.is_held = false;
        let was_typing = self.relayed.is_some_and(|(was, _)| was);
        // Continued typing is relayed again, because clients let it expire. The end is relayed once.
        if !self.is_typing && !was_typing {
            return None;
        }
        self.relayed = Some((self.is_typing, now));
        Some(self.relay(conversation, true))
    }

    fn relay(&self, conversation: ConversationId, for_others: bool) -> Relay {
        Relay {
            conversation,
            typist: self.typist.clone(),
            is_typing: self.is_typing,
            for_others,
        }
    }

    fn is_over(&self, throttle: Duration, now: Instant) -> bool {
        !self.is_typing && !self.is_unsent && self.relayed.is_none_or(|(_, at)| now >= at + throttle)
    }
}

impl TypingTracker {
    /// Typing ends by itself after `expiry`; two relays are at least `throttle` apart.
    pub fn new(expiry: Duration, throttle: Duration) -> Self {
        Self {
            expiry,
            throttle,
            typists: HashMap::new(),
            elsewhere: HashMap::new(),
            due: None,
        }
    }

    /// The membership of a person who typed here lately, so that it need not be loaded again.
    pub fn known(&self, user: UserId, conversation: ConversationId) -> Option<Arc<Membership>> {
        Some(self.typists.get(&user)?.get(&conversation)?.typist.clone())
    }

    /// Notes that a person began, continues or stopped to type.
    pub fn typed(&mut self, typist: Arc<Membership>, conversation: ConversationId, is_typing: bool, now: Instant) -> Option<Relay> {
        let (user, expires) = (typist.person.id, now + self.expiry);
        let elsewhere = self.elsewhere.get(&(user, conversation)).copied();
        let conversations = self.typists.entry(user).or_default();
        let entry = conversations.entry(conversation).or_insert(Entry {
            typist,
            is_typing,
            expires,
            relayed: None,
            is_unsent: true,
            is_held: false,
        });
        entry.is_typing = is_typing;
        entry.expires = expires;
        entry.is_unsent = true;
        let relay = entry.step(conversation, self.throttle, elsewhere, now);
        self.due = Some(earlier(self.due, entry.due(self.throttle, elsewhere)));
        if entry.is_over(self.throttle, now) {
            conversations.remove(&conversation);
            if conversations.is_empty() {
                self.typists.remove(&user);
            }
        }
        relay
    }

    /// Notes that a person types on another node, or has stopped there.
    pub fn typed_elsewhere(&mut self, user: UserId, conversation: ConversationId, is_typing: bool, now: Instant) -> Option<Relay> {
        if is_typing {
            let until = now + self.expiry;
            self.elsewhere.insert((user, conversation), until);
            self.due = Some(earlier(self.due, until));
            return None;
        }
        self.elsewhere.remove(&(user, conversation));
        let entry = self.typists.get_mut(&user)?.get_mut(&conversation)?;
        // If it goes on here, that is said again, since the others may have been told that it ended. What was held is said now.
        entry.is_unsent |= entry.is_typing;
        let relay = entry.step(conversation, self.throttle, None, now);
        self.due = Some(earlier(self.due, entry.due(self.throttle, None)));
        relay
    }

    /// Ends the typing of a person whose last socket was closed.
    pub fn gone(&mut self, user: UserId, now: Instant) -> Vec<Relay> {
        let Some(conversations) = self.typists.get_mut(&user) else {
            return Vec::new();
        };
        for entry in conversations.values_mut() {
            entry.is_unsent |= entry.is_typing;
            entry.is_typing = false;
        }
        let (throttle, mut relays) = (self.throttle, Vec::new());
        for (id, entry) in conversations {
            let elsewhere = self.elsewhere.get(&(user, *id)).copied();
            relays.extend(entry.step(*id, throttle, elsewhere, now));
            self.due = Some(earlier(self.due, entry.due(throttle, elsewhere)));
        }
        relays
    }

    /// Relays the states and ends the typing that are due.
    pub fn tick(&mut self, now: Instant) -> Vec<Relay> {
        if self.due.is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.elsewhere.retain(|_, until| now < *until);
        let (throttle, mut relays) = (self.throttle, Vec::new());
        let mut due = self.elsewhere.values().copied().min();
        self.typists.retain(|user, conversations| {
            conversations.retain(|id, entry| {
                let elsewhere = self.elsewhere.get(&(*user, *id)).copied();
                relays.extend(entry.step(*id, throttle, elsewhere, now));
                let stays = !entry.is_over(throttle, now);
                if stays {
                    due = Some(earlier(due, entry.due(throttle, elsewhere)));
                }
                stays
            });
            !conversations.is_empty()
        });
        self.due = due;
        relays
    }

    /// The time before which [`Self::tick`] has nothing to do; `None` if nobody types.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }
}

fn earlier(due: Option<Instant>, other: Instant) -> Instant {
    due.map_or(other, |due| due.min(other))
}

#[cfg(test)]
mod tests {
    use domain::{
        id::Seq,
        people::{Person, Role},
    };

    use super::*;

    const ROOM: ConversationId = ConversationId(5);
    const ANNA: UserId = UserId(1);

    fn anna() -> Arc<Membership> {
        Arc::new(Membership {
            person: Person {
                id: ANNA,
                username: "anna".to_owned(),
                first_name: String::new(),
                last_name: String::new(),
                role: Role::User,
                avatar: None,
                is_active: true,
            },
            others: vec![UserId(2)],
            last_seq: Seq(0),
        })
    }

    fn tracker() -> TypingTracker {
        TypingTracker::new(Duration::from_secs(6), Duration::from_secs(1))
    }

    /// Passes `typed` (milliseconds, state) to a tracker, with a tick whenever it is due, and returns the relays with their times.
    fn relayed(typed: &[(u64, bool)], gone_at: Option<u64>) -> Vec<(u64, bool)> {
        let (mut tracker, start, mut out) = (tracker(), Instant::now(), Vec::new());
        let ms = |at: Instant| u64::try_from((at - start).as_millis()).unwrap();
        let mut inputs: Vec<(u64, Option<bool>)> = typed.iter().map(|(at, state)| (*at, Some(*state))).collect();
        inputs.extend(gone_at.map(|at| (at, None)));
        inputs.sort_by_key(|(at, _)| *at);
        let mut inputs = inputs.into_iter().peekable();
        loop {
            let due = tracker.due().map(ms);
            let next = inputs.peek().map(|(at, _)| *at);
            let Some(at) = due.into_iter().chain(next).min() else { break };
            let now = start + Duration::from_millis(at);
            out.extend(tracker.tick(now).into_iter().map(|relay| (at, relay.is_typing)));
            if let Some((_, input)) = inputs.next_if(|(input_at, _)| *input_at == at) {
                match input {
                    Some(state) => out.extend(tracker.typed(anna(), ROOM, state, now).map(|relay| (at, relay.is_typing))),
                    None => out.extend(tracker.gone(ANNA, now).into_iter().map(|relay| (at, relay.is_typing))),
                }
            }
        }
        assert!(tracker.typists.is_empty(), "no entry is left");
        out
    }

    #[test]
    fn the_first_state_is_relayed_at_once_and_typing_ends_by_itself() {
        assert_eq!(relayed(&[(0, true)], None), [(0, true), (6000, false)]);
    }

    #[test]
    fn renewals_are_relayed_at_most_once_a_second() {
        let typed = [(0, true), (300, true), (600, true), (900, true), (1500, true), (4000, false)];
        assert_eq!(relayed(&typed, None), [(0, true), (1000, true), (2000, true), (4000, false)]);
    }

    #[test]
    fn the_last_state_is_relayed_at_the_end_of_the_second() {
        assert_eq!(relayed(&[(0, true), (200, false)], None), [(0, true), (1000, false)]);
        assert_eq!(
            relayed(&[(0, true), (200, false), (400, true)], None),
            [(0, true), (1000, true), (6400, false)]
        );
    }

    #[test]
    fn renewing_postpones_the_end() {
        assert_eq!(
            relayed(&[(0, true), (5000, true)], None),
            [(0, true), (5000, true), (11_000, false)]
        );
    }

    #[test]
    fn stopping_without_typing_announces_nothing() {
        assert_eq!(relayed(&[(0, false), (10, false)], None), []);
        assert_eq!(
            relayed(&[(0, true), (2000, false), (2500, false)], None),
            [(0, true), (2000, false)]
        );
    }

    #[test]
    fn closing_the_last_socket_ends_typing() {
        assert_eq!(relayed(&[(0, true)], Some(3000)), [(0, true), (3000, false)]);
        assert_eq!(relayed(&[(0, true)], Some(500)), [(0, true), (1000, false)]);
        assert_eq!(relayed(&[], Some(0)), []);
    }

    #[test]
    fn what_ends_here_and_goes_on_elsewhere_is_not_ended() {
        let (mut tracker, start) = (tracker(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        let states = |relays: Vec<Relay>| relays.iter().map(|relay| relay.is_typing).collect::<Vec<_>>();
        assert!(tracker.typed(anna(), ROOM, true, at(0)).is_some());
        assert_eq!(tracker.typed_elsewhere(ANNA, ROOM, true, at(500)), None);
        let held = tracker.typed(anna(), ROOM, false, at(2000));
        assert!(held.is_some_and(|relay| !relay.is_typing && !relay.for_others));
        assert_eq!(tracker.gone(ANNA, at(2500)), []);
        assert_eq!(tracker.tick(at(6400)), []);
        assert_eq!(tracker.due(), Some(at(6500)));
        assert_eq!(states(tracker.tick(at(6500))), [false], "it was not renewed elsewhere");
        tracker.tick(at(8000));
        assert!(tracker.typists.is_empty() && tracker.elsewhere.is_empty());
    }

    #[test]
    fn what_ends_elsewhere_and_goes_on_here_is_said_again() {
        let (mut tracker, start) = (tracker(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(tracker.typed_elsewhere(ANNA, ROOM, true, at(0)), None);
        assert!(tracker.typed(anna(), ROOM, true, at(100)).is_some());
        let again = tracker.typed_elsewhere(ANNA, ROOM, false, at(1200));
        assert!(again.is_some_and(|relay| relay.is_typing));
        assert!(tracker.typed(anna(), ROOM, false, at(3000)).is_some_and(|relay| !relay.is_typing));
        assert_eq!(tracker.typed_elsewhere(ANNA, ROOM, false, at(3100)), None, "all was said");
    }

    #[test]
    fn what_ended_here_first_is_said_when_it_ends_elsewhere() {
        let (mut tracker, start) = (tracker(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert!(tracker.typed(anna(), ROOM, true, at(0)).is_some());
        assert_eq!(tracker.typed_elsewhere(ANNA, ROOM, true, at(500)), None);
        assert!(tracker.typed(anna(), ROOM, false, at(2000)).is_some());
        let ended = tracker.typed_elsewhere(ANNA, ROOM, false, at(3000));
        assert!(ended.is_some_and(|relay| !relay.is_typing && relay.for_others));
    }
}
