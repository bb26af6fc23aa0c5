use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use domain::{id::UserId, ports::SocketId};
use tokio::time::Instant;

use super::Node;
use crate::timings::LATE;

/// The shortest time between two checks of typing, however many people type.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

/// The opening or closing of a socket, for the task of this module.
#[derive(Debug)]
pub(super) enum SocketEvent {
    /// The first socket of a user on all nodes was opened.
    Came { user: UserId, username: String },
    Left {
        user: UserId,
        socket: SocketId,
        /// Whether it was the last socket of the user on this node.
        was_last: bool,
    },
}

/// The one timer of this node for typing and presence. This task alone announces who is online, one event after another, each with the state at the time
/// of its announcement; so the last event about a user is the true one.
pub(super) async fn run(node: Arc<Node>) {
    let poll = node.timings.departure_poll();
    let mut next_poll = Instant::now() + poll;
    loop {
        let due = node.typing().due().map_or(next_poll, |due| due.min(next_poll));
        tokio::select! {
            () = tokio::time::sleep_until(due.max(Instant::now() + LEAST_PAUSE)) => {}
            () = node.stirred.notified() => {}
        }
        let relays = node.typing().tick(Instant::now());
        node.publish(relays);
        node.topics.unsubscribe(&*node.subscriber, &node.registry, Instant::now());
        node.see_to_news().await;
        if Instant::now() >= next_poll {
            if Instant::now() >= next_poll + LATE {
                // The process itself was stopped: the leases of open sockets may have run out, though their users are online.
                node.renew_leases().await;
            }
            next_poll = Instant::now() + poll;
            node.announce_departed().await;
        }
    }
}

impl Node {
    async fn see_to_news(&self) {
        let socket_events = std::mem::take(&mut *self.socket_events.lock().unwrap_or_else(PoisonError::into_inner));
        for item in socket_events {
            match item {
                SocketEvent::Came { user, username } => self.announce(user, Some(username)).await,
                SocketEvent::Left { user, socket, was_last } => self.see_off(user, socket, was_last).await,
            }
        }
    }

    async fn see_off(&self, user: UserId, socket: SocketId, was_last: bool) {
        if was_last && !self.registry.has(user) {
            self.topics.left(user, Instant::now());
            let relays = self.typing().gone(user, Instant::now());
            self.publish(relays);
        }
        if let Err(error) = self.messaging.sign_out(user, socket).await {
            tracing::warn!(error = %error, user.id = %user, "a closed socket could not be signed off; its lease will end by itself");
        }
    }

    async fn announce_departed(&self) {
        match self.messaging.departed().await {
            Ok(departed) => {
                for user in departed {
                    self.announce(user, None).await;
                }
            }
            Err(error) => tracing::warn!(error = %error, "could not ask who has departed"),
        }
    }

    async fn announce(&self, user: UserId, username: Option<String>) {
        if let Err(error) = self.messaging.announce_presence(user, username).await {
            tracing::warn!(error = %error, user.id = %user, "presence could not be announced");
        }
    }
}
