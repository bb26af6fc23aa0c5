//! Writing objects of a bucket.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::{BlobResult, BlobWriter};
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, Result, path::Path};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};

use super::{Bucket, PART, boxed};
use crate::blobs::{failed, ownership::Ownership};

/// Bytes of a part that are gathered in memory before they go to the file.
const GATHERED: usize = 256 * 1024;

/// Writes an object. A sender may take minutes for a part, and hundreds may send at once, so a part that grows is in an unnamed temporary file. It is in
/// memory only while it is sent, of which there are few at once. An object that is smaller than a part is sent whole.
pub(in crate::blobs) struct Writer {
    store: Arc<dyn ObjectStore>,
    ownership: Ownership,
    path: Path,
    /// The bytes of all parts.
    size: u64,
    part: Part,
    permits: Arc<Semaphore>,
    /// The upload on the server, once the object is larger than a part.
    upload: Option<Box<dyn MultipartUpload>>,
    /// The part that is on its way.
    sending: Option<JoinHandle<Result<()>>>,
}

/// The part that is being received.
struct Part {
    folder: PathBuf,
    /// Its first bytes.
    file: Option<File>,
    /// The bytes after them.
    gathered: Vec<u8>,
    size: usize,
}

impl Part {
    /// Adds bytes that fit into the part.
    async fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.gathered.extend_from_slice(bytes);
        self.size += bytes.len();
        if self.gathered.len() < GATHERED {
            return Ok(());
        }
        let (file, gathered, folder) = (self.file.take(), std::mem::take(&mut self.gathered), self.folder.clone());
        let written = blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => tempfile::tempfile_in(folder)?,
            };
            file.write_all(&gathered)?;
            Ok((file, gathered))
        });
        let (file, mut gathered) = written.await?;
        gathered.clear();
        (self.file, self.gathered) = (Some(file), gathered);
        Ok(())
    }

    /// All its bytes. The part is empty then, and its file can be used for the next one.
    async fn take(&mut self) -> io::Result<Bytes> {
        let (file, gathered, size) = (self.file.take(), std::mem::take(&mut self.gathered), std::mem::take(&mut self.size));
        let Some(mut file) = file else {
            return Ok(gathered.into());
        };
        let read = blocking(move || {
            let mut bytes = Vec::with_capacity(size);
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            bytes.extend_from_slice(&gathered);
            file.set_len(0)?;
            file.rewind()?;
            Ok((file, bytes))
        });
        let (file, bytes) = read.await?;
        self.file = Some(file);
        Ok(bytes.into())
    }
}

impl Writer {
    pub(in crate::blobs) fn new(bucket: &Bucket, store: Arc<dyn ObjectStore>, ownership: Ownership, path: Path, folder: PathBuf) -> Self {
        Self {
            store,
            ownership,
            path,
            size: 0,
            part: Part {
                folder,
                file: None,
                gathered: Vec::new(),
                size: 0,
            },
            permits: bucket.parts(),
            upload: None,
            sending: None,
        }
    }

    /// The part with the right to have it in memory, once the part before it has been sent.
    async fn take_part(&mut self) -> BlobResult<(Bytes, OwnedSemaphorePermit)> {
        if let Some(sending) = &mut self.sending {
            let sent = sending.await;
            self.sending = None;
            sent.map_err(boxed)?.map_err(failed("write"))?;
        }
        let permit = self.permits.clone().acquire_owned().await.map_err(boxed)?;
        Ok((self.part.take().await.map_err(boxed)?, permit))
    }

    /// Begins to send the part. The next one is received meanwhile.
    async fn send_part(&mut self) -> BlobResult<()> {
        let (bytes, permit) = self.take_part().await?;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.store.put_multipart(&self.path).await.map_err(failed("write"))?),
        };
        let sending = upload.put_part(bytes.into());
        self.sending = Some(tokio::spawn(async move {
            let sent = sending.await;
            drop(permit);
            sent
        }));
        Ok(())
    }

    async fn write_parts(&mut self, mut bytes: &[u8]) -> BlobResult<()> {
        while !bytes.is_empty() {
            if self.part.size == PART {
                self.send_part().await?;
            }
            let (fits, rest) = bytes.split_at(bytes.len().min(PART - self.part.size));
            self.part.add(fits).await.map_err(boxed)?;
            self.size += fits.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Sends what is left, and makes the object visible.
    async fn publish(&mut self) -> BlobResult<()> {
        if self.upload.is_none() {
            let (bytes, _permit) = self.take_part().await?;
            let put = self.store.put(&self.path, PutPayload::from(bytes)).await;
            return put.map(drop).map_err(failed("write"));
        }
        self.send_part().await?;
        let (_, _permit) = self.take_part().await?;
        let Some(upload) = &mut self.upload else { return Ok(()) };
        upload.complete().await.map_err(failed("write"))?;
        self.upload = None;
        Ok(())
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        let written = self.write_parts(&bytes).await;
        written.inspect_err(|_| self.ownership.doubt(true))
    }

    async fn finish(mut self: Box<Self>) -> BlobResult<u64> {
        let finished = self.publish().await;
        finished.inspect_err(|_| self.ownership.doubt(true))?;
        Ok(self.size)
    }
}

impl Drop for Writer {
    /// Aborts an unfinished upload: the bucket would keep its parts.
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.upload.take(), Handle::try_current()) {
            let sending = self.sending.take();
            runtime.spawn(async move {
                if let Some(sending) = sending {
                    // A part that arrives after the abort would stay. Whether it arrived does not matter.
                    let _ = sending.await;
                }
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an upload could not be given up in order");
                }
            });
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
