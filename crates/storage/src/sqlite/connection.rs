//! Connections: how they are opened, and the functions that queries use.

use std::{path::Path, time::Duration};

use super::checkpoints;

use rusqlite::{Connection, OpenFlags, functions::FunctionFlags, vtab::array};

/// How long a statement waits for a lock, which only another process or a checkpoint can hold.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// More than there are statements, so that each is prepared once for each connection.
const STATEMENTS: usize = 128;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
    /// Carrying the log into the database file.
    Checkpoint,
}

/// Opens the file, which is created if it is to be written.
pub(super) fn open(path: &Path, purpose: Purpose) -> rusqlite::Result<Connection> {
    // Each connection stays on one thread, so SQLite need not lock it. Readers need write access too: to the shared memory of the log.
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if purpose == Purpose::Write {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Pages copied for savepoints never touch a disk.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // In KiB, and only as it is used. Files are not mapped: an I/O error would then end the process.
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

/// `mentions(part, text, …)`: does one of the texts contain the part, which is folded already? `LIKE` knows the case of ASCII only.
fn add_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("mentions", -1, flags, |context| {
        let text = |index: usize| context.get_raw(index).as_str_or_null();
        let Ok(Some(part)) = text(0) else { return Ok(false) };
        for index in 1..context.len() {
            if let Ok(Some(text)) = text(index)
                && fold(text).contains(part)
            {
                return Ok(true);
            }
        }
        Ok(false)
    })
}

/// The text without the differences of case that searching ignores, letter by letter, so that a part of a text is a part of it folded too.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let letters = text.chars().flat_map(char::to_lowercase);
    // Greek writes the same letter differently at the end of a word.
    letters.map(|letter| if letter == 'ς' { 'σ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_ignores_case_in_any_script() {
        assert_eq!(fold("Toʻrayeva ЩУКИН Ёлкина"), "toʻrayeva щукин ёлкина");
        assert!(fold("Σίσυφος").contains(&fold("ΥΦΟΣ")));
    }

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
