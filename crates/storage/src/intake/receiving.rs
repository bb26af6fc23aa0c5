//! One file, while it comes in.

use std::{fs::File, io, io::Read as _};

use bytes::{Bytes, BytesMut};
use domain::{
    attachment::NewAttachment,
    ports::{BlobError, BlobWriter},
};
use tokio::{io::AsyncWriteExt as _, task::JoinError};

use super::{
    Intake, IntakeError, Unclaimed,
    work::{Done, Task, look},
};
use crate::media::{self, HEAD, Kind, Picture, Step, Thumbnail};

/// How much of a waiting file goes on at once.
const PIECE: usize = 256 * 1024;

/// A file that comes in piece by piece. Dropped before it is finished, it leaves nothing behind.
pub struct Receiving {
    intake: Intake,
    /// For display.
    file_name: String,
    /// As the sender says.
    declared: Option<String>,
    size: u64,
    state: State,
}

enum State {
    /// Not enough is here to tell what it is.
    Head(BytesMut),
    /// It goes straight on.
    Streaming {
        kind: Kind,
        key: String,
        writer: Box<dyn BlobWriter>,
    },
    /// It has to be looked at as a whole.
    Waiting { kind: Option<Kind>, file: tokio::fs::File },
}

impl Receiving {
    pub(super) fn new(intake: Intake, file_name: &str, declared: Option<&str>) -> Self {
        Self {
            intake,
            file_name: media::sanitise(file_name),
            declared: declared.map(str::to_owned),
            size: 0,
            state: State::Head(BytesMut::new()),
        }
    }

    /// The name under which it will be shown.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The next bytes.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), IntakeError> {
        self.size += bytes.len() as u64;
        let limit = self.intake.0.config.file_bytes;
        if self.size > limit {
            return Err(IntakeError::TooLarge { limit });
        }
        match &mut self.state {
            State::Head(head) => {
                head.extend_from_slice(&bytes);
                if head.len() >= HEAD {
                    let head = head.split().freeze();
                    self.decide(head, false).await?;
                }
                Ok(())
            }
            State::Streaming { writer, .. } => Ok(writer.write(bytes).await?),
            State::Waiting { file, .. } => Ok(file.write_all(&bytes).await?),
        }
    }

    /// Stores what has come. The objects are deleted unless they are claimed.
    pub async fn finish(mut self) -> Result<(NewAttachment, Unclaimed), IntakeError> {
        if let State::Head(head) = &mut self.state {
            let head = head.split().freeze();
            self.decide(head, true).await?;
        }
        let mut unclaimed = Unclaimed::none(self.intake.clone());
        let stored = match self.state {
            State::Streaming { kind, key, writer } => {
                unclaimed.add(&key);
                Stored {
                    kind,
                    size: writer.finish().await?,
                    key,
                    picture: Picture::default(),
                    thumbnail_key: None,
                }
            }
            State::Waiting { kind, file } => {
                let file = finished(file).await?;
                let task = Task {
                    file,
                    kind,
                    declared: self.declared,
                    file_name: self.file_name.clone(),
                    strip_metadata: self.intake.0.config.strip_metadata,
                    pictures: self.intake.0.pictures.clone(),
                };
                self.intake.store(task, &mut unclaimed).await?
            }
            State::Head(_) => return Err(IntakeError::Type("it was not looked at")),
        };
        Ok((stored.named(self.file_name), unclaimed))
    }

    /// Decides by the head how the file goes on, and sends the head that way.
    async fn decide(&mut self, head: Bytes, complete: bool) -> Result<(), IntakeError> {
        let step = media::decide_head(&head, complete, self.declared.as_deref(), &self.file_name)?;
        self.state = match step {
            Step::Decided(kind) if !kind.is_image() => {
                let key = self.intake.key("");
                let mut writer = self.intake.0.blobs.create(&key).await?;
                writer.write(head).await?;
                State::Streaming { kind, key, writer }
            }
            Step::Decided(_) | Step::NeedsWhole => {
                let waiting_room = self.intake.0.config.waiting_room.clone();
                let file = blocking(move || tempfile::tempfile_in(waiting_room)).await??;
                let mut file = tokio::fs::File::from_std(file);
                file.write_all(&head).await?;
                let kind = match step {
                    Step::Decided(kind) => Some(kind),
                    Step::NeedsWhole => None,
                };
                State::Waiting { kind, file }
            }
        };
        Ok(())
    }
}

/// A file that lies in the store, and nothing of its name.
struct Stored {
    kind: Kind,
    key: String,
    size: u64,
    picture: Picture,
    thumbnail_key: Option<String>,
}

impl Stored {
    fn named(self, file_name: String) -> NewAttachment {
        NewAttachment {
            file_type: self.kind.file_type,
            file_name,
            file_size: self.size,
            mime_type: self.kind.mime_type.to_owned(),
            width: self.picture.width,
            height: self.picture.height,
            key: self.key,
            thumbnail_key: self.thumbnail_key,
        }
    }
}

impl Intake {
    /// Looks at a file as a whole, when it is its turn, and stores it.
    async fn store(&self, task: Task, unclaimed: &mut Unclaimed) -> Result<Stored, IntakeError> {
        let Done { file, kind, picture } = {
            let _turn = self.0.work.acquire().await.map_err(|closed| BlobError(Box::new(closed)))?;
            let waiting_room = self.0.config.waiting_room.clone();
            blocking(move || look(task, &waiting_room)).await??
        };
        let thumbnail_key = match &picture.thumbnail {
            Some(thumbnail) => Some(self.store_thumbnail(thumbnail, unclaimed).await?),
            None => None,
        };
        let key = self.key("");
        unclaimed.add(&key);
        let mut writer = self.0.blobs.create(&key).await?;
        let mut file = file;
        loop {
            let (rest, piece) = blocking(move || next_piece(file)).await??;
            file = rest;
            if piece.is_empty() {
                break;
            }
            writer.write(piece).await?;
        }
        Ok(Stored {
            kind,
            key,
            size: writer.finish().await?,
            picture,
            thumbnail_key,
        })
    }

    /// The ending of its key tells its type.
    async fn store_thumbnail(&self, thumbnail: &Thumbnail, unclaimed: &mut Unclaimed) -> Result<String, IntakeError> {
        let key = self.key(if thumbnail.mime_type == "image/webp" { ".webp" } else { ".jpg" });
        unclaimed.add(&key);
        let mut writer = self.0.blobs.create(&key).await?;
        writer.write(Bytes::copy_from_slice(&thumbnail.bytes)).await?;
        writer.finish().await?;
        Ok(key)
    }
}

/// The type of a small picture, by its key.
pub fn thumbnail_type(key: &str) -> &'static str {
    match key.rsplit_once('.') {
        Some((_, "webp")) => "image/webp",
        _ => "image/jpeg",
    }
}

/// What was written is in the file now.
async fn finished(mut file: tokio::fs::File) -> io::Result<File> {
    file.flush().await?;
    Ok(file.into_std().await)
}

fn next_piece(mut file: File) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::with_capacity(PIECE);
    file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
    Ok((file, piece.into()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, IntakeError> {
    let broken = |error: JoinError| IntakeError::Waiting(io::Error::other(error));
    tokio::task::spawn_blocking(work).await.map_err(broken)
}
