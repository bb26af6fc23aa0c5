use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// So many malformed frames …
pub(super) const MOST: usize = 20;
/// … within this time are too many.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

/// When malformed frames came. Holds no buffer for a peer that behaves.
#[derive(Debug, Default)]
pub(super) struct Malformed(VecDeque<Instant>);

impl Malformed {
    /// Counts one; true if there were too many lately.
    pub(super) fn count(&mut self, now: Instant) -> bool {
        while self.0.front().is_some_and(|at| now.saturating_duration_since(*at) >= WITHIN) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        self.0.len() >= MOST
    }
}
