//! Used tickets over all nodes, in Redis.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use domain::{
    ports::{StoreError, Tickets},
    time::Timestamp,
};

use super::MemoryTickets;
use crate::redis::RedisLink;

/// Kept this many milliseconds longer than a ticket is valid, since the clocks of nodes differ.
const MARGIN_MS: u64 = 60_000;

/// Remembers used tickets in Redis until they expire. While Redis is away, each node remembers those that were used there: sockets can be opened, and within
/// its thirty seconds a ticket could be used once on each node.
pub struct RedisTickets {
    link: Arc<RedisLink>,
    /// The tickets that were used on this node.
    alone: MemoryTickets,
}

impl RedisTickets {
    /// Without any used tickets.
    pub fn new(link: Arc<RedisLink>) -> Self {
        Self {
            link,
            alone: MemoryTickets::default(),
        }
    }
}

#[async_trait]
impl Tickets for RedisTickets {
    async fn redeem(&self, ticket: &str, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        // Noted here too, so that a ticket which was used before an outage is not used on this node again.
        let first_here = self.alone.redeem(ticket, expires_at, now).await?;
        let left = u64::try_from(expires_at.0.saturating_sub(now.0) / 1000).unwrap_or(0);
        let key = format!("{}ticket:{ticket}", self.link.prefix());
        let first: Result<bool, _> = self
            .link
            .run("ticket", async |mut connection| {
                let mut set = cmd("SET");
                set.arg(&key).arg(1).arg("NX").arg("PX").arg(left + MARGIN_MS);
                set.query_async(&mut connection).await
            })
            .await;
        Ok(first_here && first.unwrap_or(true))
    }
}
