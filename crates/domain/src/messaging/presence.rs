use super::{Error, Membership, Messaging};
use crate::{
    conversation::PresenceStatus,
    event::{Body, Event},
    id::{ConversationId, UserId},
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

    /// Publishes the user's presence to those counterparts who are online. The username is looked up unless the caller knows it.
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
        let to = online(&statuses);
        if !to.is_empty() {
            self.ports.bus.publish(Event {
                to,
                body: Body::Presence { status, username },
            });
        }
        Ok(())
    }

    /// Publishes to the other participants that a participant started or stopped typing.
    pub fn announce_typing(&self, typist: &Membership, conversation: ConversationId, is_typing: bool) {
        self.ports.bus.publish(Event {
            to: typist.others.clone(),
            body: Body::Typing {
                conversation,
                user: typist.person.id,
                username: typist.person.username.clone(),
                is_typing,
            },
        });
    }
}

fn online(statuses: &[PresenceStatus]) -> Vec<UserId> {
    statuses.iter().filter(|status| status.online).map(|status| status.user).collect()
}
