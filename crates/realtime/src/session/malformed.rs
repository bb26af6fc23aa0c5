use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The malformed frames within [`WITHIN`] that end the session.
pub(super) const MOST: usize = 20;
/// The time in which malformed frames are counted.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

/// The times of malformed frames. It holds no buffer before the first one.
#[derive(Debug, Default)]
pub(super) struct Malformed(VecDeque<Instant>);

impl Malformed {
    /// Counts a malformed frame. True if there were too many within [`WITHIN`].
    pub(super) fn count(&mut self, now: Instant) -> bool {
        while self.0.front().is_some_and(|at| now.saturating_duration_since(*at) >= WITHIN) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        self.0.len() >= MOST
    }
}
