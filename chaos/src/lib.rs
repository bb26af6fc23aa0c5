//! The chaos suite: real nodes, clients that follow the protocol, faults from a seed, and a checker of what the clients saw.
//!
//! [`run::run`] starts a [`cluster`], lets [`device`]s act on it while [`faults`] break its parts, waits until everything had the time to heal, and gives what
//! the devices did and saw ([`ledger`]) and what is [`stored`] to the [`checker`]. [`feed`] is the protocol by which a client resumes; the model in
//! `tests/resume` explores it in every order of events.
//!
//! # How to add a …
//! - **fault**: a variant of [`faults::Fault`]. It heals what it broke before it ends.
//! - **act** of a client: a line of `Device::act`.
//! - **promise**: a [`violation::Kind`], a function of the [`checker`], and a made-up history in `tests/checker.rs` that breaks it.

pub mod chance;
pub mod checker;
pub mod cluster;
pub mod device;
pub mod faults;
pub mod feed;
pub mod ledger;
pub mod node;
pub mod people;
pub mod proxy;
pub mod report;
pub mod run;
pub mod stored;
pub mod violation;

/// Why a run could not be carried out. It says nothing about the service.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
