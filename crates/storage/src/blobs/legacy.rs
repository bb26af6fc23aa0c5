//! Files of the platform's older messaging service. They stay in its media folder, and are only read.

use std::{
    fs::{self, File},
    io,
    ops::Range,
    path::{Component, Path, PathBuf},
};

use domain::ports::{Blob, BlobError, BlobResult, LinkHeaders};

use super::{ObjectsError, reading, s3::Bucket};

/// The place of the files.
#[derive(Clone, Debug)]
pub(super) enum Media {
    Folder(MediaFolder),
    Bucket(Bucket),
}

impl Media {
    /// The bytes of a file, or a range of them; `None` if there is no such file.
    pub(super) async fn read(&self, path: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        match self {
            Self::Folder(folder) => folder.read(path, range).await,
            Self::Bucket(bucket) => match object_path(path) {
                Some(path) => super::read(&*bucket.store(), &path, range).await,
                None => Ok(None),
            },
        }
    }

    /// The size of a file in bytes; `None` if there is no such file.
    pub(super) async fn size(&self, path: &str) -> BlobResult<Option<u64>> {
        match self {
            Self::Folder(folder) => folder.size(path).await,
            Self::Bucket(bucket) => match object_path(path) {
                Some(path) => super::size(&*bucket.store(), &path).await,
                None => Ok(None),
            },
        }
    }

    pub(super) async fn link(&self, path: &str, headers: &LinkHeaders<'_>) -> BlobResult<Option<String>> {
        match (self, object_path(path)) {
            (Self::Bucket(bucket), Some(path)) => bucket.link(&path, headers).await,
            _ => Ok(None),
        }
    }
}

/// The path of an object; `None` if no object can have it.
fn object_path(path: &str) -> Option<object_store::path::Path> {
    object_store::path::Path::parse(path).ok().filter(|path| !path.as_ref().is_empty())
}

/// The media folder, without symbolic links in its path.
#[derive(Clone, Debug)]
pub(super) struct MediaFolder(PathBuf);

impl MediaFolder {
    pub(super) fn open(folder: &Path) -> Result<Self, ObjectsError> {
        let failed = |error| ObjectsError::MediaFolder(folder.to_owned(), error);
        let root = folder.canonicalize().map_err(failed)?;
        // One that cannot be listed cannot be read either.
        fs::read_dir(&root).map_err(failed)?;
        Ok(Self(root))
    }

    /// The bytes of a file, or a range of them; `None` if there is no such file in this folder.
    pub(super) async fn read(&self, path: &str, range: Option<Range<u64>>) -> BlobResult<Option<Blob>> {
        Ok(self.find(path).await?.map(|(file, size)| {
            let range = range.unwrap_or(0..size);
            Blob {
                size,
                bytes: reading::pieces(file, range.start.min(size)..range.end.min(size)),
            }
        }))
    }

    pub(super) async fn size(&self, path: &str) -> BlobResult<Option<u64>> {
        Ok(self.find(path).await?.map(|(_, size)| size))
    }

    async fn find(&self, path: &str) -> BlobResult<Option<(File, u64)>> {
        let (root, path) = (self.0.clone(), path.to_owned());
        let found = tokio::task::spawn_blocking(move || find(&root, Path::new(&path))).await;
        match found {
            Ok(found) => found.map_err(|error| BlobError(Box::new(error))),
            Err(error) => Err(BlobError(Box::new(error))),
        }
    }
}

/// A file below this folder. Neither the path nor symbolic links lead out of it.
fn find(root: &Path, path: &Path) -> io::Result<Option<(File, u64)>> {
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_))) && path.components().next().is_some();
    if !is_below {
        return Ok(None);
    }
    let full = match root.join(path).canonicalize() {
        Ok(full) if full.starts_with(root) => full,
        Ok(_) => {
            tracing::warn!("the media folder has a symbolic link that leads out of it, which is not followed");
            return Ok(None);
        }
        // An invalid path, such as one with a zero byte, names no file.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let file = File::open(full)?;
    let about = file.metadata()?;
    Ok(about.is_file().then_some((file, about.len())))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    async fn bytes(folder: &MediaFolder, path: &str, range: Option<Range<u64>>) -> Option<Vec<u8>> {
        let found = folder.read(path, range).await.unwrap()?;
        Some(found.bytes.try_collect::<Vec<_>>().await.unwrap().concat())
    }

    #[tokio::test]
    async fn files_below_the_media_folder_are_read_and_no_others() {
        let place = tempfile::tempdir().unwrap();
        let (media, below) = (
            place.path().join("media"),
            place.path().join("media/messages/attachments/2024/05/06"),
        );
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("хат 1.txt"), b"salom").unwrap();
        fs::write(place.path().join("secret"), b"secret").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(place.path().join("secret"), media.join("link")).unwrap();
            std::os::unix::fs::symlink(place.path(), media.join("up")).unwrap();
        }
        let folder = MediaFolder::open(&media).unwrap();
        let path = "messages/attachments/2024/05/06/хат 1.txt";
        assert_eq!(bytes(&folder, path, None).await.as_deref(), Some(&b"salom"[..]));
        assert_eq!(bytes(&folder, path, Some(1..3)).await.as_deref(), Some(&b"al"[..]));
        assert_eq!(bytes(&folder, path, Some(3..99)).await.as_deref(), Some(&b"om"[..]));
        assert_eq!(folder.size(path).await.unwrap(), Some(5));
        let absolute = place.path().join("secret").display().to_string();
        for other in [
            "../secret",
            "messages/../../secret",
            "link",
            "up/secret",
            absolute.as_str(),
            "",
            ".",
            "messages",
            "messages/attachments/2024/05/06/хат 1.txt/x",
            "nothing",
            "a\0b",
        ] {
            assert_eq!(bytes(&folder, other, None).await, None, "{other:?}");
        }
    }

    #[test]
    fn a_media_folder_that_is_not_there_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let error = MediaFolder::open(&place.path().join("nowhere")).unwrap_err();
        assert!(error.to_string().starts_with("cannot read the media folder"), "{error}");
    }
}
