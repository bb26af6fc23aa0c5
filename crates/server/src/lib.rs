//! The service `suhbat`: configuration, authentication, routes, sockets, and the wiring that puts the crates together. No rules live here.
//!
//! # How to add a …
//! - **setting**: a line in `config/default.toml`, a field in its section of [`config`], and a use of it in [`wiring`].
//! - **endpoint**: see the module `http`.
//! - **store adapter**: nothing here; [`storage::Store`] chooses it by `database.url`.
//! - **adapter of another port**: choose it in [`wiring::start`] by the URL of its setting.

pub mod auth;
mod causes;
pub mod cli;
pub mod clock;
pub mod config;
mod connection;
mod consumers;
mod demo;
mod directory;
mod feeding;
mod health;
mod http;
mod indexing;
mod measure;
mod random;
mod room;
mod sweep;
pub mod telemetry;
mod unhurried;
pub mod wiring;
mod ws;

/// See decision 018. Other systems keep the allocator that they have.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
