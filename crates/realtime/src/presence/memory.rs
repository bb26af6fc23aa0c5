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

use crate::timings::Timings;

/// Presence for a service that runs as one process. Leases and the grace are measured by tokio's monotonic clock.
///
/// Keeps one small entry for everybody who was here since the start, for `last_seen`; so it is bounded by the number of accounts.
#[derive(Debug)]
pub struct MemoryPresence {
    lease: Duration,
    grace: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: HashMap<UserId, Attendance>,
    /// When to look whether somebody is gone. Renewals move the end without an entry here, so an entry is only a reason to look.
    look_at: BinaryHeap<Reverse<(Instant, UserId)>>,
}

#[derive(Debug)]
struct Attendance {
    /// The open sockets and when their leases end.
    leases: Vec<(SocketId, Instant)>,
    /// When the newest of the closed sockets was open last.
    ended: Instant,
    last_seen: Timestamp,
    /// Came, and was not reported as gone since.
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
    /// With the lease and the grace of these timings.
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

    /// True if the user was offline before.
    fn hold(&self, state: &mut State, user: UserId, socket: SocketId, at: Timestamp) -> bool {
        let (now, until) = (Instant::now(), Instant::now() + self.lease);
        let attendance = state.users.entry(user).or_insert_with(|| Attendance {
            leases: Vec::new(),
            // Long enough ago for the grace to be over; a monotonic clock may not reach back that far.
            ended: now.checked_sub(self.grace).unwrap_or(now),
            last_seen: at,
            unreported: false,
        });
        let came = !attendance.unreported || attendance.offline_at(self.grace) <= now;
        attendance.hold(socket, until, at);
        if came {
            state.look_at.push(Reverse((until + self.grace, user)));
        }
        came
    }

    fn status(&self, state: &State, user: UserId, now: Instant) -> PresenceStatus {
        let attendance = state.users.get(&user);
        PresenceStatus {
            user,
            online: attendance.is_some_and(|attendance| attendance.unreported && now < attendance.offline_at(self.grace)),
            last_seen: attendance.map(|attendance| attendance.last_seen),
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
        let Some(attendance) = state.users.get_mut(&user) else {
            return Ok(());
        };
        let Some(position) = attendance.leases.iter().position(|(id, _)| *id == socket) else {
            return Ok(());
        };
        let (_, end) = attendance.leases.swap_remove(position);
        let here = Instant::now();
        attendance.ended = attendance.ended.max(end.min(here));
        if end > here {
            attendance.last_seen = attendance.last_seen.max(now);
        }
        if attendance.leases.is_empty() {
            attendance.leases = Vec::new();
            let offline_at = attendance.offline_at(self.grace);
            state.look_at.push(Reverse((offline_at, user)));
        }
        Ok(())
    }

    async fn departed(&self) -> Result<Vec<PresenceStatus>, StoreError> {
        let (mut state, now, mut gone) = (self.lock(), Instant::now(), Vec::new());
        while let Some(Reverse((due, user))) = state.look_at.peek().copied()
            && due <= now
        {
            state.look_at.pop();
            let Some(attendance) = state.users.get_mut(&user) else { continue };
            if !attendance.unreported {
                continue;
            }
            let offline_at = attendance.offline_at(self.grace);
            if offline_at <= now {
                attendance.unreported = false;
                attendance.leases = Vec::new();
                gone.push(self.status(&state, user, now));
            } else {
                state.look_at.push(Reverse((offline_at, user)));
            }
        }
        Ok(gone)
    }

    async fn status(&self, users: &[UserId]) -> Result<Vec<PresenceStatus>, StoreError> {
        let (state, now) = (self.lock(), Instant::now());
        Ok(users.iter().map(|user| self.status(&state, *user, now)).collect())
    }
}
