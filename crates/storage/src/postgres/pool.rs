//! The pool of connections: how long a call waits for one, and which of them are used again.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult};
use diesel_async::{AsyncPgConnection, pooled_connection::PoolableConnection as _};
use domain::ports::StoreError;

use super::{
    connect::{ConnectError, Connector},
    error::{OpenError, explained},
    watched::LastError,
};
use crate::{
    error::{AdapterError, Result},
    measure,
};

/// A connection, and the code of its last error.
struct Session {
    connection: AsyncPgConnection,
    last_error: LastError,
    /// A transaction was begun that the connection itself does not know of.
    in_transaction: AtomicBool,
}

struct Manager(Connector);

impl managed::Manager for Manager {
    type Type = Session;
    type Error = ConnectError;

    async fn create(&self) -> std::result::Result<Session, ConnectError> {
        let (connection, last_error) = self.0.connect().await?;
        Ok(Session {
            connection,
            last_error,
            in_transaction: AtomicBool::new(false),
        })
    }

    /// The server is not asked: that would double the time of a short read. The task that drives a connection notices at once if the server has closed it.
    async fn recycle(&self, session: &mut Session, _: &Metrics) -> RecycleResult<ConnectError> {
        if session.connection.is_broken() || *session.in_transaction.get_mut() {
            return Err(RecycleError::message("the connection is closed, or in a transaction"));
        }
        session.last_error.take();
        Ok(())
    }
}

/// Connections to one database. Clones share them.
#[derive(Clone)]
pub(super) struct Pool {
    sessions: managed::Pool<Manager>,
    wait: Duration,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sessions.status().fmt(f)
    }
}

impl Pool {
    /// At most so many connections, none of which is made yet. A call waits so long for one.
    pub(super) fn new(connector: Connector, connections: usize, wait: Duration) -> std::result::Result<Self, OpenError> {
        let sessions = managed::Pool::builder(Manager(connector))
            .max_size(connections.max(1))
            .build()
            .map_err(OpenError::Pool)?;
        Ok(Self { sessions, wait })
    }

    /// A connection that was not closed by the server, as far as that is known.
    pub(super) async fn take(&self) -> Result<Taken> {
        let began = Instant::now();
        self.measure();
        let taken = tokio::time::timeout(self.wait, self.sessions.get()).await;
        metrics::histogram!(measure::WAIT_SECONDS).record(began.elapsed());
        match taken {
            Ok(Ok(session)) => {
                self.measure();
                Ok(Taken {
                    session,
                    _given_back: GivenBack(self.clone()),
                })
            }
            Ok(Err(PoolError::Backend(error))) => {
                metrics::counter!(measure::CONNECTIONS_FAILED).increment(1);
                if error.is_passing() {
                    tracing::warn!(%error, "a connection to the database could not be made; the request was answered as busy");
                    return Err(StoreError::Busy.into());
                }
                Err(StoreError::Failed(Box::new(error)).into())
            }
            Ok(Err(error)) => Err(StoreError::Failed(Box::new(error)).into()),
            Err(_) => Err(StoreError::Busy.into()),
        }
    }

    /// Gives out no more connections, and closes those that are not in use.
    pub(super) fn close(&self) {
        self.sessions.close();
    }

    #[expect(clippy::cast_precision_loss, reason = "pools and queues are far shorter than 2^52")]
    fn measure(&self) {
        let status = self.sessions.status();
        let in_use = status.size.saturating_sub(status.available);
        metrics::gauge!(measure::CONNECTIONS, "state" => "in_use").set(in_use as f64);
        metrics::gauge!(measure::CONNECTIONS, "state" => "idle").set(status.available as f64);
        metrics::gauge!(measure::QUEUE_DEPTH).set(status.waiting as f64);
    }
}

/// A connection that is in use until it is dropped.
pub(super) struct Taken {
    // Dropped in this order.
    session: managed::Object<Manager>,
    _given_back: GivenBack,
}

/// Measures the pool once a connection is back in it.
struct GivenBack(Pool);

impl Drop for GivenBack {
    fn drop(&mut self) {
        self.0.measure();
    }
}

impl Taken {
    /// The error of a statement on this connection, told apart by the code that the server sent with it.
    pub(super) fn explain(&self, error: AdapterError) -> AdapterError {
        explained(error, self.session.last_error.take())
    }
}

impl Taken {
    /// Until it is unset, the connection goes to nobody else.
    pub(super) fn set_in_transaction(&self, is: bool) {
        self.session.in_transaction.store(is, Ordering::Relaxed);
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.session.in_transaction.load(Ordering::Relaxed)
    }
}

impl Deref for Taken {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.session.connection
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.session.connection
    }
}
