//! How events get from the use cases to the sockets of this node.
//!
//! [`queue()`] makes the bounded queue into the hub. [`MemoryBus`] publishes straight into it; a bus between processes pushes the events that it receives
//! into the same [`EventSink`], and calls [`EventSink::interrupted`] when it may have lost some.

mod queue;

use domain::{event::Event, ports::Bus};

pub use queue::{Batch, DeliveryTrace, EventSink, EventSource, Gap, Published, queue};

/// The bus of a service that runs as one process.
#[derive(Debug)]
pub struct MemoryBus {
    sink: EventSink,
}

impl MemoryBus {
    /// The number of events that may wait by default: some seconds of a busy service.
    pub const CAPACITY: usize = 16_384;

    /// A bus, and the source from which the hub takes its events.
    pub fn new(capacity: usize) -> (Self, EventSource) {
        let (sink, source) = queue(capacity);
        (Self { sink }, source)
    }
}

impl Bus for MemoryBus {
    fn publish(&self, event: Event) {
        metrics::counter!("suhbat_events_published_total").increment(1);
        self.sink.push(event);
    }
}
