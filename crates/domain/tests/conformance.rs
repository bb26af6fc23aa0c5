//! The fakes pass the conformance suites, which is why tests built on fakes can be trusted.

use std::sync::Arc;

use domain::testing::{
    conformance::{
        blobs::FakeBlobsFixture,
        bus::{BusNode, fake_nodes},
        limiter::RATES,
        presence::FakePresenceFixture,
        search::SearchedStore,
    },
    fakes::{FakeBus, FakeIndex, FakeLimiter, FakeStore, FakeSubscriber, FakeTickets},
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

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn limiter() -> (FakeLimiter, ()) {
    (FakeLimiter::new(RATES), ())
}

domain::store_conformance!(crate::store);

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn searched() -> (SearchedStore<FakeStore>, ()) {
    let (store, index) = (FakeStore::default(), Arc::new(FakeIndex::default()));
    (SearchedStore { store, index }, ())
}

mod search {
    domain::search_conformance!(crate::searched);
}

mod limiting {
    domain::limiter_conformance!(crate::limiter);
}

mod presence {
    domain::presence_conformance!(crate::presence_fixture);
}

mod tickets {
    domain::tickets_conformance!(crate::fresh_tickets);
}

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn blobs() -> (FakeBlobsFixture, ()) {
    (FakeBlobsFixture::default(), ())
}

mod blobs {
    domain::blobs_conformance!(crate::blobs);
}

type FakeNode = BusNode<FakeBus, FakeSubscriber>;

#[expect(clippy::unused_async, reason = "suites take async functions")]
async fn bus_nodes() -> ([FakeNode; 2], ()) {
    (fake_nodes(), ())
}

mod bus {
    domain::bus_conformance!(crate::bus_nodes);
}
