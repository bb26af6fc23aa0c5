//! Carries the log into the database file, beside the writer: doing it takes many milliseconds, for which senders would wait if the writer did it.
//!
//! SQLite starts the log anew only when all of it has been carried over at the moment of a commit. Beside a busy writer that never happens, so the writer
//! still does the last part itself once the log has grown to [`WRITER_PAGES`]; little is left to be done then.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rusqlite::Connection;

use crate::measure;

/// The length of the log, in pages, from which on the writer completes a checkpoint after a commit: a few seconds' work of a busy service.
pub(super) const WRITER_PAGES: i64 = 15_000;
/// How long writes gather before they are carried over: pages that are written again and again are carried over once.
const GATHER: Duration = Duration::from_millis(500);

/// Tells that something was written.
#[derive(Clone)]
pub(super) struct Nudge(Sender<()>);

impl Nudge {
    /// Does nothing if it is known already.
    pub(super) fn written(&self) {
        // Full or gone: somebody knows, or nobody cares.
        let _ = self.0.try_send(());
    }
}

/// How the writer tells the thread that carries over, and where that hears of it.
pub(super) fn channel() -> (Nudge, Receiver<()>) {
    let (sender, receiver) = crossbeam_channel::bounded(1);
    (Nudge(sender), receiver)
}

/// Carries over until `stop` is dropped: the connection that ends last carries over what is left. Idle, it sleeps.
pub(super) fn serve(connection: &Connection, written: &Receiver<()>, stop: &Receiver<()>) {
    loop {
        crossbeam_channel::select! {
            recv(written) -> told => if told.is_err() { return },
            recv(stop) -> _ => return,
        }
        if stop.recv_timeout(GATHER) == Err(RecvTimeoutError::Disconnected) {
            return;
        }
        let began = Instant::now();
        let carried = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1));
        metrics::histogram!(measure::CHECKPOINT_SECONDS).record(began.elapsed());
        match carried {
            #[expect(clippy::cast_precision_loss, reason = "logs are far shorter than 2^52 pages")]
            Ok(pages) => metrics::gauge!(measure::LOG_PAGES).set(pages as f64),
            // It is tried again after the next write.
            Err(error) => tracing::warn!(%error, "the log could not be carried into the database file"),
        }
    }
}
