//! The fakes keep what the ports promise, which is why tests built on fakes can be trusted.

use domain::testing::{
    conformance::presence::FakePresenceFixture,
    fakes::{FakeStore, FakeTickets},
};

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn store() -> (FakeStore, ()) {
    (FakeStore::default(), ())
}

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn presence_fixture() -> (FakePresenceFixture, ()) {
    (FakePresenceFixture::new(), ())
}

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn fresh_tickets() -> (FakeTickets, ()) {
    (FakeTickets::default(), ())
}

domain::store_conformance!(crate::store);

mod presence {
    domain::presence_conformance!(crate::presence_fixture);
}

mod tickets {
    domain::tickets_conformance!(crate::fresh_tickets);
}
