use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    id::UserId,
    ports::{Admission, Budget, Limiter, Rates},
    time::Timestamp,
};

/// A permit in parts: a rate of `n` a minute brings `n` parts each microsecond.
const PERMIT: i128 = 60_000_000;

/// Buckets that are filled whenever somebody asks, and never forgotten.
#[derive(Clone, Debug, Default)]
pub struct FakeLimiter {
    rates: Rates,
    buckets: Arc<Mutex<BTreeMap<(UserId, Budget), Bucket>>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    parts: i128,
    filled: Timestamp,
}

impl FakeLimiter {
    /// Holds everybody to these.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            buckets: Arc::default(),
        }
    }
}

#[async_trait]
impl Limiter for FakeLimiter {
    async fn check(&self, user: UserId, budget: Budget, now: Timestamp) -> Admission {
        let Some(rate) = self.rates.of(budget) else {
            return Admission::Allowed;
        };
        let (speed, room) = (i128::from(rate.per_minute.get()), i128::from(rate.burst()) * PERMIT);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((user, budget)).or_insert(Bucket { parts: room, filled: now });
        let passed = (i128::from(now.0) - i128::from(bucket.filled.0)).max(0);
        bucket.parts = room.min(bucket.parts + passed * speed);
        bucket.filled = now;
        let missing = PERMIT - bucket.parts;
        if missing > 0 {
            let micros = (missing + speed - 1) / speed;
            return Admission::Denied {
                rate,
                retry_after: Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)),
            };
        }
        bucket.parts -= PERMIT;
        Admission::Allowed
    }
}
