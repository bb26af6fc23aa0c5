//! The integrity check of a database, at the start after an unclean end and for backups.

use std::{
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode};

use super::error::OpenError;
use super::pairing::Log;

/// The longest time that the check after an unclean end may delay the start. A WAL that may not belong to the database is checked without this limit.
const PATIENCE: Duration = Duration::from_secs(10);

/// The depth of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every page is read, with `quick_check`.
    Pages,
    /// Every index is compared with its table too, with `integrity_check`, which takes several times longer.
    Indexes,
}

/// The first damage that SQLite finds; `None` if it finds none.
pub(super) fn finding(connection: &Connection, depth: Depth) -> rusqlite::Result<Option<String>> {
    let check = match depth {
        Depth::Pages => "PRAGMA quick_check(1)",
        Depth::Indexes => "PRAGMA integrity_check(1)",
    };
    match connection.query_row(check, [], |row| row.get::<_, String>(0)) {
        Ok(text) if text == "ok" => Ok(None),
        Ok(text) => Ok(Some(text.trim().replace('\n', " "))),
        Err(error) if is_damage(&error) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Whether the error means that the file is damaged or no database.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Checks a database that was not closed in order, before anything is written to it. If it is unknown whether the WAL belongs to it, the whole database is
/// checked, without a time limit.
pub(super) fn after_unclean_end(connection: &Connection, file: &Path, log: Log) -> Result<(), OpenError> {
    let database = file.display();
    tracing::info!(%database, "the database was not closed in order and is checked");
    let began = Instant::now();
    let found = if log == Log::Unknown {
        finding(connection, Depth::Indexes)
    } else {
        within(connection, PATIENCE, |connection| finding(connection, Depth::Pages))
    };
    let elapsed_ms = began.elapsed().as_millis();
    match found {
        Ok(None) => tracing::info!(%database, elapsed_ms, "the database is in order"),
        Ok(Some(finding)) => {
            return Err(OpenError::Damaged {
                database: file.to_owned(),
                finding,
            });
        }
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            tracing::warn!(%database, elapsed_ms, "the check of the database was ended before it was through, since the service is waited for");
        }
        Err(error) => return Err(OpenError::unreadable(file)(error)),
    }
    Ok(())
}

/// Interrupts the work if it takes longer.
fn within<T>(connection: &Connection, patience: Duration, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let (through, waiting) = mpsc::channel::<()>();
    let handle = connection.get_interrupt_handle();
    thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(patience) == Err(mpsc::RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        let done = work(connection);
        drop(through);
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_takes_too_long_is_interrupted() {
        let connection = Connection::open_in_memory().unwrap();
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let ended = within(&connection, Duration::from_millis(1), |connection| {
            connection.query_row(endless, [], |row| row.get::<_, i64>(0))
        });
        assert_eq!(ended.unwrap_err().sqlite_error_code(), Some(ErrorCode::OperationInterrupted));
        assert_eq!(finding(&connection, Depth::Pages).unwrap(), None);
    }
}
