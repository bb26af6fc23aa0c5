//! The only place that reads codes and constraint names of drivers.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::ports::{StoreError, UniqueKey};
use rusqlite::{Error as Sql, ErrorCode, ffi};

/// Why a database could not be opened. Meant for the operator, so it names paths.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the database file could not be made.
    #[error("cannot create the folder {}", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    /// The file cannot be opened, or is no database.
    #[error("cannot open the database {}", .0.display())]
    Unreadable(PathBuf, #[source] Sql),
    /// A newer version of the program has been here.
    #[error("the database has schema version {found}, but this program knows only {known}: use the newer program")]
    TooNew {
        /// What the database says.
        found: usize,
        /// The newest that this program has.
        known: usize,
    },
    /// The schema could not be brought up to date; nothing was changed.
    #[error("cannot migrate the database")]
    Migration(#[source] rusqlite_migration::Error),
    /// The system gives no more threads.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl OpenError {
    pub(crate) fn unreadable(path: &Path) -> impl Fn(Sql) -> Self {
        move |error| Self::Unreadable(path.to_owned(), error)
    }
}

/// A failure on its way to becoming a [`StoreError`], so that `?` works on whatever drivers answer.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) StoreError);

pub(crate) type Result<T> = std::result::Result<T, Fault>;

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<Sql> for Fault {
    fn from(error: Sql) -> Self {
        Self(from_sql(error))
    }
}

/// A value that this program cannot have written; travels inside the driver's error.
#[derive(Debug, thiserror::Error)]
#[error("unreadable value in {table}.{column}")]
pub(crate) struct Unreadable {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

impl Unreadable {
    pub(crate) fn at(self, index: usize) -> Sql {
        Sql::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(self))
    }
}

/// Which guard of the schema refused a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Unique(UniqueKey),
    /// `confessions_confession.name`, for which the ports have no key.
    ConfessionName,
    ForeignKey,
}

/// The guard that refused, if the failure is one.
pub(crate) fn guard(error: &Sql) -> Option<Guard> {
    let Sql::SqliteFailure(failure, text) = error else { return None };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(unique(text.as_deref().unwrap_or_default())),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Guard::ForeignKey),
        _ => None,
    }
}

fn unique(text: &str) -> Guard {
    let known = [
        ("accounts_user.username", Guard::Unique(UniqueKey::Username)),
        ("confessions_confession.slug", Guard::Unique(UniqueKey::ConfessionSlug)),
        ("confessions_confession.name", Guard::ConfessionName),
        ("messaging_conversation_same", Guard::Unique(UniqueKey::Participants)),
        ("messaging_message.client_id", Guard::Unique(UniqueKey::ClientId)),
    ];
    let found = known.into_iter().find(|(name, _)| text.contains(name));
    found.map_or(Guard::Unique(UniqueKey::Other), |(_, guard)| guard)
}

fn from_sql(error: Sql) -> StoreError {
    match guard(&error) {
        Some(Guard::Unique(key)) => return StoreError::Duplicate(key),
        Some(Guard::ConfessionName) => return StoreError::Duplicate(UniqueKey::Other),
        Some(Guard::ForeignKey) | None => {}
    }
    if let Sql::SqliteFailure(failure, _) = &error
        && matches!(failure.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    {
        return StoreError::Busy;
    }
    match error {
        Sql::FromSqlConversionFailure(_, _, source) => match source.downcast::<Unreadable>() {
            Ok(value) => StoreError::Corrupt {
                table: value.table,
                column: value.column,
            },
            Err(source) => StoreError::Failed(source),
        },
        other => StoreError::Failed(Box::new(other)),
    }
}

/// The failure of a transaction that several callers shared: each is told.
#[derive(Clone, Debug)]
pub(crate) struct SharedFault {
    busy: bool,
    source: Arc<Sql>,
}

#[derive(Debug, thiserror::Error)]
#[error("the shared transaction failed")]
struct TransactionFailed(#[source] Arc<Sql>);

impl SharedFault {
    pub(crate) fn new(error: Sql) -> Self {
        let busy = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
        Self {
            busy,
            source: Arc::new(error),
        }
    }

    pub(crate) fn to_store_error(&self) -> StoreError {
        if self.busy {
            StoreError::Busy
        } else {
            StoreError::Failed(Box::new(TransactionFailed(self.source.clone())))
        }
    }
}

/// Something went wrong in this crate itself, not in the database.
pub(crate) fn failed(what: &'static str) -> StoreError {
    StoreError::Failed(what.into())
}
