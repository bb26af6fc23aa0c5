//! For tests of this crate and of every adapter: fakes, builders, the conformance suites of the ports, and a model to compare stores with.
//!
//! # How to add a …
//! - **promise** of a port: one case in the suite of the port (`conformance/<port>.rs`), its name in the suite's macro; every adapter gets it with that.
//! - **adapter** of a port: one line in its own tests, such as `domain::store_conformance!(crate::fresh);`.
#![expect(clippy::missing_panics_doc, reason = "a test that fails panics")]

pub mod builders;
pub mod conformance;
pub mod direct;
pub mod fakes;

pub mod model;

pub use futures_util::future::join_all;
