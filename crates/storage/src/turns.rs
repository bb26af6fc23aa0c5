//! Turns over all services on one database server, by an advisory lock.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    error::{AdapterError, OpenError},
    postgres,
    url::{ServerUrl, StoreUrl},
};

/// The key of the lock: "suhbdir " in ASCII.
const LOCK: i64 = 0x7375_6862_6469_7220;
/// How long a turn is waited for: longer than a large import takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// The turn to change the directory and to publish the change: what is published about a change is found by comparing it with the state before, so that two of
/// them must not interleave. In one service callers wait for each other without asking the server.
pub struct DirectoryTurns {
    /// `None` for an embedded database, which has one service only.
    url: Option<ServerUrl>,
    /// Kept between turns.
    connection: Mutex<Option<AsyncPgConnection>>,
}

/// A turn. Dropping it without [`DirectoryTurn::end`] ends it too, with the connection that held it.
pub struct DirectoryTurn<'t> {
    kept: MutexGuard<'t, Option<AsyncPgConnection>>,
    connection: Option<AsyncPgConnection>,
}

fn failed(error: diesel::result::Error) -> OpenError {
    postgres::OpenError::from(AdapterError::from(error)).into()
}

impl DirectoryTurns {
    /// For services on this database.
    pub fn on(url: &StoreUrl) -> Self {
        let url = match url {
            StoreUrl::Postgres(url) => Some(url.clone()),
            _ => None,
        };
        Self {
            url,
            connection: Mutex::new(None),
        }
    }

    /// Waits until nobody else has the turn.
    pub async fn take(&self) -> Result<DirectoryTurn<'_>, OpenError> {
        let mut kept = self.connection.lock().await;
        let Some(url) = &self.url else {
            return Ok(DirectoryTurn { kept, connection: None });
        };
        // A connection that broke since the last turn is noticed here, and made again.
        if let Some(mut connection) = kept.take()
            && lock(&mut connection).await.is_ok()
        {
            let connection = Some(connection);
            return Ok(DirectoryTurn { kept, connection });
        }
        let mut connection = Box::pin(postgres::connect(url.expose())).await?;
        lock(&mut connection).await.map_err(failed)?;
        let connection = Some(connection);
        Ok(DirectoryTurn { kept, connection })
    }
}

async fn lock(connection: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    // A lock of a transaction, because a pooler between may give each transaction another connection.
    let begin = format!(
        "BEGIN; SET LOCAL lock_timeout = {}; SELECT pg_advisory_xact_lock({LOCK})",
        PATIENCE.as_millis()
    );
    connection.batch_execute(&begin).await
}

impl DirectoryTurn<'_> {
    /// Lets the next one have its turn.
    pub async fn end(mut self) {
        if let Some(mut connection) = self.connection.take() {
            let ended = connection.batch_execute("COMMIT").await;
            // Where it cannot be ended, the lock ends with the connection.
            *self.kept = ended.is_ok().then_some(connection);
        }
    }
}
