//! The service `suhbat`: configuration, authentication, routes, sockets, and the wiring that puts the crates together. No rules live here.
//!
//! # How to add a …
//! - **setting**: a line in `config/default.toml`, a field in its section of [`config`], and a use of it in [`wiring`].
//! - **endpoint**: see the module `http`.
//! - **adapter**: choose it in [`wiring::start`] by the URL of its setting.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
mod demo;
mod directory;
mod health;
mod http;
mod measure;
mod outbound;
mod random;
mod sweep;
pub mod telemetry;
pub mod wiring;
mod ws;
