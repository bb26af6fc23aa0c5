use async_trait::async_trait;

use super::StoreError;
use crate::{conversation::PresenceStatus, id::UserId, time::Timestamp};

/// A socket, unique over all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u128);

/// Presence over all nodes. A socket holds a lease, which ends by itself unless it is renewed; a user is online while one lease holds and for a grace after the
/// last one, so that reloading a page does not show the user as offline. State is recomputed, never toggled.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Registers an open socket. True if the user was offline before.
    async fn join(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<bool, StoreError>;

    /// Renews the leases of these sockets.
    async fn renew(&self, sockets: &[(UserId, SocketId)], now: Timestamp) -> Result<(), StoreError>;

    /// Removes a closed socket.
    async fn leave(&self, user: UserId, socket: SocketId, now: Timestamp) -> Result<(), StoreError>;

    /// The users who went offline since the last call, over all nodes: each is returned once, to one node. An adapter that was cut off from the others also
    /// returns the users of this node who came online meanwhile, which [`Presence::join`] could not know.
    async fn departed(&self, now: Timestamp) -> Result<Vec<PresenceStatus>, StoreError>;

    /// Notes that the first user of each pair watches the second, for as long as a lease lasts; repeating it prolongs it.
    async fn watch(&self, pairs: &[(UserId, UserId)]) -> Result<(), StoreError>;

    /// The users who watch this one, in no order.
    async fn watchers(&self, of: UserId) -> Result<Vec<UserId>, StoreError>;

    /// The presence of these users, in the order of the ids.
    async fn status(&self, users: &[UserId]) -> Result<Vec<PresenceStatus>, StoreError>;
}
