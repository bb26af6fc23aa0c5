//! The object store, and the uploads into it.

use std::sync::Arc;

use domain::{
    identity::StoreId,
    messaging::{Messaging, ObjectsOwner},
    ports::Blobs as _,
};
use storage::blobs::Objects;
use uploads::{UploadConfig, Uploads};

use super::StartError;
use crate::{
    causes::with_causes,
    config::{Config, ObjectsUrl},
    health::Probe,
    random,
    room::Room,
};

/// Files that are processed at once, whatever the number of processors: decoding an image can take 320 MiB.
const PROCESSED_AT_ONCE: usize = 2;

/// The services that files pass through.
pub(super) struct Files {
    pub(super) objects: Objects,
    pub(super) uploads: Uploads,
    pub(super) room: Room,
}

/// Opens the store that the configuration names, for this database.
pub(super) async fn open(config: &Config, database: StoreId) -> Result<Files, StartError> {
    let folder = match &config.objects.url {
        ObjectsUrl::File(folder) => folder.clone(),
        bucket @ ObjectsUrl::S3 { .. } => return Err(StartError::Unsupported(bucket.to_string())),
    };
    let media = match &config.objects.legacy_url {
        None => None,
        Some(ObjectsUrl::File(folder)) => Some(folder.clone()),
        Some(bucket @ ObjectsUrl::S3 { .. }) => return Err(StartError::Unsupported(bucket.to_string())),
    };
    let room = Room::new(folder.clone(), config.objects.min_free_bytes);
    let objects = tokio::task::spawn_blocking(move || {
        let objects = Objects::local(&folder, database)?;
        match media {
            Some(media) => objects.with_media_folder(&media),
            None => Ok(objects),
        }
    })
    .await
    .map_err(|_| StartError::Interrupted)??;
    let settings = UploadConfig {
        file_bytes: config.limits.file_bytes,
        image_pixels: config.limits.image_pixels,
        strip_metadata: config.objects.strip_metadata,
        workers: PROCESSED_AT_ONCE,
        spool_dir: objects.spool_dir(),
        random: random::bits,
    };
    let uploads = Uploads::new(Arc::new(objects.clone()), settings).map_err(StartError::Threads)?;
    Ok(Files { objects, uploads, room })
}

/// Checks whether the object store belongs to the database, and logs it if not. Without it the service starts all the same, and accepts no files.
pub(super) async fn claim(messaging: &Messaging) -> bool {
    let id = messaging.store_id().as_str();
    let owner = match messaging.claim_objects().await {
        Ok(owner) => owner,
        Err(error) => {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "whose the object store is cannot be found out; no files are taken until it carries the id of the database");
            return false;
        }
    };
    match owner {
        ObjectsOwner::Ours => {}
        ObjectsOwner::Claimed | ObjectsOwner::Adopted => {
            tracing::info!(store.id = id, "the object store belongs to the database from now on");
        }
        ObjectsOwner::Foreign => tracing::error!(
            store.id = id,
            "the object store belongs to another database; no files are taken or removed: check database.url and objects.url, see docs/operations.md"
        ),
        ObjectsOwner::Unknown => tracing::error!(
            store.id = id,
            "the object store holds files that the database does not know; no files are taken or removed: check database.url and objects.url, see docs/operations.md"
        ),
        ObjectsOwner::Missing => tracing::error!(
            store.id = id,
            "the files that the database knows are not in the object store; no files are taken or removed: mount its volume, or see docs/operations.md"
        ),
    }
    owner.is_ours()
}

impl Files {
    /// Does the store answer, and is there room for files?
    pub(super) fn probe(&self) -> Probe {
        let (objects, room) = (self.objects.clone(), self.room.clone());
        Arc::new(move || {
            let (objects, room) = (objects.clone(), room.clone());
            Box::pin(async move {
                objects.ping().await.map_err(|error| with_causes(&error))?;
                if room.is_enough().await {
                    Ok(())
                } else {
                    Err("too little room is left for files".to_owned())
                }
            })
        })
    }
}
