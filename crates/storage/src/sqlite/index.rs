//! The index of the search, in a file of its own beside the database, with threads of its own: sending never waits for it. It can be deleted at any time.
//!
//! A file that cannot be read, that is damaged, or that belongs to another database is replaced by a new one; the state of the new one says that all
//! messages have to be taken in. A power cut may take back the last changes, but never leaves half of one.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use crossbeam_channel::Receiver;
use domain::{
    id::MessageId,
    identity::StoreIdentity,
    message_search::{IndexChange, IndexQuery, IndexState},
    ports::{OutboxPlace, SearchIndex, StoreError},
};
use rusqlite::{Connection, OptionalExtension as _, config::DbConfig, params};
use tokio::sync::oneshot;

use super::{
    join, locked, place,
    queue::{Queue, Slot},
    readers::{self, Reader},
    start,
    writer::execute,
};
use crate::error::{AdapterError, Result, failed};

/// The tables of the file. `words` and `scope` hold what the domain has folded, separated by spaces; the text itself is not kept. Small merges let no single
/// commit take long: with larger ones, commits stood still for up to 0.6 s when this was measured.
const SCHEMA: &str = "
    CREATE VIRTUAL TABLE hits USING fts5 (words, scope, content='', contentless_delete=1, detail='column', tokenize='ascii');
    INSERT INTO hits (hits, rank) VALUES ('automerge', 8), ('crisismerge', 64);
    CREATE TABLE progress (store TEXT NOT NULL, lexicon INTEGER NOT NULL, outbox_id INTEGER NOT NULL, unbuilt_below INTEGER);
    PRAGMA user_version = 1;";
/// The version of [`SCHEMA`].
const VERSION: i64 = 1;
/// The changes and the queries that may wait.
const CAPACITY: usize = 256;
/// The time that a call waits for a place in a full queue.
const WAIT: Duration = Duration::from_secs(2);
/// The time after which a query is ended.
const LONGEST_QUERY: Duration = Duration::from_secs(2);
/// The pages of the log from which on it is brought into the file. With 15,000, the writer of the database was once measured to wait 2.7 s for the disk.
const CHECKPOINT_PAGES: i64 = 400;
/// The time between two checkpoints, after which what was taken in survives a power cut.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// The index of an embedded database. Clones share it. The file is opened by the first call.
#[derive(Clone)]
pub struct SqliteIndex {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// The ids of the database that the index belongs to.
    store: String,
    opened: Mutex<Option<Arc<Opened>>>,
}

type Work = Box<dyn FnOnce(&mut Writer) + Send>;

/// An open file and the threads that read and write it.
struct Opened {
    writes: Queue<Work>,
    reads: Queue<readers::Job>,
    reader: Mutex<Option<JoinHandle<()>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread that writes has.
struct Writer {
    connection: Connection,
    /// What survives a power cut.
    durable: OutboxPlace,
    checkpointed: Instant,
}

impl SqliteIndex {
    /// The index in this file, of the database with these ids.
    pub fn new(path: impl Into<PathBuf>, identity: &StoreIdentity) -> Self {
        Self {
            inner: Arc::new(Inner {
                path: path.into(),
                store: format!("{} {}", identity.store.as_str(), identity.epoch.as_str()),
                opened: Mutex::default(),
            }),
        }
    }

    /// The file beside a database in which its index is kept.
    pub fn beside(database: &Path) -> PathBuf {
        place::beside(database, ".search")
    }

    async fn opened(&self) -> Result<Arc<Opened>> {
        if let Some(opened) = &*locked(&self.inner.opened) {
            return Ok(opened.clone());
        }
        let inner = self.inner.clone();
        let opening = tokio::task::spawn_blocking(move || {
            let mut opened = locked(&inner.opened);
            if let Some(opened) = &*opened {
                return Ok(opened.clone());
            }
            let new = Arc::new(open(&inner.path, &inner.store)?);
            *opened = Some(new.clone());
            Ok(new)
        });
        opening.await.map_err(|_| failed("opening the index was cut off"))?
    }

    /// Has the file replaced by the next call after a failure that a new file would not have.
    async fn note(&self, failure: &AdapterError) {
        if !matches!(failure.0, StoreError::Damaged(_)) {
            return;
        }
        tracing::warn!(index = %self.inner.path.display(), error = %failure.0, "the index of the search is damaged and is made anew");
        let inner = self.inner.clone();
        let discarded = tokio::task::spawn_blocking(move || {
            // Not joined under the lock: other calls would wait with it.
            let damaged = locked(&inner.opened).take();
            drop(damaged);
            remove(&inner.path)
        });
        match discarded.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(index = %self.inner.path.display(), %error, "the damaged index cannot be removed; remove it by hand");
            }
            Err(_) => tracing::error!("removing the damaged index was cut off"),
        }
    }

    async fn read<T, W>(&self, work: W) -> std::result::Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let answer = async {
            let opened = self.opened().await?;
            let (job, answer) = readers::read(work);
            opened.reads.push(job).await?;
            Ok(answer.get().await?)
        };
        match answer.await {
            Ok(value) => Ok(value),
            Err(error) => {
                let error: AdapterError = error;
                self.note(&error).await;
                Err(error.0)
            }
        }
    }

    async fn write<T, W>(&self, work: W) -> std::result::Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    {
        let answer = async {
            let opened = self.opened().await?;
            let (caller, answer) = oneshot::channel();
            let work: Work = Box::new(move |writer| {
                // The caller may be gone; the change is made all the same.
                let _ = caller.send(work(writer));
            });
            opened.writes.push(work).await?;
            answer.await.map_err(|_| failed("the index was closed"))?
        };
        match answer.await {
            Ok(value) => Ok(value),
            Err(error) => {
                let error: AdapterError = error;
                self.note(&error).await;
                Err(error.0)
            }
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        // One after the other: of two connections that are closed at the same moment neither brings the log into the file.
        self.reads.close(1);
        locked(&self.reader).take().into_iter().for_each(join);
        self.writes.close(1);
        locked(&self.writer).take().into_iter().for_each(join);
    }
}

fn open(path: &Path, store: &str) -> Result<Opened> {
    let connection = match open_writer(path, store) {
        Ok(Some(connection)) => connection,
        found => {
            if let Err(error) = found {
                tracing::warn!(index = %path.display(), %error, "the index of the search cannot be read and is made anew");
            }
            remove(path).map_err(|error| StoreError::Failed(error.into()))?;
            create(path, store)?
        }
    };
    let reader = connect(path)?;
    reader.pragma_update(None, "query_only", true)?;
    reader.pragma_update(None, "cache_size", -8_192)?;
    let reader = Reader::new(reader, LONGEST_QUERY)?;
    let (to_writer, changes) = Queue::new(CAPACITY, 1, WAIT);
    let (to_reader, queries) = Queue::new(CAPACITY, 1, WAIT);
    let opened = Opened {
        writes: to_writer,
        reads: to_reader,
        reader: Mutex::default(),
        writer: Mutex::default(),
    };
    // What an earlier process has left survives a power cut from here on.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let durable = state(&connection)?.followed;
    let mut writer = Writer {
        connection,
        durable,
        checkpointed: Instant::now(),
    };
    let cannot_start = |error: super::OpenError| StoreError::Failed(error.into());
    let thread = start("suhbat-index".to_owned(), move || serve(&mut writer, &changes)).map_err(cannot_start)?;
    *locked(&opened.writer) = Some(thread);
    let thread = start("suhbat-search".to_owned(), move || readers::serve(&reader, &queries)).map_err(cannot_start)?;
    *locked(&opened.reader) = Some(thread);
    Ok(opened)
}

/// Opens the file as it is; `None` if it has another schema or belongs to another database.
fn open_writer(path: &Path, store: &str) -> rusqlite::Result<Option<Connection>> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = connect(path)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        return Ok(None);
    }
    let of: Option<String> = connection
        .query_row("SELECT store FROM progress", [], |row| row.get(0))
        .optional()?;
    Ok((of.as_deref() == Some(store)).then_some(connection))
}

fn create(path: &Path, store: &str) -> Result<Connection> {
    let mut connection = connect(path)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute("INSERT INTO progress VALUES (?1, 0, 0, NULL)", [store])?;
    transaction.commit()?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Removes the file with its log.
fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        place::remove(&place::beside(path, suffix))?;
    }
    Ok(())
}

fn serve(writer: &mut Writer, works: &Receiver<Slot<Work>>) {
    while let Ok(Slot::Work(work, place, _)) = works.recv() {
        drop(place);
        work(writer);
        if !writer.connection.is_autocommit()
            && let Err(error) = execute(&writer.connection, "ROLLBACK")
        {
            tracing::error!(%error, "a failed change of the index could not be undone");
        }
    }
}

fn state(connection: &Connection) -> Result<IndexState> {
    let mut statement = connection.prepare_cached("SELECT lexicon, outbox_id, unbuilt_below FROM progress")?;
    let (lexicon, id, unbuilt): (u32, i64, Option<i64>) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(IndexState {
        lexicon,
        followed: OutboxPlace { transaction: 0, id },
        unbuilt_below: unbuilt.map(MessageId),
    })
}

impl Writer {
    fn apply(&mut self, changes: Vec<IndexChange>, state: IndexState) -> Result<OutboxPlace> {
        let transaction = self.connection.transaction()?;
        {
            let mut put = transaction.prepare_cached("INSERT OR REPLACE INTO hits (rowid, words, scope) VALUES (?1, ?2, ?3)")?;
            let mut remove = transaction.prepare_cached("DELETE FROM hits WHERE rowid = ?1")?;
            for change in changes {
                match change {
                    IndexChange::Put(entry) => put.execute(params![entry.id.0, entry.words.join(" "), entry.scope.join(" ")])?,
                    IndexChange::Remove(id) => remove.execute([id.0])?,
                };
            }
            let mut note = transaction.prepare_cached("UPDATE progress SET lexicon = ?1, outbox_id = ?2, unbuilt_below = ?3")?;
            note.execute(params![state.lexicon, state.followed.id, state.unbuilt_below.map(|id| id.0)])?;
        }
        transaction.commit()?;
        if self.checkpointed.elapsed() >= CHECKPOINT_EVERY {
            self.checkpointed = Instant::now();
            let (pages, done): (i64, i64) = self
                .connection
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
            if pages == done {
                self.durable = state.followed;
            }
        }
        Ok(self.durable)
    }
}

/// The query in the language of FTS5. Words and marks have letters and digits only, so that nothing in them has a meaning of its own.
fn expression(query: &IndexQuery) -> String {
    let mut lists = Vec::with_capacity(query.scope.len() + query.words.len());
    for marks in &query.scope {
        let marks: Vec<String> = marks.iter().map(|mark| format!("\"{mark}\"")).collect();
        lists.push(format!("scope : ({})", marks.join(" OR ")));
    }
    for terms in &query.words {
        let terms: Vec<String> = terms
            .iter()
            .map(|term| format!("\"{}\"{}", term.text, if term.is_prefix { " *" } else { "" }))
            .collect();
        lists.push(format!("words : ({})", terms.join(" OR ")));
    }
    lists.join(" AND ")
}

fn candidates(connection: &Connection, query: &IndexQuery) -> Result<Vec<MessageId>> {
    let sql = "SELECT rowid FROM hits WHERE hits MATCH ?1 AND rowid < ?2 AND rowid > ?3 ORDER BY rowid DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let (below, above) = (query.below.map_or(i64::MAX, |id| id.0), query.above.map_or(i64::MIN, |id| id.0));
    let ids = statement.query_map(params![expression(query), below, above, query.limit], |row| {
        row.get(0).map(MessageId)
    })?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

#[async_trait]
impl SearchIndex for SqliteIndex {
    async fn state(&self) -> std::result::Result<IndexState, StoreError> {
        self.read(state).await
    }

    async fn candidates(&self, query: IndexQuery) -> std::result::Result<Vec<MessageId>, StoreError> {
        self.read(move |connection| candidates(connection, &query)).await
    }

    async fn apply(&self, changes: Vec<IndexChange>, state: IndexState) -> std::result::Result<OutboxPlace, StoreError> {
        self.write(move |writer| writer.apply(changes, state)).await
    }

    async fn close(&self) {
        let inner = self.inner.clone();
        // A later call would open the file again.
        if tokio::task::spawn_blocking(move || drop(locked(&inner.opened).take()))
            .await
            .is_err()
        {
            tracing::error!("the index of the search was not closed in order");
        }
    }
}
