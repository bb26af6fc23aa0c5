//! The bytes of files, in whatever `object_store` speaks to.
//!
//! # How to add a …
//! - **kind of store**: a constructor of [`Objects`] beside [`Objects::local`] that says how large parts are and how many go out at once. The suite in
//!   `tests/conformance.rs` then runs on it too.

mod local;
mod reading;
mod writing;

use std::{ops::Range, path::Path, sync::Arc};

use async_trait::async_trait;
use domain::{
    ports::{Blob, BlobError, BlobKeys, BlobResult, BlobWriter, Blobs},
    time::Timestamp,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _};

use crate::measure;
use local::Folder;

/// Why a store of files could not be opened. Meant for the operator, so it names paths.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// The folder cannot be made.
    #[error("cannot create the folder {folder}: {error}", folder = .0.display(), error = .1)]
    Folder(std::path::PathBuf, #[source] std::io::Error),
    /// The folder cannot be used.
    #[error("cannot use the folder {folder}: {error}", folder = .0.display(), error = .1)]
    Unusable(std::path::PathBuf, #[source] Box<Error>),
}

/// Files in a store of objects. Clones share it.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    parts: Parts,
    folder: Option<Folder>,
}

/// How bytes go out. The memory of one upload is about `bytes` times `(at_once + 1)`.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// Of one part. S3 takes no less than 5 MiB.
    bytes: usize,
    /// How many may be on their way.
    at_once: usize,
}

impl Objects {
    /// In this folder, which is created if it is not there. What is finished has reached the disk. Blocks for a moment.
    pub fn local(folder: &Path) -> Result<Self, ObjectsError> {
        let (folder, store) = Folder::open(folder)?;
        Ok(Self {
            store: Arc::new(store),
            parts: Parts {
                bytes: 256 * 1024,
                at_once: 1,
            },
            folder: Some(folder),
        })
    }

    /// In memory, with parts as S3 wants them: for tests of what does not depend on the kind of store.
    pub fn in_memory() -> Self {
        Self {
            store: Arc::new(object_store::memory::InMemory::new()),
            parts: Parts {
                bytes: 5 * 1024 * 1024,
                at_once: 2,
            },
            folder: None,
        }
    }

    /// Where files can wait that are not in the store yet: on the same disk, where the store has one.
    pub fn waiting_room(&self) -> std::path::PathBuf {
        self.folder
            .as_ref()
            .map_or_else(std::env::temp_dir, |folder| folder.path().to_owned())
    }
}

/// A key is a path of the store as it stands.
fn path(key: &str) -> BlobResult<object_store::path::Path> {
    object_store::path::Path::parse(key).map_err(|error| BlobError(Box::new(error)))
}

/// Could somebody have given it as a key? What else lies there, a database for instance, is nobody's to sweep.
fn is_key(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, name)| {
        is_key_folder(folder) && !name.starts_with('.') && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'.'))
    })
}

/// What keys begin with, up to their slash: two hexadecimal digits.
fn key_folders() -> impl Iterator<Item = String> {
    (0..=u8::MAX).map(|number| format!("{number:02x}"))
}

/// Is it one of [`key_folders`]?
fn is_key_folder(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What went wrong, counted by what was to be done. The store's own words may hold paths: they are for the log.
fn failed(doing: &'static str) -> impl Fn(Error) -> BlobError {
    move |error| {
        metrics::counter!(measure::OBJECT_FAILURES, "operation" => doing).increment(1);
        BlobError(Box::new(error))
    }
}

#[async_trait]
impl Blobs for Objects {
    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>> {
        Ok(Box::new(writing::Writer::new(self.store.clone(), path(key)?, self.parts)))
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        let options = GetOptions {
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        match self.store.get_opts(&path(key)?, options).await {
            Ok(found) => Ok(Some(Blob {
                size: found.meta.size,
                bytes: reading::stream(found),
            })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed("read")(error)),
        }
    }

    async fn size(&self, key: &str) -> BlobResult<Option<u64>> {
        match self.store.head(&path(key)?).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed("size")(error)),
        }
    }

    async fn delete(&self, keys: &[String]) -> BlobResult<()> {
        let paths: Vec<_> = keys.iter().map(|key| path(key)).collect::<BlobResult<_>>()?;
        let mut deleted = self.store.delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
        let mut first = None;
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => {
                    tracing::warn!(%error, "an object could not be deleted; the sweep will try again");
                    first.get_or_insert(failed("delete")(error));
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    fn older_than(&self, before: Timestamp) -> BlobKeys {
        // In a folder only what is ours is looked at: beside it may lie what we may not even list.
        let folders: Vec<_> = match &self.folder {
            Some(_) => key_folders().map(|folder| Some(folder.into())).collect(),
            None => vec![None],
        };
        let store = self.store.clone();
        stream::iter(folders)
            .flat_map(move |folder| store.list(folder.as_ref()))
            .try_filter_map(move |meta| async move {
                let old = Timestamp::from_utc(meta.last_modified) < before;
                Ok((old && is_key(meta.location.as_ref())).then(|| meta.location.to_string()))
            })
            .map_err(failed("list"))
            .boxed()
    }

    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        match &self.folder {
            Some(folder) => folder.clear_unfinished(before).await,
            // Stores behind a network keep no half object; what S3 keeps of parts is for a rule of the bucket, see docs/operations.md.
            None => Ok(0),
        }
    }

    async fn ping(&self) -> BlobResult<()> {
        match &self.folder {
            Some(folder) => folder.ping().await,
            None => self.size("ping").await.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    use bytes::Bytes;
    use futures_util::TryStreamExt as _;

    use super::*;

    /// A disk of its own has `lost+found`, which only root may list.
    #[tokio::test]
    async fn what_cannot_be_listed_beside_the_objects_does_not_stop_a_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::local(folder.path()).unwrap();
        let mut writer = objects.create("ab/0123").await.unwrap();
        writer.write(Bytes::from_static(b"words")).await.unwrap();
        writer.finish().await.unwrap();
        let foreign = folder.path().join("aa-foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join(OsStr::from_bytes(b"\xFF")), b"").unwrap();
        let found: Vec<String> = objects.older_than(Timestamp(i64::MAX)).try_collect().await.unwrap();
        assert_eq!(found, ["ab/0123"]);
    }

    #[test]
    fn only_what_looks_like_a_key_is_swept() {
        for key in ["ab/0123456789abcdef0123456789abcd", "00/f.webp", "ff/x.jpg"] {
            assert!(is_key(key), "{key}");
        }
        for other in [
            "suhbat.db",
            "ab",
            "abc/1",
            "zz/1",
            "AB/1",
            "ab/c/1",
            "ab/notes-1",
            "ab/.tmp1",
            "ab/Notes",
            "objects/ab/1",
        ] {
            assert!(!is_key(other), "{other}");
        }
    }
}
