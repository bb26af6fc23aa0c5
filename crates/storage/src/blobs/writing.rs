//! On the way in.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use domain::ports::{BlobError, BlobResult, BlobWriter};
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, path::Path};
use tokio::{runtime::Handle, task::JoinSet};

use super::{Parts, failed};

/// Gathers bytes into parts and sends these on, a bounded number at once. (The library's own writer keeps larger parts, and more of them.)
pub(super) struct Writer {
    store: Arc<dyn ObjectStore>,
    path: Path,
    parts: Parts,
    /// What is not sent yet: less than a part.
    gathered: BytesMut,
    size: u64,
    /// Begun with the first full part; what is smaller goes out in one piece.
    upload: Option<Box<dyn MultipartUpload>>,
    under_way: JoinSet<object_store::Result<()>>,
}

impl Writer {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, parts: Parts) -> Self {
        Self {
            store,
            path,
            parts,
            gathered: BytesMut::new(),
            size: 0,
            upload: None,
            under_way: JoinSet::new(),
        }
    }

    /// Sends what is gathered as the next part.
    async fn send(&mut self) -> BlobResult<()> {
        while self.under_way.len() >= self.parts.at_once {
            self.settle_one().await?;
        }
        let part = PutPayload::from(self.gathered.split().freeze());
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self
                .upload
                .insert(self.store.put_multipart(&self.path).await.map_err(failed("write"))?),
        };
        self.under_way.spawn(upload.put_part(part));
        Ok(())
    }

    async fn settle_one(&mut self) -> BlobResult<()> {
        match self.under_way.join_next().await {
            Some(Ok(sent)) => sent.map_err(failed("write")),
            Some(Err(broken)) => Err(BlobError(Box::new(broken))),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, mut bytes: Bytes) -> BlobResult<()> {
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = self.parts.bytes - self.gathered.len();
            let taken = bytes.split_to(room.min(bytes.len()));
            self.gathered.extend_from_slice(&taken);
            if self.gathered.len() == self.parts.bytes {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> BlobResult<u64> {
        if self.upload.is_none() {
            let whole = PutPayload::from(self.gathered.split().freeze());
            self.store.put(&self.path, whole).await.map_err(failed("write"))?;
            return Ok(self.size);
        }
        if !self.gathered.is_empty() {
            self.send().await?;
        }
        while !self.under_way.is_empty() {
            self.settle_one().await?;
        }
        if let Some(upload) = &mut self.upload {
            upload.complete().await.map_err(failed("write"))?;
        }
        self.upload = None;
        Ok(self.size)
    }
}

impl Drop for Writer {
    /// Dropping alone would leave the parts on S3.
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            self.under_way.abort_all();
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an upload could not be given up in order");
                }
            });
        }
    }
}
