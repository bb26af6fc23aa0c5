//! Adapters of the storage ports: databases behind the handle [`Store`], and the object store ([`blobs`]).
//!
//! # How to add a …
//! - **store adapter**: a module beside [`sqlite`] that implements the five ports and [`store::Backend`], with an error type of its own; a variant of
//!   [`StoreUrl`] with its arm in the parser, one of [`OpenError`], and one arm in [`Store::open`]. The suites in a test program:
//!   `tests/conformance.rs` and `tests/model.rs`, or one of its own as `tests/postgres.rs`, where they need a server.
//! - **query** of PostgreSQL: Diesel's query builder over the tables in `postgres/schema.rs`, in the module of its port.
//! - **query** of SQLite: its row declared with `rows::row!`, the statement with `query!`, and a function over a connection in the module of its port ([`sqlite`] and
//!   below), called from the port's `impl` through `read` or `write`.
//!   Give its plan a case in `sqlite/plans.rs` if a list or a history stands on it.
//! - **column or index**: a new folder in `migrations/`, see its README.
//! - **promise**: a case in the conformance suite of the port, in `domain::testing`; `tests/conformance.rs` runs the suites here.

pub mod blobs;
mod change_kind;
mod error;
pub mod measure;
#[cfg(feature = "testing")]
mod memory;
mod nodes;
mod notes;
pub mod postgres;
mod settings_text;
pub mod sqlite;
mod store;
pub mod transfer;
mod turns;
mod url;
mod wakes;

pub use error::OpenError;
pub use nodes::{NodeRegister, OtherNodes};
pub use postgres::platform::{Progress as TakeoverProgress, Step as TakeoverStep};
pub use store::{Access, DirectorySource, Origin, Store};
pub use turns::{DirectoryTurn, DirectoryTurns};
pub use url::{BadUrl, ServerUrl, StoreUrl};
