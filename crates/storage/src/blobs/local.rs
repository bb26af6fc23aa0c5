//! The operations on a local folder that `object_store` does not offer.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{
    ports::{BlobError, BlobResult},
    time::Timestamp,
};
use object_store::local::LocalFileSystem;

use super::{ObjectsError, SET_ASIDE, is_key_folder, key_folders, ownership::MARK};

const PAGE: [u8; 4096] = [0; 4096];

/// The root folder of a local object store.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Creates the folder and the folders of all keys now, since creating them later would block the thread of a request. None is created again: a folder
    /// that is missing later means that the volume is missing.
    pub(super) fn open(path: &Path) -> Result<(Self, LocalFileSystem), ObjectsError> {
        for folder in key_folders() {
            let part = path.join(folder);
            make_folder(&part).map_err(|error| ObjectsError::Folder(part, error))?;
        }
        let unusable = |error| ObjectsError::Unusable(path.to_owned(), Box::new(error));
        let store = LocalFileSystem::new_with_prefix(path).map_err(unusable)?.with_fsync(true);
        std::fs::File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| ObjectsError::Folder(path.to_owned(), error))?;
        Ok((Self(path.to_owned()), store))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a page to a temporary file in the folder, and flushes it to the disk.
    pub(super) async fn ping(&self) -> BlobResult<()> {
        let folder = self.0.clone();
        blocking(move || {
            let mut file = tempfile::tempfile_in(folder)?;
            file.write_all(&PAGE)?;
            file.sync_all()
        })
        .await
    }

    /// Reads the file that carries the store id. Fails if the folder itself does not exist.
    pub(super) async fn read_mark(&self) -> BlobResult<Option<Vec<u8>>> {
        let folder = self.0.clone();
        blocking(move || match std::fs::read(folder.join(MARK)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::metadata(folder).map(|_| None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Creates the file that carries the store id, unless it exists: complete and durable, or not at all.
    pub(super) async fn write_mark(&self, text: String) -> BlobResult<()> {
        let folder = self.0.clone();
        blocking(move || {
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            match file.persist_noclobber(folder.join(MARK)) {
                Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
                _ => {}
            }
            File::open(folder)?.sync_all()
        })
        .await
    }

    /// Fails unless the object exists with this size. Makes it readable for its owner only, whatever the umask of the process.
    pub(super) async fn confirm(&self, key: String, size: u64) -> BlobResult<()> {
        let path = self.0.join(key);
        blocking(move || {
            if std::fs::metadata(&path)?.len() != size {
                return Err(io::Error::other("an object has another size than was written"));
            }
            make_private(&path)
        })
        .await
    }

    /// Moves objects to the folder where they wait for their removal, and sets their time to now, by the clock of the file system.
    pub(super) async fn set_aside(&self, keys: Vec<String>) -> BlobResult<()> {
        let folder = self.0.clone();
        blocking(move || {
            let now = tempfile::tempfile_in(&folder)?.metadata()?.modified()?;
            for key in keys {
                let (from, to) = (folder.join(&key), folder.join(SET_ASIDE).join(&key));
                if let Some(parent) = to.parent() {
                    make_folder(parent)?;
                }
                // The time is set first: if the process ends before the move, the object only looks younger.
                missed(File::open(&from).and_then(|file| file.set_modified(now)))?;
                missed(std::fs::rename(from, to))?;
            }
            Ok(())
        })
        .await
    }

    /// Removes files that a crash left. `object_store` writes to `KEY#NUMBER` until a file is finished, and never lists such files.
    pub(super) async fn clear_unfinished(&self, before: Timestamp) -> BlobResult<u64> {
        let folder = self.0.clone();
        let before = UNIX_EPOCH + Duration::from_micros(u64::try_from(before.0).unwrap_or(0));
        blocking(move || {
            let mut cleared = 0;
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if is_key_folder(&entry.file_name().to_string_lossy()) && entry.file_type()?.is_dir() {
                    cleared += clear(&entry.path(), before)?;
                }
            }
            Ok(cleared)
        })
        .await
    }
}

/// Creates a folder and its missing parents, each accessible for its owner only.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

fn clear(folder: &Path, before: SystemTime) -> io::Result<u64> {
    let mut cleared = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().contains('#') {
            continue;
        }
        // The upload may have been finished or abandoned meanwhile. The file of a running upload is young, because the upload keeps writing.
        match entry.metadata().and_then(|metadata| metadata.modified()) {
            Ok(written) if written < before => {
                missed(std::fs::remove_file(entry.path()))?;
                cleared += 1;
            }
            Ok(_) => {}
            Err(error) => missed(Err(error))?,
        }
    }
    Ok(cleared)
}

/// Ignores the error of a file that does not exist.
fn missed(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> BlobResult<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| BlobError(Box::new(error))),
        Err(error) => Err(BlobError(Box::new(error))),
    }
}
