//! Presence over all nodes, in Redis. All times are those of Redis, so that the clocks of nodes do not matter.
//!
//! A user who was online in the last thirty days has one hash: the end of the lease of each open socket, the time at which the last of them closed, and when the
//! user was seen last. A sorted set has the users who are online, by the time at which to look whether they have gone. All these keys have one hash tag, so
//! that a script may change them together in a cluster too. A user who is watched has a sorted set of the watchers, by the time at which it ends.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use domain::{
    conversation::PresenceStatus,
    id::UserId,
    ports::{Presence, SocketId, StoreError},
    time::Timestamp,
};

use crate::{
    redis::{Away, RedisLink},
    timings::Timings,
};

/// A user is remembered, with the time when they were seen last, for this many milliseconds: thirty days.
const REMEMBERED_MS: u64 = 30 * 24 * 3600 * 1000;
/// If no node has asked for this many milliseconds who has gone, Redis was away: leases may have ended although their sockets are open.
const SILENCE_MS: u64 = 5_000;
/// For this many milliseconds after such a silence nobody goes, so that all nodes can renew their leases.
const PAUSE_MS: u64 = 10_000;
/// Users or sockets in one call of a script, so that others do not wait for long.
const AT_ONCE: usize = 250;
/// The most answers that are kept for the time when Redis is away.
const MOST_KNOWN: usize = 65_536;

/// Presence in Redis. While Redis is away, presence is frozen: a user with a socket on this node counts as online, others as they were when they were last asked
/// about, and nobody is reported as gone. When it is back, the leases of this node are renewed first.
pub struct RedisPresence {
    link: Arc<RedisLink>,
    lease_ms: u64,
    grace_ms: u64,
    scripts: Scripts,
    node: Mutex<Node>,
}

/// What this node knows by itself.
#[derive(Default)]
struct Node {
    sockets: HashMap<UserId, Vec<SocketId>>,
    /// The last answers of Redis.
    known: HashMap<UserId, PresenceStatus>,
    /// Users whose return was not reported by [`Presence::join`], because Redis was away or has forgotten them.
    returned: HashSet<UserId>,
    /// The name that Redis keeps as long as it forgets nothing.
    memory: Option<String>,
    must_renew: bool,
}

struct Scripts {
    hold: Script,
    leave: Script,
    departed: Script,
    status: Script,
    watch: Script,
    watchers: Script,
}

impl Scripts {
    fn new() -> Self {
        let script = |code: &str| Script::new(&[include_str!("common.lua"), code].concat());
        Self {
            hold: script(include_str!("hold.lua")),
            leave: script(include_str!("leave.lua")),
            departed: script(include_str!("departed.lua")),
            status: script(include_str!("status.lua")),
            watch: Script::new(include_str!("watch.lua")),
            watchers: Script::new(include_str!("watchers.lua")),
        }
    }
}

impl RedisPresence {
    /// Uses the lease and the grace of these timings.
    pub fn new(link: Arc<RedisLink>, timings: &Timings) -> Self {
        let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            link,
            lease_ms: millis(timings.lease()),
            grace_ms: millis(timings.grace),
            scripts: Scripts::new(),
            node: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Node> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{{presence}}{name}", self.link.prefix())
    }

    /// Adds or renews leases. Returns the users who were offline before.
    async fn hold(&self, sockets: &[(UserId, SocketId)], now: Timestamp) -> Result<Vec<UserId>, Away> {
        let mut came = Vec::new();
        for sockets in sockets.chunks(AT_ONCE) {
            let mut call = self.scripts.hold.key(self.key("due"));
            call.arg(self.key("user:"))
                .arg(self.grace_ms)
                .arg(REMEMBERED_MS)
                .arg(self.lease_ms)
                .arg(now.0);
            for (user, socket) in sockets {
                call.arg(user.0).arg(field(*socket));
            }
            let users: Vec<i64> = self
                .link
                .run("presence", async |mut connection| call.invoke_async(&mut connection).await)
                .await?;
            came.extend(users.into_iter().map(UserId));
        }
        Ok(came)
    }

    /// Renews the leases of this node after Redis was away or has forgotten them.
    async fn renew_all(&self, now: Timestamp) -> Result<(), Away> {
        let sockets: Vec<(UserId, SocketId)> = {
            let node = self.lock();
            let all = node.sockets.iter();
            all.flat_map(|(user, sockets)| sockets.iter().map(|socket| (*user, *socket)))
                .collect()
        };
        let came = self.hold(&sockets, now).await?;
        let mut node = self.lock();
        node.returned.extend(came);
        node.must_renew = false;
        Ok(())
    }

    /// The users who have gone, and the name of the memory of Redis.
    async fn ask_departed(&self) -> Result<(String, Vec<(i64, Option<i64>)>), Away> {
        let mut call = self.scripts.departed.key(self.key("due"));
        call.key(self.key("asked"))
            .key(self.key("memory"))
            .arg(self.key("user:"))
            .arg(self.grace_ms)
            .arg(REMEMBERED_MS)
            .arg(SILENCE_MS)
            .arg(PAUSE_MS)
            .arg(AT_ONCE)
            .arg(crate::redis::random_name());
        self.link
            .run("presence", async |mut connection| call.invoke_async(&mut connection).await)
            .await
    }
}

fn field(socket: SocketId) -> String {
    format!("l{:x}", socket.0)
}

impl Node {
    fn remember(&mut self, statuses: &[PresenceStatus]) {
        if self.known.len() + statuses.len() > MOST_KNOWN {
            self.known.clear();
        }
        self.known.extend(statuses.iter().map(|status| (status.user, *status)));
    }

    fn frozen(&self, user: UserId) -> PresenceStatus {
        let known = self.known.get(&user);
        PresenceStatus {
            user,
            online: self.sockets.contains_key(&user) || known.is_some_and(|known| known.online),
            last_seen: known.and_then(|known| known.last_seen),
        }
    }
}

#[async_trait]
impl Presence for RedisPresence {
    async fn join(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<bool, StoreError> {
        {
            let mut node = self.lock();
            let sockets = node.sockets.entry(user).or_default();
            if !sockets.contains(&socket) {
                sockets.push(socket);
            }
        }
        if let Ok(came) = self.hold(&[(user, socket)], now).await {
            return Ok(!came.is_empty());
        }
        self.lock().must_renew = true;
        Ok(false)
    }

    async fn renew(&self, sockets: &[(UserId, SocketId)], now: Timestamp) -> Result<(), StoreError> {
        match self.hold(sockets, now).await {
            Ok(came) => self.lock().returned.extend(came),
            Err(_) => self.lock().must_renew = true,
        }
        Ok(())
    }

    async fn leave(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<(), StoreError> {
        {
            let mut node = self.lock();
            if let Some(sockets) = node.sockets.get_mut(&user) {
                sockets.retain(|known| *known != socket);
                if sockets.is_empty() {
                    node.sockets.remove(&user);
                }
            }
        }
        let mut call = self.scripts.leave.key(self.key("due"));
        call.arg(self.key("user:"))
            .arg(self.grace_ms)
            .arg(REMEMBERED_MS)
            .arg(now.0)
            .arg(user.0)
            .arg(field(socket));
        // While Redis is away, the lease ends by itself.
        let _ = self
            .link
            .run("presence", async |mut connection| call.invoke_async::<()>(&mut connection).await)
            .await;
        Ok(())
    }

    async fn departed(&self, now: Timestamp) -> Result<Vec<PresenceStatus>, StoreError> {
        if self.lock().must_renew && self.renew_all(now).await.is_err() {
            return Ok(Vec::new());
        }
        let Ok((memory, gone)) = self.ask_departed().await else {
            self.lock().must_renew = true;
            return Ok(Vec::new());
        };
        let has_forgotten = {
            let mut node = self.lock();
            node.memory.replace(memory.clone()).is_some_and(|known| known != memory)
        };
        if has_forgotten && self.renew_all(now).await.is_err() {
            self.lock().must_renew = true;
        }
        let mut changed: Vec<PresenceStatus> = gone
            .into_iter()
            .map(|(user, last_seen)| PresenceStatus {
                user: UserId(user),
                online: false,
                last_seen: last_seen.map(Timestamp),
            })
            .collect();
        let mut node = self.lock();
        let returned = std::mem::take(&mut node.returned);
        changed.extend(
            returned
                .into_iter()
                .filter(|user| node.sockets.contains_key(user))
                .map(|user| PresenceStatus {
                    user,
                    online: true,
                    last_seen: None,
                }),
        );
        Ok(changed)
    }

    async fn watch(&self, pairs: &[(UserId, UserId)]) -> Result<(), StoreError> {
        for pairs in pairs.chunks(AT_ONCE) {
            let mut call = self.scripts.watch.key(self.key("due"));
            call.arg(self.key("watchers:")).arg(self.lease_ms);
            for (watcher, watched) in pairs {
                call.arg(watcher.0).arg(watched.0);
            }
            // While Redis is away, nobody is told anything, and sockets repeat it.
            let _ = self
                .link
                .run("presence", async |mut connection| call.invoke_async::<()>(&mut connection).await)
                .await;
        }
        Ok(())
    }

    async fn watchers(&self, of: UserId) -> Result<Vec<UserId>, StoreError> {
        let call = self.scripts.watchers.key(self.key(&format!("watchers:{of}")));
        let watchers: Result<Vec<i64>, Away> = self
            .link
            .run("presence", async |mut connection| call.invoke_async(&mut connection).await)
            .await;
        Ok(watchers.unwrap_or_default().into_iter().map(UserId).collect())
    }

    async fn status(&self, users: &[UserId]) -> Result<Vec<PresenceStatus>, StoreError> {
        let mut statuses = Vec::with_capacity(users.len());
        for users in users.chunks(AT_ONCE) {
            let mut call = self.scripts.status.key(self.key("due"));
            call.arg(self.key("user:")).arg(self.grace_ms).arg(REMEMBERED_MS);
            for user in users {
                call.arg(user.0);
            }
            let answer: Result<Vec<(bool, Option<i64>)>, Away> = self
                .link
                .run("presence", async |mut connection| call.invoke_async(&mut connection).await)
                .await;
            let mut node = self.lock();
            match answer {
                Ok(answers) if answers.len() == users.len() => {
                    let known = users.iter().zip(answers).map(|(user, (online, last_seen))| PresenceStatus {
                        user: *user,
                        online,
                        last_seen: last_seen.map(Timestamp),
                    });
                    let place = statuses.len();
                    statuses.extend(known);
                    node.remember(&statuses[place..]);
                }
                _ => statuses.extend(users.iter().map(|user| node.frozen(*user))),
            }
        }
        Ok(statuses)
    }
}
