//! Opening connections, and the SQL functions that queries use.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::checkpoints;

use domain::search;
use rusqlite::{Connection, ErrorCode, OpenFlags, functions::FunctionFlags, types::FromSqlError, vtab::array};

/// The time that a statement waits for a lock, which only another process or a checkpoint can hold.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// The size of the statement cache: more than the number of statements, so that each is prepared once for each connection.
const STATEMENTS: usize = 128;

/// The use of a connection, which decides its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
    /// Checkpoints of the WAL into the database file.
    Checkpoint,
}

/// Opens the file. A connection for writing creates it if it does not exist.
pub(super) fn open(path: &Path, purpose: Purpose) -> rusqlite::Result<Connection> {
    // Each connection stays on one thread, so SQLite need not lock it. Readers need write access too, to the shared memory of the WAL.
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if purpose == Purpose::Write {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_WAIT)?;
    use_wal(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Pages copied for savepoints never touch a disk.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // The cache size is in KiB, allocated as needed. Files are not mapped into memory, because an I/O error would end the process then.
    connection.pragma_update(None, "cache_size", if purpose == Purpose::Write { -16_384 } else { -4_096 })?;
    match purpose {
        Purpose::Write => {
            connection.pragma_update(None, "wal_autocheckpoint", checkpoints::WRITER_PAGES)?;
            connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        }
        Purpose::Read => connection.pragma_update(None, "query_only", true)?,
        Purpose::Checkpoint => connection.pragma_update(None, "wal_autocheckpoint", 0)?,
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    array::load_module(&connection)?;
    add_functions(&connection)?;
    Ok(connection)
}

/// Switches the database to a WAL, unless it has one. SQLite does not wait for other connections that do the same in this moment: it would risk a deadlock.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && began.elapsed() < LOCK_WAIT => {
                thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

/// Adds the SQL function `mentions(query, names)`: whether a query, as it was typed, matches these folded names. The query is parsed once for each run of a
/// statement.
pub(super) fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("mentions", 2, flags, |context| {
        let query = context.get_or_create_aux(0, |query| {
            let query = query.as_str_or_null()?;
            Ok::<_, FromSqlError>(query.and_then(search::Query::parse))
        })?;
        let names = context.get_raw(1).as_str_or_null()?;
        Ok(query
            .as_ref()
            .as_ref()
            .zip(names)
            .is_some_and(|(query, names)| query.matches(names)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_hold_on_both_kinds_of_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        for purpose in [Purpose::Write, Purpose::Read, Purpose::Checkpoint] {
            let connection = open(&path, purpose).unwrap();
            let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(
                connection
                    .pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))
                    .unwrap(),
                "wal"
            );
            assert_eq!(
                (number("synchronous"), number("foreign_keys"), number("busy_timeout")),
                (2, 1, 5_000)
            );
            assert_eq!(number("query_only"), i64::from(purpose == Purpose::Read));
        }
    }
}
