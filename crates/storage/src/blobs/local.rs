//! What a folder needs beyond what `object_store` does for it.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{
    ports::{BlobError, BlobResult},
    time::Timestamp,
};
use object_store::local::LocalFileSystem;

use super::{ObjectsError, is_key_folder, key_folders};

/// A folder of objects.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Creates it, and the folders that keys begin with: made on the way, they would be made on the thread of a request.
    pub(super) fn open(path: &Path) -> Result<(Self, LocalFileSystem), ObjectsError> {
        for folder in key_folders() {
            let part = path.join(folder);
            std::fs::create_dir_all(&part).map_err(|error| ObjectsError::Folder(part, error))?;
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

    /// A file can be made in it.
    pub(super) async fn ping(&self) -> BlobResult<()> {
        let folder = self.0.clone();
        blocking(move || tempfile::tempfile_in(folder).map(drop)).await
    }

    /// `object_store` writes to `KEY#NUMBER` until a file is finished, and never lists such files: what a crash left is found only here.
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

fn clear(folder: &Path, before: SystemTime) -> io::Result<u64> {
    let mut cleared = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().contains('#') {
            continue;
        }
        // It may have been finished or given up meanwhile. A running upload writes on and is young.
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

/// What is gone is not missed.
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
