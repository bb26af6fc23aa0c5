use std::sync::Arc;

use domain::{denial::Denial, id::UserId, messaging, ports::StoreError};

use super::{Hub, attendance::News, registry::Socket};
use crate::{
    close::CloseCode,
    measure::{UseCase, observed},
    outbox::Outbox,
    session::{Asked, Outcome, Scope, Welcome},
};

/// Why a socket was not let in.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// As the contract says.
    #[error("refused with close code {}", .0.number())]
    Refused(CloseCode),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl JoinError {
    /// How the socket is closed.
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
            messaging::Error::AccountInactive => Self::Refused(CloseCode::NotAuthenticated),
            // Joining is bounded by the number of sockets, asks no limiter and touches no file.
            messaging::Error::Denied(_) | messaging::Error::RateLimited { .. } | messaging::Error::Files(_) => {
                Self::Refused(CloseCode::Internal)
            }
            messaging::Error::Store(error) => Self::Store(error),
        }
    }
}

/// A socket's place in the hub, given up when it is dropped.
#[derive(Debug)]
pub struct Seat {
    hub: Hub,
    socket: Arc<Socket>,
}

impl Seat {
    pub(super) const fn new(hub: Hub, socket: Arc<Socket>) -> Self {
        Self { hub, socket }
    }

    /// What waits to be written.
    pub fn outbox(&self) -> &Outbox {
        &self.socket.outbox
    }

    /// Loads what the first frame says. The seat hears of events already, so nothing falls between.
    pub async fn join(&self) -> Result<Welcome, JoinError> {
        let (messaging, user) = (&self.hub.node.messaging, self.socket.user);
        let (username, last_seq, others) = match self.socket.scope {
            Scope::One(conversation) => {
                let membership = observed(UseCase::Membership, messaging.membership(user, conversation)).await?;
                // Only this call sets it, so it is not set yet; a second join of the same seat keeps what the first one found.
                let _ = self.socket.others.set(membership.others.clone().into_boxed_slice());
                (membership.person.username, Some(membership.last_seq), membership.others)
            }
            Scope::All => {
                let person = messaging.actor(user).await?;
                (person.username, None, messaging.counterparts(user).await?)
            }
        };
        let now = messaging.clock.now();
        if messaging.presence.join(user, self.socket.id, now).await? {
            self.hub.node.tell(News::Came { user, username });
        }
        Ok(Welcome {
            last_seq,
            online: self.online(&others).await?,
            server_time: now,
        })
    }

    async fn online(&self, others: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let statuses = self.hub.node.messaging.presence.status(others).await?;
        let mut online: Vec<UserId> = statuses.iter().filter(|status| status.online).map(|status| status.user).collect();
        online.sort_unstable();
        Ok(online)
    }

    /// Performs what the session asks for. The future does not need the seat: what was asked for is done even if the socket closes meanwhile.
    pub fn perform(&self, asked: Asked) -> impl Future<Output = Outcome> + Send + use<> {
        let (hub, user) = (self.hub.clone(), self.socket.user);
        async move { crate::perform::perform(&hub, user, asked).await }
    }

    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.socket.user
    }

    /// Which conversations it is for.
    pub fn scope(&self) -> Scope {
        self.socket.scope
    }

    /// The hub that it is a place in.
    pub const fn hub(&self) -> &Hub {
        &self.hub
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let was_last = self.hub.node.registry.remove(&self.socket);
        self.hub.node.tell(News::Left {
            user: self.socket.user,
            socket: self.socket.id,
            was_last,
        });
    }
}
