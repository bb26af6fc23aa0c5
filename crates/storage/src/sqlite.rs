//! The embedded database: one thread writes and commits in groups, a few read, and nobody blocks an executor.

mod checkpoints;
mod connection;
mod conversations;
mod directory;
mod messages;
mod queue;
mod readers;
mod receipts;
mod rows;
mod schema;
mod writer;

#[cfg(test)]
mod plans;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use connection::Purpose;
use domain::ports::{Announce, StoreError};
use queue::Queue;
use rusqlite::Connection;
use writer::Outcome;

use crate::error::{self, OpenError, failed};

/// How to open the embedded database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The database file. It and its folder are created if they are not there.
    pub path: PathBuf,
    /// How many threads read.
    pub readers: usize,
    /// How many commands, and how many reads, may wait.
    pub queue: usize,
    /// How many commands may share a transaction.
    pub batch: usize,
    /// How long a call waits for a place in a full queue before it fails as busy.
    pub wait: Duration,
}

impl SqliteConfig {
    /// A database in this file, everything else as it is best for most.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            queue: 1_024,
            batch: 256,
            wait: Duration::from_secs(2),
        }
    }
}

/// The storage ports on an embedded database. Clones share it; when the last one is dropped, what waits is finished and the threads are joined.
#[derive(Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    commands: Queue<Box<dyn writer::Job>>,
    /// Dropped to end the thread that carries the log over.
    checkpoints: Mutex<Option<crossbeam_channel::Sender<()>>>,
    reads: Queue<readers::Job>,
    readers: usize,
    /// The readers first, the writer last: the log is emptied and removed when the last connection ends.
    threads: Mutex<Vec<JoinHandle<()>>>,
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
        } = config;
        let (readers, capacity, batch) = (readers.max(1), queue.max(1), batch.max(1));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        }
        let mut connection = connection::open(&path, Purpose::Write).map_err(OpenError::unreadable(&path))?;
        schema::migrate(&mut connection)?;

        let (commands, waiting) = Queue::new(capacity, 1, wait);
        let (nudge, written) = checkpoints::channel();
        let (checkpoints, stop) = crossbeam_channel::bounded(0);
        let writer = move || writer::serve(&connection, &waiting, batch, &nudge);
        let (reads, waiting) = Queue::new(capacity, readers, wait);
        // From here on `inner` ends the threads, also when starting one of them fails.
        let inner = Inner {
            commands,
            checkpoints: Mutex::new(Some(checkpoints)),
            reads,
            readers,
            threads: Mutex::default(),
        };
        for number in 0..readers {
            let connection = connection::open(&path, Purpose::Read).map_err(OpenError::unreadable(&path))?;
            let waiting = waiting.clone();
            inner.start(format!("suhbat-reader-{number}"), move || readers::serve(&connection, &waiting))?;
        }
        let connection = connection::open(&path, Purpose::Checkpoint).map_err(OpenError::unreadable(&path))?;
        inner.start("suhbat-checkpt".to_owned(), move || {
            checkpoints::serve(&connection, &written, &stop);
        })?;
        inner.start("suhbat-writer".to_owned(), writer)?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Answers once both the writer and a reader have answered.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?))
            .await?;
        self.write(None, |_| Ok(Outcome::Discard(()))).await
    }

    /// Takes no more calls, finishes what waits, and joins the threads. Blocks until then.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Runs one read on one state of the database.
    async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> error::Result<T> + Send + 'static,
    {
        let (job, answer) = readers::read(work);
        self.inner.reads.push(job).await?;
        answer.await.map_err(|_| failed("the store was closed"))?
    }

    /// Runs one command in a transaction, alone or with others.
    async fn write<T, W>(&self, announce: Option<Announce<T>>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Fn(&Connection) -> error::Result<Outcome<T>> + Send + 'static,
    {
        let (job, answer) = writer::command(work, announce);
        self.inner.commands.push(job).await?;
        answer.await.map_err(|_| failed("the store was closed"))?
    }
}

impl Inner {
    fn start(&self, name: String, serve: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let handle = thread::Builder::new().name(name).spawn(serve).map_err(OpenError::Thread)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(())
    }

    fn close(&self) {
        drop(self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.reads.close(self.readers);
        self.commands.close(1);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in threads {
            // An announcement that holds the last clone is dropped by the writer itself, which cannot wait for its own end.
            if handle.thread().id() != thread::current().id() && handle.join().is_err() {
                tracing::error!("a storage thread panicked");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
