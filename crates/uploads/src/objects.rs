//! Objects that an upload stores. No message names them yet, so they are deleted again unless they are claimed.

use std::{
    fs::File,
    io::{self, Read as _},
    sync::Arc,
};

use bytes::Bytes;
use domain::{messaging::StoredObjects, ports::BlobWriter};
use tokio::sync::oneshot;

use crate::{
    error::UploadError,
    shared::{Shared, UploadSlot},
};

/// Bytes of a temporary file that are copied to the object store at once.
const COPY_CHUNK: usize = 256 * 1024;

/// Deletes the objects of an upload when it is dropped before it is [claimed](StoredObjects::claim).
pub struct UploadGuard {
    shared: Arc<Shared>,
    keys: Vec<String>,
}

impl UploadGuard {
    fn new(shared: Arc<Shared>, key: String) -> Self {
        Self { shared, keys: vec![key] }
    }

    /// Guards the objects of `other` too.
    pub(crate) fn join(&mut self, mut other: Self) {
        self.keys.append(&mut other.keys);
    }
}

impl StoredObjects for UploadGuard {
    fn claim(mut self: Box<Self>) {
        self.keys.clear();
    }
}

impl Drop for UploadGuard {
    fn drop(&mut self) {
        let keys = std::mem::take(&mut self.keys);
        if keys.is_empty() {
            return;
        }
        let blobs = self.shared.blobs.clone();
        // The object store logs a failed deletion, and the sweep repeats it.
        let delete = async move { drop(blobs.delete(&keys).await) };
        drop(self.shared.tasks.spawn_on(delete, &self.shared.runtime));
    }
}

/// An object that has been stored.
pub(crate) struct StoredObject {
    pub(crate) key: String,
    /// The size of the stored object, in bytes.
    pub(crate) size: u64,
    pub(crate) guard: UploadGuard,
}

/// Finishes an object in a task of its own. The object store cannot interrupt this, so the task goes on when the request is gone: it keeps the slot until the object
/// is stored, and deletes the object if the receiver of the answer is gone.
pub(crate) async fn finish(
    shared: &Arc<Shared>,
    key: String,
    writer: Box<dyn BlobWriter>,
    slot: UploadSlot,
) -> Result<StoredObject, UploadError> {
    let guard = UploadGuard::new(shared.clone(), key.clone());
    let (answer, outcome) = oneshot::channel();
    let finish = async move {
        let finished = writer.finish().await.map(|size| StoredObject { key, size, guard });
        drop(slot);
        // If the request is gone, dropping the answer drops the guard in it.
        drop(answer.send(finished));
    };
    drop(shared.tasks.spawn_on(finish, &shared.runtime));
    let cut_off = |error| UploadError::Spool(io::Error::other(error));
    Ok(outcome.await.map_err(cut_off)??)
}

/// Stores these bytes under a new key.
pub(crate) async fn store_bytes(shared: &Arc<Shared>, bytes: Bytes, slot: UploadSlot) -> Result<StoredObject, UploadError> {
    let key = shared.new_key();
    let mut writer = shared.blobs.create(&key).await?;
    writer.write(bytes).await?;
    finish(shared, key, writer, slot).await
}

/// Stores a file, from its current position to its end, under a new key.
pub(crate) async fn store_file(shared: &Arc<Shared>, mut file: File, slot: UploadSlot) -> Result<StoredObject, UploadError> {
    let key = shared.new_key();
    let mut writer = shared.blobs.create(&key).await?;
    loop {
        let (rest, chunk) = blocking(move || read_chunk(file)).await??;
        file = rest;
        if chunk.is_empty() {
            break;
        }
        writer.write(chunk).await?;
    }
    finish(shared, key, writer, slot).await
}

fn read_chunk(mut file: File) -> io::Result<(File, Bytes)> {
    let mut chunk = Vec::with_capacity(COPY_CHUNK);
    file.by_ref().take(COPY_CHUNK as u64).read_to_end(&mut chunk)?;
    Ok((file, chunk.into()))
}

/// Runs this on the blocking pool.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, UploadError> {
    let cut_off = |error| UploadError::Spool(io::Error::other(error));
    tokio::task::spawn_blocking(work).await.map_err(cut_off)
}
