//! Reading a whole database without changing it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{CopyError, io, open_read_only, recognise, sql};
use crate::sqlite::{
    ServiceLock,
    integrity::{self, Depth},
    pairing, place, schema,
};

/// A database on which no service runs, with its newest schema, opened for reading. Neither the file nor its WAL is changed. No service can start on it
/// meanwhile; other commands can, so [`Self::check_unchanged`] is called at the end.
pub(crate) struct Source {
    connection: Connection,
    file: PathBuf,
    /// The number of the last transaction that is read.
    transaction: u32,
    _lock: ServiceLock,
}

impl Source {
    /// Opens the database and checks that it is not damaged. A service that is started meanwhile is refused, and its error names `holder`.
    pub(crate) fn open(database: &Path, holder: &str) -> Result<Self, CopyError> {
        if !database.exists() {
            return Err(CopyError::Missing(database.to_owned()));
        }
        let lock = ServiceLock::acquire(database, holder)?;
        let file = place::resolved(database).map_err(io("find", database))?;
        let log = pairing::check(&file)?;
        let connection = open_read_only(&file, log).map_err(sql(&file))?;
        recognise(&connection, &file)?;
        let found = schema::version(&connection)?;
        if found < schema::NEWEST {
            return Err(CopyError::TooOld {
                file,
                found,
                known: schema::NEWEST,
            });
        }
        // From here on the connection reads one state of the database.
        connection.execute_batch("BEGIN").map_err(sql(&file))?;
        let transaction = pairing::counted(&connection).map_err(sql(&file))?;
        if let Some(finding) = integrity::finding(&connection, Depth::Pages).map_err(sql(&file))? {
            return Err(CopyError::Damaged { file, finding });
        }
        Ok(Self {
            connection,
            file,
            transaction,
            _lock: lock,
        })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The error of a query on [`Self::connection`].
    pub(crate) fn error(&self, error: rusqlite::Error) -> CopyError {
        sql(&self.file)(error)
    }

    /// Fails if another program, such as `suhbat import`, has written to the database since it was opened.
    pub(crate) fn check_unchanged(&self) -> Result<(), CopyError> {
        let log = pairing::check(&self.file)?;
        let now = open_read_only(&self.file, log).and_then(|connection| pairing::counted(&connection));
        if now.map_err(sql(&self.file))? == self.transaction {
            Ok(())
        } else {
            Err(CopyError::Changed(self.file.clone()))
        }
    }
}
