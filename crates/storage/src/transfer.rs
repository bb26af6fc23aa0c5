//! Copying an embedded database to a PostgreSQL server, with all its ids and numbers.
//!
//! A thread reads the tables, and one transaction on the server takes their rows: an interrupted transfer leaves nothing. Before the commit all rows are read
//! back from the server and compared with what was read from the file, by checksums.

mod checksums;
mod reading;
mod tables;
mod target;

use std::path::Path;

use tokio::sync::mpsc;

use crate::{
    postgres,
    sqlite::{CopyError, Source},
    url::ServerUrl,
};
use checksums::Checksums;
use reading::Rows;
use target::Target;

/// Batches that wait for the server at most. With the size of a batch, this bounds the memory that a transfer needs.
const WAITING: usize = 2;

/// Why nothing was transferred. Both databases are as they were.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Source(#[from] CopyError),
    #[error("the embedded database has an unreadable value in {table}.{column}")]
    Unreadable { table: &'static str, column: String },
    #[error("the embedded database has a text with a NUL character in {table}.{column}, which PostgreSQL cannot store")]
    Nul { table: &'static str, column: String },
    #[error("the embedded database has a column {table}.{column}, which the new database does not have")]
    Column { table: &'static str, column: String },
    #[error(transparent)]
    Target(#[from] postgres::OpenError),
    #[error("the table {0} of the new database has rows; name an empty database")]
    NotEmpty(&'static str),
    #[error("a service or a command of Suhbat is connected to the new database; stop it first")]
    InUse,
    #[error("the new database refused a statement")]
    Sql(#[from] diesel::result::Error),
    #[error("the copy differs: {0}. Nothing was stored in the new database; please report this")]
    Differs(String),
    #[error("the thread that reads the embedded database has stopped")]
    Interrupted,
}

/// A step of a transfer, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferProgress {
    /// The pages of the embedded database are checked.
    CheckingSource,
    /// So many rows are sent to the server.
    Copied {
        /// The rows that are sent so far.
        rows: u64,
        /// The rows of the embedded database.
        of: u64,
    },
    /// The server makes the indexes.
    Indexing,
    /// So many rows were read back from the server.
    Checked {
        /// The rows that were read so far.
        rows: u64,
        /// The rows of the embedded database.
        of: u64,
    },
}

/// The contents of both databases after a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// The number of accounts.
    pub accounts: u64,
    /// The number of conversations.
    pub conversations: u64,
    /// The number of messages, deleted ones included.
    pub messages: u64,
}

/// Copies the embedded database into an empty database of a PostgreSQL server, whose schema is made if need be.
///
/// No service may run on either; one that is started on the embedded database meanwhile is refused, and its error names `holder`.
pub async fn transfer(
    database: &Path,
    to: &ServerUrl,
    holder: &str,
    progress: &mut (dyn FnMut(TransferProgress) + Send),
) -> Result<Transferred, TransferError> {
    progress(TransferProgress::CheckingSource);
    let (database, holder) = (database.to_owned(), holder.to_owned());
    let (source, columns) = blocking(move || {
        let source = Source::open(&database, &holder)?;
        let columns = reading::columns(&source)?;
        Ok((source, columns))
    })
    .await?;
    let mut target = Target::open(to).await?;
    let layouts = target.layouts(columns).await?;
    target.begin_load().await?;

    let (sender, mut receiver) = mpsc::channel(WAITING);
    let tables = layouts.clone();
    let reading = tokio::task::spawn_blocking(move || reading::read(&source, &tables, &sender).map(|read| (source, read)));
    let loaded = load(&mut target, &mut receiver, progress).await;
    // If the server has refused a row, this ends the thread.
    drop(receiver);
    let read = reading.await.map_err(|_| TransferError::Interrupted)?;
    loaded?;
    let (source, expected) = read?;

    progress(TransferProgress::Indexing);
    target.end_load().await?;
    let of = expected.rows();
    let stored = target
        .checksums(&layouts, &mut |rows| progress(TransferProgress::Checked { rows, of }))
        .await?;
    if let Some(difference) = expected.difference(&stored) {
        return Err(TransferError::Differs(difference));
    }
    let source = blocking(move || Ok(source.check_unchanged().map(|()| source)?)).await?;
    target.commit().await?;
    // Until here, no service can start on it.
    drop(source);
    Ok(contents(&expected))
}

/// Runs work that waits for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, TransferError> + Send + 'static) -> Result<T, TransferError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TransferError::Interrupted)?
}

/// Sends the rows to the server as they are read.
async fn load(
    target: &mut Target,
    receiver: &mut mpsc::Receiver<Rows>,
    progress: &mut (dyn FnMut(TransferProgress) + Send),
) -> Result<(), TransferError> {
    let mut rows = 0;
    while let Some(batch) = receiver.recv().await {
        let (count, of) = (batch.count, batch.of);
        target.insert(batch).await?;
        rows += count;
        progress(TransferProgress::Copied { rows, of });
    }
    Ok(())
}

fn contents(of: &Checksums) -> Transferred {
    Transferred {
        accounts: of.rows_of("accounts_user"),
        conversations: of.rows_of("messaging_conversation"),
        messages: of.rows_of("messaging_message"),
    }
}
