//! A token bucket, in any unit of time and in whole numbers.

/// Keeps only the time at which the bucket will be full (the generic cell rate algorithm). A cost is the time in which the bucket regains it, and `room` is
/// the time in which an empty bucket fills.
///
/// The crate `governor` does the same, but reads a clock of its own kind rather than taking the time from the caller, rounds the interval between two
/// permits, and does not foresee a clock that steps back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    full_at: i128,
}

impl Bucket {
    pub(crate) const fn full(now: i128) -> Self {
        Self { full_at: now }
    }

    pub(crate) const fn is_full(&self, now: i128) -> bool {
        self.full_at <= now
    }

    /// After the clock has stepped back, the bucket would need longer to fill than `room`. It then counts as empty.
    pub(crate) fn bound(&mut self, now: i128, room: i128) {
        self.full_at = self.full_at.clamp(now, now + room);
    }

    /// The time until the bucket has this cost; 0 if it has it now.
    pub(crate) fn wait(&self, now: i128, room: i128, cost: i128) -> i128 {
        (self.full_at.max(now) + cost - room - now).max(0)
    }

    /// Takes the cost, whether or not the bucket has it.
    pub(crate) fn spend(&mut self, now: i128, cost: i128) {
        self.full_at = self.full_at.max(now) + cost;
    }

    pub(crate) fn refund(&mut self, now: i128, cost: i128) {
        self.full_at = now.max(self.full_at - cost);
    }
}
