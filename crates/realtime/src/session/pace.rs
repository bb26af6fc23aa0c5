use std::time::{Duration, Instant};

/// So many frames may come at once after a pause.
pub(super) const BURST: u32 = 250;

/// How fast a socket is read. A flood waits in the peer's own pipe: nothing of it is lost, and it costs the others no more than a busy client does.
///
/// Of the bucket only the time at which it will be full is kept (the generic cell rate algorithm).
#[derive(Debug)]
pub(super) struct Pace {
    gap: Duration,
    full_at: Instant,
}

impl Pace {
    /// One frame in each `gap` in the long run.
    pub(super) const fn new(gap: Duration, now: Instant) -> Self {
        Self { gap, full_at: now }
    }

    /// Counts a frame; until when nothing more is to be read, if the bucket is empty.
    pub(super) fn count(&mut self, now: Instant) -> Option<Instant> {
        self.full_at = self.full_at.max(now) + self.gap;
        let next = self.full_at.checked_sub(self.gap * (BURST - 1)).unwrap_or(now);
        (next > now).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(10);

    #[test]
    fn a_burst_passes_and_then_one_frame_in_each_gap() {
        let mut now = Instant::now() + Duration::from_hours(1);
        let mut pace = Pace::new(GAP, now);
        for _ in 1..BURST {
            assert_eq!(pace.count(now), None);
        }
        for _ in 0..3 {
            assert_eq!(pace.count(now), Some(now + GAP));
            now += GAP;
        }
    }

    #[test]
    fn a_pause_fills_the_bucket_and_no_more() {
        let mut now = Instant::now() + Duration::from_hours(1);
        let mut pace = Pace::new(GAP, now);
        for _ in 0..BURST {
            pace.count(now);
        }
        now += Duration::from_hours(1);
        let allowed = (0..2 * BURST).take_while(|_| pace.count(now).is_none()).count();
        assert_eq!(allowed, BURST as usize - 1);
    }
}
