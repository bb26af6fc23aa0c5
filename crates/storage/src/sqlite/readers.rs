//! The reader threads. Each has a connection of its own, and every read sees one state of the database.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use domain::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    queue::Slot,
    watch::{Caller, Ended, Watch},
    writer::execute,
};
use crate::{
    error::{Result, failed},
    measure,
};

/// A read that waits for a thread.
pub(super) type Job = Box<dyn FnOnce(&Reader) + Send>;

/// The connection of a reader thread, and the watch that ends its reads.
pub(super) struct Reader {
    connection: Connection,
    watch: Watch,
}

impl Reader {
    /// Reads take no longer than `longest`.
    pub(super) fn new(connection: Connection, longest: Duration) -> rusqlite::Result<Self> {
        let watch = Watch::new(&connection, longest)?;
        Ok(Self { connection, watch })
    }
}

/// The receiver of a read's result. Dropping it ends the read.
pub(super) struct Answer<T> {
    receiver: oneshot::Receiver<std::result::Result<T, StoreError>>,
    caller: Caller,
}

impl<T> Answer<T> {
    /// Waits for the result.
    pub(super) async fn get(mut self) -> std::result::Result<T, StoreError> {
        (&mut self.receiver).await.map_err(|_| failed("the store was closed"))?
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        self.caller.leave();
    }
}

/// A read, and the receiver of its result. If the receiver is dropped, the read does not start, or is ended.
pub(super) fn read<T, W>(work: W) -> (Job, Answer<T>)
where
    T: Send + 'static,
    W: FnOnce(&Connection) -> Result<T> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let caller = Caller::default();
    let answer = Answer {
        receiver,
        caller: caller.clone(),
    };
    let job = move |reader: &Reader| {
        if caller.has_left() {
            return;
        }
        let work = || catch_unwind(AssertUnwindSafe(|| snapshot(&reader.connection, work)));
        let (value, ended) = reader.watch.during(&caller, work);
        if let Some(ended) = ended {
            note(ended);
        }
        let value = match value {
            Ok(value) => value.map_err(|error| error.0),
            Err(_) => Err(failed("a read panicked")),
        };
        // The caller may have dropped the receiver meanwhile.
        let _ = sender.send(value);
    };
    (Box::new(job), answer)
}

fn note(ended: Ended) {
    let reason = match ended {
        Ended::Abandoned => "abandoned",
        Ended::TooSlow => {
            tracing::warn!("a read took too long and was ended");
            "too_slow"
        }
    };
    metrics::counter!(measure::READS_ENDED, "reason" => reason).increment(1);
}

/// Runs a read in one transaction: all its statements see the same state, and it locks the WAL once instead of once for each statement.
fn snapshot<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    execute(connection, "BEGIN DEFERRED")?;
    let value = work(connection)?;
    execute(connection, "COMMIT")?;
    Ok(value)
}

/// Runs the jobs of the queue until [`Slot::Stop`].
pub(super) fn serve(reader: &Reader, jobs: &Receiver<Slot<Job>>) {
    while let Ok(Slot::Work(job, place, _)) = jobs.recv() {
        drop(place);
        let began = Instant::now();
        job(reader);
        // After an error or a panic the transaction is still open.
        if !reader.connection.is_autocommit()
            && let Err(error) = execute(&reader.connection, "ROLLBACK")
        {
            tracing::error!(%error, "a failed read could not be ended");
        }
        metrics::histogram!(measure::READ_SECONDS).record(began.elapsed());
    }
}
