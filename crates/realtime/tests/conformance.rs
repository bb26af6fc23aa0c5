//! The adapters of this crate keep the promises of their ports.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    ports::Presence,
    testing::{
        builders::at,
        conformance::{bus::BusNode, limiter::RATES, presence::PresenceFixture},
    },
    time::Timestamp,
};
use realtime::{
    bus::{MemoryBus, MemorySubscriber},
    limiter::MemoryLimiter,
    presence::MemoryPresence,
    tickets::MemoryTickets,
    timings::Timings,
};
use tokio::time::Instant;

/// Presence on the paused clock of the test runtime.
struct Paused {
    presence: MemoryPresence,
    start: Instant,
}

#[async_trait]
impl PresenceFixture for Paused {
    fn presence(&self) -> &dyn Presence {
        &self.presence
    }

    fn now(&self) -> Timestamp {
        at(0).plus_micros(i64::try_from(self.start.elapsed().as_micros()).expect("tests are short"))
    }

    fn lease(&self) -> Duration {
        Timings::default().lease()
    }

    fn grace(&self) -> Duration {
        Timings::default().grace
    }

    async fn pass(&self, time: Duration) {
        tokio::time::advance(time).await;
    }
}

fn presence() -> Ready<(Paused, ())> {
    let presence = MemoryPresence::new(&Timings::default());
    let start = Instant::now();
    ready((Paused { presence, start }, ()))
}

fn tickets() -> Ready<(MemoryTickets, ())> {
    ready((MemoryTickets::default(), ()))
}

fn limiter() -> Ready<(MemoryLimiter, ())> {
    ready((MemoryLimiter::new(RATES), ()))
}

mod memory_limiter {
    domain::limiter_conformance!(crate::limiter);
}

mod memory_presence {
    domain::presence_conformance!(crate::presence, start_paused);
}

mod memory_tickets {
    domain::tickets_conformance!(crate::tickets);
}

fn bus() -> Ready<([BusNode<MemoryBus, MemorySubscriber>; 2], ())> {
    let (bus, subscribers) = MemoryBus::of_nodes::<2>(MemoryBus::CAPACITY);
    let nodes = subscribers.map(|subscriber| BusNode {
        bus: bus.clone(),
        subscriber,
    });
    ready((nodes, ()))
}

mod memory_bus {
    domain::bus_conformance!(crate::bus);
}
