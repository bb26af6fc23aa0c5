//! The handlers of requests, a file for each group of routes.

pub(crate) mod client;
pub(crate) mod conversations;
pub(crate) mod demo;
pub(crate) mod descriptions;
pub(crate) mod directory;
pub(crate) mod files;
pub(crate) mod messages;
pub(crate) mod operations;
pub(crate) mod people;
pub(crate) mod search;
pub(crate) mod settings;
