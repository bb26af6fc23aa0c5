use std::{ops::Range, pin::Pin};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

use crate::{identity::StoreId, time::Timestamp};

/// A failure of the object store.
#[derive(Debug, thiserror::Error)]
#[error("the object store failed")]
pub struct BlobError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The result of an operation of the object store.
pub type BlobResult<T> = Result<T, BlobError>;

/// The bytes of a blob, read piece by piece.
pub type BlobStream = Pin<Box<dyn Stream<Item = BlobResult<Bytes>> + Send>>;

/// An entry in a list of blobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobEntry {
    /// The key of the blob.
    pub key: String,
    /// By the store's clock: when the blob was finished, or, in the list of blobs set aside, when it was set aside.
    pub since: Timestamp,
}

/// A list of blobs, read entry by entry.
pub type BlobEntries = Pin<Box<dyn Stream<Item = BlobResult<BlobEntry>> + Send>>;

/// A blob, or a range of it, for reading.
pub struct Blob {
    /// The size of the whole blob.
    pub size: u64,
    /// The bytes of the requested range.
    pub bytes: BlobStream,
}

/// The headers with which a store serves a blob by itself, as the service would.
#[derive(Clone, Copy, Debug)]
pub struct LinkHeaders<'a> {
    /// `Content-Type`.
    pub content_type: &'a str,
    /// `Content-Disposition` (RFC 6266).
    pub content_disposition: &'a str,
}

/// The object store. Each file has a key that was never used before: `ab/c…`, two hexadecimal digits, a slash, and then lower-case
/// letters, digits and dots.
///
/// Bytes are streamed in pieces: no call holds a whole file in memory.
///
/// A store belongs to one database, and carries its id ([`StoreId`]). An adapter is opened for a database. While the store carries another id or none (for
/// instance because its volume is not mounted), it accepts no blobs, sets none aside and removes none that was set aside; reading still works.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// The id that the store carries; `None` if it carries none.
    async fn owner(&self) -> BlobResult<Option<StoreId>>;

    /// Gives the store the id of the database that the adapter was opened for. A store that carries an id keeps it, even that of another database.
    async fn claim(&self) -> BlobResult<()>;

    /// Begins a blob. It exists once its writer finishes, and never if the writer is dropped before.
    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>>;

    /// A blob, or a range of it, which must lie within it and not be empty; `None` if there is none.
    async fn read(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>>;

    /// The size of a blob; `None` if there is none.
    async fn size(&self, key: &str) -> BlobResult<Option<u64>>;

    /// A URL under which the store itself serves a blob with these headers, for at most 60 seconds, to whoever has the URL; `None` if downloads pass through
    /// the service. Whether the blob exists is not checked.
    async fn link(&self, key: &str, headers: &LinkHeaders<'_>) -> BlobResult<Option<String>>;

    /// Deletes blobs. Missing blobs are ignored; a blob that cannot be deleted does not keep the others from being deleted,
    /// and is reported to the operator.
    async fn delete(&self, keys: &[String]) -> BlobResult<()>;

    /// All finished blobs, except those set aside, in no particular order.
    fn list(&self) -> BlobEntries;

    /// Takes blobs out of the store, but keeps them: they can neither be read nor listed until they are put back. Missing blobs are ignored.
    async fn set_aside(&self, keys: &[String]) -> BlobResult<()>;

    /// Undoes [`set_aside`](Self::set_aside). Blobs that were not set aside are ignored.
    async fn put_back(&self, keys: &[String]) -> BlobResult<()>;

    /// The blobs that were set aside, in no particular order.
    fn list_set_aside(&self) -> BlobEntries;

    /// Deletes blobs that were set aside. Missing blobs are ignored.
    async fn delete_set_aside(&self, keys: &[String]) -> BlobResult<()>;

    /// Removes the remains of writers that began before this time and never finished; returns how many there were.
    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64>;

    /// Checks that the store carries the right id and accepts files, by writing a few bytes.
    async fn ping(&self) -> BlobResult<()>;
}

/// A blob that is being written.
#[async_trait]
pub trait BlobWriter: Send {
    /// Writes the next bytes. Waits while the store is slower than its caller.
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()>;

    /// Makes the blob visible and durable; returns its size.
    async fn finish(self: Box<Self>) -> BlobResult<u64>;
}
