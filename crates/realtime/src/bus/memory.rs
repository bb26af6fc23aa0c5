use domain::{event::Event, ports::Bus};

use super::queue::{EventSink, EventSource, queue};

/// The bus of a service that runs as one process.
#[derive(Debug)]
pub struct MemoryBus {
    sink: EventSink,
}

impl MemoryBus {
    /// How many events may wait by default: some seconds of a busy service.
    pub const CAPACITY: usize = 16_384;

    /// A bus and its other end, which the hub takes.
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
