use async_trait::async_trait;

use super::StoreError;
use crate::time::Timestamp;

/// Records the tickets that were used, over all nodes.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Redeems a ticket. True the first time, then false until `expires_at`, after which the ticket is invalid anyway.
    async fn redeem(&self, ticket: &str, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError>;
}
