//! The subscriptions of this node: it receives the events of a user from before the first socket is open until some time after the last one has closed.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::id::UserId;
use futures_core::future::BoxFuture;
use tokio::time::Instant;

use super::registry::Registry;
use crate::bus::Events;

/// How long a subscription outlives the last socket, so that reloading a page costs none.
const LINGER: Duration = Duration::from_secs(10);

/// The users without a socket whose subscriptions end soon.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// In the order of time. While it is locked, the subscriptions of this node do not change: a user may return at any moment.
    leaving: Mutex<VecDeque<(Instant, UserId)>>,
}

impl Topics {
    /// Asks for the events of a user who has a socket in the registry already. The future waits until they are received.
    pub(super) fn subscribe<'s>(&self, subscriber: &'s Events, user: UserId) -> BoxFuture<'s, ()> {
        let _leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        subscriber.subscribe(user)
    }

    /// Notes that the last socket of a user has closed.
    pub(super) fn left(&self, user: UserId, now: Instant) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.push_back((now + LINGER, user));
    }

    /// Ends the subscriptions of users who left and did not return.
    pub(super) fn unsubscribe(&self, subscriber: &Events, registry: &Registry, now: Instant) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((_, user)) = leaving.pop_front_if(|(due, _)| *due <= now) {
            if !registry.has(user) {
                subscriber.unsubscribe(user);
            }
        }
    }
}
