//! The database of a service: opened for one service alone, and only for the demo where the demo has filled it.

use std::{net::SocketAddr, process, sync::Arc};

use domain::{messaging::Ports, ports::Clock, time::Timestamp};
use storage::{Access, OpenError, Origin, Store};
use uploads::Uploads;

use super::StartError;
use crate::{clock::SteadyClock, config::Config, demo};

/// Takes the database for this service, and opens it.
pub(super) async fn open(config: &Config, since: Timestamp) -> Result<Store, OpenError> {
    let access = Access::Service {
        holder: holder(None, since),
        content_chars: config.limits.content_chars,
        connections: config.database.pool_size,
    };
    Store::open(&config.database.url, access).await
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
