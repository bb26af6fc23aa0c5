use std::{num::NonZeroU64, time::Duration};

use async_trait::async_trait;

use crate::{id::UserId, time::Timestamp};

/// A kind of act that is limited; each has its own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Budget {
    /// Messages sent, over REST and sockets together. A repeat counts too, since it must be looked up as well.
    Messages,
    /// Requests that carry files.
    Uploads,
    /// REST requests of any kind, and changes of messages over a socket: edits, deletions, pins.
    Requests,
    /// Bytes of files that were received.
    UploadBytes,
    /// Searches of messages; each request as somebody types counts.
    Searches,
}

impl Budget {
    /// The value of the label in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Uploads => "uploads",
            Self::Requests => "requests",
            Self::UploadBytes => "upload_bytes",
            Self::Searches => "searches",
        }
    }
}

/// The period of a [`Rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// 60 seconds, beginning at any time.
    Minute,
    /// 24 hours, beginning at any time.
    Day,
}

impl Period {
    /// The length in microseconds.
    pub const fn micros(self) -> u64 {
        match self {
            Self::Minute => 60_000_000,
            Self::Day => 86_400_000_000,
        }
    }
}

/// The permitted amount for each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The amount that is permitted in a period, evenly spread.
    pub amount: NonZeroU64,
    /// The period over which it is spread.
    pub per: Period,
}

impl Rate {
    /// The amount that is permitted at once after a pause: for a minute a sixth of it, and one at least; for a day all of it.
    pub const fn burst(self) -> u64 {
        match self.per {
            Period::Minute => {
                let sixth = self.amount.get() / 6;
                if sixth == 0 { 1 } else { sixth }
            }
            Period::Day => self.amount.get(),
        }
    }
}

/// The limits for each person; 0 means unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// The limit for [`Budget::Messages`].
    pub messages_per_minute: u32,
    /// The limit for [`Budget::Uploads`].
    pub uploads_per_minute: u32,
    /// The limit for [`Budget::Requests`].
    pub requests_per_minute: u32,
    /// The limit for [`Budget::UploadBytes`].
    pub upload_bytes_per_day: u64,
    /// The limit for [`Budget::Searches`].
    pub searches_per_minute: u32,
}

impl Rates {
    /// No limit for any budget.
    pub const UNLIMITED: Self = Self {
        messages_per_minute: 0,
        uploads_per_minute: 0,
        requests_per_minute: 0,
        upload_bytes_per_day: 0,
        searches_per_minute: 0,
    };

    /// The limit of a budget, if it has one.
    pub fn of(&self, budget: Budget) -> Option<Rate> {
        let (amount, per) = match budget {
            Budget::Messages => (self.messages_per_minute.into(), Period::Minute),
            Budget::Uploads => (self.uploads_per_minute.into(), Period::Minute),
            Budget::Requests => (self.requests_per_minute.into(), Period::Minute),
            Budget::UploadBytes => (self.upload_bytes_per_day, Period::Day),
            Budget::Searches => (self.searches_per_minute.into(), Period::Minute),
        };
        NonZeroU64::new(amount).map(|amount| Rate { amount, per })
    }
}

/// The limiter's decision about an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The act is permitted, and counted.
    Allowed,
    /// The act is refused, and not counted.
    Denied {
        /// The rate that the act would exceed.
        rate: Rate,
        /// The time after which the act is permitted if nothing else is counted meanwhile; to the microsecond, rounded up.
        retry_after: Duration,
    },
}

/// Enforces the [`Rates`]: a bucket for each person and budget that holds [`Rate::burst`] permits, and fills evenly at the rate.
///
/// Permits are counted exactly, also under concurrent requests. The decision never depends on the clock of another node alone: a clock that steps
/// back costs a person at most the time in which an empty bucket fills. Full buckets are forgotten, so memory is bounded by the people
/// who were active lately.
///
/// It cannot fail: an adapter that cannot reach its shared counts falls back to counts in its own process, since a limiter must not stop those within limits.
#[async_trait]
pub trait Limiter: Send + Sync {
    /// Takes this many permits, all or none. There are never more than [`Rate::burst`] at once.
    async fn take(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp) -> Admission;

    /// Returns permits that were taken for an act that was not carried out. A bucket never holds more than its burst.
    async fn give_back(&self, user: UserId, budget: Budget, amount: u64, now: Timestamp);

    /// Takes one permit, if there is one.
    async fn check(&self, user: UserId, budget: Budget, now: Timestamp) -> Admission {
        self.take(user, budget, 1, now).await
    }
}
