use std::{ops::Range, pin::Pin};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

use crate::time::Timestamp;

/// The place where files are kept failed.
#[derive(Debug, thiserror::Error)]
#[error("the object store failed")]
pub struct BlobError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What was asked of a store of files.
pub type BlobResult<T> = Result<T, BlobError>;

/// Bytes on their way out.
pub type BlobStream = Pin<Box<dyn Stream<Item = BlobResult<Bytes>> + Send>>;

/// Keys on their way out.
pub type BlobKeys = Pin<Box<dyn Stream<Item = BlobResult<String>> + Send>>;

/// A piece of a blob, on its way out.
pub struct Blob {
    /// The size of the whole blob.
    pub size: u64,
    /// What was asked for.
    pub bytes: BlobStream,
}

/// Where the bytes of files are kept, each file under a key that nobody has used before: `ab/c…`, two hexadecimal digits, a slash, and then lower-case
/// letters, digits and dots.
///
/// Bytes pass through in pieces: no call holds a whole file in memory.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Begins a blob. It is not there before its writer finishes, and never if the writer is dropped before.
    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>>;

    /// A blob, or a range of it, which must lie within it and not be empty; `None` if there is none.
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>>;

    /// The size of a blob; `None` if there is none.
    async fn size(&self, key: &str) -> BlobResult<Option<u64>>;

    /// Deletes blobs. Those that are not there are not missed; one that cannot be deleted does not keep the others,
    /// and the operator is told of it.
    async fn delete(&self, keys: &[String]) -> BlobResult<()>;

    /// The keys of the blobs that were finished before this time by the store's clock, in no particular order.
    fn older_than(&self, before: Timestamp) -> BlobKeys;

    /// Removes what writers begun before this time have left that never finished; how many there were.
    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64>;

    /// Does the store take files now?
    async fn ping(&self) -> BlobResult<()>;
}

/// A blob that is being written.
#[async_trait]
pub trait BlobWriter: Send {
    /// The next bytes. Waits while the store is behind.
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()>;

    /// Makes the blob be there, durably; its size.
    async fn finish(self: Box<Self>) -> BlobResult<u64>;
}
