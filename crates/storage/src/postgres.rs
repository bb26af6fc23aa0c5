//! A database on a PostgreSQL server: a pool of connections, one lane for each conversation, and one transaction for each act.

mod address;
mod backend;
mod connect;
mod conversations;
mod directory;
mod error;
mod identity;
mod jobs;
mod lanes;
mod message_search;
mod messages;
mod outbox;
pub mod platform;
mod pool;
mod receipts;
mod rows;
mod schema;
mod search;
mod settings;
mod statement;
mod tls;
mod transaction;
mod watched;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use address::Address;
pub use connect::ConnectError;
use connect::Connector;
use diesel_async::AsyncPgConnection;
pub use error::OpenError;
pub(crate) use rows::sql_time;
pub(crate) use schema::migrate;
pub use tls::TlsError;

use domain::{
    identity::StoreIdentity,
    ports::{Decide, Decided, OnCommit, StoreError},
    time::Timestamp,
};
use lanes::Lanes;
use messages::PendingSend;
use platform::Platform;
use pool::{Pool, Taken};
use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument as _;

use crate::{
    error::{AdapterError, Result, failed},
    measure,
    wakes::Wakes,
};

/// How to open a database on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresConfig {
    /// `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: String,
    /// How many connections there are at most.
    pub connections: usize,
    /// How long a call waits for a connection, or an act for its turn in a conversation, before it fails as busy.
    pub wait: Duration,
    /// Whether an older schema is brought up to date, or refused. An empty database gets its schema in any case.
    pub migrate_older: bool,
    /// How long a statement may take, before the server ends it and the call fails as busy.
    pub longest_statement: Duration,
    /// The most bytes of a message's text. After a write has failed, a ping writes as many to find out whether any message could be stored.
    pub largest_message: usize,
    /// How many messages wait or are being sent at once at most; a further one waits for a place, and then fails as busy.
    pub waiting_messages: usize,
    /// The platform whose own database this is; `None` if the directory is Suhbat's own.
    pub platform: Option<Platform>,
}

impl PostgresConfig {
    /// The database at this URL, everything else as it is best for most.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 16,
            migrate_older: true,
            wait: Duration::from_secs(2),
            longest_statement: Duration::from_secs(10),
            largest_message: 40_000,
            waiting_messages: messages::PLACES,
            platform: None,
        }
    }

    /// The connections on which acts and reads run.
    async fn pool(&self) -> std::result::Result<Pool, OpenError> {
        let mut address = Address::parse(&self.url).map_err(OpenError::Url)?;
        let longest = self.longest_statement.as_millis().to_string();
        // Given when a connection begins, since a pooler would let another client have what is set later.
        for (name, value) in PLANS
            .into_iter()
            .chain([("statement_timeout", &*longest), ("idle_in_transaction_session_timeout", &longest)])
        {
            address.set(name, value);
        }
        Pool::new(Connector::new(address).await?, self.connections, self.wait)
    }
}

/// Whether this is the URL of a server, as far as can be told without it; the error is the rest of a sentence.
pub(crate) fn check_url(url: &str) -> std::result::Result<(), &'static str> {
    Address::parse(url).map(drop)
}

/// One connection to the database at this URL, on which a statement may take as long as it needs. It belongs to the runtime that this is called on.
pub(crate) async fn connect(url: &str) -> std::result::Result<Connection, OpenError> {
    let mut address = Address::parse(url).map_err(OpenError::Url)?;
    // Also where the role has a limit.
    address.set("statement_timeout", "0");
    let connector = Connector::new(address).await?;
    let connecting = tokio::time::timeout(LONGEST_CONNECTING, connector.connect());
    let (connection, _) = connecting.await.map_err(|_| ConnectError::TimedOut)??;
    Ok(connection)
}

/// The storage ports on a PostgreSQL server. Clones share the pool.
#[derive(Clone)]
pub struct Postgres {
    inner: Arc<Inner>,
    /// Sends messages in batches, as long as there is a store.
    _dispatcher: Arc<AbortOnDropHandle<()>>,
}

struct Inner {
    identity: StoreIdentity,
    /// The directory is the platform's.
    is_platform: bool,
    newest: AtomicI64,
    last_write_failed: AtomicBool,
    /// Called when entries were appended to the outbox.
    wakes: Wakes,
    pool: Pool,
    wait: Duration,
    largest_message: usize,
    lanes: Lanes<PendingSend>,
    /// A permit for each message that waits or is being sent.
    places: Arc<Semaphore>,
    /// Drives the connections: they live no longer than the runtime that opened them, and the workers of a server have runtimes of their own.
    runtime: Handle,
    /// The calls that were begun; each is carried out to its end, whether its caller still waits or not.
    tasks: TaskTracker,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("pool", &self.inner.pool).finish_non_exhaustive()
    }
}

/// A connection on which the queries of this module run.
type Connection = AsyncPgConnection;

/// The future of a function over a connection.
type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// The outcome of an act.
enum Outcome<T> {
    /// Keep what it wrote, and announce it.
    Keep(T),
    /// It has nothing to keep: whatever it wrote is undone, and nothing is announced.
    Discard(T),
}

/// The rule of an act, as an act that may be run again asks it: never by two at once.
struct Rule<F, D>(Arc<Mutex<Decide<F, D>>>);

impl<F, D> Clone for Rule<F, D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<F, D> Rule<F, D> {
    fn new(decide: Decide<F, D>) -> Self {
        Self(Arc::new(Mutex::new(decide)))
    }

    fn ask(&self, facts: F) -> Decided<D> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)(facts)
    }
}

/// How long a command or a start waits for the server.
const LONGEST_CONNECTING: Duration = Duration::from_secs(10);

impl Postgres {
    /// Connects, and brings the schema up to date. The connections belong to the runtime that this is called on.
    pub async fn open(mut config: PostgresConfig) -> std::result::Result<Self, OpenError> {
        let platform = config.platform.take();
        if let Some(platform) = &platform {
            config = Box::pin(platform::enter(config, platform)).await?;
        }
        // Boxed, since they are needed once and would make every future large that opens a store.
        Box::pin(schema::migrate(&config.url, config.migrate_older)).await?;
        let pool = Box::pin(config.pool()).await?;
        let mut connection = pool.take().await?;
        if platform.is_some() {
            platform::check(&mut connection).await?;
            platform::refresh(&mut connection).await?;
        } else {
            directory::refold(&mut connection).await?;
        }
        outbox::renumber_if_copied(&mut connection).await?;
        let identity = identity::load(&mut connection).await?;
        let newest = identity::newest_time(&mut connection).await?;
        drop(connection);
        let inner = Arc::new(Inner {
            identity,
            is_platform: platform.is_some(),
            newest: AtomicI64::new(newest.0),
            last_write_failed: AtomicBool::new(false),
            wakes: Wakes::default(),
            pool,
            wait: config.wait,
            largest_message: config.largest_message,
            lanes: Lanes::default(),
            places: Arc::new(Semaphore::new(config.waiting_messages)),
            runtime: Handle::current(),
            tasks: TaskTracker::new(),
        });
        let dispatcher = tokio::spawn(messages::dispatch(Arc::downgrade(&inner), inner.lanes.clone()));
        Ok(Self {
            inner,
            _dispatcher: Arc::new(AbortOnDropHandle::new(dispatcher)),
        })
    }

    /// The ids that the database carried when it was opened.
    pub fn identity(&self) -> &StoreIdentity {
        &self.inner.identity
    }

    /// The newest time that this process knows of. No time may be stored that is earlier (contract 4.3).
    pub fn newest_time(&self) -> Timestamp {
        Timestamp(self.inner.newest.load(Ordering::Relaxed))
    }

    /// Could the last act that wanted to write not be carried out? Answers at once, from memory.
    pub fn last_write_failed(&self) -> bool {
        self.inner.last_write_failed.load(Ordering::Relaxed)
    }

    /// Folds the names that the platform has changed since the last time; does nothing where the directory is Suhbat's own.
    pub async fn refresh_names(&self) -> std::result::Result<(), StoreError> {
        if !self.inner.is_platform {
            return Ok(());
        }
        self.run(|inner| async move { platform::refresh(&mut *inner.connection().await?).await })
            .await
    }

    /// Takes no more calls, finishes what was begun, and closes all connections.
    pub async fn close(&self) {
        if self.inner.tasks.close() {
            self.inner.tasks.wait().await;
            if let Err(AdapterError(error)) = self.inner.note_newest_time().await {
                tracing::warn!(%error, "the newest time could not be noted; the next start looks for it");
            }
            self.inner.pool.close();
        }
    }

    /// Runs one read of several statements, on one state of the database.
    async fn read<T, W>(&self, work: W) -> std::result::Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c Connection) -> Work<'c, T> + Send + 'static,
    {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.run(|inner| inner.reading(move |connection| Box::pin(transaction::begin_with(connection, BEGIN, work(connection)))))
            .await
    }

    /// Runs one read that is a single statement, and so needs no transaction to see one state of the database.
    async fn read_once<T, W>(&self, work: W) -> std::result::Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c Connection) -> Work<'c, T> + Send + 'static,
    {
        self.run(|inner| inner.reading(move |connection| work(connection))).await
    }

    /// Runs one act in the lanes of its conversations and in a transaction. Where the rule refuses it, nothing is stored and nothing announced. `work` may be
    /// run again.
    async fn decide<T, W>(&self, within: Vec<i64>, on_commit: OnCommit<T>, work: W) -> std::result::Result<Decided<T>, StoreError>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut Connection) -> Work<'c, Decided<Outcome<T>>> + Send + Sync + 'static,
    {
        self.in_lanes(within, on_commit, |inner| async move { inner.transact(&work).await })
            .await
    }

    /// Waits for the lanes of these conversations, runs the transaction, and announces what it has kept.
    async fn in_lanes<T, F>(
        &self,
        within: Vec<i64>,
        on_commit: OnCommit<T>,
        transact: impl FnOnce(Arc<Inner>) -> F + Send + 'static,
    ) -> std::result::Result<Decided<T>, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<Decided<Outcome<T>>>> + Send + 'static,
    {
        let mut turn = self.inner.lanes.enter(within);
        let span = tracing::debug_span!("commit");
        let acting = move |inner: Arc<Inner>| async move {
            tokio::time::timeout(inner.wait, turn.granted())
                .await
                .map_err(|_| StoreError::Busy)?;
            match transact(inner).await? {
                Ok(Outcome::Keep(outcome)) => {
                    tracing::debug!("durable");
                    if catch_unwind(AssertUnwindSafe(|| on_commit(&outcome))).is_err() {
                        tracing::error!("announcing a durable change panicked");
                    }
                    Ok(Ok(outcome))
                }
                Ok(Outcome::Discard(outcome)) => Ok(Ok(outcome)),
                Err(refusal) => Ok(Err(refusal)),
            }
        };
        self.run(move |inner| acting(inner).instrument(span)).await
    }

    /// Runs one command in a transaction.
    async fn write<T, W>(&self, work: W) -> std::result::Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> Fn(&'c mut Connection) -> Work<'c, Decided<Outcome<T>>> + Send + Sync + 'static,
    {
        self.decide(Vec::new(), Box::new(|_| ()), work)
            .await?
            .map_err(|_| failed("a command without a rule was refused"))
    }

    /// Carries the work out to its end, also when the caller leaves before.
    async fn run<T, F, W>(&self, work: W) -> std::result::Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        W: FnOnce(Arc<Inner>) -> F,
    {
        self.check_open()?;
        let work = work(self.inner.clone()).in_current_span();
        let task = self.inner.tasks.spawn_on(work, &self.inner.runtime);
        match task.await {
            Ok(done) => done.map_err(|error| error.0),
            Err(_) => Err(failed("a call of the store panicked, or its runtime has ended")),
        }
    }

    fn check_open(&self) -> std::result::Result<(), StoreError> {
        if self.inner.tasks.is_closed() {
            return Err(failed("the store was closed"));
        }
        Ok(())
    }

    fn note(&self, at: Timestamp) {
        self.inner.note(at);
    }
}

/// Every page is the beginning of a range of an index, whatever the statistics say. So statements are planned once on each connection, and never in a way
/// whose cost grows with the tables; nor are they compiled, which takes longer than any of them.
const PLANS: [(&str, &str); 6] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

impl Inner {
    fn note(&self, at: Timestamp) {
        self.newest.fetch_max(at.0, Ordering::Relaxed);
    }

    async fn connection(&self) -> Result<Taken> {
        self.pool.take().await
    }

    async fn reading<T, W>(self: Arc<Self>, work: W) -> Result<T>
    where
        T: Send,
        W: for<'c> FnOnce(&'c Taken) -> Work<'c, T> + Send,
    {
        let connection = self.connection().await?;
        let began = Instant::now();
        let found = work(&connection).await.map_err(|fault| connection.explain(fault));
        metrics::histogram!(measure::READ_SECONDS).record(began.elapsed());
        if connection.in_transaction() {
            let ended = connection.end("COMMIT").await;
            // An error of the work says more than the error of its end.
            let found = found?;
            ended?;
            return Ok(found);
        }
        found
    }
}
