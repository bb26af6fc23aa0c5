//! One file, while it comes in.

use std::{fs::File, io, io::Read as _};

use bytes::{Bytes, BytesMut};
use domain::{attachment::NewAttachment, ports::BlobWriter};
use tokio::{io::AsyncWriteExt as _, sync::oneshot, task::JoinError};

use super::{
    HeldPlace, Intake, IntakeError, Unclaimed,
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
    place: HeldPlace,
    size: u64,
    state: State,
}

enum State {
    /// Not enough is here to tell what it is.
    Head(BytesMut),
    Known(Way),
}

/// How a file goes on.
enum Way {
    /// Straight to the store.
    Streaming {
        kind: Kind,
        key: String,
        writer: Box<dyn BlobWriter>,
    },
    /// It has to be looked at as a whole.
    Waiting { kind: Option<Kind>, file: tokio::fs::File },
}

impl Way {
    async fn write(&mut self, bytes: Bytes) -> Result<(), IntakeError> {
        match self {
            Self::Streaming { writer, .. } => Ok(writer.write(bytes).await?),
            Self::Waiting { file, .. } => Ok(file.write_all(&bytes).await?),
        }
    }
}

impl Receiving {
    pub(super) fn new(intake: Intake, file_name: &str, declared: Option<&str>, place: HeldPlace) -> Self {
        Self {
            intake,
            file_name: media::sanitise(file_name),
            declared: declared.map(str::to_owned),
            place,
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
            State::Known(way) => way.write(bytes).await,
            State::Head(head) => {
                head.extend_from_slice(&bytes);
                if head.len() < HEAD {
                    return Ok(());
                }
                let mut head = head.split().freeze();
                // How much came at once must not change what the file is.
                let rest = head.split_off(HEAD);
                let mut way = self.decide(head, false).await?;
                way.write(rest).await?;
                self.state = State::Known(way);
                Ok(())
            }
        }
    }

    /// Stores what has come. The objects are deleted unless they are claimed.
    pub async fn finish(mut self) -> Result<(NewAttachment, Unclaimed), IntakeError> {
        let way = match std::mem::replace(&mut self.state, State::Head(BytesMut::new())) {
            State::Head(head) => self.decide(head.freeze(), true).await?,
            State::Known(way) => way,
        };
        let (stored, unclaimed) = match way {
            Way::Streaming { kind, key, writer } => {
                let (size, unclaimed) = self.intake.seal(key.clone(), writer, self.place).await?;
                let stored = Stored {
                    kind,
                    size,
                    key,
                    picture: Picture::default(),
                    thumbnail_key: None,
                };
                (stored, unclaimed)
            }
            Way::Waiting { kind, file } => {
                let file = finished(file).await?;
                let task = Task {
                    file,
                    kind,
                    declared: self.declared,
                    file_name: self.file_name.clone(),
                    strip_metadata: self.intake.0.config.strip_metadata,
                    pictures: self.intake.0.pictures.clone(),
                };
                self.intake.store(task, self.place).await?
            }
        };
        Ok((stored.named(self.file_name), unclaimed))
    }

    /// Decides by the head how the file goes on, and sends the head that way.
    async fn decide(&self, head: Bytes, complete: bool) -> Result<Way, IntakeError> {
        let step = media::decide_head(&head, complete, self.declared.as_deref(), &self.file_name)?;
        let mut way = match step {
            Step::Decided(kind) if !kind.is_image() => {
                let key = self.intake.key("");
                let writer = self.intake.0.blobs.create(&key).await?;
                Way::Streaming { kind, key, writer }
            }
            Step::Decided(_) | Step::NeedsWhole => {
                let waiting_room = self.intake.0.config.waiting_room.clone();
                let file = blocking(move || tempfile::tempfile_in(waiting_room)).await??;
                let kind = match step {
                    Step::Decided(kind) => Some(kind),
                    Step::NeedsWhole => None,
                };
                Way::Waiting {
                    kind,
                    file: tokio::fs::File::from_std(file),
                }
            }
        };
        way.write(head).await?;
        Ok(way)
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
    async fn store(&self, task: Task, place: HeldPlace) -> Result<(Stored, Unclaimed), IntakeError> {
        let waiting_room = self.0.config.waiting_room.clone();
        let Done { mut file, kind, picture } = self.0.workers.run(move || look(task, &waiting_room)).await?;
        let mut unclaimed = Unclaimed::none(self.clone());
        let mut thumbnail_key = None;
        if let Some(thumbnail) = &picture.thumbnail {
            let (key, small) = self.store_thumbnail(thumbnail, place.clone()).await?;
            thumbnail_key = Some(key);
            unclaimed.join(small);
        }
        let key = self.key("");
        let mut writer = self.0.blobs.create(&key).await?;
        loop {
            let (rest, piece) = blocking(move || next_piece(file)).await??;
            file = rest;
            if piece.is_empty() {
                break;
            }
            writer.write(piece).await?;
        }
        let (size, whole) = self.seal(key.clone(), writer, place).await?;
        unclaimed.join(whole);
        let stored = Stored {
            kind,
            key,
            size,
            picture,
            thumbnail_key,
        };
        Ok((stored, unclaimed))
    }

    /// The ending of its key tells its type.
    async fn store_thumbnail(&self, thumbnail: &Thumbnail, place: HeldPlace) -> Result<(String, Unclaimed), IntakeError> {
        let key = self.key(if thumbnail.mime_type == "image/webp" { ".webp" } else { ".jpg" });
        let mut writer = self.0.blobs.create(&key).await?;
        writer.write(Bytes::copy_from_slice(&thumbnail.bytes)).await?;
        let (_, unclaimed) = self.seal(key.clone(), writer, place).await?;
        Ok((key, unclaimed))
    }

    /// Makes an object be there; its size. What the store has begun nobody can call back, so this goes on when the request is gone, in its place, and deletes what
    /// came of it.
    async fn seal(&self, key: String, writer: Box<dyn BlobWriter>, place: HeldPlace) -> Result<(u64, Unclaimed), IntakeError> {
        let object = Unclaimed::new(self.clone(), key);
        let (answer, outcome) = oneshot::channel();
        let finish = async move {
            let finished = writer.finish().await.map(|size| (size, object));
            drop(place);
            // Unheard, the object in it is deleted.
            drop(answer.send(finished));
        };
        drop(self.0.under_way.spawn_on(finish, &self.0.runtime));
        let broken = |error| IntakeError::Waiting(io::Error::other(error));
        Ok(outcome.await.map_err(broken)??)
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
