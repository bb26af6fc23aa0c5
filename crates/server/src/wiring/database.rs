//! The database of a service: opened for one service alone, and only for the demo where the demo has filled it.

use std::{net::SocketAddr, path::PathBuf, process, sync::Arc, time::Duration};

use domain::{messaging::Ports, ports::Clock, time::Timestamp};
use storage::{Access, Origin, Store};
use tokio::time::{MissedTickBehavior, interval};
use uploads::Uploads;

use super::StartError;
use crate::{
    causes::with_causes,
    clock::SteadyClock,
    config::{Config, DirectoryMode},
    demo,
};

/// Takes the database for this service, and opens it.
pub(super) async fn open(config: &Config, demo: bool, since: Timestamp) -> Result<Store, StartError> {
    if demo && config.directory.mode == DirectoryMode::Platform {
        return Err(StartError::DemoOnPlatform);
    }
    let access = Access::Service {
        holder: holder(None, since),
        content_chars: config.limits.content_chars,
        connections: config.database.pool_size,
        index: config.search.path.as_ref().map(PathBuf::from),
    };
    Ok(Store::open(&config.database.url, access, &config.directory.source()).await?)
}

/// The clock of stored times.
pub(super) fn clock(store: &Store, wall: &Arc<dyn Clock>) -> Arc<dyn Clock> {
    let store = store.clone();
    Arc::new(SteadyClock::new(wall.clone(), move || store.newest_time()))
}

/// Records the address of this service for another process that wants the same database.
pub(super) fn announce(store: &Store, addr: SocketAddr, since: Timestamp) {
    if let Err(error) = store.set_holder(&holder(Some(addr), since)) {
        tracing::warn!(%error, "the file that locks the database could not be written; a second service is refused all the same");
    }
}

fn holder(addr: Option<SocketAddr>, since: Timestamp) -> String {
    let process = process::id();
    match addr {
        Some(addr) => format!("the service at {addr} (process {process}, since {since})"),
        None => format!("a service that is starting (process {process}, since {since})"),
    }
}

/// Folds names that the platform has changed, at intervals and for ever, so that searches find them.
pub(super) async fn follow_names(store: Store, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Opening the database has just done it.
    ticks.tick().await;
    let mut fails = false;
    loop {
        ticks.tick().await;
        let failed = store.refresh_names().await.err();
        if let Some(error) = failed.as_ref().filter(|_| !fails) {
            let error = with_causes(error);
            tracing::warn!(
                error,
                "names that the platform has changed could not be read; searches find the older ones until this works again"
            );
        } else if fails && failed.is_none() {
            tracing::info!("the platform's names can be read again");
        }
        fails = failed.is_some();
    }
}

/// Fills an empty database with the demo's community, unless it is there already. A database with other people is refused.
pub(super) async fn show_demo(ports: &Ports, store: &Store, uploads: Option<&Uploads>, config: &Config) -> Result<(), StartError> {
    if demo::fill(ports, store, uploads, &config.database.url).await? {
        tracing::info!("filled the empty database with the demo's community");
    }
    if !config.server.bind.ip().is_loopback() {
        tracing::warn!(server.bind = %config.server.bind, "--demo lets anybody in as anybody, and server.bind lets other machines in");
    }
    Ok(())
}

/// Without `--demo` the database should not be the demo's.
pub(super) async fn warn_of_demo(store: &Store) -> Result<(), StartError> {
    if store.origin().await? == Origin::Demo {
        tracing::warn!(
            "the database was filled by --demo: its people are made up, and --demo would let anybody in as anybody; use another one for real people"
        );
    }
    Ok(())
}
