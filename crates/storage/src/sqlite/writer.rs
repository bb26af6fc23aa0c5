//! The one thread that writes. What waits together is committed together; a lone command never waits for company.
//!
//! A batch is run on trust: if a command turns out to have written something that must be undone, everything is, and the batch is run again with a savepoint
//! for each command. Commands are therefore functions of the database that can be called twice.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crossbeam_channel::Receiver;
use domain::ports::{Announce, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tracing::Span;

use super::{checkpoints::Nudge, queue::Slot};
use crate::{
    error::{Result, SharedFault, failed},
    measure,
};

/// What a command came to.
pub(super) enum Outcome<T> {
    /// Keep what it wrote, and announce it.
    Keep(T),
    /// It has nothing to keep: whatever it wrote is undone, and nothing is announced.
    Discard(T),
}

/// A command that waits for the writer.
pub(super) trait Job: Send {
    /// Carries it out inside the transaction; once more if what it did was undone for the sake of others. True if what it wrote is to be kept.
    fn run(&mut self, connection: &Connection) -> bool;

    /// The transaction is durable, or has failed: announces, then answers the caller.
    fn settle(self: Box<Self>, failure: Option<&SharedFault>);
}

struct Command<T, W> {
    work: W,
    outcome: std::result::Result<Outcome<T>, StoreError>,
    announce: Option<Announce<T>>,
    /// From being handed over until durable; the announcement is made in it.
    span: Span,
    caller: oneshot::Sender<std::result::Result<T, StoreError>>,
}

/// A command, and where its outcome will arrive.
pub(super) fn command<T, W>(work: W, announce: Option<Announce<T>>) -> (Box<dyn Job>, oneshot::Receiver<std::result::Result<T, StoreError>>)
where
    T: Send + 'static,
    W: Fn(&Connection) -> Result<Outcome<T>> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    (
        Box::new(Command {
            work,
            outcome: Err(failed("the command was not run")),
            announce,
            span: tracing::debug_span!("commit"),
            caller,
        }),
        answer,
    )
}

impl<T, W> Job for Command<T, W>
where
    T: Send,
    W: Fn(&Connection) -> Result<Outcome<T>> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.outcome = match catch_unwind(AssertUnwindSafe(|| (self.work)(connection))) {
            Ok(outcome) => outcome.map_err(|fault| fault.0),
            Err(_) => Err(failed("a command panicked")),
        };
        matches!(self.outcome, Ok(Outcome::Keep(_)))
    }

    fn settle(self: Box<Self>, failure: Option<&SharedFault>) {
        let _entered = self.span.entered();
        let answer = match (self.outcome, failure) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(failure)) => Err(failure.to_store_error()),
            (Ok(Outcome::Discard(value)), None) => Ok(value),
            (Ok(Outcome::Keep(value)), None) => {
                tracing::debug!("durable");
                if let Some(announce) = self.announce
                    && catch_unwind(AssertUnwindSafe(|| announce(&value))).is_err()
                {
                    tracing::error!("announcing a durable change panicked");
                }
                Ok(value)
            }
        };
        // The caller may be gone; what it asked for is done all the same.
        let _ = self.caller.send(answer);
    }
}

/// Serves the queue until it is told to stop.
pub(super) fn serve(connection: &Connection, jobs: &Receiver<Slot<Box<dyn Job>>>, most: usize, nudge: &Nudge) {
    let mut batch: Vec<Box<dyn Job>> = Vec::with_capacity(most);
    let wait = metrics::histogram!(measure::WAIT_SECONDS);
    let mut stop = false;
    while !stop {
        match jobs.recv() {
            Ok(Slot::Work(job, _, since)) => {
                wait.record(since.elapsed());
                batch.push(job);
            }
            Ok(Slot::Stop) | Err(_) => return,
        }
        #[expect(clippy::cast_precision_loss, reason = "queues are far shorter than 2^52")]
        metrics::gauge!(measure::QUEUE_DEPTH).set(jobs.len() as f64);
        while batch.len() < most {
            match jobs.try_recv() {
                Ok(Slot::Work(job, _, since)) => {
                    wait.record(since.elapsed());
                    batch.push(job);
                }
                Ok(Slot::Stop) => {
                    stop = true;
                    break;
                }
                Err(_) => break,
            }
        }
        commit(connection, &mut batch);
        nudge.written();
    }
}

/// Runs a batch in one transaction, then settles it in the order of commits.
fn commit(connection: &Connection, batch: &mut Vec<Box<dyn Job>>) {
    let began = Instant::now();
    let failure = transact(connection, batch).err().map(SharedFault::new);
    if let Some(failure) = &failure {
        tracing::error!(error = ?failure, commands = batch.len(), "a transaction failed");
        if !connection.is_autocommit()
            && let Err(error) = execute(connection, "ROLLBACK")
        {
            tracing::error!(%error, "a failed transaction could not be rolled back");
        }
    }
    metrics::histogram!(measure::COMMIT_SECONDS).record(began.elapsed());
    tracing::debug!(commands = batch.len(), "a transaction has ended");
    #[expect(clippy::cast_precision_loss, reason = "batches are far smaller than 2^52")]
    metrics::histogram!(measure::BATCH_SIZE).record(batch.len() as f64);
    for job in batch.drain(..) {
        job.settle(failure.as_ref());
    }
}

fn transact(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    execute(connection, "BEGIN IMMEDIATE")?;
    if let [only] = batch {
        return if only.run(connection) {
            make_durable(connection)
        } else {
            execute(connection, "ROLLBACK")
        };
    }
    if !all_together(connection, batch) {
        // SQLite ends some failed transactions by itself.
        if !connection.is_autocommit() {
            execute(connection, "ROLLBACK")?;
        }
        execute(connection, "BEGIN IMMEDIATE")?;
        one_by_one(connection, batch)?;
    }
    make_durable(connection)
}

/// Commits, and notes how long the disk took.
fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    execute(connection, "COMMIT")?;
    metrics::histogram!(measure::SYNC_SECONDS).record(began.elapsed());
    Ok(())
}

/// Runs all commands. False if one that is not to be kept has written something, which can be undone only with all the others.
fn all_together(connection: &Connection, batch: &mut [Box<dyn Job>]) -> bool {
    batch.iter_mut().all(|job| {
        let written = connection.total_changes();
        job.run(connection) || (connection.total_changes() == written && !connection.is_autocommit())
    })
}

/// Runs each command in a savepoint of its own. That costs a fifth more, so it is done only for a batch that needs it.
fn one_by_one(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    for job in batch {
        execute(connection, "SAVEPOINT command")?;
        if !job.run(connection) {
            // Fails if the whole transaction is gone, as it is when the disk is full: then all commands have failed.
            execute(connection, "ROLLBACK TO command")?;
        }
        execute(connection, "RELEASE command")?;
    }
    Ok(())
}

/// Runs a statement that answers with no rows, prepared once for each connection.
pub(super) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Answer = oneshot::Receiver<std::result::Result<i64, StoreError>>;

    /// A table whose numbers are unique, and whose other column must, at the commit, be one of them.
    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = ON;
                 CREATE TABLE numbers (n INTEGER PRIMARY KEY, of INTEGER REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED)",
            )
            .unwrap();
        connection
    }

    fn insert(connection: &Connection, n: i64, of: Option<i64>) -> Result<()> {
        connection.execute("INSERT INTO numbers VALUES (?1, ?2)", (n, of))?;
        Ok(())
    }

    fn stored(connection: &Connection) -> Vec<i64> {
        let mut statement = connection.prepare("SELECT n FROM numbers ORDER BY n").unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(std::result::Result::unwrap)
            .collect()
    }

    /// What was announced, in order.
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<i64>>>);

    impl Heard {
        fn job(&self, work: impl Fn(&Connection) -> Result<Outcome<i64>> + Send + 'static) -> (Box<dyn Job>, Answer) {
            let heard = self.0.clone();
            command(work, Some(Box::new(move |n| heard.lock().unwrap().push(*n))))
        }

        fn put(&self, n: i64) -> (Box<dyn Job>, Answer) {
            self.job(move |connection| insert(connection, n, None).map(|()| Outcome::Keep(n)))
        }
    }

    fn run(connection: &Connection, jobs: Vec<(Box<dyn Job>, Answer)>) -> Vec<std::result::Result<i64, StoreError>> {
        let (mut batch, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
        commit(connection, &mut batch);
        assert!(connection.is_autocommit(), "a transaction is left open");
        answers
            .into_iter()
            .map(|mut answer| answer.try_recv().expect("everybody is answered"))
            .collect()
    }

    #[test]
    fn a_batch_is_announced_in_its_order() {
        let (connection, heard) = (database(), Heard::default());
        let answers = run(&connection, [3, 1, 2].map(|n| heard.put(n)).into());
        assert!(matches!(answers.as_slice(), [Ok(3), Ok(1), Ok(2)]));
        assert_eq!(*heard.0.lock().unwrap(), [3, 1, 2]);
    }

    #[test]
    fn neither_an_error_nor_a_panic_harms_the_neighbours() {
        let (connection, heard) = (database(), Heard::default());
        let fails = heard.job(|connection| {
            insert(connection, 10, None)?;
            insert(connection, 1, None)?;
            Ok(Outcome::Keep(10))
        });
        let panics = heard.job(|connection| {
            insert(connection, 20, None)?;
            panic!("on purpose");
        });
        let discards = heard.job(|connection| {
            insert(connection, 30, None)?;
            Ok(Outcome::Discard(30))
        });
        let answers = run(&connection, vec![heard.put(1), fails, panics, discards, heard.put(2)]);
        assert!(
            matches!(
                answers.as_slice(),
                [Ok(1), Err(StoreError::Duplicate(_)), Err(StoreError::Failed(_)), Ok(30), Ok(2)]
            ),
            "{answers:?}"
        );
        assert_eq!(stored(&connection), [1, 2]);
        assert_eq!(*heard.0.lock().unwrap(), [1, 2]);
    }

    #[test]
    fn alone_a_command_that_fails_leaves_nothing_behind() {
        let (connection, heard) = (database(), Heard::default());
        let fails = heard.job(|connection| {
            insert(connection, 1, None)?;
            Err(failed("on purpose").into())
        });
        assert!(matches!(run(&connection, vec![fails]).as_slice(), [Err(StoreError::Failed(_))]));
        assert!(matches!(run(&connection, vec![heard.put(2)]).as_slice(), [Ok(2)]));
        assert_eq!((stored(&connection), heard.0.lock().unwrap().clone()), (vec![2], vec![2]));
    }

    #[test]
    fn if_the_commit_fails_everybody_is_told_and_nothing_is_announced() {
        let (connection, heard) = (database(), Heard::default());
        let dangling = heard.job(|connection| insert(connection, 2, Some(99)).map(|()| Outcome::Keep(2)));
        let answers = run(&connection, vec![heard.put(1), dangling]);
        assert!(
            matches!(answers.as_slice(), [Err(StoreError::Failed(_)), Err(StoreError::Failed(_))]),
            "{answers:?}"
        );
        assert!(stored(&connection).is_empty() && heard.0.lock().unwrap().is_empty());
        assert!(matches!(run(&connection, vec![heard.put(3)]).as_slice(), [Ok(3)]));
    }

    #[test]
    fn a_panicking_announcement_harms_nobody() {
        let (connection, heard) = (database(), Heard::default());
        let loud = command(
            |connection| insert(connection, 1, None).map(|()| Outcome::Keep(1)),
            Some(Box::new(|_| panic!("on purpose"))),
        );
        assert!(matches!(run(&connection, vec![loud, heard.put(2)]).as_slice(), [Ok(1), Ok(2)]));
    }

    #[test]
    fn callers_that_are_gone_harm_nobody() {
        let (connection, heard) = (database(), Heard::default());
        let (mut batch, answers): (Vec<_>, Vec<_>) = [heard.put(1), heard.put(2)].into_iter().unzip();
        drop(answers);
        commit(&connection, &mut batch);
        assert_eq!(stored(&connection), [1, 2]);
    }
}
