//! The embedded database behind [`Store`](crate::Store).

use std::{io, path::PathBuf};

use async_trait::async_trait;
use domain::{
    identity::StoreIdentity,
    people::DirectoryDocument,
    ports::{ImportOutcome, StoreError},
    time::Timestamp,
};

use super::{Sqlite, SqliteConfig};
use crate::store::{Access, Backend, Origin};

impl SqliteConfig {
    /// The configuration for a service, or for a command beside a service.
    pub(crate) fn with(path: impl Into<PathBuf>, access: Access) -> Self {
        let config = Self::at(path);
        match access {
            Access::Service { holder, content_chars, .. } => Self {
                holder: Some(holder),
                largest_message: Self::message_bytes(content_chars),
                ..config
            },
            Access::Command => config,
        }
    }
}

#[async_trait]
impl Backend for Sqlite {
    fn identity(&self) -> &StoreIdentity {
        self.identity()
    }

    fn newest_time(&self) -> Timestamp {
        self.newest_time()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ping().await
    }

    fn last_write_failed(&self) -> bool {
        self.last_write_failed()
    }

    async fn origin(&self) -> Result<Origin, StoreError> {
        self.origin().await
    }

    async fn import_demo(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        self.import_demo(document).await
    }

    fn set_holder(&self, holder: &str) -> io::Result<()> {
        self.set_holder(holder)
    }

    async fn close(&self) {
        let store = self.clone();
        if tokio::task::spawn_blocking(move || Self::close(&store)).await.is_err() {
            tracing::error!("the database was not closed in order");
        }
    }
}
