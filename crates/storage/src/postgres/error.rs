//! The only place that reads the kinds and constraint names of the driver.

use deadpool::managed::PoolError;
use diesel::result::{DatabaseErrorKind, Error as Sql};
use domain::ports::{StoreError, UniqueKey};
use tokio_postgres::error::SqlState;

use super::{connect::ConnectError, tls::TlsError};

use crate::error::{AdapterError, CorruptValueError};

/// Why a database on a server could not be opened.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("database.url {0}")]
    Url(&'static str),
    #[error(transparent)]
    Unreachable(#[from] ConnectError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot make the pool of connections")]
    Pool(#[source] deadpool::managed::BuildError),
    #[error(
        "the database is read-only: the server is a standby, or default_transaction_read_only is on. Name the server that takes writes in the URL \
         (with several hosts and target_session_attrs=read-write it is found), or turn that setting off"
    )]
    ReadOnly,
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

impl From<AdapterError> for OpenError {
    fn from(error: AdapterError) -> Self {
        Self::Unreadable(error.0)
    }
}

impl From<Sql> for AdapterError {
    fn from(error: Sql) -> Self {
        Self(from_sql(error))
    }
}

fn from_sql(error: Sql) -> StoreError {
    match error {
        Sql::DatabaseError(DatabaseErrorKind::UniqueViolation, about) => StoreError::Duplicate(taken(about.constraint_name())),
        Sql::DeserializationError(source) => match source.downcast::<CorruptValueError>() {
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

/// An error of the server, with the code that Diesel does not pass on.
#[derive(Debug, thiserror::Error)]
#[error("{source} (SQLSTATE {}){}", .code.code(), advice(.code))]
struct ServerError {
    code: SqlState,
    source: Sql,
}

/// What the operator has to do.
fn advice(code: &SqlState) -> &'static str {
    match *code {
        SqlState::DISK_FULL => ": the disk of the PostgreSQL server is full; free space there",
        SqlState::READ_ONLY_SQL_TRANSACTION => {
            ": the server has become a standby, or default_transaction_read_only is on; name the server that takes writes in the URL"
        }
        SqlState::DUPLICATE_PSTATEMENT | SqlState::INVALID_SQL_STATEMENT_NAME => {
            ": a pooler between gives each transaction another connection; with PgBouncer, set max_prepared_statements (docs/operations.md, \"PgBouncer\")"
        }
        SqlState::INSUFFICIENT_PRIVILEGE => ": the user in the URL has to own the tables",
        _ => "",
    }
}

/// The error of a statement, told apart by the code that came with it.
pub(super) fn explained(AdapterError(error): AdapterError, code: Option<SqlState>) -> AdapterError {
    AdapterError(match (error, code) {
        (StoreError::Failed(source), Some(code)) => match source.downcast::<Sql>() {
            Ok(sql) => by_code(code, *sql),
            Err(source) => StoreError::Failed(source),
        },
        (error, _) => error,
    })
}

fn by_code(code: SqlState, source: Sql) -> StoreError {
    match code {
        // The statement took too long, or waited too long for a lock.
        SqlState::QUERY_CANCELED | SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => StoreError::Damaged(Box::new(ServerError { code, source })),
        code => StoreError::Failed(Box::new(ServerError { code, source })),
    }
}

/// Whether the same act may succeed if it is run again at once: it met another transaction, or another has just stored the same message or conversation.
pub(super) fn another_was_in_the_way(error: &StoreError) -> bool {
    match error {
        StoreError::Duplicate(UniqueKey::Participants | UniqueKey::ClientId) => true,
        StoreError::Failed(source) => source
            .downcast_ref::<ServerError>()
            .is_some_and(|error| matches!(error.code, SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)),
        _ => false,
    }
}

/// Whether one row may be to blame, and not the server or the connection: then other statements may succeed.
pub(super) fn concerns_a_row(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt { .. } | StoreError::Duplicate(_) => true,
        StoreError::Busy | StoreError::Damaged(_) => false,
        StoreError::Failed(source) => {
            if let Some(error) = source.downcast_ref::<ServerError>() {
                // The classes of codes that tell of the connection, the transaction, the server and its resources.
                let of_others = ["08", "25", "40", "53", "55", "57", "58", "XX"];
                return !of_others.iter().any(|class| error.code.code().starts_with(class));
            }
            match source.downcast_ref::<Sql>() {
                // An error of the server has a code; this is one of the connection.
                Some(Sql::DatabaseError(..) | Sql::BrokenTransactionManager | Sql::AlreadyInTransaction | Sql::NotInTransaction) => false,
                Some(_) => true,
                None => !source.is::<ConnectError>() && !source.is::<PoolError<ConnectError>>(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: SqlState) -> StoreError {
        let text = "Text in irgendeiner Sprache".to_owned();
        let AdapterError(error) = Sql::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text)).into();
        explained(AdapterError(error), Some(code)).0
    }

    #[test]
    fn errors_are_told_apart_by_their_codes() {
        for code in [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE] {
            assert!(matches!(failure(code.clone()), StoreError::Busy), "{code:?}");
        }
        assert!(matches!(failure(SqlState::INDEX_CORRUPTED), StoreError::Damaged(_)));
        for (code, in_the_way, of_a_row) in [
            (SqlState::T_R_DEADLOCK_DETECTED, true, false),
            (SqlState::DISK_FULL, false, false),
            (SqlState::ADMIN_SHUTDOWN, false, false),
            (SqlState::CHARACTER_NOT_IN_REPERTOIRE, false, true),
            (SqlState::CHECK_VIOLATION, false, true),
        ] {
            let error = failure(code.clone());
            assert!(matches!(error, StoreError::Failed(_)), "{code:?}");
            assert_eq!(
                (another_was_in_the_way(&error), concerns_a_row(&error)),
                (in_the_way, of_a_row),
                "{code:?}"
            );
        }
    }

    #[test]
    fn the_operator_learns_the_code_and_what_to_do() {
        let StoreError::Failed(error) = failure(SqlState::DISK_FULL) else {
            panic!("it fails")
        };
        assert_eq!(
            error.to_string(),
            "Text in irgendeiner Sprache (SQLSTATE 53100): the disk of the PostgreSQL server is full; free space there"
        );
    }
}
