//! Ends a read whose caller is gone, and one that takes too long, so that the thread can run the next one.
//!
//! SQLite calls a progress handler between its steps. Unlike an interrupt from another thread, it cannot end the next read instead of the intended
//! one.

use std::{
    ffi::c_int,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// Steps between two calls of the handler: some tens of microseconds.
const STEPS: c_int = 1_000;

/// Whether the caller still waits for the result.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller(Arc<AtomicBool>);

impl Caller {
    /// Notes that the caller is gone.
    pub(super) fn leave(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why a read was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Abandoned,
    /// The read took longer than the limit for reads.
    TooSlow,
}

struct Running {
    caller: Caller,
    until: Instant,
    ended: Option<Ended>,
}

impl Running {
    fn is_to_end(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = if self.caller.has_left() {
                Some(Ended::Abandoned)
            } else if Instant::now() >= self.until {
                Some(Ended::TooSlow)
            } else {
                None
            };
        }
        self.ended.is_some()
    }
}

/// Watches the reads of one connection.
pub(super) struct Watch {
    running: Arc<Mutex<Option<Running>>>,
    longest: Duration,
}

impl Watch {
    /// Limits the reads on this connection to `longest`.
    pub(super) fn new(connection: &Connection, longest: Duration) -> rusqlite::Result<Self> {
        let running: Arc<Mutex<Option<Running>>> = Arc::default();
        let asked = running.clone();
        let is_to_end = move || {
            let mut running = asked.lock().unwrap_or_else(PoisonError::into_inner);
            running.as_mut().is_some_and(Running::is_to_end)
        };
        connection.progress_handler(STEPS, Some(is_to_end))?;
        Ok(Self { running, longest })
    }

    /// Runs the work for the caller. Statements that are ended fail. Only this work is watched, and it must not panic.
    pub(super) fn during<T>(&self, caller: &Caller, work: impl FnOnce() -> T) -> (T, Option<Ended>) {
        let running = |value| std::mem::replace(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner), value);
        running(Some(Running {
            caller: caller.clone(),
            until: Instant::now() + self.longest,
            ended: None,
        }));
        let value = work();
        (value, running(None).and_then(|running| running.ended))
    }
}
