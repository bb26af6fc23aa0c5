//! Why an upload fails.

use std::io;

use domain::ports::BlobError;
use media::Refusal;

/// Why an upload fails. The first three are the sender's to mend, the last two the operator's.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file is larger than [`UploadConfig::file_bytes`](crate::UploadConfig::file_bytes).
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The largest size that the configuration allows, in bytes.
        limit: u64,
    },
    /// The type of the file is not allowed, or contradicts its name or declared type.
    #[error("files of this type are not accepted: {0}")]
    Type(&'static str),
    /// The image, or one of its frames, has more pixels than [`UploadConfig::image_pixels`](crate::UploadConfig::image_pixels).
    #[error("the image has more than {limit} pixels")]
    ImageTooLarge {
        /// The most pixels that the configuration allows.
        limit: u64,
    },
    /// The object store failed.
    #[error(transparent)]
    Store(#[from] BlobError),
    /// The temporary file could not be written or read.
    #[error("the file could not be spooled")]
    Spool(#[from] io::Error),
}

impl From<Refusal> for UploadError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Type(reason) => Self::Type(reason),
            Refusal::ImageTooLarge { limit } => Self::ImageTooLarge { limit },
            Refusal::Unreadable(error) => Self::Spool(error),
        }
    }
}
