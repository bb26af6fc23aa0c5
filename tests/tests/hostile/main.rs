//! Attacks on the real program, each small enough to be repeated in a minute: `./just test hostile`. Wrong requests of a single client are in
//! `tests/service/hostile.rs`; these clients try to take memory, time, the disk or other people's messages.
//!
//! Tests start the program itself ([`suhbat_tests::Binary`]), so that its memory and its end can be watched from outside.

mod documents;
mod frames;
mod pause;
mod pictures;
mod program;
mod signals;
mod slow_readers;
mod unread_log;
