//! The use cases against the fakes, with a clock that stands still. What the system before this one did wrong has a test of its own here, as far as it
//! is decided at this level.

mod accounts;
mod changing;
mod delivering;
mod failing;
mod files;
mod limiting;
mod listing;
mod opening;
mod racing;
mod reading;
mod sending;
mod strangers;
mod world;
