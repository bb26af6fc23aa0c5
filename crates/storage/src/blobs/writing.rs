//! Writing objects in parts.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::{BlobError, BlobResult, BlobWriter};
use object_store::{ObjectStore, buffered::BufWriter, path::Path};
use tokio::{io::AsyncWriteExt as _, runtime::Handle};

use super::{Parts, ownership::Ownership};

/// Gathers bytes into parts, and sends a bounded number of them at once. An object that is smaller than a part is sent whole.
pub(super) struct Writer {
    ownership: Ownership,
    path: Path,
    size: u64,
    /// `None` once the object is being finished.
    parts: Option<BufWriter>,
}

impl Writer {
    pub(super) fn new(store: Arc<dyn ObjectStore>, ownership: Ownership, path: Path, parts: Parts) -> Self {
        Self {
            ownership,
            parts: Some(BufWriter::with_capacity(store, path.clone(), parts.bytes).with_max_concurrency(parts.at_once)),
            path,
            size: 0,
        }
    }

    /// Finishes the object, so that it is durable, and returns its size.
    async fn publish(&mut self) -> BlobResult<u64> {
        // The volume may have been unmounted during the upload.
        self.ownership.check().await?;
        if let Some(mut parts) = self.parts.take() {
            // If it fails, the library aborts the upload of the parts itself.
            parts.shutdown().await.map_err(|error| BlobError(Box::new(error)))?;
        }
        self.ownership.confirm(&self.path, self.size).await?;
        Ok(self.size)
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        self.size += bytes.len() as u64;
        let Some(parts) = &mut self.parts else {
            return Err(BlobError("the object is finished".into()));
        };
        // The bytes are copied, because small pieces would keep alive the whole network buffers that they are slices of.
        let written = parts.write_all(&bytes).await;
        written
            .map_err(|error| BlobError(Box::new(error)))
            .inspect_err(|_| self.ownership.doubt(true))
    }

    async fn finish(mut self: Box<Self>) -> BlobResult<u64> {
        let finished = self.publish().await;
        finished.inspect_err(|_| self.ownership.doubt(true))
    }
}

impl Drop for Writer {
    /// Aborts an unfinished upload. Dropping it alone would leave its parts on S3.
    fn drop(&mut self) {
        if let (Some(mut parts), Ok(runtime)) = (self.parts.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = parts.abort().await {
                    tracing::warn!(%error, "an upload could not be given up in order");
                }
            });
        }
    }
}
