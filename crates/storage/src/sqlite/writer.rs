//! The writer: the one thread that writes. Commands that wait at the same time are committed together; a single command does not wait for others.
//!
//! A batch first runs without savepoints. If a command has written something that must be undone, the whole batch is rolled back, and runs again with a
//! savepoint for each command. Commands are therefore functions of the database that can be called twice.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crossbeam_channel::Receiver;
use domain::ports::{OnCommit, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tracing::Span;

use super::{checkpoints::CheckpointRequest, condition::Condition, error::SharedError, pairing, queue::Slot};
use crate::{
    error::{Result, failed},
    measure,
};

/// The result of a command, and whether its writes are kept.
pub(super) enum Outcome<T> {
    /// The writes are kept, and `on_commit` is called.
    Keep(T),
    /// The writes are undone, and `on_commit` is not called.
    Discard(T),
}

/// A command that waits for the writer.
pub(super) trait Job: Send {
    /// Runs the command inside the transaction, a second time if its writes were undone because of another command. True if its writes have to be kept.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Called when the transaction is durable or has failed: calls `on_commit`, then answers the caller.
    fn settle(self: Box<Self>, failure: Option<&SharedError>);
}

struct Command<T, W> {
    work: W,
    outcome: std::result::Result<Outcome<T>, StoreError>,
    on_commit: Option<OnCommit<T>>,
    /// The span from pushing the command until it is durable; `on_commit` runs in it.
    span: Span,
    caller: oneshot::Sender<std::result::Result<T, StoreError>>,
}

/// A command, and the receiver of its outcome.
pub(super) fn command<T, W>(
    work: W,
    on_commit: Option<OnCommit<T>>,
) -> (Box<dyn Job>, oneshot::Receiver<std::result::Result<T, StoreError>>)
where
    T: Send + 'static,
    W: Fn(&Connection) -> Result<Outcome<T>> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    (
        Box::new(Command {
            work,
            outcome: Err(failed("the command was not run")),
            on_commit,
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
            Ok(outcome) => outcome.map_err(|error| error.0),
            Err(_) => Err(failed("a command panicked")),
        };
        matches!(self.outcome, Ok(Outcome::Keep(_)))
    }

    fn settle(self: Box<Self>, failure: Option<&SharedError>) {
        let _entered = self.span.entered();
        let answer = match (self.outcome, failure) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(failure)) => Err(failure.to_store_error()),
            (Ok(Outcome::Discard(value)), None) => Ok(value),
            (Ok(Outcome::Keep(value)), None) => {
                tracing::debug!("durable");
                if let Some(on_commit) = self.on_commit
                    && catch_unwind(AssertUnwindSafe(|| on_commit(&value))).is_err()
                {
                    tracing::error!("announcing a durable change panicked");
                }
                Ok(value)
            }
        };
        // The caller may be gone; the command is carried out all the same.
        let _ = self.caller.send(answer);
    }
}

/// Runs the commands of the queue until [`Slot::Stop`].
pub(super) fn serve(
    connection: &Connection,
    jobs: &Receiver<Slot<Box<dyn Job>>>,
    most: usize,
    checkpoint_request: &CheckpointRequest,
    condition: &Condition,
) {
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
        commit(connection, &mut batch, condition);
        checkpoint_request.written();
    }
}

/// Runs a batch in one transaction, then settles it in the order of commits.
fn commit(connection: &Connection, batch: &mut Vec<Box<dyn Job>>, condition: &Condition) {
    let began = Instant::now();
    let transacted = transact(connection, batch).map_err(SharedError::new);
    // The place is checked after the commit: an acknowledged command is in a file that was in its place when the command became durable.
    let transacted = transacted.and_then(|durable| condition.check_place().map(|()| durable).map_err(SharedError::moved));
    if transacted.as_ref().is_ok_and(|durable| *durable) {
        condition.written();
    }
    let failure = transacted.err();
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

/// Runs the commands of a batch in one transaction. True if it was committed.
fn transact(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<bool> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let changes = connection.total_changes();
    if let [only] = batch {
        return if only.run(connection) {
            make_durable(connection, changes).map(|()| true)
        } else {
            execute(connection, "ROLLBACK").map(|()| false)
        };
    }
    if !all_together(connection, batch) {
        // After some errors SQLite has rolled back the transaction itself.
        if !connection.is_autocommit() {
            execute(connection, "ROLLBACK")?;
        }
        execute(connection, "BEGIN IMMEDIATE")?;
        one_by_one(connection, batch)?;
    }
    make_durable(connection, changes).map(|()| true)
}

/// Commits, and records how long the disk took. The transaction is counted if the connection has more than `changes` changed rows by now.
fn make_durable(connection: &Connection, changes: u64) -> rusqlite::Result<()> {
    if connection.total_changes() != changes {
        pairing::count_transaction(connection)?;
    }
    let began = Instant::now();
    execute(connection, "COMMIT")?;
    metrics::histogram!(measure::SYNC_SECONDS).record(began.elapsed());
    Ok(())
}

/// Runs all commands. False if a command whose writes must be undone has written something, so that the whole batch has to be rolled back.
fn all_together(connection: &Connection, batch: &mut [Box<dyn Job>]) -> bool {
    batch.iter_mut().all(|job| {
        let written = connection.total_changes();
        job.run(connection) || (connection.total_changes() == written && !connection.is_autocommit())
    })
}

/// Runs each command in a savepoint of its own. That costs a fifth more, so only batches that need it run so.
fn one_by_one(connection: &Connection, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    for job in batch {
        execute(connection, "SAVEPOINT command")?;
        if !job.run(connection) {
            // The statement fails if SQLite has rolled back the whole transaction, as on a full disk: then all commands have failed.
            execute(connection, "ROLLBACK TO command")?;
        }
        execute(connection, "RELEASE command")?;
    }
    Ok(())
}

/// Runs a statement that returns no rows, prepared once for each connection.
pub(super) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Answer = oneshot::Receiver<std::result::Result<i64, StoreError>>;

    /// A table with a unique column of numbers, and a column that must be one of these numbers at the commit.
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

    /// The outcomes passed to `on_commit`, in order.
    #[derive(Clone, Default)]
    struct Committed(Arc<Mutex<Vec<i64>>>);

    impl Committed {
        fn job(&self, work: impl Fn(&Connection) -> Result<Outcome<i64>> + Send + 'static) -> (Box<dyn Job>, Answer) {
            let committed = self.0.clone();
            command(work, Some(Box::new(move |n| committed.lock().unwrap().push(*n))))
        }

        fn put(&self, n: i64) -> (Box<dyn Job>, Answer) {
            self.job(move |connection| insert(connection, n, None).map(|()| Outcome::Keep(n)))
        }
    }

    fn run(connection: &Connection, jobs: Vec<(Box<dyn Job>, Answer)>) -> Vec<std::result::Result<i64, StoreError>> {
        let (mut batch, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
        commit(connection, &mut batch, &Condition::default());
        assert!(connection.is_autocommit(), "a transaction is left open");
        answers
            .into_iter()
            .map(|mut answer| answer.try_recv().expect("everybody is answered"))
            .collect()
    }

    #[test]
    fn on_commit_is_called_in_the_order_of_the_batch() {
        let (connection, committed) = (database(), Committed::default());
        let answers = run(&connection, [3, 1, 2].map(|n| committed.put(n)).into());
        assert!(matches!(answers.as_slice(), [Ok(3), Ok(1), Ok(2)]));
        assert_eq!(*committed.0.lock().unwrap(), [3, 1, 2]);
    }

    #[test]
    fn an_error_or_a_panic_does_not_affect_other_commands() {
        let (connection, committed) = (database(), Committed::default());
        let fails = committed.job(|connection| {
            insert(connection, 10, None)?;
            insert(connection, 1, None)?;
            Ok(Outcome::Keep(10))
        });
        let panics = committed.job(|connection| {
            insert(connection, 20, None)?;
            panic!("on purpose");
        });
        let discards = committed.job(|connection| {
            insert(connection, 30, None)?;
            Ok(Outcome::Discard(30))
        });
        let answers = run(&connection, vec![committed.put(1), fails, panics, discards, committed.put(2)]);
        assert!(
            matches!(
                answers.as_slice(),
                [Ok(1), Err(StoreError::Duplicate(_)), Err(StoreError::Failed(_)), Ok(30), Ok(2)]
            ),
            "{answers:?}"
        );
        assert_eq!(stored(&connection), [1, 2]);
        assert_eq!(*committed.0.lock().unwrap(), [1, 2]);
    }

    #[test]
    fn a_failed_command_in_a_batch_of_one_leaves_no_writes() {
        let (connection, committed) = (database(), Committed::default());
        let fails = committed.job(|connection| {
            insert(connection, 1, None)?;
            Err(failed("on purpose").into())
        });
        assert!(matches!(run(&connection, vec![fails]).as_slice(), [Err(StoreError::Failed(_))]));
        assert!(matches!(run(&connection, vec![committed.put(2)]).as_slice(), [Ok(2)]));
        assert_eq!((stored(&connection), committed.0.lock().unwrap().clone()), (vec![2], vec![2]));
    }

    #[test]
    fn a_failed_commit_fails_all_its_commands_and_calls_no_on_commit() {
        let (connection, committed) = (database(), Committed::default());
        let dangling = committed.job(|connection| insert(connection, 2, Some(99)).map(|()| Outcome::Keep(2)));
        let answers = run(&connection, vec![committed.put(1), dangling]);
        assert!(
            matches!(answers.as_slice(), [Err(StoreError::Failed(_)), Err(StoreError::Failed(_))]),
            "{answers:?}"
        );
        assert!(stored(&connection).is_empty() && committed.0.lock().unwrap().is_empty());
        assert!(matches!(run(&connection, vec![committed.put(3)]).as_slice(), [Ok(3)]));
    }

    #[test]
    fn a_panic_in_on_commit_does_not_affect_other_commands() {
        let (connection, committed) = (database(), Committed::default());
        let loud = command(
            |connection| insert(connection, 1, None).map(|()| Outcome::Keep(1)),
            Some(Box::new(|_| panic!("on purpose"))),
        );
        assert!(matches!(run(&connection, vec![loud, committed.put(2)]).as_slice(), [Ok(1), Ok(2)]));
    }

    #[test]
    fn dropped_receivers_do_not_affect_the_batch() {
        let (connection, committed) = (database(), Committed::default());
        let (mut batch, answers): (Vec<_>, Vec<_>) = [committed.put(1), committed.put(2)].into_iter().unzip();
        drop(answers);
        commit(&connection, &mut batch, &Condition::default());
        assert_eq!(stored(&connection), [1, 2]);
    }
}
