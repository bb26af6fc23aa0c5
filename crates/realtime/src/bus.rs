//! How events get from the use cases to the sockets of this node.
//!
//! [`queue()`] makes the bounded queue into the hub. [`MemoryBus`] publishes straight into it.

mod queue;
mod redis;

use std::{future::ready, sync::Arc};

use async_trait::async_trait;
use domain::{
    event::Event,
    id::UserId,
    ports::{Batch, Bus, Gap, Received, Subscriber},
};
use futures_core::future::BoxFuture;

pub use queue::{DeliveryTrace, EventSink, EventSource, Losable, queue};
pub use redis::{RedisBus, RedisSubscriber, redis_bus};

/// An event on its way to the sockets of this node.
pub type Traced = Received<DeliveryTrace>;

/// Where a node receives the events for its sockets.
pub type Events = dyn Subscriber<Trace = DeliveryTrace>;

/// The bus of a service that runs as one process.
#[derive(Clone, Debug)]
pub struct MemoryBus {
    nodes: Arc<[EventSink<Traced>]>,
}

/// Receives all events of a [`MemoryBus`]: the hub ignores those without a socket.
#[derive(Debug)]
pub struct MemorySubscriber(EventSource<Traced>);

impl MemoryBus {
    /// The number of events that may wait by default: some seconds of a busy service.
    pub const CAPACITY: usize = 16_384;

    /// A bus of one node, and the source of its events.
    pub fn new(capacity: usize) -> (Self, MemorySubscriber) {
        let (bus, [subscriber]) = Self::of_nodes(capacity);
        (bus, subscriber)
    }

    /// A bus of several nodes in one process, for tests. Each has the events of all.
    pub fn of_nodes<const NODES: usize>(capacity: usize) -> (Self, [MemorySubscriber; NODES]) {
        let mut nodes = Vec::with_capacity(NODES);
        let subscribers = std::array::from_fn(|_| {
            let (sink, source) = queue(capacity);
            nodes.push(sink);
            MemorySubscriber(source)
        });
        (Self { nodes: nodes.into() }, subscribers)
    }
}

impl Bus for MemoryBus {
    fn publish(&self, event: Event) {
        metrics::counter!("suhbat_events_published_total").increment(1);
        let trace = DeliveryTrace::of(&event);
        if let Some((last, others)) = self.nodes.split_last() {
            for node in others {
                node.push(Traced {
                    event: event.clone(),
                    trace: trace.clone(),
                });
            }
            last.push(Traced { event, trace });
        }
    }

    fn missed(&self, gap: Gap) {
        for node in &*self.nodes {
            node.interrupted(gap.clone());
        }
    }
}

#[async_trait]
impl Subscriber for MemorySubscriber {
    type Trace = DeliveryTrace;

    fn subscribe(&self, _: UserId) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn unsubscribe(&self, _: UserId) {}

    async fn next(&self, most: usize) -> Batch<DeliveryTrace> {
        let (gap, events) = self.0.next(most).await;
        Batch { gap, events }
    }
}
