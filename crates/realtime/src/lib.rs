//! The realtime part of Suhbat: it brings events to sockets, and implements the protocol of a socket. It depends on neither HTTP nor a WebSocket library.
//!
//! An event goes from a use case through the [`bus`] to the [`hub`], which puts rendered frames into the [`outbox`] of each socket that it concerns. A
//! socket's task (outside of this crate) drives its [`session`]: it passes in frames from the network, frames from the outbox and the time, and carries out
//! the outputs.
//!
//! # How to add a …
//! - **event**: `hub/dispatch.rs` chooses its sockets, and [`outbox::DropPolicy`] defines whether its frame may be dropped.
//! - **bus, presence, tickets, limiter** by other means: an adapter beside the one in memory; it runs the conformance suite of its port in `tests/conformance.rs`.

pub mod audit;
mod bucket;
pub mod bus;
mod commands;
pub mod delivery;
pub mod hub;
pub mod limiter;
pub mod measure;
pub mod observed;
pub mod outbox;
pub mod presence;
pub mod redis;
pub mod session;
pub mod tickets;
pub mod timings;
pub mod typing;
pub mod unconfirmed;
