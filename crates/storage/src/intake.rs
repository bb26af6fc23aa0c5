//! Files on their way in: from the bytes of a request to objects that wait for their message.
//!
//! The type is decided by the first bytes. What needs no more goes straight on to the object store; images, and containers that have to be looked into,
//! wait in an unnamed temporary file and are worked on by threads of their own, a few at a time. Whatever is not claimed in the end is deleted.

mod receiving;
mod unclaimed;
mod work;
mod workers;

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use domain::ports::{BlobError, Blobs};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

pub use receiving::{Receiving, thumbnail_type};
pub use unclaimed::Unclaimed;
use workers::Workers;

use crate::media::{PictureLimits, Refusal};

/// How files are taken in.
#[derive(Clone)]
pub struct IntakeConfig {
    /// The largest file, in bytes.
    pub file_bytes: u64,
    /// Take metadata out of images.
    pub strip_metadata: bool,
    /// How many files are worked on at once. Decoding a large picture can take 320 MiB.
    pub workers: usize,
    /// Where files wait that have to be looked at as a whole.
    pub waiting_room: PathBuf,
    /// Makes 128 random bits, from which keys are made.
    pub random: fn() -> u128,
}

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It is larger than files may be.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// It is of no allowed type, or not what it is said to be.
    #[error("files of this type are not accepted: {0}")]
    Type(&'static str),
    /// An image with too many pixels.
    #[error("the picture has more than {limit} pixels")]
    ImageTooLarge {
        /// Pixels.
        limit: u64,
    },
    /// The object store failed.
    #[error(transparent)]
    Store(#[from] BlobError),
    /// The temporary file failed.
    #[error("a file could not be kept while it was looked at")]
    Waiting(#[from] io::Error),
}

impl From<Refusal> for IntakeError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Type(reason) => Self::Type(reason),
            Refusal::ImageTooLarge { limit } => Self::ImageTooLarge { limit },
            Refusal::Unreadable(error) => Self::Waiting(error),
        }
    }
}

/// What bounds how many files come in at once, held by each of them. Dropped, it is free again.
pub type HeldPlace = Arc<dyn Send + Sync>;

/// Takes files in. Clones share it.
#[derive(Clone)]
pub struct Intake(Arc<Inner>);

struct Inner {
    blobs: Arc<dyn Blobs>,
    config: IntakeConfig,
    pictures: PictureLimits,
    workers: Workers,
    /// Finishing objects, and deleting those that nobody claims, goes on when the request, or the thread that served it, is gone.
    runtime: Handle,
    under_way: TaskTracker,
}

impl Intake {
    /// Into this store. Fails where no threads can be started.
    ///
    /// # Panics
    /// Outside a runtime, which has to live as long as files are taken in.
    pub fn new(blobs: Arc<dyn Blobs>, config: IntakeConfig) -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            blobs,
            pictures: PictureLimits::default(),
            workers: Workers::start(config.workers)?,
            config,
            runtime: Handle::current(),
            under_way: TaskTracker::new(),
        })))
    }

    /// How many pixels pictures may have.
    pub fn pixels(&self) -> u64 {
        self.0.pictures.pixels
    }

    /// Begins to take in a file, by its sender's name for it and the type that its sender says it has. Its place is kept until the store has done with it, which
    /// may be after its request is gone.
    pub fn receive(&self, file_name: &str, declared: Option<&str>, place: HeldPlace) -> Receiving {
        Receiving::new(self.clone(), file_name, declared, place)
    }

    /// Waits until everything is deleted that nobody claimed, but not for long: the rest is swept.
    pub async fn settle(&self, patience: Duration) {
        self.0.under_way.close();
        if tokio::time::timeout(patience, self.0.under_way.wait()).await.is_err() {
            tracing::warn!("some files of given up uploads are left to the sweep");
        }
    }

    /// A key that nobody has used: random, and never made from a name.
    fn key(&self, ending: &str) -> String {
        let digits = format!("{:032x}", (self.0.config.random)());
        let (folder, rest) = digits.split_at(2);
        format!("{folder}/{rest}{ending}")
    }
}

#[cfg(test)]
mod tests;
