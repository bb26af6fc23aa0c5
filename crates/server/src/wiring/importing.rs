//! `suhbat import`: a directory document from a file, into a database that a service may be using.

use std::path::{Path, PathBuf};

use domain::ports::{ImportOutcome, StoreError};
use storage::{Access, Origin, Store};

use crate::{
    config::{Config, DirectoryMode},
    directory::{self, Faults},
};

/// Why a document was not imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The directory is the platform's.
    #[error("people, confessions and subscriptions are the platform's (directory.mode = platform): change them there")]
    Platform,
    /// The file could not be read.
    #[error("{} cannot be read", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The file is no valid directory document.
    #[error("nothing was imported from {}", .0.display())]
    Document(PathBuf, #[source] Faults),
    /// The database could not be opened.
    #[error("the database cannot be used")]
    Database(#[from] storage::OpenError),
    /// The store failed, and nothing of the document was imported.
    #[error("nothing was imported")]
    Store(#[from] StoreError),
}

/// Opens the configured database and imports a directory document; returns the summary for the operator.
pub async fn import(config: &Config, file: &Path) -> Result<String, ImportError> {
    if config.directory.mode == DirectoryMode::Platform {
        return Err(ImportError::Platform);
    }
    let bytes = tokio::fs::read(file)
        .await
        .map_err(|error| ImportError::File(file.to_owned(), error))?;
    let bad = |faults| ImportError::Document(file.to_owned(), faults);
    let document = directory::parse(&bytes).map_err(bad)?;
    let summary = format!(
        "{} users, {} confessions, {} subscriptions imported",
        document.users.len(),
        document.confessions.len(),
        document.subscriptions.len()
    );
    let store = Store::open(&config.database.url, Access::Command, &config.directory.source()).await?;
    let fed = store.directory_writer.import_with_note(document).await;
    let origin = store.origin().await;
    store.close().await;
    match (fed?, origin?) {
        (ImportOutcome::Rejected(rows), _) => Err(bad(directory::rejected(&rows))),
        (ImportOutcome::Done(_), Origin::Demo) => Ok(format!(
            "{summary} into a database that --demo filled, and where it lets anybody in as anybody: use an empty one for real people"
        )),
        (ImportOutcome::Done(_), _) => Ok(summary),
    }
}
