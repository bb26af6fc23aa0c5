use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    conversation::PresenceStatus,
    id::UserId,
    ports::{Clock, Presence, SocketId, StoreError},
    testing::fakes::FixedClock,
    time::Timestamp,
};

/// Presence by a fixed clock, with leases of 30 seconds and a grace of 5.
#[derive(Clone, Debug, Default)]
pub struct FakePresence {
    clock: FixedClock,
    users: Arc<Mutex<BTreeMap<UserId, Attendance>>>,
    /// When it ends that the first watches the second.
    watching: Arc<Mutex<BTreeMap<(UserId, UserId), Timestamp>>>,
}

/// The state of a user who was online at least once.
#[derive(Debug, Default)]
struct Attendance {
    /// The end of the lease of each open socket.
    leases: BTreeMap<SocketId, Timestamp>,
    /// The last time at which a socket was known to be open.
    last_seen: Option<Timestamp>,
    /// The time at which the newest lease ended or will end.
    last_end: Option<Timestamp>,
    /// Whether the user came online and no departure was reported since.
    unreported: bool,
}

impl Attendance {
    fn hold(&mut self, socket: SocketId, now: Timestamp) {
        let end = now.plus_seconds(FakePresence::LEASE_SECONDS);
        self.leases.insert(socket, end);
        self.last_end = self.last_end.max(Some(end));
        self.last_seen = Some(now);
        self.unreported = true;
    }

    fn drop_lapsed(&mut self, now: Timestamp) {
        self.leases.retain(|_, end| *end > now);
    }

    fn is_online(&self, now: Timestamp) -> bool {
        let within_grace = self.last_end.is_some_and(|end| now < end.plus_seconds(FakePresence::GRACE_SECONDS));
        self.leases.values().any(|end| *end > now) || within_grace
    }

    fn status(&self, user: UserId, now: Timestamp) -> PresenceStatus {
        PresenceStatus {
            user,
            online: self.is_online(now),
            last_seen: self.last_seen,
        }
    }
}

impl FakePresence {
    /// The seconds for which a socket counts as open without being renewed.
    pub const LEASE_SECONDS: i64 = 30;
    /// The seconds for which a user stays online after the last lease.
    pub const GRACE_SECONDS: i64 = 5;

    /// Presence dated by this clock, without any sockets.
    pub fn new(clock: FixedClock) -> Self {
        Self {
            clock,
            users: Arc::default(),
            watching: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<UserId, Attendance>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Presence for FakePresence {
    async fn join(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<bool, StoreError> {
        let mut users = self.lock();
        let attendance = users.entry(user).or_default();
        let was_online = attendance.is_online(now);
        attendance.hold(socket, now);
        Ok(!was_online)
    }

    async fn renew(&self, sockets: &[(UserId, SocketId)], now: Timestamp) -> Result<(), StoreError> {
        let mut users = self.lock();
        for (user, socket) in sockets {
            users.entry(*user).or_default().hold(*socket, now);
        }
        Ok(())
    }

    async fn leave(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<(), StoreError> {
        let mut users = self.lock();
        let Some(attendance) = users.get_mut(&user) else { return Ok(()) };
        attendance.drop_lapsed(now);
        if attendance.leases.remove(&socket).is_some() {
            attendance.last_seen = Some(now);
            attendance.last_end = attendance.leases.values().max().copied().or(Some(now));
        }
        Ok(())
    }

    async fn departed(&self, _: Timestamp) -> Result<Vec<PresenceStatus>, StoreError> {
        let now = self.clock.now();
        let mut gone = Vec::new();
        for (user, attendance) in self.lock().iter_mut() {
            if attendance.unreported && !attendance.is_online(now) {
                attendance.unreported = false;
                gone.push(attendance.status(*user, now));
            }
        }
        Ok(gone)
    }

    async fn watch(&self, pairs: &[(UserId, UserId)]) -> Result<(), StoreError> {
        let until = self.clock.now().plus_seconds(Self::LEASE_SECONDS);
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        watching.extend(pairs.iter().map(|pair| (*pair, until)));
        Ok(())
    }

    async fn watchers(&self, of: UserId) -> Result<Vec<UserId>, StoreError> {
        let now = self.clock.now();
        let watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        let watchers = watching.iter().filter(|((_, watched), until)| *watched == of && **until > now);
        Ok(watchers.map(|((watcher, _), _)| *watcher).collect())
    }

    async fn status(&self, users: &[UserId]) -> Result<Vec<PresenceStatus>, StoreError> {
        let now = self.clock.now();
        let known = self.lock();
        let never_online = |user| PresenceStatus {
            user,
            online: false,
            last_seen: None,
        };
        Ok(users
            .iter()
            .map(|user| {
                known
                    .get(user)
                    .map_or_else(|| never_online(*user), |attendance| attendance.status(*user, now))
            })
            .collect())
    }
}
