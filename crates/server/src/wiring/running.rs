use std::{net::SocketAddr, time::Duration};

use actix_web::dev::ServerHandle;
use domain::ports::{RosterEntry, StoreError};
use realtime::hub::Hub;
use storage::Store;
use tokio::task::JoinHandle;
use uploads::Uploads;

use super::nodes::Carrying;
use crate::consumers::Following;

/// A service that runs.
pub struct Running {
    pub(super) addr: SocketAddr,
    pub(super) handle: ServerHandle,
    pub(super) server: JoinHandle<std::io::Result<()>>,
    pub(super) tasks: Vec<JoinHandle<()>>,
    pub(super) following: Following,
    pub(super) carrying: Carrying,
    pub(super) hub: Hub,
    pub(super) store: Store,
    pub(super) uploads: Uploads,
    pub(super) grace: Duration,
}

impl Running {
    /// The address that the service is bound to; its port is the real one, also if `server.bind` has port 0.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// All active accounts.
    pub async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.store.directory_writer.roster().await
    }

    /// Stops in order: no new connections, sockets closed with 1012 so that clients reconnect, requests finished, tasks ended, database closed, bus left.
    pub async fn stop(self) {
        let stopped = self.handle.stop(true);
        self.hub.shutdown();
        let (drained, ()) = tokio::join!(tokio::time::timeout(self.grace, self.hub.drained()), stopped);
        if drained.is_err() {
            tracing::warn!(sockets = self.hub.sockets(), "some sockets did not close in time");
        }
        if let Ok(Err(error)) = self.server.await {
            tracing::error!(%error, "the server ended badly");
        }
        self.uploads.drain(self.grace).await;
        for task in self.tasks {
            task.abort();
        }
        self.following.stop().await;
        self.store.close().await;
        // Nothing is published from here on.
        self.carrying.stop().await;
    }
}
