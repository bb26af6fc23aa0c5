//! The store of files, and what takes them in.

use std::sync::Arc;

use domain::ports::Blobs as _;
use storage::{
    blobs::Objects,
    intake::{Intake, IntakeConfig},
};

use super::StartError;
use crate::{config::Config, health::Probe, random};

/// How many files are looked at at once, however many processors there are: a picture can take 320 MiB.
const LOOKED_AT_AT_ONCE: usize = 2;

/// Both.
pub(super) struct Files {
    pub(super) objects: Objects,
    pub(super) intake: Intake,
}

/// Opens the store that the configuration names.
pub(super) async fn open(config: &Config) -> Result<Files, StartError> {
    let folder = config.objects.folder();
    let objects = tokio::task::spawn_blocking(move || Objects::local(&folder))
        .await
        .map_err(|_| StartError::Interrupted)??;
    let settings = IntakeConfig {
        file_bytes: config.limits.file_bytes,
        strip_metadata: config.objects.strip_metadata,
        workers: LOOKED_AT_AT_ONCE,
        waiting_room: objects.waiting_room(),
        random: random::bits,
    };
    let intake = Intake::new(Arc::new(objects.clone()), settings).map_err(StartError::Threads)?;
    Ok(Files { objects, intake })
}

impl Files {
    /// Does the store answer?
    pub(super) fn probe(&self) -> Probe {
        let objects = self.objects.clone();
        Arc::new(move || {
            let objects = objects.clone();
            Box::pin(async move { objects.ping().await.is_ok() })
        })
    }
}
