//! Receipts and marks.

mod delivered;
mod marks;
mod read;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    facts::ReadingFacts,
    ports::{Decide, Decided, OnCommit, ReadOutcome, Receipts, StoreError},
    receipt::{Delivered, DeliveryMark, ReadMark, ReadRequest, ReadScope},
    time::Timestamp,
};
pub(super) use marks::advance_past;

use super::{Outcome, Postgres, Rule, Work, conversations, messages, pool::Taken};
use crate::error::failed;

#[async_trait]
impl Receipts for Postgres {
    async fn mark_read(
        &self,
        request: ReadRequest,
        decide: Decide<Option<ReadingFacts>, ReadMark>,
        on_commit: OnCommit<ReadOutcome>,
    ) -> Result<Decided<ReadOutcome>, StoreError> {
        // The conversation of a message never changes, so that it may be looked up before its lane is entered.
        let home = match request.scope() {
            ReadScope::One(id) => {
                self.read_once(move |connection| Box::pin(messages::conversation_of(connection, id)))
                    .await?
            }
            ReadScope::UpTo(_) | ReadScope::All => None,
        };
        let within = request.conversation().or(home);
        let (store, rule) = (self.clone(), Rule::new(decide));
        self.decide(within.iter().map(|id| id.0).collect(), on_commit, move |connection| {
            let (store, rule) = (store.clone(), rule.clone());
            Box::pin(async move {
                let facts = match within {
                    Some(within) => {
                        conversations::lock(connection, within).await?;
                        let base = conversations::base(connection, within, request.actor()).await?;
                        let includes_message = !matches!(request.scope(), ReadScope::One(_)) || home == Some(within);
                        base.map(|base| ReadingFacts { base, includes_message })
                    }
                    None => None,
                };
                let mark = match rule.ask(facts) {
                    Ok(mark) => mark,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let read = read::mark(connection, mark).await?;
                if let Outcome::Keep(read) = &read {
                    store.note(read.mark.at);
                }
                Ok(Ok(read))
            })
        })
        .await
    }

    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        on_commit: OnCommit<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError> {
        self.note(at);
        let within: Vec<i64> = marks.iter().map(|mark| mark.conversation.0).collect();
        let marks: Arc<[DeliveryMark]> = marks.into();
        self.in_lanes(within, on_commit, move |inner| async move {
            let marked = inner
                .transact_in_few_trips(&move |connection: &Taken| -> Work<'_, _> {
                    let marks = marks.clone();
                    Box::pin(async move { delivered::mark(connection, &marks, at).await })
                })
                .await?;
            Ok(Ok(marked))
        })
        .await?
        .map_err(|_| failed("marking as delivered was refused"))
    }
}
