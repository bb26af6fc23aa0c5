//! How often people may do things.

mod memory;

pub use memory::MemoryLimiter;
