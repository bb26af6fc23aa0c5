//! The one place that reads the wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{ports::Clock, time::Timestamp};

/// The clock of the machine, to the microsecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
        let now = SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            Err(before) => Timestamp(i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_a_time_of_this_century() {
        let now = SystemClock.now();
        assert!(now > Timestamp(1_700_000_000_000_000), "{now}");
        assert!(now < Timestamp(4_100_000_000_000_000), "{now}");
    }
}
