use async_trait::async_trait;

use crate::{messaging::Marking, ports::Deliveries, receipt::DeliveryMark};

/// Writes each mark at once; one that cannot be written is dropped.
#[derive(Clone)]
pub struct FakeDeliveries(Marking);

impl FakeDeliveries {
    /// A fake that writes marks with `marking`.
    pub fn new(marking: Marking) -> Self {
        Self(marking)
    }
}

#[async_trait]
impl Deliveries for FakeDeliveries {
    async fn fetched(&self, mark: DeliveryMark) {
        // Readers do not get the failure of a mark.
        drop(self.0.deliver(vec![mark]).await);
    }
}
