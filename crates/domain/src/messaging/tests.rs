//! The use cases against the fakes, with a clock that stands still. Each fault of the system that Suhbat replaces has a test of its own here, as far as the
//! use cases decide about it.

mod accounts;
mod changing;
mod delivering;
mod directory;
mod failing;
mod files;
mod limiting;
mod listing;
mod opening;
mod reading;
mod sending;
mod strangers;
mod unconfirmed;
mod watching;
mod world;
