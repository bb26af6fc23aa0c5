//! Limits over all nodes, in Redis.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use domain::{
    id::UserId,
    ports::{Admission, Budget, Limiter, Rate, Rates},
    time::Timestamp,
};

use super::MemoryLimiter;
use crate::redis::RedisLink;

/// The limiter that counts in Redis: a bucket is one key with the time at which it will be full, which expires when it is. While Redis is away, each node counts
/// by itself.
pub struct RedisLimiter {
    link: Arc<RedisLink>,
    rates: Rates,
    /// The counts of this node.
    alone: MemoryLimiter,
    take: Script,
    give_back: Script,
}

/// A time in microseconds and a fraction of one in parts of the rate. Scripts calculate in floating point, which is exact for each of the two.
#[derive(Clone, Copy)]
struct Exact {
    micros: i64,
    parts: i64,
}

impl Exact {
    /// The time in which a bucket regains this many permits.
    fn of(permits: u64, rate: Rate) -> Self {
        let speed = i128::from(rate.amount.get());
        let time = i128::from(permits) * i128::from(rate.per.micros());
        let bounded = |number: i128| i64::try_from(number).unwrap_or(i64::MAX).min(MOST_EXACT);
        Self {
            micros: bounded(time / speed),
            parts: bounded(time % speed),
        }
    }
}

/// Whole numbers up to this one are exact in floating point, and so is the sum of two of them.
const MOST_EXACT: i64 = 1 << 52;

impl RedisLimiter {
    /// A limiter that allows each user these rates.
    pub fn new(link: Arc<RedisLink>, rates: Rates) -> Self {
        Self {
            link,
            rates,
            alone: MemoryLimiter::new(rates),
            take: Script::new(include_str!("take.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
        }
    }

    fn key(&self, user: UserId, budget: Budget) -> String {
        format!("{}limit:{}:{user}", self.link.prefix(), budget.name())
    }
}

#[async_trait]
impl Limiter for RedisLimiter {
    async fn take(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) -> Admission {
        let Some(rate) = self.rates.of(budget) else {
            return Admission::Allowed;
        };
        let (cost, room) = (Exact::of(amount, rate), Exact::of(rate.burst(), rate));
        let mut call = self.take.key(self.key(user, budget));
        call.arg(now.0)
            .arg(rate.amount.get())
            .arg(cost.micros)
            .arg(cost.parts)
            .arg(room.micros)
            .arg(room.parts);
        let wait: Result<u64, _> = self
            .link
            .run("limit", async |mut connection| call.invoke_async(&mut connection).await)
            .await;
        match wait {
            Ok(0) => Admission::Allowed,
            Ok(wait) => {
                metrics::counter!("suhbat_rate_limited_total", "budget" => budget.name()).increment(1);
                Admission::Denied {
                    rate,
                    retry_after: Duration::from_micros(wait),
                }
            }
            Err(_) => self.alone.take(user, budget, amount, now).await,
        }
    }

    async fn give_back(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) {
        let Some(rate) = self.rates.of(budget) else { return };
        let cost = Exact::of(amount, rate);
        let mut call = self.give_back.key(self.key(user, budget));
        call.arg(now.0).arg(rate.amount.get()).arg(cost.micros).arg(cost.parts);
        let given = self
            .link
            .run("limit", async |mut connection| call.invoke_async::<()>(&mut connection).await)
            .await;
        if given.is_err() {
            self.alone.give_back(user, budget, amount, now).await;
        }
    }
}
