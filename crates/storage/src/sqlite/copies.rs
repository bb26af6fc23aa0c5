//! Copies of a database: backing it up, restoring a backup, and reading it for a transfer.

mod backup;
mod restore;
mod source;

use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use domain::time::Timestamp;
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use super::{
    connection,
    error::{OpenError, Unopened},
    integrity::{self, Depth},
    pairing::{self, Log},
    place, schema,
};

pub use backup::backup;
pub use restore::{Restored, restore};
pub(crate) use source::Source;

/// Pages that are copied at a time.
const PAGES: i32 = 1024;
/// The time that a copy waits for a lock on either database. Others hold such locks for moments only.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// Why a database was not backed up, restored or transferred. The database is unchanged.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{} is there already; name another file, or remove it first", .0.display())]
    Exists(PathBuf),
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    #[error("{} is the database itself", .0.display())]
    Itself(PathBuf),
    #[error("{} is no database of Suhbat: {}", .0.display(), .1)]
    Foreign(PathBuf, &'static str),
    #[error("{} has schema version {found}, but this program knows only {known}: use the newer program", .file.display())]
    TooNew { file: PathBuf, found: usize, known: usize },
    #[error("{} has schema version {found}, and this program needs {known}: run `suhbat migrate` first", .file.display())]
    TooOld { file: PathBuf, found: usize, known: usize },
    #[error("another program, such as `suhbat import`, has changed {} meanwhile; try again", .0.display())]
    Changed(PathBuf),
    #[error("{} is damaged: {finding}", .file.display())]
    Damaged { file: PathBuf, finding: String },
    #[error("the database {} is in use by another program; stop it first", .0.display())]
    InUse(PathBuf),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot open {}: {}", .0.display(), .1)]
    Unopened(PathBuf, #[source] Unopened),
    #[error("cannot copy {}: {}", .0.display(), .1)]
    Sql(PathBuf, #[source] rusqlite::Error),
    #[error("cannot {what} {}: {source}", .file.display())]
    Io {
        what: &'static str,
        file: PathBuf,
        source: std::io::Error,
    },
}

/// A step of a backup or of a restore, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Part of the source is copied.
    Copied {
        /// The bytes copied so far.
        bytes: u64,
        /// The size of the source, in bytes.
        of: u64,
    },
    /// The copy is read as a whole.
    Checking,
    /// The copy takes the place of the database. Reported after each step.
    Replacing,
}

/// The contents of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The size of the file, in bytes.
    pub bytes: u64,
    /// The number of messages, deleted ones included.
    pub messages: u64,
    /// The time at which the newest message was sent.
    pub newest: Option<Timestamp>,
}

fn sql(file: &Path) -> impl Fn(rusqlite::Error) -> CopyError {
    move |error| {
        if integrity::is_damage(&error) {
            CopyError::Damaged {
                file: file.to_owned(),
                finding: error.to_string(),
            }
        } else {
            match Unopened::because(error, file) {
                Unopened::Sql(error) => CopyError::Sql(file.to_owned(), error),
                reason => CopyError::Unopened(file.to_owned(), reason),
            }
        }
    }
}

fn io(what: &'static str, file: &Path) -> impl Fn(std::io::Error) -> CopyError {
    move |source| CopyError::Io {
        what,
        file: file.to_owned(),
        source,
    }
}

/// Opens a database for reading with its WAL, or a copy for writing. The file must exist.
fn open(file: &Path) -> Result<Connection, CopyError> {
    let open = || {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(LOCK_WAIT)?;
        connection::add_functions(&connection)?;
        Ok(connection)
    };
    open().map_err(sql(file))
}

/// Opens a database without changing it or its WAL, which must belong to it.
fn open_read_only(file: &Path, log: Log) -> rusqlite::Result<Connection> {
    let connection = match log {
        Log::Empty => place::open_alone(file)?,
        _ => Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?,
    };
    connection::add_functions(&connection)?;
    Ok(connection)
}

/// Fails unless it is a database of Suhbat, with a schema version that this program knows.
fn recognise(connection: &Connection, file: &Path) -> Result<(), CopyError> {
    const TABLES: &str =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('messaging_message', 'messaging_conversation')";
    let tables = connection.query_row(TABLES, [], |row| row.get::<_, i64>(0));
    let tables = tables.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => CopyError::Foreign(file.to_owned(), "it is no SQLite database"),
        _ => sql(file)(error),
    })?;
    if tables != 2 {
        return Err(CopyError::Foreign(file.to_owned(), "it lacks the tables of messages"));
    }
    match schema::version(connection)? {
        0 => Err(CopyError::Foreign(file.to_owned(), "it has no schema version")),
        found if found > schema::NEWEST => Err(CopyError::TooNew {
            file: file.to_owned(),
            found,
            known: schema::NEWEST,
        }),
        _ => Ok(()),
    }
}

/// Copies one state of the source into an empty file, whatever is written to the source meanwhile. The copy is one file without a WAL, and is marked as a
/// copy.
fn copy(from: &Connection, source: &Path, into: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), CopyError> {
    // An open read transaction holds the state. Without it, each write of another process would restart the copy.
    from.execute_batch("BEGIN").map_err(sql(source))?;
    from.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(sql(source))?;
    let page: u32 = from.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(sql(source))?;
    let mut to = open(into)?;
    // An incomplete copy need not survive a crash, so the copy is flushed once, at the end.
    to.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")
        .map_err(sql(into))?;
    let backup = Backup::new(from, &mut to).map_err(sql(into))?;
    let mut waiting_since = None;
    loop {
        match backup.step(PAGES).map_err(sql(into))? {
            StepResult::Done => break,
            StepResult::More => {
                waiting_since = None;
                let now = backup.progress();
                let bytes = |pages: i32| u64::from(pages.unsigned_abs()) * u64::from(page);
                progress(Progress::Copied {
                    bytes: bytes(now.pagecount - now.remaining),
                    of: bytes(now.pagecount),
                });
            }
            _ => {
                if waiting_since.get_or_insert_with(Instant::now).elapsed() > LOCK_WAIT {
                    return Err(CopyError::InUse(source.to_owned()));
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
    }
    drop(backup);
    close(to, into)?;
    from.execute_batch("COMMIT").map_err(sql(source))?;
    let copy = open(into)?;
    // The journal mode is stored in the file. A copy in WAL mode could not be read without creating a WAL beside it.
    copy.execute_batch("PRAGMA journal_mode = DELETE").map_err(sql(into))?;
    pairing::part_from_original(&copy).map_err(sql(into))?;
    close(copy, into)
}

/// Reads the whole copy to check it, and returns its contents.
fn examine(copy: &Connection, file: &Path, depth: Depth) -> Result<Contents, CopyError> {
    if let Some(finding) = integrity::finding(copy, depth).map_err(sql(file))? {
        return Err(CopyError::Damaged {
            file: file.to_owned(),
            finding,
        });
    }
    let number = |query: &str| copy.query_row(query, [], |row| row.get::<_, Option<i64>>(0)).map_err(sql(file));
    Ok(Contents {
        bytes: std::fs::metadata(file).map_err(io("read", file))?.len(),
        messages: number("SELECT count(*) FROM messaging_message")?.unwrap_or(0).unsigned_abs(),
        newest: number("SELECT max(last_message_at) FROM messaging_conversation")?.map(Timestamp),
    })
}

fn close(connection: Connection, file: &Path) -> Result<(), CopyError> {
    connection.close().map_err(|(_, error)| sql(file)(error))
}

/// Flushes a file, and its name in the folder.
fn make_durable(file: &Path) -> Result<(), CopyError> {
    place::sync(file).map_err(io("flush", file))?;
    sync_folder_of(file)
}

fn sync_folder_of(file: &Path) -> Result<(), CopyError> {
    place::sync(place::folder(file)).map_err(io("flush the folder of", file))
}
