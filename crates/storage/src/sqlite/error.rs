//! Errors of SQLite. No other module reads its error codes and constraint names.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::ports::{StoreError, UniqueKey};
use rusqlite::{Error as Sql, ErrorCode, ffi};

use crate::error::CorruptValueError;
pub(super) use crate::error::{AdapterError, Result};

/// Why a database file could not be opened.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot create the folder {}", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("cannot open the database {}", .0.display())]
    Unreadable(PathBuf, #[source] Unopened),
    #[error("the database has schema version {found}, but this program knows only {known}: use the newer program")]
    TooNew { found: usize, known: usize },
    #[error("cannot migrate the database")]
    Migration(#[source] rusqlite_migration::Error),
    #[error("cannot prepare the directory for searching")]
    Folding(#[source] Sql),
    #[error("cannot lock {}: {}", .0.display(), .1)]
    Lock(PathBuf, #[source] std::io::Error),
    #[error("the database {} is in use by {holder}; stop that service first", .database.display())]
    InUse { database: PathBuf, holder: String },
    #[error("cannot read {}: {}", .0.display(), .1)]
    Log(PathBuf, #[source] std::io::Error),
    #[error(
        "the log {} does not belong to the database {}, which was probably replaced by hand: opening both would mix two databases. \
         Nothing was changed. Put the backup in with `suhbat restore FILE`, which keeps both aside; or put back the file that the log belongs to",
        .log.display(), .database.display()
    )]
    ForeignLog { database: PathBuf, log: PathBuf },
    #[error(
        "the database {} is damaged: {finding}. Nothing was changed. Put a backup in with `suhbat restore FILE`, which keeps the damaged database aside",
        .database.display()
    )]
    Damaged { database: PathBuf, finding: String },
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl OpenError {
    pub(crate) fn unreadable(path: &Path) -> impl Fn(Sql) -> Self {
        move |error| Self::Unreadable(path.to_owned(), Unopened::because(error, path))
    }
}

/// Why a file could not be opened as a database.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    #[error("it is a folder")]
    Folder,
    #[error(transparent)]
    System(std::io::Error),
    #[error("no file can be made in its folder")]
    Beside(#[source] std::io::Error),
    #[error(transparent)]
    Sql(Sql),
}

impl Unopened {
    /// Finds the reason by opening the file or folder itself, because SQLite reports "unable to open database file" for many causes.
    pub(crate) fn because(error: Sql, path: &Path) -> Self {
        let is_vague = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure)
        );
        if !is_vague {
            return Self::Sql(error);
        }
        if path.is_dir() {
            return Self::Folder;
        }
        match OpenOptions::new().read(true).write(true).open(path) {
            // The file does not exist yet, so its folder is checked next.
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => {}
            Err(reason) => return Self::System(reason),
            Ok(_) => {}
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        match tempfile::tempfile_in(folder) {
            Err(reason) => Self::Beside(reason),
            Ok(_) => Self::Sql(error),
        }
    }
}

impl From<CorruptValueError> for AdapterError {
    fn from(value: CorruptValueError) -> Self {
        Self(StoreError::Corrupt {
            table: value.table,
            column: value.column,
        })
    }
}

impl From<Sql> for AdapterError {
    fn from(error: Sql) -> Self {
        Self(from_sql(error))
    }
}

/// Wraps the error on its way to [`StoreError::Corrupt`]; the driver's index and type are not used.
impl From<CorruptValueError> for Sql {
    fn from(value: CorruptValueError) -> Self {
        Self::FromSqlConversionFailure(0, rusqlite::types::Type::Null, Box::new(value))
    }
}

/// The unique key that a row violated, if that is the error.
fn taken(error: &Sql) -> Option<UniqueKey> {
    let Sql::SqliteFailure(failure, text) = error else { return None };
    let is_unique = matches!(
        failure.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
    );
    let known = [
        ("accounts_user.username", UniqueKey::Username),
        ("confessions_confession.slug", UniqueKey::ConfessionSlug),
        ("messaging_conversation_same", UniqueKey::Participants),
        ("messaging_message.client_id", UniqueKey::ClientId),
    ];
    let text = text.as_deref().unwrap_or_default();
    let key = || {
        known
            .into_iter()
            .find(|(name, _)| text.contains(name))
            .map_or(UniqueKey::Other, |(_, key)| key)
    };
    is_unique.then(key)
}

fn from_sql(error: Sql) -> StoreError {
    if let Some(key) = taken(&error) {
        return StoreError::Duplicate(key);
    }
    if let Sql::SqliteFailure(failure, _) = &error
        && matches!(
            failure.code,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted
        )
    {
        return StoreError::Busy;
    }
    if is_damage(&error) {
        return StoreError::Damaged(Box::new(error));
    }
    match error {
        Sql::FromSqlConversionFailure(_, _, source) => match source.downcast::<CorruptValueError>() {
            Ok(value) => StoreError::Corrupt {
                table: value.table,
                column: value.column,
            },
            Err(source) => StoreError::Failed(source),
        },
        other => StoreError::Failed(Box::new(other)),
    }
}

/// Whether the error means that the file is damaged or no longer this database, so that trying again is useless.
fn is_damage(error: &Sql) -> bool {
    match error {
        // All statements are constants that fit the schema, so an invalid statement means a wrong schema.
        Sql::SqlInputError { .. } => true,
        Sql::SqliteFailure(failure, text) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                || failure.extended_code == ffi::SQLITE_READONLY_DBMOVED
                || failure.extended_code == ffi::SQLITE_ERROR && text.as_ref().is_some_and(|text| text.starts_with("no such "))
        }
        _ => false,
    }
}

/// The error of a database path that does not lead to the opened file any more.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{} was removed, moved or replaced while it was open", .0.display())]
pub(crate) struct Moved(pub(crate) PathBuf);

/// The error of a transaction that several callers shared; each receives a clone.
#[derive(Clone, Debug)]
pub(crate) struct SharedError {
    kind: SharedKind,
    source: Arc<dyn std::error::Error + Send + Sync>,
}

#[derive(Clone, Copy, Debug)]
enum SharedKind {
    Busy,
    Damaged,
    Failed,
}

#[derive(Debug, thiserror::Error)]
#[error("the shared transaction failed")]
struct TransactionFailed(#[source] Arc<dyn std::error::Error + Send + Sync>);

impl SharedError {
    pub(crate) fn new(error: Sql) -> Self {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => SharedKind::Busy,
            _ if is_damage(&error) => SharedKind::Damaged,
            _ => SharedKind::Failed,
        };
        Self {
            kind,
            source: Arc::new(error),
        }
    }

    /// The error of a transaction in a file that was moved, so that a restart would not find it.
    pub(crate) fn moved(moved: Moved) -> Self {
        Self {
            kind: SharedKind::Damaged,
            source: Arc::new(moved),
        }
    }

    pub(crate) fn to_store_error(&self) -> StoreError {
        let source = || Box::new(TransactionFailed(self.source.clone()));
        match self.kind {
            SharedKind::Busy => StoreError::Busy,
            SharedKind::Damaged => StoreError::Damaged(source()),
            SharedKind::Failed => StoreError::Failed(source()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32, text: &str) -> Sql {
        Sql::SqliteFailure(ffi::Error::new(code), Some(text.to_owned()))
    }

    #[test]
    fn damage_differs_from_transient_failures() {
        for (code, text) in [
            (ffi::SQLITE_CORRUPT, "database disk image is malformed"),
            (ffi::SQLITE_CORRUPT_INDEX, "database disk image is malformed"),
            (ffi::SQLITE_NOTADB, "file is not a database"),
            (ffi::SQLITE_READONLY_DBMOVED, "attempt to write a readonly database"),
            (ffi::SQLITE_ERROR, "no such table: messaging_message"),
        ] {
            assert!(matches!(from_sql(failure(code, text)), StoreError::Damaged(_)), "{text}");
            assert!(
                matches!(SharedError::new(failure(code, text)).to_store_error(), StoreError::Damaged(_)),
                "{text}"
            );
        }
        for (code, text) in [
            (ffi::SQLITE_FULL, "database or disk is full"),
            (ffi::SQLITE_READONLY, "attempt to write a readonly database"),
            (ffi::SQLITE_IOERR_FSYNC, "disk I/O error"),
            (ffi::SQLITE_IOERR_WRITE, "disk I/O error"),
            (ffi::SQLITE_CANTOPEN, "unable to open database file"),
        ] {
            assert!(matches!(from_sql(failure(code, text)), StoreError::Failed(_)), "{text}");
            assert!(
                matches!(SharedError::new(failure(code, text)).to_store_error(), StoreError::Failed(_)),
                "{text}"
            );
        }
        assert!(matches!(from_sql(failure(ffi::SQLITE_BUSY, "")), StoreError::Busy));
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let missing = connection.prepare("SELECT x FROM nowhere").map(drop).unwrap_err();
        assert!(matches!(from_sql(missing), StoreError::Damaged(_)));
    }
}
