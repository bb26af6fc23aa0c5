//! Suhbat's rules, without I/O: who may write to whom, what happens to a message, and what the rest of the service must provide.
//!
//! # How to add a …
//! - **rule**: a pure function in [`rules`], named after its number in the contract, over facts from [`facts`]; a refusal is a [`denial::Denial`].
//!   Its cases go into the decision table (`rules/table.rs`), which writes `docs/rules.md`.
//! - **use case**: one function in [`messaging`]: load facts, decide, give the command to a port, announce the event.
//! - **port**: a trait in [`ports`], whose doc comment is the promise; a fake in `testing::fakes`; one conformance case for each promise.
//!
#![doc = include_str!("../README.md")]

pub mod attachment;
pub mod change;
pub mod conversation;
pub mod denial;
pub mod event;
pub mod facts;
pub mod feeding;
pub mod id;
pub mod identity;
pub mod message;
pub mod message_search;
pub mod messaging;
pub mod page;
pub mod people;
pub mod policy;
pub mod ports;
pub mod receipt;
pub mod rules;
pub mod search;
#[cfg(feature = "seeded-faults")]
pub mod seeded;
pub mod settings;
pub mod time;
pub mod visible;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
