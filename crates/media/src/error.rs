//! The errors of this crate, and the conversion of a panic into one.

use std::io;

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The type is not allowed, or contradicts the name or the declared type.
    #[error("this type of file is not allowed: {0}")]
    Type(&'static str),
    /// The image, or one of its frames, has too many pixels by its header. It was not decoded.
    #[error("the image has more than {limit} pixels")]
    ImageTooLarge {
        /// The most pixels that the configuration allows.
        limit: u64,
    },
    /// The file could not be read. Not the sender's fault.
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
}

/// Why metadata could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum StripError {
    /// The structure is broken, so that metadata cannot be told from pixels. A partly written copy is to be discarded.
    #[error("the image is broken: {0}")]
    Malformed(&'static str),
    /// Reading or writing failed. Not the fault of the file.
    #[error("the file cannot be read or written")]
    Io(#[source] io::Error),
}

impl From<io::Error> for StripError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Malformed("it is truncated"),
            _ => Self::Io(error),
        }
    }
}

/// Runs a decoder that may panic on malformed input. Returns `None` if it panicked; nothing of the decoder may be used afterwards.
pub fn catch_panic<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}
