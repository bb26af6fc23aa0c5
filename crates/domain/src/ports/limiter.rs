use std::{num::NonZeroU32, time::Duration};

use async_trait::async_trait;

use crate::{id::UserId, time::Timestamp};

/// What is counted, each for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Budget {
    /// Messages sent, over REST and sockets together. A repeat counts too: it has to be looked up all the same.
    Messages,
    /// Requests that bring files.
    Uploads,
    /// REST requests of any kind, and what changes a message over a socket: edits, deletions, pins.
    Requests,
}

impl Budget {
    /// For counting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Uploads => "uploads",
            Self::Requests => "requests",
        }
    }
}

/// How often something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the long run, evenly spread.
    pub per_minute: NonZeroU32,
}

impl Rate {
    /// So many may come at once after a pause: a sixth, and one at least.
    pub const fn burst(self) -> u32 {
        let sixth = self.per_minute.get() / 6;
        if sixth == 0 { 1 } else { sixth }
    }
}

/// How often each thing may be done by one person; 0 is as often as wished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// For [`Budget::Messages`].
    pub messages_per_minute: u32,
    /// For [`Budget::Uploads`].
    pub uploads_per_minute: u32,
    /// For [`Budget::Requests`].
    pub requests_per_minute: u32,
}

impl Rates {
    /// Nothing is limited.
    pub const UNLIMITED: Self = Self {
        messages_per_minute: 0,
        uploads_per_minute: 0,
        requests_per_minute: 0,
    };

    /// The limit of a budget, if it has one.
    pub fn of(&self, budget: Budget) -> Option<Rate> {
        let per_minute = match budget {
            Budget::Messages => self.messages_per_minute,
            Budget::Uploads => self.uploads_per_minute,
            Budget::Requests => self.requests_per_minute,
        };
        NonZeroU32::new(per_minute).map(|per_minute| Rate { per_minute })
    }
}

/// May it be done?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes, and it is counted.
    Allowed,
    /// No, and nothing is counted.
    Denied {
        /// What it would have gone beyond.
        rate: Rate,
        /// Then it may be, if nothing else is done meanwhile; to the microsecond, rounded up.
        retry_after: Duration,
    },
}

/// Holds everybody to their [`Rates`]: a bucket for each person and budget that holds [`Rate::burst`] permits, and fills evenly at the rate.
///
/// Permits are counted exactly, with many asking at once too. Who may do something is never told by the time of another node alone: a clock that steps
/// back costs nobody more than the time in which an empty bucket fills. Buckets that are full again are forgotten, so memory is bounded by the people
/// who were active lately.
///
/// It cannot fail: an adapter whose counts are out of reach counts in its own process meanwhile, since a limiter must not stop those who keep to it.
#[async_trait]
pub trait Limiter: Send + Sync {
    /// Takes a permit, if there is one.
    async fn check(&self, user: UserId, budget: Budget, now: Timestamp) -> Admission;
}
