//! Notes of the changes of imports: the process that imports stores one row of JSON for each, and the service takes it.

use domain::feeding::DirectoryChanges;
use rusqlite::Connection;

use super::super::rows::{first, run};
use crate::{error::Result, notes};

pub(super) fn leave(connection: &Connection, changes: &DirectoryChanges) -> Result<()> {
    run(
        connection,
        "INSERT INTO directory_changes (changes) VALUES (?1)",
        [notes::write(changes)?],
    )?;
    Ok(())
}

pub(super) fn exists(connection: &Connection) -> rusqlite::Result<bool> {
    first::<i64>(connection, "SELECT 1 FROM directory_changes LIMIT 1", []).map(|found| found.is_some())
}

/// Removes the oldest note, and reads it.
pub(super) fn take(connection: &Connection) -> Result<Option<DirectoryChanges>> {
    const TAKE_OLDEST: &str = "DELETE FROM directory_changes WHERE id = (SELECT min(id) FROM directory_changes) RETURNING changes";
    let text: Option<String> = first(connection, TAKE_OLDEST, [])?;
    Ok(text.map(|text| notes::read(&text)).transpose()?)
}
