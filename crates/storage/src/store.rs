//! The handle on a database, whichever adapter keeps it.

use std::{io, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use domain::{
    identity::StoreIdentity,
    people::DirectoryDocument,
    ports::{
        Conversations, Directory, DirectoryWriter, ImportOutcome, Jobs, Messages, Outbox, Receipts, SearchIndex, Searchable, Settings,
        StoreError,
    },
    time::Timestamp,
};

#[cfg(feature = "testing")]
use domain::testing::fakes::FakeIndex;

#[cfg(feature = "testing")]
use crate::memory::Memory;
use crate::{
    error::OpenError,
    postgres::{
        Postgres, PostgresConfig,
        platform::{Progress as TakeoverProgress, take_over},
    },
    sqlite::{Sqlite, SqliteConfig, SqliteIndex},
    url::StoreUrl,
};

/// The storage ports of one database, and the acts that concern it as a whole. Clones share the database.
#[derive(Clone)]
pub struct Store {
    /// Reads people and confessions.
    pub directory: Arc<dyn Directory>,
    /// Takes what the platform feeds.
    pub directory_writer: Arc<dyn DirectoryWriter>,
    /// Opens and lists conversations.
    pub conversations: Arc<dyn Conversations>,
    /// Sends, changes and reads messages.
    pub messages: Arc<dyn Messages>,
    /// Marks messages as delivered and read.
    pub receipts: Arc<dyn Receipts>,
    /// The durable changes of messages, for consumers that follow them.
    pub outbox: Arc<dyn Outbox>,
    /// Work for later.
    pub jobs: Arc<dyn Jobs>,
    /// The settings of people and confessions.
    pub settings: Arc<dyn Settings>,
    /// Reads messages for the search and its index.
    pub searchable: Arc<dyn Searchable>,
    /// The index of the search. That of an embedded database is a file beside it, which is opened when it is first used.
    pub index: Arc<dyn SearchIndex>,
    backend: Arc<dyn Backend>,
}

/// The purpose for which a process opens a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// To serve it. Where only one service may run on a database, a second one is refused, and a database that was not closed in order is checked first.
    Service {
        /// The name under which a second service is refused, such as "the service at 127.0.0.1:8000".
        holder: String,
        /// The longest content of a message, in characters: [`Store::ping`] writes as much.
        content_chars: usize,
        /// How many connections to a database server are held open at most.
        connections: usize,
        /// The file of an embedded database's index for searches; beside the database if it is not given.
        index: Option<PathBuf>,
    },
    /// For one command of an operator, which may run beside a service.
    Command,
}

impl Access {
    fn index(&self) -> Option<PathBuf> {
        match self {
            Self::Service { index, .. } => index.clone(),
            Self::Command => None,
        }
    }
}

/// The source of the people, confessions and subscriptions in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectorySource {
    /// Imports into Suhbat's own tables.
    Own,
    /// The platform, whose tables in the same database are only read.
    Platform {
        /// Goes before the stored paths of pictures; ends with a slash.
        media_url: String,
    },
}

/// How a database came by its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It has no people and no confessions.
    Empty,
    /// [`Store::import_demo`] filled it.
    Demo,
    /// An import or the platform filled it.
    Directory,
}

/// The acts of an adapter that are no port of the domain.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    fn identity(&self) -> &StoreIdentity;
    fn newest_time(&self) -> Timestamp;
    async fn ping(&self) -> Result<(), StoreError>;
    fn last_write_failed(&self) -> bool;
    async fn origin(&self) -> Result<Origin, StoreError>;
    async fn import_demo(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError>;
    /// Only a directory that others write needs it.
    async fn refresh_names(&self) -> Result<(), StoreError> {
        Ok(())
    }
    fn set_holder(&self, holder: &str) -> io::Result<()>;
    async fn close(&self);
}

impl Store {
    /// Opens the database that the URL names and brings its schema up to date; the file of an embedded one is created if need be. A service changes the schema
    /// of a database server only where it is empty, since other services may run on it.
    pub async fn open(url: &StoreUrl, access: Access, directory: &DirectorySource) -> Result<Self, OpenError> {
        match url {
            StoreUrl::Sqlite(_) if *directory != DirectorySource::Own => Err(OpenError::NoPlatform),
            StoreUrl::Sqlite(path) => {
                let index = access.index().unwrap_or_else(|| SqliteIndex::beside(path));
                let config = SqliteConfig::with(path, access);
                let opening = tokio::task::spawn_blocking(move || Sqlite::open(config));
                let sqlite = Arc::new(opening.await.map_err(|_| OpenError::Interrupted)??);
                let index = SqliteIndex::new(index, sqlite.identity());
                Ok(Self::of(&sqlite, Arc::new(index), sqlite.clone()))
            }
            StoreUrl::Postgres(url) => {
                let opening = Box::pin(Postgres::open(PostgresConfig::with(url, &access, directory)));
                let postgres = Arc::new(opening.await?);
                Ok(Self::of(&postgres, postgres.clone(), postgres.clone()))
            }
            #[cfg(feature = "testing")]
            StoreUrl::Memory => {
                let memory = Memory::default();
                let index = Arc::new(FakeIndex::default());
                Ok(Self::of(&Arc::new(memory.ports().clone()), index, Arc::new(memory)))
            }
        }
    }

    /// Takes the messaging tables of the platform's database over, as far as a service needs it that is started afterwards. The platform's older messaging
    /// service may run meanwhile. After an interruption it goes on where it stopped.
    pub async fn take_over(url: &StoreUrl, report: &mut (dyn FnMut(TakeoverProgress) + Send)) -> Result<(), OpenError> {
        match url {
            StoreUrl::Postgres(url) => Ok(take_over(url.expose(), report).await?),
            _ => Err(OpenError::NoPlatform),
        }
    }

    fn of<P>(ports: &Arc<P>, index: Arc<dyn SearchIndex>, backend: Arc<dyn Backend>) -> Self
    where
        P: Directory + DirectoryWriter + Conversations + Messages + Receipts + Searchable + Outbox + Jobs + Settings + 'static,
    {
        Self {
            directory: ports.clone(),
            directory_writer: ports.clone(),
            conversations: ports.clone(),
            messages: ports.clone(),
            receipts: ports.clone(),
            outbox: ports.clone(),
            searchable: ports.clone(),
            index,
            jobs: ports.clone(),
            settings: ports.clone(),
            backend,
        }
    }

    /// The ids that the database carried when it was opened.
    pub fn identity(&self) -> &StoreIdentity {
        self.backend.identity()
    }

    /// The newest time in the database. No earlier time may be stored (contract 4.3).
    pub fn newest_time(&self) -> Timestamp {
        self.backend.newest_time()
    }

    /// Writes as much as the longest message needs, and reads. Fails if either fails, and if the database is damaged or is no longer where it was opened.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.backend.ping().await
    }

    /// Whether the most recent write failed. Answers from memory.
    pub fn last_write_failed(&self) -> bool {
        self.backend.last_write_failed()
    }

    /// Asks the database how it came by its people.
    pub async fn origin(&self) -> Result<Origin, StoreError> {
        self.backend.origin().await
    }

    /// Imports the directory of the demo, and marks the database as filled by it; both or neither.
    pub async fn import_demo(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        self.backend.import_demo(document).await
    }

    /// Folds the names that the platform has changed since the last time, so that searches find them.
    pub async fn refresh_names(&self) -> Result<(), StoreError> {
        self.backend.refresh_names().await
    }

    /// Replaces the name under which a second service is refused. No effect on a store that was opened for a command.
    pub fn set_holder(&self, holder: &str) -> io::Result<()> {
        self.backend.set_holder(holder)
    }

    /// Takes no more calls, finishes those that wait, and lets the next service have the database.
    pub async fn close(&self) {
        self.index.close().await;
        self.backend.close().await;
    }
}
