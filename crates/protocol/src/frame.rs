//! The frames of a socket, in both directions: one JSON object each, with its kind in `type`.

mod client;
mod server;

pub use client::{ClientFrame, ClientFrameType, Envelope, FrameError, MAX_FRAME_BYTES, REQUEST_ID_CHARS};
pub use server::{Correlation, ServerFrame, ServerFrameType};
