//! Uploads: from the bytes of a request to objects in the store that wait for their message.
//!
//! # The path of a file
//! The first [`HEAD`](media::HEAD) bytes of a file decide its path:
//! - Most types stream straight to the object store.
//! - Three kinds of files are spooled to an unnamed temporary file: images, videos and audio whose metadata is removed, and containers whose type only the whole
//!   file decides. Worker threads process these files ([`process`]) and serve the senders in turn ([`workers`]); then the files are stored.
//!
//! [`Upload::finish`] returns the attachment and an [`UploadGuard`], which deletes the objects unless a message claims them.
//!
//! # How to add a …
//! - **type of file**: see the crate `media`. Here only `Upload::is_processed` in `upload.rs` matters, which decides whether files of a kind are spooled.
//! - **step of processing**: a call in [`process`], which runs on a worker thread, and a case in `tests.rs`.
//! - **limit**: a field of [`UploadConfig`], filled in `server::wiring`, and a variant of [`UploadError`] if it has a code of its own.

mod error;
mod objects;
mod process;
mod shared;
mod upload;
mod workers;

use std::{io, sync::Arc, time::Duration};

use domain::{id::UserId, ports::Blobs};
use media::ImageLimits;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

pub use error::UploadError;
pub use objects::UploadGuard;
pub use shared::{UploadConfig, UploadSlot};
pub use upload::Upload;
pub use workers::{FILES_WAITING, describe_metrics};

use shared::Shared;
use workers::Workers;

/// Starts uploads into one object store. Clones share the worker threads.
#[derive(Clone)]
pub struct Uploads(Arc<Shared>);

impl Uploads {
    /// Fails if the worker threads cannot be started.
    ///
    /// # Panics
    /// Outside a runtime. The runtime has to outlive all uploads, because objects are finished and deleted on it.
    pub fn new(blobs: Arc<dyn Blobs>, config: UploadConfig) -> io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            blobs,
            image_limits: ImageLimits {
                pixels: config.image_pixels,
                ..ImageLimits::default()
            },
            workers: Workers::start(config.workers)?,
            config,
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
        })))
    }

    /// Starts the upload of a file, with the name and the MIME type that its sender declares. The slot is kept until the object store has finished the file, which
    /// may be after the request is gone.
    pub fn start(&self, user: UserId, file_name: &str, declared_type: Option<&str>, slot: UploadSlot) -> Upload {
        Upload::new(self.0.clone(), user, file_name, declared_type, slot)
    }

    /// Waits until the objects of dropped uploads are deleted, for at most this long; the sweep deletes the rest. For the shutdown: uploads must not be started any more.
    pub async fn drain(&self, timeout: Duration) {
        self.0.tasks.close();
        if tokio::time::timeout(timeout, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("objects of abandoned uploads are left to the sweep");
        }
    }
}

#[cfg(test)]
mod tests;
