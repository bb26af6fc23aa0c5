use async_trait::async_trait;

use super::StoreError;
use crate::time::Timestamp;

/// Remembers which single-use tickets were used, over all nodes.
#[async_trait]
pub trait Tickets: Send + Sync {
    /// Uses a ticket up. True the first time, false ever after until `expires_at`, when the ticket is worthless anyway.
    async fn redeem(&self, ticket: &str, expires_at: Timestamp, now: Timestamp) -> Result<bool, StoreError>;
}
