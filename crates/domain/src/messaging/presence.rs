use super::{Error, Messaging};
use crate::{
    conversation::PresenceStatus,
    event::{Body, Event},
    id::{ConversationId, UserId},
    people::Person,
    ports::SocketId,
};

impl Messaging {
    /// Signs a socket in. True if it is the user's first, over all nodes: then the caller must publish the presence ([`Self::announce_presence`]).
    pub async fn sign_in(&self, user: UserId, socket: SocketId) -> Result<bool, Error> {
        Ok(self.ports.presence.join(user, socket, self.now()).await?)
    }

    /// Signs a socket out. Others learn of it when the grace has passed ([`Self::departed`]).
    pub async fn sign_out(&self, user: UserId, socket: SocketId) -> Result<(), Error> {
        Ok(self.ports.presence.leave(user, socket, self.now()).await?)
    }

    /// Renews the leases of these open sockets.
    pub async fn renew_presence(&self, sockets: &[(UserId, SocketId)]) -> Result<(), Error> {
        Ok(self.ports.presence.renew(sockets, self.now()).await?)
    }

    /// The users whose presence changed by itself since the last call, mostly because their grace has passed: it must be published.
    pub async fn departed(&self) -> Result<Vec<UserId>, Error> {
        let departed = self.ports.presence.departed(self.now()).await?;
        Ok(departed.into_iter().map(|status| status.user).collect())
    }

    /// The users among these who are online, by id.
    pub async fn online_among(&self, users: &[UserId]) -> Result<Vec<UserId>, Error> {
        let mut online = online(&self.ports.presence.status(users).await?);
        online.sort_unstable();
        Ok(online)
    }

    /// Notes that a participant looks at a conversation with these others, and so is told their presence for a while, however old the conversation is.
    pub async fn watch_presence(&self, pairs: &[(UserId, UserId)]) -> Result<(), Error> {
        Ok(self.ports.presence.watch(pairs).await?)
    }

    /// Publishes the user's presence to those counterparts who are online, and to those who look at a conversation with the user. The username is looked up unless the caller knows it.
    pub async fn announce_presence(&self, user: UserId, username: Option<String>) -> Result<(), Error> {
        let username = match username {
            Some(username) => username,
            None => match self.ports.directory.person(user).await? {
                Some(person) => person.username,
                None => return Ok(()),
            },
        };
        let mut asked = self.counterparts(user).await?;
        asked.push(user);
        let mut statuses = self.ports.presence.status(&asked).await?;
        let Some(status) = statuses.pop() else { return Ok(()) };
        let mut to = online(&statuses);
        let watchers = self.ports.presence.watchers(user).await?.into_iter();
        to.extend(watchers.filter(|watcher| !asked.contains(watcher)));
        if !to.is_empty() {
            self.ports.bus.publish(Event {
                to,
                body: Body::Presence { status, username },
            });
        }
        Ok(())
    }

    /// Publishes that a participant started or stopped typing on this node: to these other participants, and to other nodes with sockets of the typist.
    pub fn announce_typing(&self, typist: &Person, others: &[UserId], conversation: ConversationId, is_typing: bool, node: u64) {
        self.ports.bus.publish(Event {
            to: others.iter().copied().chain([typist.id]).collect(),
            body: Body::Typing {
                conversation,
                user: typist.id,
                username: typist.username.clone(),
                is_typing,
                node,
            },
        });
    }
}

fn online(statuses: &[PresenceStatus]) -> Vec<UserId> {
    statuses.iter().filter(|status| status.online).map(|status| status.user).collect()
}
