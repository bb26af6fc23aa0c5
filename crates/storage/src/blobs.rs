//! The object store: the bytes of files and thumbnails, through the crate `object_store`.
//!
//! # How to add a …
//! - **kind of store**: a constructor of [`Objects`] beside [`Objects::local`] that sets the size of parts and how many are sent at once. Add it to the
//!   suite in `tests/conformance.rs`.

mod copying;
mod failure;
mod legacy;
mod local;
mod ownership;
mod reading;
mod s3;
mod writing;

use std::{ops::Range, path::Path, sync::Arc};

use async_trait::async_trait;
use domain::{
    identity::StoreId,
    ports::{Blob, BlobEntries, BlobEntry, BlobError, BlobResult, BlobWriter, Blobs, LinkHeaders},
    time::Timestamp,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload};

pub use copying::{ObjectsCopied, ObjectsCopyError};
use failure::{failed, is_absent};
use legacy::{Media, MediaFolder};
use local::Folder;
use ownership::Ownership;
use s3::Bucket;
pub use s3::{Addressing, S3Config, S3Keys};

/// The folder of the objects that were set aside. They keep their keys below it.
const SET_ASIDE: &str = ".removed";

/// An object of a few bytes, which a [`ping`](Blobs::ping) of a bucket replaces after a write has failed.
const PROBE: &str = ".suhbat-probe";

/// Why an object store could not be opened. The messages are for the operator, so they contain paths.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// The folder, or one of the folders in it, cannot be created.
    #[error("cannot create the folder {folder}: {error}", folder = .0.display(), error = .1)]
    Folder(std::path::PathBuf, #[source] std::io::Error),
    /// The folder exists, but objects cannot be stored in it.
    #[error("cannot use the folder {folder}: {error}", folder = .0.display(), error = .1)]
    Unusable(std::path::PathBuf, #[source] Box<Error>),
    /// The folder with the files of the platform's older service cannot be read.
    #[error("cannot read the media folder {folder} (objects.legacy_url): {error}", folder = .0.display(), error = .1)]
    MediaFolder(std::path::PathBuf, #[source] std::io::Error),
    /// The settings of a bucket make no sense.
    #[error("cannot use the bucket {0}: {1}")]
    Bucket(String, #[source] Box<Error>),
}

/// The object store of one database. Clones share it.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    ownership: Ownership,
    parts: Parts,
    folder: Option<Folder>,
    bucket: Option<Bucket>,
    /// The files of the platform's older service, which have paths that no key has.
    media: Option<Media>,
}

/// The parts in which an object is sent. One upload takes about `bytes` times `(at_once + 1)` of memory.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// The size of one part in bytes. S3 requires at least 5 MiB.
    bytes: usize,
    /// The number of parts that are sent at once.
    at_once: usize,
}

impl Parts {
    const OF_NETWORK: Self = Self {
        bytes: 5 * 1024 * 1024,
        at_once: 2,
    };
}

impl Objects {
    /// Opens the object store of this database in a folder, which is created if it does not exist. A finished object has reached the disk. Blocks for a moment.
    pub fn local(folder: &Path, database: StoreId) -> Result<Self, ObjectsError> {
        let (folder, store) = Folder::open(folder)?;
        Ok(Self {
            store: Arc::new(store),
            ownership: Ownership::of_folder(folder.clone(), database),
            parts: Parts {
                bytes: 256 * 1024,
                at_once: 1,
            },
            folder: Some(folder),
            bucket: None,
            media: None,
        })
    }

    /// Opens the object store of this database in a bucket. Does no I/O: whether the server answers is seen with the first request.
    pub fn bucket(config: &S3Config, database: StoreId) -> Result<Self, ObjectsError> {
        let bucket = Bucket::open(config)?;
        let store = bucket.store();
        Ok(Self {
            ownership: Ownership::of_store(store.clone(), database),
            store,
            // Buckets have a writer of their own.
            parts: Parts::OF_NETWORK,
            folder: None,
            bucket: Some(bucket),
            media: None,
        })
    }

    /// Reads files of the platform's older messaging service from this folder too. Nothing in it is ever changed. Blocks for a moment.
    pub fn with_media_folder(self, folder: &Path) -> Result<Self, ObjectsError> {
        Ok(Self {
            media: Some(Media::Folder(MediaFolder::open(folder)?)),
            ..self
        })
    }

    /// Reads files of the platform's older messaging service from this bucket too. Nothing in it is ever changed.
    pub fn with_media_bucket(self, config: &S3Config) -> Result<Self, ObjectsError> {
        Ok(Self {
            media: Some(Media::Bucket(Bucket::open(config)?)),
            ..self
        })
    }

    /// The place of the file with this path, if it is one of the platform's older service.
    fn media_of(&self, key: &str) -> Option<&Media> {
        self.media.as_ref().filter(|_| !is_key(key))
    }

    /// An object store in memory, with the part size of S3, for tests that do not depend on the kind of store.
    pub fn in_memory(database: StoreId) -> Self {
        let store: Arc<dyn ObjectStore> = Arc::new(object_store::memory::InMemory::new());
        Self {
            ownership: Ownership::of_store(store.clone(), database),
            store,
            parts: Parts::OF_NETWORK,
            folder: None,
            bucket: None,
            media: None,
        }
    }

    /// The same objects, opened for another database: the check of the store id then fails.
    #[must_use]
    pub fn opened_for(&self, database: StoreId) -> Self {
        Self {
            ownership: self.ownership.clone().opened_for(database),
            ..self.clone()
        }
    }

    /// Whether the objects are on a server, which may be away for a while.
    pub fn is_remote(&self) -> bool {
        self.bucket.is_some()
    }

    /// Whether a write has failed since the last successful [`ping`](Blobs::ping). Reads memory only.
    pub fn is_doubted(&self) -> bool {
        self.ownership.is_doubted()
    }

    /// The folder for temporary files: on the volume of the store if it is local.
    pub fn spool_dir(&self) -> std::path::PathBuf {
        self.folder
            .as_ref()
            .map_or_else(std::env::temp_dir, |folder| folder.path().to_owned())
    }
}

/// The path of an object, which is its key.
fn path(key: &str) -> BlobResult<object_store::path::Path> {
    object_store::path::Path::parse(key).map_err(|error| BlobError(Box::new(error)))
}

/// The path of an object that was set aside.
fn aside(key: &str) -> BlobResult<object_store::path::Path> {
    path(&format!("{SET_ASIDE}/{key}"))
}

/// Whether a path has the form of a key. The sweep ignores all other files, such as a database in the same folder.
fn is_key(path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, name)| {
        is_key_folder(folder) && !name.starts_with('.') && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'.'))
    })
}

/// The first parts of all possible keys, up to the slash: two hexadecimal digits.
fn key_folders() -> impl Iterator<Item = String> {
    (0..=u8::MAX).map(|number| format!("{number:02x}"))
}

/// Whether the name is one of [`key_folders`].
fn is_key_folder(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The bytes of an object, or a range of them; `None` if there is none.
async fn read(store: &dyn ObjectStore, path: &object_store::path::Path, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
    let options = GetOptions {
        range: range.map(GetRange::Bounded),
        ..GetOptions::default()
    };
    match store.get_opts(path, options).await {
        Ok(found) => Ok(Some(Blob {
            size: found.meta.size,
            bytes: reading::stream(found),
        })),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failed("read")(error)),
    }
}

/// The size of an object; `None` if there is none.
async fn size(store: &dyn ObjectStore, path: &object_store::path::Path) -> BlobResult<Option<u64>> {
    match store.head(path).await {
        Ok(meta) => Ok(Some(meta.size)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failed("size")(error)),
    }
}

impl Objects {
    /// Moves objects; `place` returns the old and the new path of a key. Objects that do not exist are skipped.
    async fn rename(&self, keys: &[String], place: impl Fn(&str) -> BlobResult<[object_store::path::Path; 2]>) -> BlobResult<()> {
        self.ownership.check().await?;
        for key in keys {
            let [from, to] = place(key)?;
            match self.store.rename(&from, &to).await {
                Ok(()) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(failed("rename")(error)),
            }
        }
        Ok(())
    }

    /// Deletes the objects at these paths. Objects that do not exist are skipped, and the others are deleted even if one cannot be.
    async fn delete_all(&self, paths: Vec<object_store::path::Path>) -> BlobResult<()> {
        let mut deleted = self.store.delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
        let mut first = None;
        while let Some(outcome) = deleted.next().await {
            match outcome {
                Ok(_) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "an object could not be deleted; the sweep will try again");
                    first.get_or_insert(failed("delete")(error));
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The objects below these paths. Their keys follow `prefix` in the path.
    fn entries(&self, places: Vec<Option<object_store::path::Path>>, prefix: &'static str) -> BlobEntries {
        let store = self.store.clone();
        stream::iter(places)
            .flat_map(move |place| store.list(place.as_ref()))
            .try_filter_map(move |meta| async move {
                let key = meta.location.as_ref().strip_prefix(prefix).filter(|key| is_key(key));
                Ok(key.map(|key| BlobEntry {
                    key: key.to_owned(),
                    since: Timestamp::from_utc(meta.last_modified),
                }))
            })
            .map_err(failed("list"))
            .boxed()
    }
}

#[async_trait]
impl Blobs for Objects {
    async fn owner(&self) -> BlobResult<Option<StoreId>> {
        self.ownership.owner().await
    }

    async fn claim(&self) -> BlobResult<()> {
        self.ownership.claim().await
    }

    async fn create(&self, key: &str) -> BlobResult<Box<dyn BlobWriter>> {
        self.ownership.check().await.inspect_err(|_| self.ownership.doubt(true))?;
        let (store, ownership, path) = (self.store.clone(), self.ownership.clone(), path(key)?);
        Ok(match &self.bucket {
            Some(bucket) => Box::new(s3::Writer::new(bucket, store, ownership, path, self.spool_dir())),
            None => Box::new(writing::Writer::new(store, ownership, path, self.parts)),
        })
    }

    async fn read(&self, key: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        if let Some(media) = self.media_of(key) {
            return media.read(key, range).await;
        }
        read(&*self.store, &path(key)?, range).await
    }

    async fn size(&self, key: &str) -> BlobResult<Option<u64>> {
        if let Some(media) = self.media_of(key) {
            return media.size(key).await;
        }
        let found = size(&*self.store, &path(key)?).await?;
        if found.is_none() && self.bucket.is_some() {
            // The answer has no body that would tell a missing object from a missing bucket. Reading the store id fails if the bucket is missing.
            self.ownership.owner().await?;
        }
        Ok(found)
    }

    async fn link(&self, key: &str, headers: &LinkHeaders<'_>) -> BlobResult<Option<String>> {
        match (self.media_of(key), &self.bucket) {
            (Some(media), _) => media.link(key, headers).await,
            (None, Some(bucket)) => bucket.link(&path(key)?, headers).await,
            (None, None) => Ok(None),
        }
    }

    async fn delete(&self, keys: &[String]) -> BlobResult<()> {
        self.delete_all(keys.iter().map(|key| path(key)).collect::<BlobResult<_>>()?).await
    }

    fn list(&self) -> BlobEntries {
        // In a local folder, only the folders of keys are listed: the service may not be able to read others.
        let places = match &self.folder {
            Some(_) => key_folders().map(|folder| Some(folder.into())).collect(),
            None => vec![None],
        };
        self.entries(places, "")
    }

    async fn set_aside(&self, keys: &[String]) -> BlobResult<()> {
        match &self.folder {
            // A rename keeps the time of a file, but the time has to be that of setting aside; so a folder sets it itself.
            Some(folder) => {
                self.ownership.check().await?;
                folder.set_aside(keys.to_vec()).await
            }
            None => self.rename(keys, |key| Ok([path(key)?, aside(key)?])).await,
        }
    }

    async fn put_back(&self, keys: &[String]) -> BlobResult<()> {
        self.rename(keys, |key| Ok([aside(key)?, path(key)?])).await
    }

    fn list_set_aside(&self) -> BlobEntries {
        self.entries(vec![Some(SET_ASIDE.into())], ".removed/")
    }

    async fn delete_set_aside(&self, keys: &[String]) -> BlobResult<()> {
        self.ownership.check().await?;
        self.delete_all(keys.iter().map(|key| aside(key)).collect::<BlobResult<_>>()?).await
    }

    async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        match (&self.folder, &self.bucket) {
            (Some(folder), _) => folder.clear_unfinished(before).await,
            (None, Some(bucket)) => bucket.clear_unfinished(before).await,
            (None, None) => Ok(0),
        }
    }

    async fn ping(&self) -> BlobResult<()> {
        self.ownership.check().await?;
        if let Some(folder) = &self.folder {
            folder.ping().await?;
        }
        if self.bucket.is_some() && self.is_doubted() {
            // Each request costs money, so a bucket that works is only read.
            let probe = self.store.put(&PROBE.into(), PutPayload::from_static(b"probe")).await;
            probe.map_err(failed("write"))?;
        }
        self.ownership.doubt(false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    use bytes::Bytes;
    use domain::testing::builders::store_id;
    use futures_util::TryStreamExt as _;

    use super::*;

    /// The root folder of a volume has `lost+found`, which only root may list.
    #[tokio::test]
    async fn unreadable_entries_beside_the_objects_do_not_stop_a_sweep() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::local(folder.path(), store_id()).unwrap();
        objects.claim().await.unwrap();
        let mut writer = objects.create("ab/0123").await.unwrap();
        writer.write(Bytes::from_static(b"words")).await.unwrap();
        writer.finish().await.unwrap();
        let foreign = folder.path().join("aa-foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join(OsStr::from_bytes(b"\xFF")), b"").unwrap();
        let found: Vec<BlobEntry> = objects.list().try_collect().await.unwrap();
        assert_eq!(found.into_iter().map(|entry| entry.key).collect::<Vec<_>>(), ["ab/0123"]);
    }

    /// The files of all users are readable for every system user who may read the folder.
    #[cfg(unix)]
    #[tokio::test]
    async fn created_files_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("objects");
        let objects = Objects::local(&root, store_id()).unwrap();
        objects.claim().await.unwrap();
        let mut writer = objects.create("ab/0123").await.unwrap();
        writer.write(Bytes::from_static(b"words")).await.unwrap();
        writer.finish().await.unwrap();
        let mode = |name: &str| std::fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            [mode("."), mode("ab"), mode(".suhbat-store"), mode("ab/0123")],
            [0o700, 0o700, 0o600, 0o600]
        );
        objects.set_aside(&["ab/0123".to_owned()]).await.unwrap();
        assert_eq!(
            [mode(".removed"), mode(".removed/ab"), mode(".removed/ab/0123")],
            [0o700, 0o700, 0o600]
        );
    }

    #[tokio::test]
    async fn an_unmounted_folder_refuses_writes_and_is_not_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (folder.path().join("objects"), folder.path().join("elsewhere"));
        let objects = Objects::local(&root, store_id()).unwrap();
        objects.claim().await.unwrap();
        std::fs::rename(&root, &elsewhere).unwrap();
        assert!(objects.create("ab/1").await.is_err() && objects.ping().await.is_err());
        assert!(!root.exists());
        // The volume is not mounted: the folder is the empty mount point.
        std::fs::create_dir(&root).unwrap();
        assert!(objects.create("ab/1").await.is_err() && objects.ping().await.is_err());
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
        // The volume disappears between the beginning and the end of an upload.
        std::fs::remove_dir(&root).unwrap();
        std::fs::rename(&elsewhere, &root).unwrap();
        for size in [5, 1_000_000] {
            let mut writer = objects.create("ab/1").await.unwrap();
            writer.write(vec![b'x'; size].into()).await.unwrap();
            std::fs::rename(&root, &elsewhere).unwrap();
            assert!(writer.finish().await.is_err());
            let _ = std::fs::remove_dir_all(&root);
            std::fs::rename(&elsewhere, &root).unwrap();
        }
        let mut writer = objects.create("ab/2").await.unwrap();
        writer.write(Bytes::from_static(b"words")).await.unwrap();
        assert_eq!(writer.finish().await.unwrap(), 5);
    }

    #[test]
    fn only_paths_with_the_form_of_a_key_are_swept() {
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
