use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    id::UserId,
    ports::{Admission, Budget, Limiter, Rate, Rates},
    time::Timestamp,
};

/// A permit in parts: a rate of `n` a minute brings `n` parts each microsecond, so that all is counted in whole numbers whatever the rate.
const PERMIT: i128 = 60_000_000;

/// How often full buckets are forgotten.
const FORGET_EVERY: i64 = 60_000_000;

/// Counts in this process.
///
/// Of each bucket only the time at which it will be full is kept (the generic cell rate algorithm). The crate `governor` does the same, but reads a
/// clock of its own kind rather than taking the time from the caller, rounds the interval between two permits, and does not foresee a clock that steps
/// back.
#[derive(Debug)]
pub struct MemoryLimiter {
    messages: Option<Buckets>,
    uploads: Option<Buckets>,
    requests: Option<Buckets>,
}

impl MemoryLimiter {
    /// Holds everybody to these.
    pub fn new(rates: Rates) -> Self {
        let buckets = |budget| rates.of(budget).map(Buckets::new);
        Self {
            messages: buckets(Budget::Messages),
            uploads: buckets(Budget::Uploads),
            requests: buckets(Budget::Requests),
        }
    }
}

#[async_trait]
impl Limiter for MemoryLimiter {
    async fn check(&self, user: UserId, budget: Budget, now: Timestamp) -> Admission {
        let buckets = match budget {
            Budget::Messages => &self.messages,
            Budget::Uploads => &self.uploads,
            Budget::Requests => &self.requests,
        };
        let admission = buckets.as_ref().map_or(Admission::Allowed, |buckets| buckets.take(user, now));
        if admission != Admission::Allowed {
            metrics::counter!("suhbat_rate_limited_total", "budget" => budget.name()).increment(1);
        }
        admission
    }
}

/// Everybody's bucket of one budget.
#[derive(Debug)]
struct Buckets {
    rate: Rate,
    /// The parts that a microsecond brings.
    speed: i128,
    /// The parts that a bucket holds.
    room: i128,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// When each bucket will be full, in microseconds times `speed`. One that is not here is full.
    full_at: HashMap<UserId, i128>,
    forgot: Timestamp,
}

impl Buckets {
    fn new(rate: Rate) -> Self {
        Self {
            rate,
            speed: i128::from(rate.per_minute.get()),
            room: i128::from(rate.burst()) * PERMIT,
            kept: Mutex::new(Kept {
                full_at: HashMap::new(),
                forgot: Timestamp(i64::MIN),
            }),
        }
    }

    fn take(&self, user: UserId, now: Timestamp) -> Admission {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget_full(&mut kept, now);
        let now = self.scaled(now);
        let full_at = kept.full_at.entry(user).or_insert(now);
        // More than a bucket holds can only be missing where the clock stepped back.
        let missing = (*full_at - now).clamp(0, self.room);
        let lacking = missing + PERMIT - self.room;
        let denied = lacking > 0;
        *full_at = now + missing + if denied { 0 } else { PERMIT };
        if !denied {
            return Admission::Allowed;
        }
        let micros = (lacking + self.speed - 1) / self.speed;
        Admission::Denied {
            rate: self.rate,
            retry_after: Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)),
        }
    }

    /// Now and then, so that asking costs the same however many have asked lately.
    fn forget_full(&self, kept: &mut Kept, now: Timestamp) {
        let since = now.0.saturating_sub(kept.forgot.0);
        if (0..FORGET_EVERY).contains(&since) {
            return;
        }
        kept.forgot = now;
        let now = self.scaled(now);
        kept.full_at.retain(|_, full_at| *full_at > now);
        kept.full_at.shrink_to(2 * kept.full_at.len());
    }

    fn scaled(&self, at: Timestamp) -> i128 {
        i128::from(at.0) * self.speed
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn people_who_were_idle_are_forgotten() {
        let buckets = Buckets::new(Rate {
            per_minute: NonZeroU32::new(120).unwrap(),
        });
        for user in 0..10_000 {
            buckets.take(UserId(user), Timestamp(0));
        }
        buckets.take(UserId(0), Timestamp(59 * SECOND));
        buckets.take(UserId(1), Timestamp(60 * SECOND - 1));
        buckets.take(UserId(2), Timestamp(60 * SECOND));
        let kept = buckets.kept.lock().unwrap();
        assert_eq!(kept.full_at.len(), 2, "who asked a moment ago, and who asks now");
        assert!(kept.full_at.capacity() < 100, "{}", kept.full_at.capacity());
    }
}
