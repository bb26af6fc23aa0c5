//! Restoring a backup.
//!
//! The order of the steps ensures that a crash leaves either the old database or the new one, each complete:
//! 1. The backup is copied to a file beside the database, checked, brought up to date, given a new epoch and flushed.
//! 2. The WAL of the old database is checkpointed into it and removed. (The WAL of another file, and a damaged database, are kept unchanged.)
//! 3. The old database gets a second name.
//! 4. The copy gets the name of the database, which replaces the old one in one step.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::{Contents, CopyError, Progress, close, copy, examine, io, make_durable, open, open_read_only, recognise, sql, sync_folder_of};
use crate::sqlite::{
    ServiceLock, connection,
    error::OpenError,
    identity,
    integrity::{self, Depth},
    pairing::{self, Log},
    place, schema,
};

/// The outcome of [`restore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The contents of the restored database.
    pub contents: Contents,
    /// The new path of the database that was replaced, if there was one.
    pub replaced: Option<PathBuf>,
}

/// Replaces the database with the file, and gives it a new epoch. No process may have the database open.
///
/// A service that is started meanwhile is refused, and its error names `holder`.
pub fn restore(file: &Path, database: &Path, holder: &str, progress: &mut dyn FnMut(Progress)) -> Result<Restored, CopyError> {
    if !file.exists() {
        return Err(CopyError::Missing(file.to_owned()));
    }
    let _lock = ServiceLock::acquire(database, holder)?;
    let database = place::resolved(database).map_err(io("find", database))?;
    let file = place::resolved(file).map_err(io("find", file))?;
    if file == database {
        return Err(CopyError::Itself(file));
    }
    let old = Old::hold(&database)?;

    // The lock excludes another restore, so a file with this name was left by a crash.
    let fresh = place::beside(&database, "-restoring");
    discard(&fresh)?;
    let contents = match prepare(&file, &fresh, progress) {
        Ok(contents) => contents,
        Err(error) => {
            discard(&fresh)?;
            if let Some(old) = old {
                old.release(&database)?;
            }
            return Err(error);
        }
    };
    let mut step = || progress(Progress::Replacing);
    let replaced = old.map(|old| old.put_aside(&database, &mut step)).transpose()?;
    std::fs::rename(&fresh, &database).map_err(io("replace", &database))?;
    step();
    sync_folder_of(&database)?;
    step();
    Ok(Restored { contents, replaced })
}

/// Removes an incomplete copy.
fn discard(fresh: &Path) -> Result<(), CopyError> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let path = place::beside(fresh, suffix);
        place::remove(&path).map_err(io("remove", &path))?;
    }
    Ok(())
}

/// Makes the new database, complete and durable, under another name.
fn prepare(file: &Path, fresh: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Contents, CopyError> {
    let log = pairing::check(file)?;
    let source = open_read_only(file, log).map_err(sql(file))?;
    recognise(&source, file)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(fresh).map_err(io("make", fresh))?;
    copy(&source, file, fresh, progress)?;
    close(source, file)?;
    progress(Progress::Checking);
    let mut copied = open(fresh)?;
    copied.pragma_update(None, "foreign_keys", true).map_err(sql(fresh))?;
    let damaged = |error| match error {
        CopyError::Damaged { finding, .. } => CopyError::Damaged {
            file: file.to_owned(),
            finding,
        },
        other => other,
    };
    let contents = examine(&copied, fresh, Depth::Indexes).map_err(damaged)?;
    schema::migrate(&mut copied)?;
    identity::begin_epoch(&copied).map_err(sql(fresh))?;
    close(copied, fresh)?;
    make_durable(fresh)?;
    Ok(contents)
}

/// The database that is replaced.
struct Old {
    /// The exclusive connection that keeps other processes out until the database is replaced. `None` if the database cannot be read.
    held: Option<Connection>,
    /// The WAL does not belong to the database, or cannot be checkpointed into it.
    keep_log: bool,
}

impl Old {
    /// Makes sure that no other process has the database open. `None` if there is neither a database nor a WAL.
    fn hold(database: &Path) -> Result<Option<Self>, CopyError> {
        let log = pairing::judge(database).map_err(|error| OpenError::Log(place::beside(database, "-wal"), error))?;
        let size = match std::fs::metadata(database) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(io("read", database)(error)),
        };
        if size == 0 {
            // SQLite would delete the WAL of an empty file.
            let any = database.exists() || log != Log::Empty;
            return Ok(any.then_some(Self {
                held: None,
                keep_log: true,
            }));
        }
        let held = match exclusively(database) {
            Ok(connection) => Some(connection),
            Err(error) if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) => {
                return Err(CopyError::InUse(database.to_owned()));
            }
            // An unreadable database may be the reason for restoring a backup.
            Err(error) => {
                tracing::warn!(%error, "the database that is replaced cannot be read; it is kept as it is");
                None
            }
        };
        let keep_log = match (&held, log) {
            (None, _) | (_, Log::Foreign) => true,
            (Some(_), Log::Empty | Log::Belongs) => false,
            (Some(connection), Log::Unknown) => integrity::finding(connection, Depth::Indexes).map_err(sql(database))?.is_some(),
        };
        Ok(Some(Self { held, keep_log }))
    }

    /// Leaves the database as it was found, without the empty WAL that holding it has created.
    fn release(self, database: &Path) -> Result<(), CopyError> {
        let log = place::beside(database, "-wal");
        if self.held.is_some() && std::fs::metadata(&log).is_ok_and(|metadata| metadata.len() == 0) {
            place::remove(&log).map_err(io("remove", &log))?;
        }
        Ok(())
    }

    /// Gives the database a second name, which is returned. It also keeps its own name until the new database takes it.
    fn put_aside(self, database: &Path, step: &mut dyn FnMut()) -> Result<PathBuf, CopyError> {
        let aside = free_name(database);
        let log = place::beside(database, "-wal");
        if let Some(connection) = &self.held
            && !self.keep_log
        {
            let carried = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
            if carried.map_err(sql(database))? != 0 {
                return Err(CopyError::InUse(database.to_owned()));
            }
            step();
            place::remove(&log).map_err(io("remove", &log))?;
        } else if log.exists() {
            let kept = place::beside(&aside, "-wal");
            std::fs::rename(&log, &kept).map_err(io("rename", &log))?;
        }
        let index = place::beside(database, "-shm");
        place::remove(&index).map_err(io("remove", &index))?;
        step();
        if database.exists() {
            if std::fs::hard_link(database, &aside).is_err() {
                // Some file systems have no hard links.
                std::fs::copy(database, &aside).map_err(io("copy", database))?;
                place::sync(&aside).map_err(io("flush", &aside))?;
            }
            step();
        }
        sync_folder_of(database)?;
        step();
        Ok(aside)
    }
}

/// Opens the database exclusively, without changing it.
fn exclusively(database: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    // When the connection is closed, other files may have the names of the database and the WAL; they must stay unchanged.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection::add_functions(&connection)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

/// An unused name beside the database.
fn free_name(database: &Path) -> PathBuf {
    let taken = |path: &PathBuf| path.exists() || place::beside(path, "-wal").exists();
    let mut number = 1;
    loop {
        let name = place::beside(database, &format!(".replaced-{number}"));
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}
