//! One upload, from its first byte to its objects in the store.

use std::{fs::File, io, sync::Arc};

use bytes::{Bytes, BytesMut};
use domain::{
    attachment::{NewAttachment, Thumbnail},
    id::UserId,
    ports::BlobWriter,
};
use media::{HEAD, ImageInfo, Kind, Step};
use tokio::io::AsyncWriteExt as _;

use crate::{
    error::UploadError,
    objects::{self, StoredObject, UploadGuard, blocking},
    process::{ProcessJob, Processed, process},
    shared::{Shared, UploadSlot},
};

/// A file that is being uploaded. An upload that is dropped before it is [finished](Self::finish) leaves nothing behind.
pub struct Upload {
    shared: Arc<Shared>,
    /// The sender, whose files share one queue for the worker threads.
    user: UserId,
    /// Without paths, control characters and overlong parts.
    file_name: String,
    declared_type: Option<String>,
    slot: UploadSlot,
    /// The bytes received so far.
    size: u64,
    state: State,
}

enum State {
    /// The first bytes, until there are [`HEAD`] of them.
    Buffering(BytesMut),
    /// The first bytes have decided the route.
    Routed(Route),
}

/// The way of a file to the object store.
enum Route {
    /// The bytes go straight to the object store.
    Stream {
        kind: Kind,
        key: String,
        writer: Box<dyn BlobWriter>,
    },
    /// The bytes go to a temporary file, because the file has to be processed as a whole. `kind` is `None` if only the whole file decides the type.
    Spool { kind: Option<Kind>, file: tokio::fs::File },
}

impl Route {
    async fn write(&mut self, bytes: Bytes) -> Result<(), UploadError> {
        match self {
            Self::Stream { writer, .. } => Ok(writer.write(bytes).await?),
            Self::Spool { file, .. } => Ok(file.write_all(&bytes).await?),
        }
    }
}

impl Upload {
    pub(crate) fn new(shared: Arc<Shared>, user: UserId, file_name: &str, declared_type: Option<&str>, slot: UploadSlot) -> Self {
        Self {
            shared,
            user,
            file_name: media::sanitise(file_name),
            declared_type: declared_type.map(str::to_owned),
            slot,
            size: 0,
            state: State::Buffering(BytesMut::new()),
        }
    }

    /// The sanitised name, under which the file is shown and downloaded.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Takes the next bytes. Fails as soon as the file is too large, or its first [`HEAD`] bytes show a type that is not allowed.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), UploadError> {
        self.size += bytes.len() as u64;
        let limit = self.shared.config.file_bytes;
        if self.size > limit {
            return Err(UploadError::TooLarge { limit });
        }
        match &mut self.state {
            State::Routed(route) => route.write(bytes).await,
            State::Buffering(head) => {
                head.extend_from_slice(&bytes);
                if head.len() < HEAD {
                    return Ok(());
                }
                let mut head = head.split().freeze();
                // Exactly `HEAD` bytes decide, so that the size of the pieces cannot change the type.
                let rest = head.split_off(HEAD);
                let mut route = self.route(head, false).await?;
                route.write(rest).await?;
                self.state = State::Routed(route);
                Ok(())
            }
        }
    }

    /// Processes the file if it was spooled, and stores it. The objects are deleted again unless the guard is claimed.
    pub async fn finish(mut self) -> Result<(NewAttachment, UploadGuard), UploadError> {
        let route = match std::mem::replace(&mut self.state, State::Buffering(BytesMut::new())) {
            State::Buffering(head) => self.route(head.freeze(), true).await?,
            State::Routed(route) => route,
        };
        match route {
            Route::Stream { kind, key, writer } => {
                let object = objects::finish(&self.shared, key, writer, self.slot.clone()).await?;
                Ok(self.attachment(kind, &ImageInfo::default(), object, None))
            }
            Route::Spool { kind, file } => self.process_and_store(kind, into_std(file).await?).await,
        }
    }

    /// Whether files of this kind have to be processed as a whole.
    fn is_processed(&self, kind: &Kind) -> bool {
        kind.is_image() || self.shared.config.strip_metadata && media::can_overwrite(kind)
    }

    /// Chooses the route by the first bytes, and sends them along it.
    async fn route(&self, head: Bytes, complete: bool) -> Result<Route, UploadError> {
        let step = media::decide_head(&head, complete, self.declared_type.as_deref(), &self.file_name)?;
        let kind = match step {
            Step::Decided(kind) => Some(kind),
            Step::NeedsWhole => None,
        };
        let mut route = match kind {
            Some(kind) if !self.is_processed(&kind) => {
                let key = self.shared.new_key();
                let writer = self.shared.blobs.create(&key).await?;
                Route::Stream { kind, key, writer }
            }
            kind => {
                let spool_dir = self.shared.config.spool_dir.clone();
                let file = blocking(move || tempfile::tempfile_in(spool_dir)).await??;
                let file = tokio::fs::File::from_std(file);
                Route::Spool { kind, file }
            }
        };
        route.write(head).await?;
        Ok(route)
    }

    /// Processes a spooled file when it is the sender's turn, and stores the result with its thumbnail.
    async fn process_and_store(self, kind: Option<Kind>, file: File) -> Result<(NewAttachment, UploadGuard), UploadError> {
        // Determine the type, remove the metadata and make the thumbnail, on a worker thread
        let job = ProcessJob {
            file,
            kind,
            declared_type: self.declared_type.clone(),
            file_name: self.file_name.clone(),
            strip_metadata: self.shared.config.strip_metadata,
            image_limits: self.shared.image_limits.clone(),
        };
        let spool_dir = self.shared.config.spool_dir.clone();
        let Processed { file, kind, image } = self.shared.workers.run(self.user, move || process(job, &spool_dir)).await?;

        // Store the thumbnail
        let thumbnail = match &image.thumbnail {
            Some(thumbnail) => {
                let bytes = Bytes::copy_from_slice(&thumbnail.bytes);
                Some((
                    objects::store_bytes(&self.shared, bytes, self.slot.clone()).await?,
                    thumbnail.mime_type,
                ))
            }
            None => None,
        };

        // Store the file
        let object = objects::store_file(&self.shared, file, self.slot.clone()).await?;
        Ok(self.attachment(kind, &image, object, thumbnail))
    }

    fn attachment(
        self,
        kind: Kind,
        image: &ImageInfo,
        object: StoredObject,
        thumbnail: Option<(StoredObject, &str)>,
    ) -> (NewAttachment, UploadGuard) {
        let StoredObject { key, size, mut guard } = object;
        let thumbnail = thumbnail.map(|(object, mime_type)| {
            guard.join(object.guard);
            Thumbnail {
                key: object.key,
                mime_type: mime_type.to_owned(),
            }
        });
        let attachment = NewAttachment {
            file_type: kind.file_type,
            file_name: self.file_name,
            file_size: size,
            mime_type: kind.mime_type.to_owned(),
            width: image.width,
            height: image.height,
            key,
            thumbnail,
            voice: None,
        };
        (attachment, guard)
    }
}

/// The file for blocking calls, with everything written to it.
async fn into_std(mut file: tokio::fs::File) -> io::Result<File> {
    file.flush().await?;
    Ok(file.into_std().await)
}
