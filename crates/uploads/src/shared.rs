//! The configuration of uploads, and the state that all uploads of a process share.

use std::{path::PathBuf, sync::Arc};

use domain::ports::Blobs;
use media::ImageLimits;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::workers::Workers;

/// Limits and settings of uploads.
#[derive(Clone)]
pub struct UploadConfig {
    /// The largest file, in bytes.
    pub file_bytes: u64,
    /// The most pixels in an image, its largest frame included.
    pub image_pixels: u64,
    /// Whether metadata (positions, device names) is removed from images, videos and audio.
    pub strip_metadata: bool,
    /// Threads that process files; at least one is started. Each can take 320 MiB while it decodes a large image.
    pub workers: usize,
    /// The folder of the temporary files. On the same volume as the object store, its free space is covered by the same check.
    pub spool_dir: PathBuf,
    /// Returns 128 random bits, which become the key of an object.
    pub random: fn() -> u128,
}

/// A slot of the limiter that bounds concurrent uploads. Dropping the last clone frees it.
pub type UploadSlot = Arc<dyn Send + Sync>;

/// The state that all uploads of a process share.
pub(crate) struct Shared {
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) config: UploadConfig,
    pub(crate) image_limits: ImageLimits,
    pub(crate) workers: Workers,
    /// Objects are finished and deleted on this runtime, because a request and the thread that serves it may be gone before.
    pub(crate) runtime: Handle,
    /// The tasks that finish and delete objects.
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    /// A new key, such as `3f/9c…`: random, and never derived from a file name.
    pub(crate) fn new_key(&self) -> String {
        let digits = format!("{:032x}", (self.config.random)());
        let (folder, rest) = digits.split_at(2);
        format!("{folder}/{rest}")
    }
}
