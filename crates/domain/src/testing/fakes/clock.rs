use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::{ports::Clock, testing::builders, time::Timestamp};

/// Stands still until it is set. Clones show the same time.
#[derive(Clone, Debug)]
pub struct FixedClock {
    micros: Arc<AtomicI64>,
}

impl FixedClock {
    /// Shows this time.
    pub fn new(now: Timestamp) -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(now.0)),
        }
    }

    /// Shows this time from now on.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.0, Ordering::SeqCst);
    }

    /// Goes forward (back, if negative) by so many seconds.
    pub fn advance(&self, seconds: i64) {
        self.advance_micros(seconds.saturating_mul(1_000_000));
    }

    /// Goes forward (back, if negative) by so many microseconds.
    pub fn advance_micros(&self, micros: i64) {
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    /// Shows the moment at which tests begin.
    fn default() -> Self {
        Self::new(builders::at(0))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.micros.load(Ordering::SeqCst))
    }
}
