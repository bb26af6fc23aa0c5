use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use domain::{
    conversation::PresenceStatus,
    event::{Body, Event},
    id::UserId,
    messaging::Error,
    ports::SocketId,
};
use tokio::time::Instant;

use super::Node;

/// Typing is looked at so often at most, however many type.
const LEAST_PAUSE: Duration = Duration::from_millis(20);

/// What the task of this module has to see to.
#[derive(Debug)]
pub(super) enum News {
    /// The first socket of a user, over all nodes.
    Came { user: UserId, username: String },
    /// A socket closed.
    Left {
        user: UserId,
        socket: SocketId,
        /// Was it the user's last on this node?
        was_last: bool,
    },
}

/// The one timer of this node for typing and presence. Comings and goings are announced by this task alone, one after another, each as it stands when
/// its turn comes; so the last word about a user is the true one.
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
        node.see_to_news().await;
        if Instant::now() >= next_poll {
            next_poll = Instant::now() + poll;
            node.announce_departed().await;
        }
    }
}

impl Node {
    async fn see_to_news(&self) {
        let news = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        for item in news {
            match item {
                News::Came { user, username } => self.announce(user, Some(username)).await,
                News::Left { user, socket, was_last } => self.see_off(user, socket, was_last).await,
            }
        }
    }

    async fn see_off(&self, user: UserId, socket: SocketId, was_last: bool) {
        if was_last && !self.registry.has(user) {
            let relays = self.typing().gone(user, Instant::now());
            self.publish(relays);
        }
        let presence = &self.messaging.presence;
        if let Err(error) = presence.leave(user, socket, self.messaging.clock.now()).await {
            tracing::warn!(error = %error, user.id = %user, "a closed socket could not be signed off; its lease will end by itself");
        }
    }

    async fn announce_departed(&self) {
        match self.messaging.presence.departed().await {
            Ok(departed) => {
                for status in departed {
                    self.announce(status.user, None).await;
                }
            }
            Err(error) => tracing::warn!(error = %error, "could not ask who has departed"),
        }
    }

    async fn announce(&self, user: UserId, username: Option<String>) {
        if let Err(error) = self.try_to_announce(user, username).await {
            tracing::warn!(error = %error, user.id = %user, "presence could not be announced");
        }
    }

    /// Tells those counterparts who are online themselves how the user stands now.
    async fn try_to_announce(&self, user: UserId, username: Option<String>) -> Result<(), Error> {
        let username = match username {
            Some(username) => username,
            None => match self.messaging.directory.person(user).await? {
                Some(person) => person.username,
                None => return Ok(()),
            },
        };
        let mut asked = self.messaging.counterparts(user).await?;
        asked.push(user);
        let mut statuses = self.messaging.presence.status(&asked).await?;
        let Some(status) = statuses.pop() else { return Ok(()) };
        let to = online(&statuses);
        if !to.is_empty() {
            self.messaging.bus.publish(Event {
                to,
                body: Body::Presence { status, username },
            });
        }
        Ok(())
    }
}

fn online(statuses: &[PresenceStatus]) -> Vec<UserId> {
    statuses.iter().filter(|status| status.online).map(|status| status.user).collect()
}
