//! The fakes of the domain as a store: the whole service runs on them in tests, and so proves that it needs nothing of a database but the ports.

use std::{
    hash::{BuildHasher as _, RandomState},
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{
    identity::{Epoch, StoreId, StoreIdentity},
    people::DirectoryDocument,
    ports::{DirectoryWriter as _, ImportOutcome, StoreError},
    testing::fakes::FakeStore,
    time::Timestamp,
};

use crate::store::{Backend, Origin};

pub(crate) struct Memory {
    ports: FakeStore,
    identity: StoreIdentity,
    is_demo: AtomicBool,
}

impl Default for Memory {
    /// With random ids, as a new database has: it must not take the object store of the one before for its own.
    fn default() -> Self {
        let random = || format!("{:016x}", RandomState::new().hash_one(()));
        Self {
            ports: FakeStore::default(),
            identity: StoreIdentity {
                store: StoreId::new(random()),
                epoch: Epoch::new(random()),
            },
            is_demo: AtomicBool::new(false),
        }
    }
}

impl Memory {
    pub(crate) fn ports(&self) -> &FakeStore {
        &self.ports
    }
}

#[async_trait]
impl Backend for Memory {
    fn identity(&self) -> &StoreIdentity {
        &self.identity
    }

    fn newest_time(&self) -> Timestamp {
        self.ports.newest_time()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ports.roster().await.map(drop)
    }

    fn last_write_failed(&self) -> bool {
        false
    }

    async fn origin(&self) -> Result<Origin, StoreError> {
        Ok(if self.is_demo.load(Ordering::Relaxed) {
            Origin::Demo
        } else if self.ports.is_without_directory() {
            Origin::Empty
        } else {
            Origin::Directory
        })
    }

    async fn import_demo(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        let outcome = self.ports.import(document).await?;
        if matches!(outcome, ImportOutcome::Done(_)) {
            self.is_demo.store(true, Ordering::Relaxed);
        }
        Ok(outcome)
    }

    /// Nobody else can have it.
    fn set_holder(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    async fn close(&self) {}
}
