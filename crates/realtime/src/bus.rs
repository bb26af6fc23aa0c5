//! How events get from the use cases to the sockets of this node.
//!
//! [`queue()`] makes the bounded way into the hub. [`MemoryBus`] publishes straight into it; a bus that crosses processes feeds what it receives into the
//! same [`EventSink`], and calls [`EventSink::interrupted`] when it may have missed something.

mod memory;
mod queue;

pub use memory::MemoryBus;
pub use queue::{Batch, EventSink, EventSource, Missed, Published, Trail, queue};
