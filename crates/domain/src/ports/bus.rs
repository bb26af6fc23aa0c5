use std::collections::HashSet;

use async_trait::async_trait;
use futures_core::future::BoxFuture;

use crate::{event::Event, id::UserId};

/// Publishes events to the sockets of the people they concern, on this node and on others.
///
/// Delivery is at most once: an event can be lost, and is never duplicated by the bus. A node that was subscribed to a recipient of a lost event of a stored
/// change is told so by a [`Gap`]. Events that one node publishes to one user arrive in the order in which it published them; others may interleave in any order.
pub trait Bus: Send + Sync {
    /// Publishes the event. Never waits and cannot fail the act that caused the event.
    fn publish(&self, event: Event);

    /// Tells all nodes, this one included, that these users may have missed an event of a stored change: they have a [`Gap`]. Never waits.
    fn missed(&self, gap: Gap);
}

/// Receives the events for the users who have sockets on this node. A node has one subscriber.
#[async_trait]
pub trait Subscriber: Send + Sync {
    /// The measurement of an event on its way from the publisher to a socket. The domain does not look into it.
    type Trace: Send;

    /// Asks for the events of a user; repeating it is harmless. The request is made by the call itself; the future only waits until it takes effect.
    ///
    /// When the future has ended, every event that is published to the user is received, or a [`Gap`] will name the user. It ends within a second also
    /// while other nodes cannot be reached; in that case the gap comes when they can be reached again.
    fn subscribe(&self, user: UserId) -> BoxFuture<'_, ()>;

    /// Ends a subscription. Some events of the user may still be received.
    fn unsubscribe(&self, user: UserId);

    /// Waits until there is an event or a gap, and takes at most `most` events. Only one task may call it at a time.
    async fn next(&self, most: usize) -> Batch<Self::Trace>;
}

/// The events that a subscriber has received, and the gaps between them.
#[derive(Debug)]
pub struct Batch<T> {
    /// The users who missed events. The changes behind these events are durable already, so `resync` may be sent before `events`.
    pub gap: Gap,
    /// The events, in the order in which they were received.
    pub events: Vec<Received<T>>,
}

/// An event, as a node receives it.
#[derive(Clone, Debug)]
pub struct Received<T> {
    /// The event. It may have come once for all recipients on this node, or once for each of them; `to` may name users without a socket here.
    pub event: Event,
    /// How its delivery is measured.
    pub trace: T,
}

/// The users whose sockets may have missed events of stored changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// No user has a gap.
    #[default]
    Nobody,
    /// These users have a gap.
    Users(HashSet<UserId>),
    /// The bus was interrupted, or too many users have a gap to name them.
    Everybody,
}

impl Gap {
    /// With more users than this, naming them costs more than sending `resync` to everybody.
    pub const MAX_NAMED: usize = 1024;

    /// Adds users who missed an event.
    pub fn add(&mut self, users: impl IntoIterator<Item = UserId>) {
        match self {
            Self::Nobody => *self = Self::Users(users.into_iter().collect()),
            Self::Users(known) => known.extend(users),
            Self::Everybody => return,
        }
        match self {
            Self::Users(known) if known.len() > Self::MAX_NAMED => *self = Self::Everybody,
            Self::Users(known) if known.is_empty() => *self = Self::Nobody,
            _ => {}
        }
    }

    /// Adds the users of another gap.
    pub fn merge(&mut self, other: Self) {
        match other {
            Self::Nobody => {}
            Self::Users(users) => self.add(users),
            Self::Everybody => *self = Self::Everybody,
        }
    }

    /// Whether the user has a gap.
    pub fn includes(&self, user: UserId) -> bool {
        match self {
            Self::Nobody => false,
            Self::Users(users) => users.contains(&user),
            Self::Everybody => true,
        }
    }
}
