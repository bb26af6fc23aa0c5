//! The only place that reads the kinds and constraint names of the driver.

use diesel::result::{ConnectionError, DatabaseErrorInformation, DatabaseErrorKind, Error as Sql};
use diesel_async::pooled_connection::deadpool::PoolError;
use domain::ports::{StoreError, UniqueKey};

use crate::error::{Fault, Unreadable};

/// Why a database on a server could not be opened.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot connect to the PostgreSQL server")]
    Unreachable(#[source] ConnectionError),
    #[error("cannot make the pool of connections")]
    Pool(#[source] diesel_async::pooled_connection::deadpool::BuildError),
    #[error("the database has the migration {found}, which this program does not know: use the newer program")]
    TooNew { found: String },
    #[error("the database has an older schema than this program: stop all services on it, and run `suhbat migrate`")]
    TooOld,
    #[error("cannot migrate the database")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot read the database")]
    Unreadable(#[source] StoreError),
    #[error(transparent)]
    Platform(#[from] super::platform::TakeoverError),
    #[error("opening the database was cut off")]
    Interrupted,
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        Self::Unreadable(fault.0)
    }
}

impl From<Sql> for Fault {
    fn from(error: Sql) -> Self {
        Self(from_sql(error))
    }
}

fn from_sql(error: Sql) -> StoreError {
    match error {
        Sql::DatabaseError(DatabaseErrorKind::UniqueViolation, about) => StoreError::Duplicate(taken(about.constraint_name())),
        Sql::DatabaseError(DatabaseErrorKind::Unknown, about) if was_ended(&*about) => StoreError::Busy,
        Sql::DeserializationError(source) => match source.downcast::<Unreadable>() {
            Ok(value) => StoreError::Corrupt {
                table: value.table,
                column: value.column,
            },
            Err(source) => StoreError::Failed(source),
        },
        other => StoreError::Failed(Box::new(other)),
    }
}

/// The unique key of this name.
fn taken(constraint: Option<&str>) -> UniqueKey {
    match constraint {
        Some("accounts_user_username") => UniqueKey::Username,
        Some("confessions_confession_slug") => UniqueKey::ConfessionSlug,
        Some("messaging_conversation_same") => UniqueKey::Participants,
        Some("messaging_message_client") => UniqueKey::ClientId,
        _ => UniqueKey::Other,
    }
}

/// Whether the server ended the statement because it took too long. Diesel does not pass the code on.
fn was_ended(about: &dyn DatabaseErrorInformation) -> bool {
    let text = about.message();
    text.starts_with("canceling statement due to statement timeout") || text.starts_with("canceling statement due to lock timeout")
}

/// Whether the same act may succeed if it is run again at once: it met another transaction, or another has just stored the same message or conversation.
pub(super) fn another_was_in_the_way(error: &StoreError) -> bool {
    match error {
        StoreError::Duplicate(UniqueKey::Participants | UniqueKey::ClientId) => true,
        StoreError::Failed(source) => match source.downcast_ref::<Sql>() {
            Some(Sql::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
            // 40P01; Diesel has no kind for it, and does not pass the code on.
            Some(Sql::DatabaseError(DatabaseErrorKind::Unknown, about)) => about.message() == "deadlock detected",
            _ => false,
        },
        _ => false,
    }
}

/// Whether one row may be to blame, and not the server or the connection: then other statements may succeed.
pub(super) fn concerns_a_row(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt { .. } | StoreError::Duplicate(_) => true,
        StoreError::Busy | StoreError::Damaged(_) => false,
        StoreError::Failed(source) => match source.downcast_ref::<Sql>() {
            Some(Sql::DatabaseError(kind, _)) => !matches!(
                kind,
                DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ReadOnlyTransaction
                    | DatabaseErrorKind::SerializationFailure
            ),
            Some(error) => !matches!(
                error,
                Sql::BrokenTransactionManager | Sql::AlreadyInTransaction | Sql::NotInTransaction
            ),
            None => !source.is::<PoolError>(),
        },
    }
}
