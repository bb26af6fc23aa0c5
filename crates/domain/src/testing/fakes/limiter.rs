use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    id::UserId,
    ports::{Admission, Budget, Limiter, Rate, Rates},
    time::Timestamp,
};

/// Buckets that are filled at each call, and never forgotten.
#[derive(Clone, Debug, Default)]
pub struct FakeLimiter {
    rates: Rates,
    buckets: Arc<Mutex<Buckets>>,
}

type Buckets = BTreeMap<(UserId, Budget), Bucket>;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    parts: i128,
    filled: Timestamp,
}

impl FakeLimiter {
    /// A limiter with these rates and full buckets.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            buckets: Arc::default(),
        }
    }
}

#[async_trait]
impl Limiter for FakeLimiter {
    async fn take(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) -> Admission {
        let Some(rate) = self.rates.of(budget) else {
            return Admission::Allowed;
        };
        let wanted = i128::from(amount) * permit(rate);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = filled(&mut buckets, user, budget, rate, now);
        let missing = wanted - bucket.parts;
        if missing > 0 {
            let speed = i128::from(rate.amount.get());
            let micros = (missing + speed - 1) / speed;
            return Admission::Denied {
                rate,
                retry_after: Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)),
            };
        }
        bucket.parts -= wanted;
        Admission::Allowed
    }

    async fn give_back(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) {
        let Some(rate) = self.rates.of(budget) else { return };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = filled(&mut buckets, user, budget, rate, now);
        bucket.parts = room(rate).min(bucket.parts + i128::from(amount) * permit(rate));
    }
}

/// A permit in parts: a rate of `n` in a time brings `n` parts each microsecond.
fn permit(rate: Rate) -> i128 {
    i128::from(rate.per.micros())
}

fn room(rate: Rate) -> i128 {
    i128::from(rate.burst()) * permit(rate)
}

/// The bucket as it is now.
fn filled(buckets: &mut Buckets, user: UserId, budget: Budget, rate: Rate, now: Timestamp) -> &mut Bucket {
    let full = Bucket {
        parts: room(rate),
        filled: now,
    };
    let bucket = buckets.entry((user, budget)).or_insert(full);
    let passed = (i128::from(now.0) - i128::from(bucket.filled.0)).max(0);
    bucket.parts = full.parts.min(bucket.parts + passed * i128::from(rate.amount.get()));
    bucket.filled = now;
    bucket
}
