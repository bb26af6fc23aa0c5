use std::sync::Arc;

use domain::{denial::Denial, id::UserId, messaging, ports::StoreError};
use protocol::close::CloseCode;

use super::{Hub, presence::SocketEvent, registry::Socket};
use crate::{
    outbox::Outbox,
    session::{Scope, Welcome},
};

/// Why a socket was refused.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The socket is not allowed: the close code is the contract's.
    #[error("refused with close code {}", .0.number())]
    Refused(CloseCode),
    /// The account or the membership could not be loaded.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl JoinError {
    /// The code with which the socket is closed.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            Self::Refused(code) => *code,
            Self::Store(_) => CloseCode::Internal,
        }
    }
}

impl From<messaging::Error> for JoinError {
    fn from(error: messaging::Error) -> Self {
        match error {
            messaging::Error::Denied(Denial::ConversationNotFound) => Self::Refused(CloseCode::ConversationNotFound),
            messaging::Error::Denied(Denial::AccountInactive) => Self::Refused(CloseCode::NotAuthenticated),
            // Joining is bounded by the number of sockets, asks no limiter and touches no file.
            messaging::Error::Denied(_) | messaging::Error::RateLimited { .. } | messaging::Error::Files(_) => {
                Self::Refused(CloseCode::Internal)
            }
            messaging::Error::Store(error) => Self::Store(error),
        }
    }
}

/// The pairs of a user who watches these others.
pub(crate) fn watching(user: UserId, others: &[UserId]) -> Vec<(UserId, UserId)> {
    others.iter().map(|other| (user, *other)).collect()
}

/// A registered socket. Dropping the handle removes the socket from the hub.
#[derive(Debug)]
pub struct SocketHandle {
    hub: Hub,
    socket: Arc<Socket>,
}

impl SocketHandle {
    pub(super) const fn new(hub: Hub, socket: Arc<Socket>) -> Self {
        Self { hub, socket }
    }

    /// The frames that wait to be written to this socket.
    pub fn outbox(&self) -> &Outbox {
        &self.socket.outbox
    }

    /// Loads the content of `ready`. The socket receives events already, so no event is lost in between.
    pub async fn join(&self) -> Result<Welcome, JoinError> {
        let (messaging, user) = (&self.hub.node.messaging, self.socket.user);
        let (username, last_seq, others) = match self.socket.scope {
            Scope::One(conversation) => {
                let membership = messaging.membership(user, conversation).await?;
                // Only `join` sets the participants; a second call for the same socket keeps those of the first.
                let _ = self.socket.others.set(membership.others.clone().into_boxed_slice());
                messaging.watch_presence(&watching(user, &membership.others)).await?;
                (membership.person.username, Some(membership.last_seq), membership.others)
            }
            Scope::All => {
                let actor = messaging.actor(user).await?;
                (actor.person().username.clone(), None, messaging.counterparts(user).await?)
            }
        };
        let now = messaging.now();
        if messaging.sign_in(user, self.socket.id).await? {
            self.hub.node.tell(SocketEvent::Came { user, username });
        }
        Ok(Welcome {
            last_seq,
            online: messaging.online_among(&others).await?,
            server_time: now,
        })
    }

    /// The user whose token or ticket opened the socket.
    pub fn user(&self) -> UserId {
        self.socket.user
    }

    /// The conversations whose events the socket receives.
    pub fn scope(&self) -> Scope {
        self.socket.scope
    }

    /// The hub in which the socket is registered.
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }
}

impl Drop for SocketHandle {
    fn drop(&mut self) {
        let was_last = self.hub.node.registry.remove(&self.socket);
        self.hub.node.tell(SocketEvent::Left {
            user: self.socket.user,
            socket: self.socket.id,
            was_last,
        });
    }
}
