use async_trait::async_trait;

use super::StoreError;
use crate::{conversation::PresenceStatus, id::UserId, time::Timestamp};

/// A socket, unique over all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u128);

/// Who is here. A socket holds a lease, which ends by itself unless it is renewed; a user is online while one lease holds and for a grace after the last
/// one, so that a page that is reloaded does not blink. State is recomputed, never toggled.
#[async_trait]
pub trait Presence: Send + Sync {
    /// A socket opened. True if the user was offline before.
    async fn join(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<bool, StoreError>;

    /// These sockets are still open.
    async fn renew(&self, sockets: &[(UserId, SocketId)], now: Timestamp) -> Result<(), StoreError>;

    /// A socket closed.
    async fn leave(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<(), StoreError>;

    /// The users who went offline since the last call, over all nodes: each is reported once, to one node.
    async fn departed(&self) -> Result<Vec<PresenceStatus>, StoreError>;

    /// How these users stand, in the order asked for.
    async fn status(&self, users: &[UserId]) -> Result<Vec<PresenceStatus>, StoreError>;
}
