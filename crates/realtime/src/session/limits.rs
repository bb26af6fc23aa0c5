//! Limits of what a client sends: the speed of its frames, and the malformed ones.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::bucket::Bucket;

/// The number of frames that are read at once after a pause.
pub(super) const BURST: u32 = 250;

/// Limits how fast a socket is read. A flood waits in the buffers of TCP: no frame is lost, and it costs other sockets no more than a busy client does.
#[derive(Debug)]
pub(super) struct ReadThrottle {
    gap: Duration,
    /// The times in `bucket` are nanoseconds since this moment.
    start: Instant,
    bucket: Bucket,
}

impl ReadThrottle {
    /// Allows one frame in each `gap` in the long run.
    pub(super) const fn new(gap: Duration, now: Instant) -> Self {
        Self {
            gap,
            start: now,
            bucket: Bucket::full(0),
        }
    }

    /// Counts a frame. If the bucket is empty, returns the time before which the socket must not be read.
    pub(super) fn count(&mut self, now: Instant) -> Option<Instant> {
        let (gap, since) = (nanos(self.gap), nanos(now.saturating_duration_since(self.start)));
        self.bucket.spend(since, gap);
        let wait = self.bucket.wait(since, gap * i128::from(BURST), gap);
        let wait = u64::try_from(wait).unwrap_or(u64::MAX);
        (wait > 0).then(|| now + Duration::from_nanos(wait))
    }
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

/// The malformed frames within [`MALFORMED_WITHIN`] that end the session.
pub(super) const MOST_MALFORMED: usize = 20;
/// The time in which malformed frames are counted.
pub(super) const MALFORMED_WITHIN: Duration = Duration::from_secs(10);

/// The times of malformed frames. It holds no buffer before the first one.
#[derive(Debug, Default)]
pub(super) struct Malformed(VecDeque<Instant>);

impl Malformed {
    /// Counts a malformed frame. True if there were too many within [`MALFORMED_WITHIN`].
    pub(super) fn count(&mut self, now: Instant) -> bool {
        while self
            .0
            .front()
            .is_some_and(|at| now.saturating_duration_since(*at) >= MALFORMED_WITHIN)
        {
            self.0.pop_front();
        }
        self.0.push_back(now);
        self.0.len() >= MOST_MALFORMED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(10);

    #[test]
    fn a_burst_passes_and_then_one_frame_in_each_gap() {
        let mut now = Instant::now() + Duration::from_hours(1);
        let mut throttle = ReadThrottle::new(GAP, now);
        for _ in 1..BURST {
            assert_eq!(throttle.count(now), None);
        }
        for _ in 0..3 {
            assert_eq!(throttle.count(now), Some(now + GAP));
            now += GAP;
        }
    }

    #[test]
    fn a_pause_fills_the_bucket_and_no_more() {
        let mut now = Instant::now() + Duration::from_hours(1);
        let mut throttle = ReadThrottle::new(GAP, now);
        for _ in 0..BURST {
            throttle.count(now);
        }
        now += Duration::from_hours(1);
        let allowed = (0..2 * BURST).take_while(|_| throttle.count(now).is_none()).count();
        assert_eq!(allowed, BURST as usize - 1);
    }
}
