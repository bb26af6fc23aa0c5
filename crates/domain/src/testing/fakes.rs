//! The ports in memory: simple code, checked by the conformance suites.

mod blobs;
mod bus;
mod clock;
mod conversations;
mod directory;
mod jobs;
mod limiter;
mod messages;
mod outbox;
mod presence;
mod receipts;
mod search;
mod settings;
mod state;
mod store;
mod tickets;
mod unconfirmed;

pub use blobs::FakeBlobs;
pub use bus::{FakeBus, FakeSubscriber};
pub use clock::FixedClock;
pub use limiter::FakeLimiter;
pub use presence::FakePresence;
pub use receipts::FakeDeliveries;
pub use search::FakeIndex;
pub use store::FakeStore;
pub use tickets::FakeTickets;
pub use unconfirmed::FakeUnconfirmed;
