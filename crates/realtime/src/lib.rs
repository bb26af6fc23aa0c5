//! The live side of Suhbat: how events reach sockets, and what a socket says and hears. Knows neither HTTP nor a WebSocket library.
//!
//! An event goes from a use case through the [`bus`] to the [`hub`], which puts rendered frames into the [`outbox`] of each socket that it concerns. A
//! socket's task (outside of this crate) drives its [`session`]: it feeds in what comes from the network, from the outbox and from the clock, and does
//! what comes out.
//!
//! # How to add a …
//! - **event**: how it is handed on stands in `hub/dispatch.rs`, whether it may be dropped in [`outbox::Weight`].
//! - **bus, presence, tickets, limiter** by other means: an adapter beside the one in memory; it runs the conformance suite of its port in `tests/conformance.rs`.

pub mod bus;
pub mod close;
pub mod delivery;
pub mod hub;
pub mod limiter;
pub mod measure;
pub mod outbox;
mod perform;
pub mod presence;
pub mod session;
pub mod tickets;
pub mod timings;
pub mod typing;
