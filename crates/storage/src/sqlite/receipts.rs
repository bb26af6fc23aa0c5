//! Who has received and read what.

mod delivered;
mod marks;
mod read;

use async_trait::async_trait;
#[cfg(test)]
pub(super) use delivered::{DELIVER, UNDELIVERED};
use domain::{
    ports::{Announce, ReadMark, Receipts, StoreError, WasRead},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};
pub(super) use marks::advance_past;
#[cfg(test)]
pub(super) use marks::{DELIVERED, READ, READ_SINCE};
#[cfg(test)]
pub(super) use read::{READ_RANGE, UNREAD};

use super::Sqlite;

#[async_trait]
impl Receipts for Sqlite {
    async fn mark_read(&self, mark: ReadMark, announce: Announce<WasRead>) -> Result<WasRead, StoreError> {
        self.write(Some(announce), move |connection| read::mark(connection, mark)).await
    }

    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        announce: Announce<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError> {
        self.write(Some(announce), move |connection| Ok(delivered::mark(connection, &marks, at)?))
            .await
    }
}
