//! Why a store could not be opened, and what all adapters share on the way to a [`StoreError`]. Codes and constraint names of a driver are read in its
//! adapter alone.

use domain::ports::StoreError;

use crate::{postgres, sqlite};

/// Why a store could not be opened. Written for the operator, so it names paths. A variant for each adapter, whose sentences pass through unchanged.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The embedded database.
    #[error(transparent)]
    Sqlite(#[from] sqlite::OpenError),
    /// The database on a server.
    #[error(transparent)]
    Postgres(#[from] postgres::OpenError),
    /// An embedded database holds no platform's tables.
    #[error("the platform's tables are in a PostgreSQL database, and database.url names none")]
    NoPlatform,
    /// The thread that opened it panicked.
    #[error("opening it was cut off; the log says more")]
    Interrupted,
}

/// A failure on its way to becoming a [`StoreError`], so that `?` works on the errors of every driver.
#[derive(Debug)]
pub(crate) struct AdapterError(pub(crate) StoreError);

pub(crate) type Result<T> = std::result::Result<T, AdapterError>;

impl From<StoreError> for AdapterError {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

/// A value that this program cannot have written; travels inside the driver's error.
#[derive(Debug, thiserror::Error)]
#[error("unreadable value in {table}.{column}")]
pub(crate) struct CorruptValueError {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

/// A bug in this crate, not a failure of the database.
pub(crate) fn failed(what: &'static str) -> StoreError {
    StoreError::Failed(what.into())
}
