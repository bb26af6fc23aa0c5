//! When a job that failed is tried again.

use crate::time::Timestamp;

/// The longest pause between two attempts, in seconds.
const LONGEST: u64 = 3_600;

/// How long a job is kept that was given up, in seconds.
pub const KEPT_SECONDS: i64 = 30 * 24 * 3_600;

/// What happens to a job that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is tried again from this time on.
    Retry(Timestamp),
    /// It has failed as often as its queue allows.
    GiveUp,
}

/// A job that failed is tried again after a pause that doubles with each attempt, up to an hour, until it was tried `most` times. `random` is any number: it
/// shortens the pause by up to a half, so that jobs which failed together do not come back together.
pub const fn after_failure(attempts: u32, most: u32, now: Timestamp, random: u64) -> AfterFailure {
    if attempts >= most {
        return AfterFailure::GiveUp;
    }
    let seconds = match 1_u64.checked_shl(attempts) {
        Some(seconds) if seconds < LONGEST => seconds,
        _ => LONGEST,
    };
    let longest = seconds * 1_000_000;
    let pause = longest - random % (longest / 2 + 1);
    AfterFailure::Retry(now.plus_micros(pause.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::builders::at;

    fn pause(attempts: u32, random: u64) -> i64 {
        match after_failure(attempts, 100, at(0), random) {
            AfterFailure::Retry(again) => again.0 - at(0).0,
            AfterFailure::GiveUp => panic!("given up"),
        }
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let pauses: Vec<i64> = [1, 2, 3, 11, 12, 64, 99]
            .iter()
            .map(|attempts| pause(*attempts, 0) / 1_000_000)
            .collect();
        assert_eq!(pauses, [2, 4, 8, 2_048, 3_600, 3_600, 3_600]);
    }

    #[test]
    fn a_pause_is_shortened_by_up_to_a_half() {
        for random in [0, 1, 999_999, 1_000_000, 1_000_001, u64::MAX] {
            assert!((1_000_000..=2_000_000).contains(&pause(1, random)), "{random}");
        }
        assert_eq!(pause(1, 1_000_000), 1_000_000);
    }

    #[test]
    fn a_job_is_given_up_when_its_queue_allows_no_more_attempts() {
        assert_eq!(after_failure(3, 3, at(0), 0), AfterFailure::GiveUp);
        assert!(matches!(after_failure(2, 3, at(0), 0), AfterFailure::Retry(_)));
    }
}
