use async_trait::async_trait;

use crate::receipt::DeliveryMark;

/// Takes delivery marks for fetched messages and has them stored. Reading must not depend on writing, so this cannot fail.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Notes that a device has fetched messages. Returns once the mark is durable, or after a short wait at most: then the mark is written later.
    async fn fetched(&self, mark: DeliveryMark);
}
