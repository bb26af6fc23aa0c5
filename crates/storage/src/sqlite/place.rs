//! The files of a database: their paths, and reading one without changing it.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

/// The path of the file with links resolved, whether the file exists or not. SQLite derives the name of the WAL from it.
pub(super) fn resolved(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error)?;
            Ok(folder(path).canonicalize()?.join(name))
        }
        other => other,
    }
}

pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The path with a suffix on the file name: `suhbat.db` and `-wal` give `suhbat.db-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Removes the file, if it exists.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Flushes a file, or the names in a folder, to the disk.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Warns if other system users can read the database. Its mode is not changed, because an older version or the operator set it: the service creates its
/// files readable for their owner only.
#[cfg(unix)]
pub(super) fn warn_of_readers(database: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = database.metadata().map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        tracing::warn!(
            database = %database.display(),
            mode = format!("{mode:03o}"),
            "the database can be read by other users of the machine; unless that is meant: chmod 600"
        );
    }
}

#[cfg(not(unix))]
pub(super) fn warn_of_readers(_: &Path) {}

/// Opens the database file without its WAL: nothing is locked, recovered, written or created.
pub(super) fn open_alone(file: &Path) -> rusqlite::Result<Connection> {
    let mut uri = String::from("file:");
    for byte in file.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    Connection::open_with_flags(
        uri,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}
