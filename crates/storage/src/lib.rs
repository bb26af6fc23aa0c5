//! Where Suhbat keeps things: adapters of the storage ports.
//!
//! # How to add a …
//! - **query**: a function over a connection in the module of its port ([`sqlite`] and below), called from the port's `impl` through `read` or `write`.
//!   Give its plan a case in `sqlite/plans.rs` if a list or a history stands on it.
//! - **column or index**: a new folder in `migrations/`, see its README.
//! - **promise**: a case in the conformance suite of the port, in `domain::testing`; `tests/conformance.rs` runs the suites here.

pub mod blobs;
pub mod error;
pub mod intake;
pub mod measure;
pub mod media;
pub mod sqlite;
