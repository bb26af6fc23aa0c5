//! Presence: the leases of open sockets, and the grace after the last one. Here in the memory of one process; [`RedisPresence`] is for several nodes.

mod redis;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    conversation::PresenceStatus,
    id::UserId,
    ports::{Presence, SocketId, StoreError},
    time::Timestamp,
};
use tokio::time::Instant;

pub use redis::RedisPresence;

use crate::timings::Timings;

/// Presence for a service that runs as one process. Leases and the grace are measured by tokio's monotonic clock.
///
/// Keeps one small entry for everybody who was online since the start, for `last_seen`, and for everybody whose conversation somebody looked at; so it is bounded by the
/// number of accounts.
#[derive(Debug)]
pub struct MemoryPresence {
    lease: Duration,
    grace: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: HashMap<UserId, Attendance>,
    /// The times at which to check whether a user went offline. Renewing a lease adds no entry, so the user of an entry may still be online.
    look_at: BinaryHeap<Reverse<(Instant, UserId)>>,
    /// The watchers of each watched user, with the time at which it ends.
    watchers: HashMap<UserId, HashMap<UserId, Instant>>,
}

#[derive(Debug)]
struct Attendance {
    /// The open sockets and when their leases end.
    leases: Vec<(SocketId, Instant)>,
    /// The latest time at which a socket that is closed now was open.
    ended: Instant,
    last_seen: Timestamp,
    /// The user came online and was not reported as offline since.
    unreported: bool,
}

impl Attendance {
    fn hold(&mut self, socket: SocketId, until: Instant, now: Timestamp) {
        match self.leases.iter_mut().find(|(id, _)| *id == socket) {
            Some((_, end)) => *end = until,
            None => self.leases.push((socket, until)),
        }
        self.last_seen = self.last_seen.max(now);
        self.unreported = true;
    }

    fn offline_at(&self, grace: Duration) -> Instant {
        self.leases.iter().map(|(_, end)| *end).fold(self.ended, Instant::max) + grace
    }
}

impl MemoryPresence {
    /// Uses the lease and the grace of these timings.
    pub fn new(timings: &Timings) -> Self {
        Self {
            lease: timings.lease(),
            grace: timings.grace,
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds or renews the lease of a socket. True if the user was offline before.
    fn hold(&self, state: &mut State, user: UserId, socket: SocketId, at: Timestamp) -> bool {
        let (now, until) = (Instant::now(), Instant::now() + self.lease);
        let presence = state.users.entry(user).or_insert_with(|| Attendance {
            leases: Vec::new(),
            // The grace of a new user is over from the start. A monotonic clock may not reach back that far.
            ended: now.checked_sub(self.grace).unwrap_or(now),
            last_seen: at,
            unreported: false,
        });
        let came = !presence.unreported || presence.offline_at(self.grace) <= now;
        presence.hold(socket, until, at);
        if came {
            state.look_at.push(Reverse((until + self.grace, user)));
        }
        came
    }

    fn status(&self, state: &State, user: UserId, now: Instant) -> PresenceStatus {
        let presence = state.users.get(&user);
        PresenceStatus {
            user,
            online: presence.is_some_and(|presence| presence.unreported && now < presence.offline_at(self.grace)),
            last_seen: presence.map(|presence| presence.last_seen),
        }
    }
}

#[async_trait]
impl Presence for MemoryPresence {
    async fn join(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.hold(&mut self.lock(), user, socket, now))
    }

    async fn renew(&self, sockets: &[(UserId, SocketId)], now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.lock();
        for (user, socket) in sockets {
            self.hold(&mut state, *user, *socket, now);
        }
        Ok(())
    }

    async fn leave(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.lock();
        let Some(presence) = state.users.get_mut(&user) else {
            return Ok(());
        };
        let Some(position) = presence.leases.iter().position(|(id, _)| *id == socket) else {
            return Ok(());
        };
        let (_, end) = presence.leases.swap_remove(position);
        let here = Instant::now();
        presence.ended = presence.ended.max(end.min(here));
        if end > here {
            presence.last_seen = presence.last_seen.max(now);
        }
        if presence.leases.is_empty() {
            presence.leases = Vec::new();
            let offline_at = presence.offline_at(self.grace);
            state.look_at.push(Reverse((offline_at, user)));
        }
        Ok(())
    }

    async fn departed(&self, _: Timestamp) -> Result<Vec<PresenceStatus>, StoreError> {
        let (mut state, now, mut gone) = (self.lock(), Instant::now(), Vec::new());
        while let Some(Reverse((due, user))) = state.look_at.peek().copied()
            && due <= now
        {
            state.look_at.pop();
            let Some(presence) = state.users.get_mut(&user) else { continue };
            if !presence.unreported {
                continue;
            }
            let offline_at = presence.offline_at(self.grace);
            if offline_at <= now {
                presence.unreported = false;
                presence.leases = Vec::new();
                gone.push(self.status(&state, user, now));
            } else {
                state.look_at.push(Reverse((offline_at, user)));
            }
        }
        Ok(gone)
    }

    async fn watch(&self, pairs: &[(UserId, UserId)]) -> Result<(), StoreError> {
        let (mut state, now) = (self.lock(), Instant::now());
        for (watcher, watched) in pairs {
            let watchers = state.watchers.entry(*watched).or_default();
            watchers.retain(|_, until| now < *until);
            watchers.insert(*watcher, now + self.lease);
        }
        Ok(())
    }

    async fn watchers(&self, of: UserId) -> Result<Vec<UserId>, StoreError> {
        let (mut state, now) = (self.lock(), Instant::now());
        let Some(watchers) = state.watchers.get_mut(&of) else {
            return Ok(Vec::new());
        };
        watchers.retain(|_, until| now < *until);
        let found = watchers.keys().copied().collect::<Vec<_>>();
        if found.is_empty() {
            state.watchers.remove(&of);
        }
        Ok(found)
    }

    async fn status(&self, users: &[UserId]) -> Result<Vec<PresenceStatus>, StoreError> {
        let (state, now) = (self.lock(), Instant::now());
        Ok(users.iter().map(|user| self.status(&state, *user, now)).collect())
    }
}
