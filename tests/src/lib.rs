//! Boots the whole service, and talks to it like a client: real HTTP, real sockets, a database of its own for each test.
//!
//! # How to add a …
//! - **test**: a function in `tests/service/<theme>.rs`; its name is the promise of the service that it checks. [`Service::start`] gives a fresh service with the
//!   standard community ([`domain::testing::builders::community`]); [`Service::client`] gives a person's client;
//!   [`Service::with_conversation`] has two of them talk already.
//! - **setting** under test: [`Service::with`], with names as in the configuration file.
//! - **wait**: never for time. [`Socket::expect`] waits for a frame, [`eventually`] for anything else, and both give up after [`PATIENCE`].
#![expect(clippy::missing_panics_doc, reason = "a test that fails panics")]

mod answer;
mod binary;
mod client;
mod collector;
mod community;
mod database;
mod files;
mod postgres_server;
mod program;
mod s3_server;
mod service;
mod socket;
mod token;
mod wire;

use std::time::Duration;

pub use answer::{Answer, assert_stored_once};
pub use binary::{Binary, Outcome, Served};
pub use client::Client;
pub use collector::{Collector, attribute};
pub use community::community;
pub use database::{Database, WriteLock};
pub use files::{BOUNDARY, RawForm, Upload, begun, date_back, form, objects_in, part, set_aside_in};
pub use postgres_server::PostgresServer;
pub use program::program;
pub use s3_server::S3Server;
pub use service::{Service, TIMINGS};
pub use socket::{Closed, Socket, UnreadSocket};
pub use test_servers::RedisServer;
pub use token::{SECRET, Token};
pub use wire::{Wire, WireAnswer};

/// The time that a test waits for an expected event. Long, since the machine may be busy with other tests; nothing waits as long unless it fails.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Asks again and again until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"))
}
