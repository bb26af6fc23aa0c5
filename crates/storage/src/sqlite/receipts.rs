//! Receipts and marks: the messages that participants have received and read.

mod delivered;
mod marks;
mod read;

use std::ops::ControlFlow;

use async_trait::async_trait;
#[cfg(test)]
pub(super) use delivered::SELECT_UNDELIVERED;
use domain::{
    facts::ReadingFacts,
    ports::{Decide, Decided, OnCommit, ReadOutcome, Receipts, StoreError},
    receipt::{Delivered, DeliveryMark, ReadMark, ReadRequest},
    time::Timestamp,
};
pub(super) use marks::advance_past;
#[cfg(test)]
pub(super) use marks::{SELECT_DELIVERED_MARK, SELECT_NEWEST_READ_AT, SELECT_READ_MARK};
#[cfg(test)]
pub(super) use read::{COUNT_UNREAD, UPSERT_READ};

use rusqlite::Connection;

use super::{Sqlite, writer::Outcome};

#[async_trait]
impl Receipts for Sqlite {
    async fn mark_read(
        &self,
        request: ReadRequest,
        decide: Decide<Option<ReadingFacts>, ReadMark>,
        on_commit: OnCommit<ReadOutcome>,
    ) -> Result<Decided<ReadOutcome>, StoreError> {
        let load = move |connection: &Connection| Ok((read::facts(connection, &request)?, ()));
        let decide = match self.decide_on_reader(decide, load, |_, ()| None).await? {
            ControlFlow::Break(settled) => return Ok(settled),
            ControlFlow::Continue(decide) => decide,
        };
        let newest = self.inner.newest.clone();
        self.decide(on_commit, move |connection| {
            let read = match decide(read::facts(connection, &request)?) {
                Ok(mark) => read::mark(connection, mark)?,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Outcome::Keep(read) = &read {
                newest.note(read.mark.at);
            }
            Ok(Ok(read))
        })
        .await
    }

    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        on_commit: OnCommit<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError> {
        self.inner.newest.note(at);
        self.write(Some(on_commit), move |connection| Ok(delivered::mark(connection, &marks, at)?))
            .await
    }
}
