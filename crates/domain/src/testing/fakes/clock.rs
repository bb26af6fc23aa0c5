use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::{ports::Clock, testing::builders, time::Timestamp};

/// A clock that stands still until it is set. Clones show the same time.
#[derive(Clone, Debug)]
pub struct FixedClock {
    micros: Arc<AtomicI64>,
}

impl FixedClock {
    /// A clock that shows this time.
    pub fn new(now: Timestamp) -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(now.0)),
        }
    }

    /// Changes the time to this one.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.0, Ordering::SeqCst);
    }

    /// Moves the time forward (back, if negative) by this many seconds.
    pub fn advance(&self, seconds: i64) {
        self.advance_micros(seconds.saturating_mul(1_000_000));
    }

    /// Moves the time forward (back, if negative) by this many microseconds.
    pub fn advance_micros(&self, micros: i64) {
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// A clock at the moment at which tests begin.
    fn default() -> Self {
        Self::new(builders::at(0))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.micros.load(Ordering::SeqCst))
    }
}
