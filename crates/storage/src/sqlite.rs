//! The embedded database: one thread writes and commits in batches, a few threads read, and no call blocks an executor.

mod backend;
mod checkpoints;
mod condition;
mod connection;
mod conversations;
mod copies;
mod directory;
mod error;
mod found;
mod identity;
mod index;
mod integrity;
mod jobs;
mod lock;
mod messages;
mod outbox;
mod pairing;
mod place;
mod queue;
mod readers;
mod receipts;
mod rows;
mod schema;
mod search;
mod settings;
mod watch;
mod writer;

#[cfg(test)]
mod plans;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

pub(crate) use copies::Source;
pub use copies::{Contents, CopyError, Progress, Restored, backup, restore};
pub use error::{OpenError, Unopened};
pub use index::SqliteIndex;
pub use lock::ServiceLock;

use condition::Condition;
use connection::Purpose;
use domain::{
    identity::StoreIdentity,
    ports::{Decide, Decided, OnCommit, StoreError},
    time::Timestamp,
};
use pairing::Log;
use queue::Queue;
use readers::Reader;
use rusqlite::{Connection, config::DbConfig};
use tokio::sync::Semaphore;
use writer::Outcome;

use crate::{error::failed, wakes::Wakes};

/// How to open the embedded database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The database file. It and its folder are created if they do not exist.
    pub path: PathBuf,
    /// The number of reader threads, each with a connection of its own.
    pub readers: usize,
    /// The number of commands, and the number of reads, that may wait.
    pub queue: usize,
    /// The most commands in one transaction.
    pub batch: usize,
    /// The time that a call waits for a place in a full queue, or a scan for its permit, before it fails as busy.
    pub wait: Duration,
    /// The time after which a read is ended and fails as busy.
    pub longest_read: Duration,
    /// The name of the service that takes the [`ServiceLock`], under which a second service is refused; `None` for a command beside a service. A service
    /// checks a database that was not closed in order; a command cannot tell an unclean end from a service that runs.
    pub holder: Option<String>,
    /// The most bytes that storing a message writes. A ping writes as many to find out whether any message could be stored.
    pub largest_message: usize,
}

impl SqliteConfig {
    /// The default configuration for a database in this file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            queue: 1_024,
            batch: 256,
            wait: Duration::from_secs(2),
            longest_read: Duration::from_secs(10),
            holder: None,
            largest_message: Self::message_bytes(10_000),
        }
    }
}

impl SqliteConfig {
    /// The most bytes that storing a message with this many characters writes: the text, and a page for each index and row that it changes.
    pub const fn message_bytes(content_chars: usize) -> usize {
        content_chars.saturating_mul(4).saturating_add(16 * 4096)
    }
}

/// The storage ports on an embedded database. Clones share it. Dropping the last one finishes the waiting calls and joins the threads.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    identity: StoreIdentity,
    newest: NewestTime,
    /// Called when entries were appended to the outbox.
    wakes: Arc<Wakes>,
    condition: Arc<Condition>,
    largest_message: usize,
    commands: Queue<Box<dyn writer::Job>>,
    /// Dropped to end the checkpoint thread.
    checkpoints: Mutex<Option<crossbeam_channel::Sender<()>>>,
    reads: Queue<readers::Job>,
    readers: usize,
    /// A permit for each scan that may run.
    scans: Arc<Semaphore>,
    wait: Duration,
    /// The reader threads and the checkpoint thread.
    threads: Mutex<Vec<JoinHandle<()>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Held by a service until the last connection is closed.
    lock: Mutex<Option<ServiceLock>>,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite")
            .field("readers", &self.inner.readers)
            .finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens the database, creating file and folder, and brings its schema up to date. Blocks for a moment.
    pub fn open(config: SqliteConfig) -> Result<Self, OpenError> {
        let SqliteConfig {
            path,
            readers,
            queue,
            batch,
            wait,
            longest_read,
            holder,
            largest_message,
        } = config;
        let (readers, capacity, batch) = (readers.max(1), queue.max(1), batch.max(1));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        }
        let lock = holder.map(|holder| ServiceLock::acquire(&path, &holder)).transpose()?;
        let check = lock.is_some();
        let (mut connection, log) = open_whole(&path, check)?;
        schema::migrate(&mut connection)?;
        directory::refold(&mut connection).map_err(OpenError::Folding)?;
        if check {
            outbox::end_leases(&connection).map_err(OpenError::unreadable(&path))?;
        }
        let identity = identity::load(&connection).map_err(OpenError::unreadable(&path))?;
        let condition = Arc::new(Condition::of_open(&path)?);
        let newest = match identity::newest_time(&connection, check && log != Log::Empty) {
            // The undamaged part can still be read. The condition reports the damage.
            Err(error) if integrity::is_damage(&error) => {
                condition.note(&error::AdapterError::from(error).0);
                identity::noted_time(&connection)
            }
            newest => newest,
        };
        let newest = NewestTime(Arc::new(AtomicI64::new(newest.map_err(OpenError::unreadable(&path))?.0)));

        let (commands, waiting) = Queue::new(capacity, 1, wait);
        let (checkpoint_request, written) = checkpoints::channel();
        let (checkpoints, stop) = crossbeam_channel::bounded(0);
        let stored = newest.clone();
        let watched = condition.clone();
        let writer = move || {
            writer::serve(&connection, &waiting, batch, &checkpoint_request, &watched);
            if let Err(error) = identity::note_newest_time(&connection, stored.get()) {
                tracing::warn!(%error, "the newest time could not be noted; the next start looks for it");
            }
        };
        let (reads, waiting) = Queue::new(capacity, readers, wait);
        // From here on, dropping `inner` ends the threads, also if one of them cannot be started.
        let inner = Inner {
            path: path.clone(),
            identity,
            newest,
            wakes: Arc::default(),
            condition,
            largest_message,
            commands,
            checkpoints: Mutex::new(Some(checkpoints)),
            reads,
            readers,
            scans: Arc::new(Semaphore::new((readers / 2).max(1))),
            wait,
            threads: Mutex::default(),
            writer: Mutex::default(),
            lock: Mutex::new(lock),
        };
        for number in 0..readers {
            let connection = connection::open(&path, Purpose::Read).map_err(OpenError::unreadable(&path))?;
            let reader = Reader::new(connection, longest_read).map_err(OpenError::unreadable(&path))?;
            let waiting = waiting.clone();
            let reader = start(format!("suhbat-reader-{number}"), move || readers::serve(&reader, &waiting))?;
            locked(&inner.threads).push(reader);
        }
        let connection = connection::open(&path, Purpose::Checkpoint).map_err(OpenError::unreadable(&path))?;
        let checkpoints = start("suhbat-checkpt".to_owned(), move || {
            checkpoints::serve(&connection, &written, &stop);
        })?;
        locked(&inner.threads).push(checkpoints);
        *locked(&inner.writer) = Some(start("suhbat-writer".to_owned(), writer)?);
        if check {
            place::warn_of_readers(&path);
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The ids that the database carried when it was opened.
    pub fn identity(&self) -> &StoreIdentity {
        &self.inner.identity
    }

    /// The newest time that the database holds. No time may be stored that is earlier (contract 4.3).
    pub fn newest_time(&self) -> Timestamp {
        self.inner.newest.get()
    }

    /// Fails unless the largest message could be stored and read now, which is tried by writing and reading. Also fails if the database is damaged, or its
    /// file was moved or replaced.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?))
            .await?;
        let condition = self.inner.condition.clone();
        let checked = tokio::task::spawn_blocking(move || condition.check()).await;
        if let Err(error) = checked.map_err(|_| failed("the check was cut off"))? {
            self.inner.condition.note(&error.0);
            return Err(error.0);
        }
        let bytes = self.inner.largest_message;
        self.write(None, move |connection| {
            condition::write_a_lot(connection, bytes)?;
            Ok(Outcome::Keep(()))
        })
        .await
    }

    /// Whether the last command that had to write has failed. Reads memory only.
    pub fn last_write_failed(&self) -> bool {
        self.inner.condition.last_write_failed()
    }

    /// Replaces the name under which a second service is refused, if this is a service.
    pub fn set_holder(&self, holder: &str) -> std::io::Result<()> {
        match &mut *locked(&self.inner.lock) {
            Some(lock) => lock.set_holder(holder),
            None => Ok(()),
        }
    }

    /// Refuses new calls, finishes the waiting ones, joins the threads and releases the lock of the service. Blocks until then.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Runs one read on one state of the database. Dropping the future ends the read.
    async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> error::Result<T> + Send + 'static,
    {
        let (job, answer) = readers::read(work);
        self.inner.reads.push(job).await?;
        answer.get().await.inspect_err(|error| self.inner.condition.note(error))
    }

    /// Runs one read that looks at many rows. Only half of the threads do so at once, so that the others answer lists, histories and sends.
    async fn scan<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> error::Result<T> + Send + 'static,
    {
        let permit = queue::acquire(&self.inner.scans, self.inner.wait).await?;
        self.read(move |connection| {
            // The permit is held until the thread is free, even if the caller is gone before.
            let _permit = permit;
            work(connection)
        })
        .await
    }

    /// Asks the rule of an act on a reader, with the facts that `load` reads. A refusal, and a decision that changes nothing (for which `settle` has an
    /// outcome), need no writer, so they are answered on a disk that is full or read-only too. Otherwise the rule is given back.
    async fn decide_on_reader<F, K, D, T>(
        &self,
        decide: Decide<F, D>,
        load: impl FnOnce(&Connection) -> error::Result<(F, K)> + Send + 'static,
        settle: impl FnOnce(D, K) -> Option<T> + Send + 'static,
    ) -> Result<ControlFlow<Decided<T>, Decide<F, D>>, StoreError>
    where
        F: 'static,
        D: 'static,
        T: Send + 'static,
    {
        self.read(move |connection| {
            let (facts, kept) = load(connection)?;
            Ok(match decide(facts).map(|decision| settle(decision, kept)) {
                Err(refusal) => ControlFlow::Break(Err(refusal)),
                Ok(Some(outcome)) => ControlFlow::Break(Ok(outcome)),
                Ok(None) => ControlFlow::Continue(decide),
            })
        })
        .await
    }

    /// Runs one act in a transaction, alone or with others. If the rule refuses it, nothing is stored and no event is published.
    ///
    /// Acts other than sending ask the rule on a reader first ([`Self::decide_on_reader`]).
    async fn decide<T, W>(&self, on_commit: OnCommit<T>, work: W) -> Result<Decided<T>, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> error::Result<Decided<Outcome<T>>> + Send + 'static,
    {
        let on_commit = Box::new(move |decided: &Decided<T>| {
            if let Ok(outcome) = decided {
                on_commit(outcome);
            }
        });
        self.write(Some(on_commit), move |connection| {
            Ok(match work(connection)? {
                Ok(Outcome::Keep(outcome)) => Outcome::Keep(Ok(outcome)),
                Ok(Outcome::Discard(outcome)) => Outcome::Discard(Ok(outcome)),
                Err(refusal) => Outcome::Discard(Err(refusal)),
            })
        })
        .await
    }

    /// Runs one command in a transaction, alone or with others.
    async fn write<T, W>(&self, on_commit: Option<OnCommit<T>>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> error::Result<Outcome<T>> + Send + 'static,
    {
        let (job, answer) = writer::command(work, on_commit);
        self.inner.commands.push(job).await?;
        let answer = answer.await.map_err(|_| failed("the store was closed"))?;
        answer.inspect_err(|error| {
            if matches!(error, StoreError::Failed(_) | StoreError::Damaged(_)) {
                self.inner.condition.not_written();
            }
            self.inner.condition.note(error);
        })
    }
}

impl Inner {
    /// The writer's connection is closed after all others: the last connection removes the WAL, and of two that are closed at the same moment neither
    /// would.
    fn close(&self) {
        drop(locked(&self.checkpoints).take());
        self.scans.close();
        self.reads.close(self.readers);
        std::mem::take(&mut *locked(&self.threads)).into_iter().for_each(join);
        self.commands.close(1);
        locked(&self.writer).take().into_iter().for_each(join);
        drop(locked(&self.lock).take());
    }
}

/// Opens the writer's connection, after checking that the WAL belongs to the file. With `check`, a database that was not closed in order is checked for
/// damage.
fn open_whole(path: &Path, check: bool) -> Result<(Connection, Log), OpenError> {
    let file = place::resolved(path).map_err(|error| OpenError::Folder(place::folder(path).to_owned(), error))?;
    let log = pairing::check(&file)?;
    let connection = connection::open(path, Purpose::Write).map_err(OpenError::unreadable(path))?;
    if check && log != Log::Empty {
        // If the start fails here, closing the last connection must not checkpoint the WAL into the file.
        let keep_log = |keep| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep);
        keep_log(true).map_err(OpenError::unreadable(path))?;
        integrity::after_unclean_end(&connection, &file, log)?;
        keep_log(false).map_err(OpenError::unreadable(path))?;
    }
    Ok((connection, log))
}

/// The newest time that was stored, shared by all clones of the store.
#[derive(Clone)]
struct NewestTime(Arc<AtomicI64>);

impl NewestTime {
    fn note(&self, at: Timestamp) {
        self.0.fetch_max(at.0, Ordering::Relaxed);
    }

    fn get(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// An empty database with the newest schema.
#[cfg(test)]
pub(crate) fn migrated_in_memory() -> Connection {
    let mut connection = connection::open(Path::new(":memory:"), Purpose::Write).expect("a database in memory");
    schema::migrate(&mut connection).expect("the migrations of the program");
    connection
}

fn start(name: String, serve: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    thread::Builder::new().name(name).spawn(serve).map_err(OpenError::Thread)
}

fn join(handle: JoinHandle<()>) {
    // If `on_commit` holds the last clone, the writer thread drops it, and a thread cannot join itself.
    if handle.thread().id() != thread::current().id() && handle.join().is_err() {
        tracing::error!("a storage thread panicked");
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
