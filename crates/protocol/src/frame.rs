//! The frames of a socket, in both directions: one JSON object each, told apart by `type`.

mod client;
mod server;

pub use client::{ClientFrame, Envelope, FrameError, REQUEST_ID_CHARS};
pub use server::{Echo, ServerFrame};
