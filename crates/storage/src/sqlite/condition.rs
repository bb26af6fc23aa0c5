//! The condition of the database: whether its files are still those that were opened, whether they are damaged, and whether the last write succeeded.
//!
//! Only the metadata of files is read. Only SQLite may open the database file in this process: closing another handle would release all of SQLite's locks
//! on it (POSIX advisory locks belong to the process).

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use domain::ports::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::error::{Moved, OpenError};
use crate::error::{Result, failed};

/// The condition of one open database, shared by all its threads.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// The paths of the database and its WAL, with the identities of the files that were opened.
    files: Vec<(PathBuf, FileId)>,
    /// A query has found damage. Its extent is unknown, so this stays true until the database is opened again.
    is_damaged: AtomicBool,
    /// The log reported the files as moved, and not as restored since.
    is_moved: AtomicBool,
    /// The last command that had to write has failed.
    last_write_failed: AtomicBool,
}

impl Condition {
    /// The condition of the database that was just opened at this path.
    pub(super) fn of_open(path: &Path) -> std::result::Result<Self, OpenError> {
        let mut files = vec![(
            path.to_owned(),
            FileId::of(path).map_err(|error| OpenError::Folder(path.to_owned(), error))?,
        )];
        let log = log_of(path);
        // The first transaction creates the WAL, and it stays until the last connection is closed.
        if let Ok(id) = FileId::of(&log) {
            files.push((log, id));
        }
        Ok(Self { files, ..Self::default() })
    }

    /// Fails while the path leads to another file than the open one, or to none: after a restart, writes of now would be lost.
    pub(super) fn check_place(&self) -> std::result::Result<(), Moved> {
        for (path, id) in &self.files {
            let moved = match FileId::of(path) {
                Ok(now) => now != *id,
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            };
            if moved {
                if !self.is_moved.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        file = %path.display(),
                        "the database file was removed, moved or replaced while it is open; nothing more is acknowledged: put it back, or stop the service and restore a backup"
                    );
                }
                return Err(Moved(path.clone()));
            }
        }
        if self.is_moved.load(Ordering::Relaxed) && self.is_moved.swap(false, Ordering::Relaxed) {
            tracing::info!("the database file is back in its place");
        }
        Ok(())
    }

    /// Notes that a commit succeeded.
    pub(super) fn written(&self) {
        self.last_write_failed.store(false, Ordering::Relaxed);
    }

    /// Notes that a command that had to write has failed.
    pub(super) fn not_written(&self) {
        self.last_write_failed.store(true, Ordering::Relaxed);
    }

    /// Whether the last command that had to write has failed.
    pub(super) fn last_write_failed(&self) -> bool {
        self.last_write_failed.load(Ordering::Relaxed)
    }

    /// Remembers an error that means damage: SQLite reports it, or a row has a value that this program never writes.
    pub(super) fn note(&self, error: &StoreError) {
        if !matches!(error, StoreError::Damaged(_) | StoreError::Corrupt { .. }) {
            return;
        }
        // A moved file may be put back, so its errors do not count as damage, which is permanent.
        if self.check_place().is_ok() && !self.is_damaged.swap(true, Ordering::Relaxed) {
            tracing::error!(
                %error,
                source = ?std::error::Error::source(error),
                "the database is damaged; the service is not ready until it is restarted: stop it, keep the files, and restore a backup"
            );
        }
    }

    /// Fails if a query has found damage, if the pages of the schema are damaged, or if the files were moved. Blocks.
    pub(super) fn check(&self) -> Result<()> {
        self.check_place().map_err(|moved| StoreError::Damaged(Box::new(moved)))?;
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(StoreError::Damaged("the database is damaged".into()).into());
        }
        let Some((path, _)) = self.files.first() else { return Ok(()) };
        // A new connection has an empty page cache, so it reads from the disk.
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let verdict: String = connection.query_row("PRAGMA quick_check('sqlite_schema')", [], |row| row.get(0))?;
        if verdict == "ok" {
            Ok(())
        } else {
            Err(StoreError::Damaged(verdict.into()).into())
        }
    }
}

/// The path of the WAL, which SQLite keeps beside the database.
fn log_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-wal");
    name.into()
}

/// The identity of a file, independent of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    /// Requests only the number of the inode. If the times of a file are read, newer kernels record the next write with a finer time, which the flush of each
    /// commit would then write to the disk too (<https://docs.kernel.org/filesystems/multigrain-ts.html>).
    #[cfg(target_os = "linux")]
    fn of(path: &Path) -> io::Result<Self> {
        use rustix::fs::{AtFlags, CWD, StatxFlags, statx};

        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::INO)?;
        let device = u64::from(found.stx_dev_major) << 32 | u64::from(found.stx_dev_minor);
        Ok(Self(device, found.stx_ino))
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = std::fs::metadata(path)?;
        Ok(Self(metadata.dev(), metadata.ino()))
    }

    /// Other systems do not allow an open file to be removed or replaced.
    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|_| Self(0, 0))
    }
}

/// Writes as many bytes as the largest message needs, and rolls back. A smaller write could succeed on a full disk, if the WAL has room for a page, although
/// a message could not be stored.
///
/// The pages of the long text are free again at the end of the transaction. SQLite writes such pages only with `secure_delete`.
pub(super) fn write_a_lot(connection: &Connection, bytes: usize) -> Result<()> {
    let bytes = i64::try_from(bytes).map_err(|_| failed("a probe is too large"))?;
    connection.pragma_update(None, "secure_delete", true)?;
    let written = lengthen_and_shorten(connection, bytes);
    connection.pragma_update(None, "secure_delete", false)?;
    Ok(written?)
}

fn lengthen_and_shorten(connection: &Connection, bytes: i64) -> rusqlite::Result<()> {
    for sql in [
        "UPDATE messaging_store SET epoch = epoch || printf('%.*c', ?1, ' ') WHERE id = 1",
        "UPDATE messaging_store SET epoch = substr(epoch, 1, length(epoch) - ?1) WHERE id = 1",
    ] {
        connection.prepare_cached(sql)?.execute([bytes])?;
    }
    Ok(())
}
