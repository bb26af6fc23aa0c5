//! The check that an object store belongs to the database: the store carries the store id of its database in an object of its own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    identity::StoreId,
    ports::{BlobError, BlobResult},
};
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload, path::Path};

use super::{failed, is_absent, local::Folder};

/// The name of the object that carries the store id. No key has this form.
pub(super) const MARK: &str = ".suhbat-store";

/// The error of an object store that carries another store id, or none.
#[derive(Debug, thiserror::Error)]
#[error(
    "the object store does not carry the id {expected} of the database (in {MARK}), but {found}: its volume is not mounted, or it is another database's"
)]
struct NotOurs {
    expected: String,
    found: String,
}

/// The store id of the database, and the object or file in which the object store carries it.
#[derive(Clone, Debug)]
pub(super) struct Ownership {
    database: StoreId,
    mark: Mark,
    /// A write has failed since the last successful ping.
    is_doubted: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
enum Mark {
    /// The store id is in a file, which is created without replacing another.
    File(Folder),
    /// The store id is in an object.
    Object(Arc<dyn ObjectStore>),
}

impl Ownership {
    pub(super) fn of_folder(folder: Folder, database: StoreId) -> Self {
        Self {
            database,
            mark: Mark::File(folder),
            is_doubted: Arc::default(),
        }
    }

    pub(super) fn of_store(store: Arc<dyn ObjectStore>, database: StoreId) -> Self {
        Self {
            database,
            mark: Mark::Object(store),
            is_doubted: Arc::default(),
        }
    }

    pub(super) fn opened_for(self, database: StoreId) -> Self {
        Self { database, ..self }
    }

    /// Notes that a write failed, or that a ping succeeded.
    pub(super) fn doubt(&self, is_doubted: bool) {
        self.is_doubted.store(is_doubted, Ordering::Relaxed);
    }

    /// Whether a write has failed since the last successful ping.
    pub(super) fn is_doubted(&self) -> bool {
        self.is_doubted.load(Ordering::Relaxed)
    }

    /// The store id that the object store carries, if any.
    pub(super) async fn owner(&self) -> BlobResult<Option<StoreId>> {
        let text = match &self.mark {
            Mark::File(folder) => folder.read_mark().await?,
            Mark::Object(store) => match store.get(&Path::from(MARK)).await {
                Ok(found) => Some(found.bytes().await.map_err(failed("read"))?.into()),
                Err(error) if is_absent(&error) => None,
                Err(error) => return Err(failed("read")(error)),
            },
        };
        // Operators may write the file by hand, with an editor that adds a newline.
        Ok(text.map(|text: Vec<u8>| StoreId::new(String::from_utf8_lossy(&text).trim())))
    }

    /// Writes the store id, unless the object store carries one.
    pub(super) async fn claim(&self) -> BlobResult<()> {
        if self.owner().await?.is_some() {
            // Some S3 servers ignore the condition below.
            return Ok(());
        }
        let text = format!("{}\n", self.database.as_str());
        match &self.mark {
            Mark::File(folder) => folder.write_mark(text).await,
            Mark::Object(store) => match store
                .put_opts(&Path::from(MARK), PutPayload::from(text), PutMode::Create.into())
                .await
            {
                Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
                Err(error) => Err(failed("write")(error)),
            },
        }
    }

    /// Fails unless the object store carries the store id of the database.
    pub(super) async fn check(&self) -> BlobResult<()> {
        match self.owner().await? {
            Some(owner) if owner == self.database => Ok(()),
            found => Err(BlobError(Box::new(NotOurs {
                expected: self.database.as_str().to_owned(),
                found: found.map_or("none".to_owned(), |other| other.as_str().to_owned()),
            }))),
        }
    }

    /// Fails unless an object that was just written is in the object store of the database. If the volume was unmounted during the upload, the object is in
    /// the mount point instead.
    pub(super) async fn confirm(&self, written: &Path, size: u64) -> BlobResult<()> {
        match &self.mark {
            Mark::File(folder) => {
                self.check().await?;
                folder.confirm(written.as_ref().to_owned(), size).await
            }
            // A network store has no mount point, so the object is where it is read.
            Mark::Object(_) => Ok(()),
        }
    }
}
