//! The object store, and the uploads into it.

use std::{sync::Arc, time::Duration};

use domain::{
    identity::StoreId,
    messaging::{Messaging, ObjectsOwner},
    ports::Blobs as _,
};
use realtime::observed::Observed;
use storage::blobs::{Objects, S3Config};
use tokio::task::JoinHandle;
use uploads::{UploadConfig, Uploads};

use super::StartError;
use crate::{
    causes::with_causes,
    config::{AwsVariables, Config, ObjectsConfig, ObjectsUrl},
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
    let (settings, aws) = (config.objects.clone(), config.aws.clone());
    let objects = tokio::task::spawn_blocking(move || open_objects(&settings, &aws, database))
        .await
        .map_err(|_| StartError::Interrupted)??;
    // With a bucket, files are spooled on this machine before they are sent.
    let room = Room::new(objects.spool_dir(), config.objects.min_free_bytes);
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

/// The object store of a database, and the older files beside it. Blocks for a moment.
pub(crate) fn open_objects(settings: &ObjectsConfig, aws: &AwsVariables, database: StoreId) -> Result<Objects, StartError> {
    let objects = match &settings.url {
        ObjectsUrl::File(folder) => Objects::local(folder, database)?,
        url @ ObjectsUrl::S3 { .. } => Objects::bucket(&bucket(settings, url, aws)?, database)?,
    };
    Ok(match &settings.legacy_url {
        None => objects,
        Some(ObjectsUrl::File(folder)) => objects.with_media_folder(folder)?,
        Some(url @ ObjectsUrl::S3 { .. }) => objects.with_media_bucket(&bucket(settings, url, aws)?)?,
    })
}

/// The bucket of a URL that names one.
fn bucket(settings: &ObjectsConfig, url: &ObjectsUrl, aws: &AwsVariables) -> Result<S3Config, StartError> {
    let bucket = settings.bucket(url, aws).map_err(StartError::Bucket)?;
    bucket.ok_or_else(|| StartError::Bucket(format!("{url} names no bucket")))
}

/// The interval in which a bucket is asked whose it is, after its server was away at the start.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Checks whether the object store belongs to the database, and logs it if not. Without it the service starts all the same, and accepts no files. If the
/// server of a bucket does not answer, a task claims the bucket later.
pub(super) async fn claim(messaging: &Observed, objects: &Objects) -> (bool, Option<JoinHandle<()>>) {
    match messaging.claim_objects().await {
        Ok(owner) => {
            tell(owner, messaging);
            (owner.is_ours(), None)
        }
        Err(error) => {
            tracing::error!(error = %with_causes(&error), "whose the object store is cannot be found out; no files are taken until it carries the id of the database");
            let claiming = objects.is_remote().then(|| tokio::spawn(claim_later(messaging.clone())));
            (false, claiming)
        }
    }
}

/// Claims a bucket as soon as its server answers. (A folder is claimed at the start only: one that is empty later may be a mount point without its volume.)
async fn claim_later(messaging: Observed) {
    loop {
        tokio::time::sleep(ASK_AGAIN).await;
        if let Ok(owner) = messaging.claim_objects().await {
            return tell(owner, &messaging);
        }
    }
}

fn tell(owner: ObjectsOwner, messaging: &Messaging) {
    let id = messaging.store_id().as_str();
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
