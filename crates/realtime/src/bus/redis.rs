//! The bus of several nodes, by Redis. A user's topic is a channel; a node listens to those of the users who have a socket here.
//!
//! Events for this node do not take the way over Redis, so that local sockets are served while Redis is away. For other nodes an event is published to the
//! channel of each recipient: `outgoing` sends, `subscription` receives, `wire` is the text between them. `nodes` notices a node that ends without having sent
//! everything.

mod nodes;
mod outgoing;
mod subscription;
mod wire;

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use domain::{
    event::Event,
    id::UserId,
    ports::{Batch, Bus, Clock, Gap, Subscriber},
};
use futures_core::future::BoxFuture;
use tokio::{sync::watch, task::JoinHandle};

use super::{
    MemoryBus, Traced,
    queue::{DeliveryTrace, EventSink, EventSource, Losable, queue},
};
use crate::{measure, redis::RedisLink, timings::Timings};
use nodes::NodeLease;
use outgoing::Outgoing;
use subscription::Topics;
use wire::{Decoded, Unreadable};

/// Publishes to this node and to all others.
pub struct RedisBus {
    local: EventSink<Queued>,
    outgoing: Arc<Outgoing>,
    lease: Arc<NodeLease>,
}

/// Receives the events of this node and of all others.
pub struct RedisSubscriber {
    source: EventSource<Queued>,
    sink: EventSink<Queued>,
    topics: Arc<Topics>,
    clock: Arc<dyn Clock>,
    is_subscribed: watch::Receiver<bool>,
}

/// An event that waits for the hub.
enum Queued {
    /// Published on this node.
    Local(Traced),
    /// Of another node, for one user. It is decoded when it is taken out.
    Remote { user: UserId, payload: Vec<u8> },
}

impl Losable for Queued {
    fn missed_by(self) -> Vec<UserId> {
        match self {
            Self::Local(received) => received.missed_by(),
            Self::Remote { user, payload } if wire::is_stored(&payload) => vec![user],
            Self::Remote { .. } => Vec::new(),
        }
    }
}

/// Puts a node on the bus. `node` is the number that tells its events from those of others; `clock` measures how long events are on their way; the lease of
/// the node is one of the `timings`. The tasks run until they are aborted.
pub fn redis_bus(
    link: Arc<RedisLink>,
    node: u64,
    clock: Arc<dyn Clock>,
    timings: &Timings,
) -> (RedisBus, RedisSubscriber, Vec<JoinHandle<()>>) {
    let (sink, source) = queue(MemoryBus::CAPACITY);
    let outgoing = Arc::new(Outgoing::new(node, clock.clone()));
    let topics = Arc::new(Topics::default());
    let lease = Arc::new(NodeLease::new(link.clone(), node, timings));
    let (state, is_subscribed) = watch::channel(false);
    let tasks = vec![
        tokio::spawn(outgoing.clone().run(link.clone())),
        tokio::spawn(lease.clone().run(sink.clone())),
        tokio::spawn(subscription::run(link, node, topics.clone(), sink.clone(), state)),
    ];
    let bus = RedisBus {
        local: sink.clone(),
        outgoing,
        lease,
    };
    let subscriber = RedisSubscriber {
        source,
        sink,
        topics,
        clock,
        is_subscribed,
    };
    (bus, subscriber, tasks)
}

impl RedisBus {
    /// Takes the node off the bus, once everything that it published is sent. Until then it is as if it was lost: the sockets of the other nodes get `resync`
    /// when its lease ends. Nothing may be published afterwards. The caller has to bound the time.
    pub async fn leave(&self) {
        self.lease.leave(&self.outgoing).await;
    }
}

impl Bus for RedisBus {
    fn publish(&self, event: Event) {
        metrics::counter!("suhbat_events_published_total").increment(1);
        let trace = DeliveryTrace::of(&event);
        self.outgoing.push(event.clone());
        self.local.push(Queued::Local(Traced { event, trace }));
    }

    fn missed(&self, gap: Gap) {
        self.outgoing.lose(gap.clone());
        self.local.interrupted(gap);
    }
}

impl RedisSubscriber {
    /// Whether events of other nodes are received now; for health checks.
    pub fn is_subscribed(&self) -> watch::Receiver<bool> {
        self.is_subscribed.clone()
    }

    fn decode(&self, queued: Vec<Queued>) -> Vec<Traced> {
        let mut events: Vec<Traced> = Vec::with_capacity(queued.len());
        // The copies of an event for several users of this node follow each other, or nearly: they become one event again, which is rendered once.
        let mut last: Option<(wire::EventId, usize)> = None;
        for queued in queued {
            let (user, payload) = match queued {
                Queued::Local(received) => {
                    events.push(received);
                    continue;
                }
                Queued::Remote { user, payload } => (user, payload),
            };
            let id = wire::id(&payload);
            if let (Some(id), Some((known, place))) = (id, last)
                && id == known
                && let Some(received) = events.get_mut(place)
            {
                received.event.to.push(user);
                continue;
            }
            match wire::decode(&payload) {
                Ok(Decoded { id, published_at, body }) => {
                    let event = Event { to: vec![user], body };
                    let on_the_way = u64::try_from(self.clock.now().0.saturating_sub(published_at.0)).unwrap_or(0);
                    // Clocks of machines differ; nothing is on its way for a minute.
                    let on_the_way = std::time::Duration::from_micros(on_the_way.min(60_000_000));
                    let now = Instant::now();
                    let trace = DeliveryTrace::since(&event, now.checked_sub(on_the_way).unwrap_or(now));
                    last = Some((id, events.len()));
                    events.push(Traced { event, trace });
                }
                Err(Unreadable) => self.unreadable(user),
            }
        }
        events
    }

    /// A node of another version publishes what this one cannot read. The client asks for the change, and gets it in the words of this version.
    fn unreadable(&self, user: UserId) {
        metrics::counter!(measure::BUS_UNREADABLE_TOTAL).increment(1);
        tracing::warn!(
            "an event of another node cannot be read; nodes of different versions run together, and its recipients are told to ask for changes"
        );
        self.sink.interrupted(Gap::Users([user].into()));
    }
}

#[async_trait]
impl Subscriber for RedisSubscriber {
    type Trace = DeliveryTrace;

    fn subscribe(&self, user: UserId) -> BoxFuture<'_, ()> {
        self.topics.subscribe(user)
    }

    fn unsubscribe(&self, user: UserId) {
        self.topics.unsubscribe(user);
    }

    async fn next(&self, most: usize) -> Batch<DeliveryTrace> {
        let (gap, queued) = self.source.next(most).await;
        Batch {
            gap,
            events: self.decode(queued),
        }
    }
}
