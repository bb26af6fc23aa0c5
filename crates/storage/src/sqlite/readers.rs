//! The threads that read. Each has a connection of its own, and every read sees one state of the database.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crossbeam_channel::Receiver;
use domain::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{queue::Slot, writer::execute};
use crate::{
    error::{Result, failed},
    measure,
};

/// A read that waits for a thread.
pub(super) type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A read, and where its answer will arrive. One whose caller has gone is not run.
pub(super) fn read<T, W>(work: W) -> (Job, oneshot::Receiver<std::result::Result<T, StoreError>>)
where
    T: Send + 'static,
    W: FnOnce(&Connection) -> Result<T> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    let job = move |connection: &Connection| {
        if caller.is_closed() {
            return;
        }
        let value = match catch_unwind(AssertUnwindSafe(|| snapshot(connection, work))) {
            Ok(value) => value.map_err(|fault| fault.0),
            Err(_) => Err(failed("a read panicked")),
        };
        // The caller may have gone meanwhile.
        let _ = caller.send(value);
    };
    (Box::new(job), answer)
}

/// All statements of one read see the same state; it also takes the lock on the log once instead of once for each statement.
fn snapshot<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    execute(connection, "BEGIN DEFERRED")?;
    let value = work(connection)?;
    execute(connection, "COMMIT")?;
    Ok(value)
}

/// Serves the queue until it is told to stop.
pub(super) fn serve(connection: &Connection, jobs: &Receiver<Slot<Job>>) {
    while let Ok(Slot::Work(job, place, _)) = jobs.recv() {
        drop(place);
        let began = Instant::now();
        job(connection);
        // After an error or a panic the transaction is still open.
        if !connection.is_autocommit()
            && let Err(error) = execute(connection, "ROLLBACK")
        {
            tracing::error!(%error, "a failed read could not be ended");
        }
        metrics::histogram!(measure::READ_SECONDS).record(began.elapsed());
    }
}
