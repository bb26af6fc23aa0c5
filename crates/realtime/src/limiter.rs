//! Rate limits. Here for a service that runs as one process; [`RedisLimiter`] is for several nodes.

mod redis;

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

pub use redis::RedisLimiter;

use crate::bucket::Bucket;

/// Microseconds between two removals of full buckets.
const FORGET_EVERY: i64 = 60_000_000;

/// The limiter that counts in the memory of this process.
#[derive(Debug)]
pub struct MemoryLimiter {
    messages: Option<Buckets>,
    uploads: Option<Buckets>,
    requests: Option<Buckets>,
    upload_bytes: Option<Buckets>,
    searches: Option<Buckets>,
}

impl MemoryLimiter {
    /// A limiter that allows each user these rates.
    pub fn new(rates: Rates) -> Self {
        let buckets = |budget| rates.of(budget).map(Buckets::new);
        Self {
            messages: buckets(Budget::Messages),
            uploads: buckets(Budget::Uploads),
            requests: buckets(Budget::Requests),
            upload_bytes: buckets(Budget::UploadBytes),
            searches: buckets(Budget::Searches),
        }
    }

    fn of(&self, budget: Budget) -> Option<&Buckets> {
        match budget {
            Budget::Messages => self.messages.as_ref(),
            Budget::Uploads => self.uploads.as_ref(),
            Budget::Requests => self.requests.as_ref(),
            Budget::UploadBytes => self.upload_bytes.as_ref(),
            Budget::Searches => self.searches.as_ref(),
        }
    }
}

#[async_trait]
impl Limiter for MemoryLimiter {
    async fn take(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) -> Admission {
        let admission = self
            .of(budget)
            .map_or(Admission::Allowed, |buckets| buckets.take(user, amount, now));
        if admission != Admission::Allowed {
            metrics::counter!("suhbat_rate_limited_total", "budget" => budget.name()).increment(1);
        }
        admission
    }

    async fn give_back(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) {
        if let Some(buckets) = self.of(budget) {
            buckets.give_back(user, amount, now);
        }
    }
}

/// The buckets of all users for one budget.
#[derive(Debug)]
struct Buckets {
    rate: Rate,
    /// The parts that a bucket regains in a microsecond: `n` for a rate of `n` permits in a time, so that all numbers are whole whatever the rate.
    speed: i128,
    /// The parts that a permit costs: the microseconds of that time.
    permit: i128,
    /// The parts in a full bucket.
    room: i128,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// The times in the buckets are microseconds times `speed`. A user without an entry has a full bucket.
    buckets: HashMap<UserId, Bucket>,
    forgot: Timestamp,
}

impl Buckets {
    fn new(rate: Rate) -> Self {
        Self {
            rate,
            speed: i128::from(rate.amount.get()),
            permit: i128::from(rate.per.micros()),
            room: i128::from(rate.burst()) * i128::from(rate.per.micros()),
            kept: Mutex::new(Kept {
                buckets: HashMap::new(),
                forgot: Timestamp(i64::MIN),
            }),
        }
    }

    fn take(&self, user: UserId, amount: u64, now: Timestamp) -> Admission {
        let wanted = i128::from(amount) * self.permit;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget_full(&mut kept, now);
        let now = self.scaled(now);
        let bucket = kept.buckets.entry(user).or_insert(Bucket::full(now));
        bucket.bound(now, self.room);
        let wait = bucket.wait(now, self.room, wanted);
        if wait == 0 {
            bucket.spend(now, wanted);
            return Admission::Allowed;
        }
        let micros = (wait + self.speed - 1) / self.speed;
        Admission::Denied {
            rate: self.rate,
            retry_after: Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)),
        }
    }

    fn give_back(&self, user: UserId, amount: u64, now: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.scaled(now);
        if let Some(bucket) = kept.buckets.get_mut(&user) {
            bucket.refund(now, i128::from(amount) * self.permit);
        }
    }

    /// Removes full buckets, at most once in [`FORGET_EVERY`], so that the cost of a call does not depend on the number of users.
    fn forget_full(&self, kept: &mut Kept, now: Timestamp) {
        let since = now.0.saturating_sub(kept.forgot.0);
        if (0..FORGET_EVERY).contains(&since) {
            return;
        }
        kept.forgot = now;
        let now = self.scaled(now);
        kept.buckets.retain(|_, bucket| !bucket.is_full(now));
        kept.buckets.shrink_to(2 * kept.buckets.len());
    }

    fn scaled(&self, at: Timestamp) -> i128 {
        i128::from(at.0) * self.speed
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use domain::ports::Period;

    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn idle_people_are_forgotten() {
        let buckets = Buckets::new(Rate {
            amount: NonZeroU64::new(120).unwrap(),
            per: Period::Minute,
        });
        for user in 0..10_000 {
            buckets.take(UserId(user), 1, Timestamp(0));
        }
        buckets.take(UserId(0), 1, Timestamp(59 * SECOND));
        buckets.take(UserId(1), 1, Timestamp(60 * SECOND - 1));
        buckets.take(UserId(2), 1, Timestamp(60 * SECOND));
        let kept = buckets.kept.lock().unwrap();
        assert_eq!(kept.buckets.len(), 2, "only users without a full bucket have an entry");
        assert!(kept.buckets.capacity() < 100, "{}", kept.buckets.capacity());
    }
}
