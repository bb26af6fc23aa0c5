//! Who is here.

mod memory;

pub use memory::MemoryPresence;
