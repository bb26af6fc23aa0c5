//! Checkpoints the write-ahead log (WAL) on a thread of its own: a checkpoint takes many milliseconds, for which senders would wait if the writer ran it.
//!
//! SQLite restarts the WAL only if all of it is checkpointed at the moment of a commit. Beside a busy writer that never happens, so the writer completes the
//! checkpoint itself once the WAL has grown to [`WRITER_PAGES`]; little is left to be done then.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rusqlite::Connection;

use crate::measure;

/// The length of the WAL, in pages, from which on the writer completes a checkpoint after a commit: a few seconds' work of a busy service, and less
/// than the writer's `journal_size_limit`, beyond which the file would be cut at each restart and its blocks allocated again.
pub(super) const WRITER_PAGES: i64 = 15_000;
/// How long writes gather before a checkpoint: a page that was written many times is copied once.
const GATHER: Duration = Duration::from_millis(500);

/// Asks the checkpoint thread for a checkpoint.
#[derive(Clone)]
pub(super) struct CheckpointRequest(Sender<()>);

impl CheckpointRequest {
    /// Requests a checkpoint after a commit. Does nothing if a request waits already.
    pub(super) fn written(&self) {
        // The channel is full if a request waits, and closed if the thread has ended: both need no further request.
        let _ = self.0.try_send(());
    }
}

/// The sending half of the requests for the writer, and the receiving half for the checkpoint thread.
pub(super) fn channel() -> (CheckpointRequest, Receiver<()>) {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    (CheckpointRequest(sender), receiver)
}

/// Runs checkpoints until `stop` is dropped; the connection that closes last checkpoints the rest. Sleeps while nothing is written.
pub(super) fn serve(connection: &Connection, written: &Receiver<()>, stop: &Receiver<()>) {
    loop {
        crossbeam_channel::select! {
            recv(written) -> request => if request.is_err() { return },
            recv(stop) -> _ => return,
        }
        if stop.recv_timeout(GATHER) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        let began = Instant::now();
        let checkpoint = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>("log"));
        metrics::histogram!(measure::CHECKPOINT_SECONDS).record(began.elapsed());
        match checkpoint {
            #[expect(clippy::cast_precision_loss, reason = "a WAL is far shorter than 2^52 pages")]
            Ok(pages) => metrics::gauge!(measure::WAL_PAGES).set(pages as f64),
            // The next write requests a checkpoint again.
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be checkpointed"),
        }
    }
}
