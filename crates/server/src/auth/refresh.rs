//! Keeps a key set that can change up to date: now and then, and when a token names a key that is not in it.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior},
};

use super::keys::Keys;
use crate::config::AuthConfig;

/// The keys in force.
pub(super) type Current = Arc<RwLock<Arc<Keys>>>;

/// The intervals between two fetches of the keys.
#[derive(Clone, Copy, Debug)]
pub(super) struct RefreshInterval {
    /// Between two fetches, even if no token names an unknown key.
    pub(super) every: Duration,
    /// Minimum between two fetches, even if tokens name unknown keys: anybody can send a token with a made-up `kid`.
    pub(super) at_least: Duration,
}

impl Default for RefreshInterval {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(10),
            at_least: Duration::from_secs(30),
        }
    }
}

/// More would wait for the same answer anyway.
const MOST_WAITING: usize = 256;

/// Asks for fresh keys. The task behind it ends with it.
pub(super) struct Refresher {
    requests: mpsc::Sender<oneshot::Sender<()>>,
}

impl Refresher {
    pub(super) fn start(auth: AuthConfig, keys: Current, pace: RefreshInterval) -> Self {
        let (requests, asked) = mpsc::channel(MOST_WAITING);
        tokio::spawn(keep_fresh(auth, keys, pace, asked));
        Self { requests }
    }

    /// Returns when keys were read again, or when it is too soon for that.
    pub(super) async fn refreshed(&self) {
        let (done, wait) = oneshot::channel();
        if self.requests.try_send(done).is_ok() {
            // An error means that the runtime is stopping; there is nothing to wait for then.
            let _ = wait.await;
        }
    }

    /// Requests a refresh and does not wait for it.
    pub(super) fn request_refresh(&self) {
        // A full queue means that many have asked already.
        let _ = self.requests.try_send(oneshot::channel().0);
    }
}

async fn keep_fresh(auth: AuthConfig, keys: Current, pace: RefreshInterval, mut asked: mpsc::Receiver<oneshot::Sender<()>>) {
    let mut read_at = Instant::now();
    let mut ticks = tokio::time::interval_at(read_at + pace.every, pace.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut waiting = Vec::new();
        let due = tokio::select! {
            _ = ticks.tick() => true,
            requests = asked.recv_many(&mut waiting, MOST_WAITING) => {
                if requests == 0 {
                    return;
                }
                read_at.elapsed() >= pace.at_least
            }
        };
        if due {
            read(&auth, &keys).await;
            read_at = Instant::now();
        }
        for done in waiting {
            // The waiting request may have been dropped.
            let _ = done.send(());
        }
    }
}

/// A set that cannot be read leaves the old one in force; one that can be read is in force even if it is empty, since it lists the trusted keys.
async fn read(auth: &AuthConfig, keys: &Current) {
    match Keys::load(auth).await {
        Ok(fresh) => {
            if fresh.is_empty() {
                tracing::warn!("auth.jwks holds no key for {} any more: nobody can sign in", auth.algorithm);
            }
            *keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        }
        Err(error) => tracing::warn!(%error, "the key set could not be read again; the old one stays in force"),
    }
}
