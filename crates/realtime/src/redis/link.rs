use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_redis::redis::{
    Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value, aio::ConnectionLike, aio::MultiplexedConnection,
    cluster_async::ClusterConnection, cmd,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::{RedisAddress, address::Pool};
use crate::measure;

/// The interval of the questions whether the server still answers.
const CHECK: Duration = Duration::from_secs(3);
/// How long an answer to such a question may take.
const ANSWER: Duration = Duration::from_secs(2);
/// The pauses between two attempts to connect grow from the first to the second; each is lengthened by up to a half at random, so that nodes do not all
/// return at the same moment.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// A connection that many tasks share.
#[derive(Clone)]
pub(crate) enum Connection {
    /// To one server.
    Single(MultiplexedConnection),
    /// To all nodes of a cluster.
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(&'a mut self, cmd: &'a Pipeline, offset: usize, count: usize) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(cmd, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

/// Why Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no server, or it refuses the service.
    #[error("Redis at {address} cannot be reached: {reason}")]
    Unreachable {
        /// Without the account.
        address: String,
        /// What the server or the system said.
        reason: String,
    },
    /// The server is too old.
    #[error("Redis at {address} has version {version}; 6.2 or newer is needed")]
    TooOld {
        /// Without the account.
        address: String,
        /// As the server says.
        version: String,
    },
}

/// Redis is away. Nobody waits for it: whoever needs it does without.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Away {
    #[error("Redis cannot be reached")]
    Disconnected,
    #[error("Redis does not answer in time")]
    Slow,
    #[error("Redis failed: {0}")]
    Failed(#[from] RedisError),
}

/// The connection of this node for commands. While Redis is away, every call fails at once; a task connects again.
pub struct RedisLink {
    address: RedisAddress,
    prefix: String,
    pool: Pool,
    held: Mutex<Held>,
    lost: Notify,
    /// Whether there is a connection.
    up: watch::Sender<bool>,
}

#[derive(Default)]
struct Held {
    connection: Option<Connection>,
    /// Tells the failure of an old connection from one of the present connection.
    generation: u64,
}

impl RedisLink {
    /// Connects. `prefix` goes before all keys and channels. The second result is the task that keeps the connection.
    pub async fn open(address: RedisAddress, prefix: String) -> Result<(Arc<Self>, JoinHandle<()>), OpenError> {
        let unreachable = |reason: String| OpenError::Unreachable {
            address: address.to_string(),
            reason,
        };
        let pool = address.pool().map_err(|error| unreachable(error.to_string()))?;
        let mut connection = pool.connection().await.map_err(|error| unreachable(with_causes(&error)))?;
        check_version(&address, &mut connection).await?;
        let link = Arc::new(Self {
            address,
            prefix,
            pool,
            held: Mutex::default(),
            lost: Notify::new(),
            up: watch::Sender::new(false),
        });
        link.hold(connection);
        let keeping = tokio::spawn(keep(link.clone()));
        Ok((link, keeping))
    }

    /// Goes before all keys and channels.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where Redis is.
    pub fn address(&self) -> &RedisAddress {
        &self.address
    }

    /// Runs a command, a pipeline or a script on the connection. A failure of the connection makes it be replaced.
    pub(crate) async fn run<T>(&self, operation: &'static str, run: impl AsyncFnOnce(Connection) -> RedisResult<T>) -> Result<T, Away> {
        let (connection, generation) = {
            let held = self.lock();
            (held.connection.clone(), held.generation)
        };
        let failure = match connection {
            None => Away::Disconnected,
            Some(connection) => match tokio::time::timeout(ANSWER, run(connection)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => {
                    if is_of_connection(&error) {
                        self.drop_connection(generation, &error.to_string());
                    }
                    Away::Failed(error)
                }
                Err(_) => {
                    self.drop_connection(generation, "it does not answer in time");
                    Away::Slow
                }
            },
        };
        metrics::counter!(measure::REDIS_FAILURES_TOTAL, "operation" => operation).increment(1);
        Err(failure)
    }

    /// Whether there is a connection; changes are seen by whoever waits.
    pub(crate) fn watch(&self) -> watch::Receiver<bool> {
        self.up.subscribe()
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<(), String> {
        self.run("ping", async |mut connection| cmd("PING").query_async::<()>(&mut connection).await)
            .await
            .map_err(|away| away.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, connection: Connection) {
        {
            let mut held = self.lock();
            held.connection = Some(connection);
            held.generation += 1;
        }
        metrics::gauge!(measure::REDIS_UP).set(1.0);
        self.up.send_replace(true);
    }

    fn drop_connection(&self, generation: u64, reason: &str) {
        {
            let mut held = self.lock();
            if held.generation != generation || held.connection.take().is_none() {
                return;
            }
        }
        tracing::warn!(
            reason,
            "Redis cannot be reached; messages are stored and acknowledged, and told on this node only until it returns"
        );
        metrics::gauge!(measure::REDIS_UP).set(0.0);
        self.up.send_replace(false);
        self.lost.notify_one();
    }
}

/// Keeps the link connected, for ever.
async fn keep(link: Arc<RedisLink>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CHECK) => {}
            () = link.lost.notified() => {}
        }
        if *link.up.borrow() {
            // A failure drops the connection.
            let _ = link.ping().await;
        }
        if *link.up.borrow() {
            continue;
        }
        let mut pause = PAUSES.0;
        let connection = loop {
            match link.pool.connection().await {
                Ok(connection) => break connection,
                Err(error) => tracing::debug!(error = with_causes(&error), "Redis is still away"),
            }
            tokio::time::sleep(lengthened(pause)).await;
            pause = (pause * 2).min(PAUSES.1);
        };
        link.hold(connection);
        tracing::info!("Redis can be reached again");
    }
}

/// The pause, and up to half of it more.
pub(crate) fn lengthened(pause: Duration) -> Duration {
    let random = random() % 1024;
    pause + pause * u32::try_from(random).unwrap_or(0) / 2048
}

/// A name that no other call makes, in all likelihood.
pub(crate) fn random_name() -> String {
    format!("{:016x}", random())
}

/// Random enough to keep nodes apart, and no reason for a library.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// Whether another connection may help: this one is broken, or leads to a server that takes no writes any more.
fn is_of_connection(error: &RedisError) -> bool {
    let refused = ["READONLY", "MASTERDOWN", "LOADING", "CLUSTERDOWN", "NOREPLICAS"];
    error.is_io_error()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
        || error.code().is_some_and(|code| refused.contains(&code))
}

async fn check_version(address: &RedisAddress, connection: &mut Connection) -> Result<(), OpenError> {
    // The nodes of a cluster may differ, and an account may be kept from this command: what does not work is noticed when it is used.
    let Connection::Single(connection) = connection else {
        return Ok(());
    };
    let Ok(text) = cmd("INFO").arg("server").query_async::<String>(connection).await else {
        return Ok(());
    };
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    // Valkey names the version of Redis that it is compatible with in the same line.
    let Some(version) = line("redis_version:") else { return Ok(()) };
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    let version_number = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version_number < (6, 2) {
        return Err(OpenError::TooOld {
            address: address.to_string(),
            version: version.trim().to_owned(),
        });
    }
    Ok(())
}

fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}
