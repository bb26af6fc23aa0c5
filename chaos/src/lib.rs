//! The protocol by which a client resumes ([`feed`]); the model in `tests/resume` explores it in every order of events.

pub mod feed;
