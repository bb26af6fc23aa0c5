//! The database on a server behind [`Store`](crate::Store).

use std::io;

use async_trait::async_trait;
use domain::{
    identity::StoreIdentity,
    people::DirectoryDocument,
    ports::{ImportOutcome, StoreError},
    time::Timestamp,
};

use super::{Postgres, PostgresConfig, platform::Platform};
use crate::{
    store::{Access, Backend, DirectorySource, Origin},
    url::ServerUrl,
};

impl PostgresConfig {
    /// The configuration for one of the two purposes.
    pub(crate) fn with(url: &ServerUrl, access: &Access, directory: &DirectorySource) -> Self {
        let platform = match directory {
            DirectorySource::Own => None,
            DirectorySource::Platform { media_url } => Some(Platform {
                media_url: media_url.clone(),
            }),
        };
        let config = Self {
            platform,
            ..Self::at(url.expose())
        };
        match access {
            Access::Service {
                connections,
                content_chars,
                ..
            } => Self {
                connections: *connections,
                largest_message: content_chars.saturating_mul(4),
                migrate_older: false,
                ..config
            },
            Access::Command => Self { connections: 2, ..config },
        }
    }
}

#[async_trait]
impl Backend for Postgres {
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

    async fn refresh_names(&self) -> Result<(), StoreError> {
        self.refresh_names().await
    }

    /// Any number of services may run on a database server.
    fn set_holder(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    async fn close(&self) {
        self.close().await;
    }
}
