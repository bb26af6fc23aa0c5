//! Conversations. Their facts exist for participants alone.

mod arranging;
mod facts;
mod list;
mod opening;
mod summary;

use std::sync::Arc;

pub(super) use arranging::{set_awaiting, unanswered_since};
use async_trait::async_trait;
use domain::{
    conversation::{ListCounts, ListFilter, ListItem, OpenRequest, RowRequest, RowUpdate},
    facts::{ConversationFacts, OpeningFacts, RowFacts},
    id::{ConfessionId, ConversationId, UserId},
    page::{NumberedPage, PageRequest},
    ports::{Arranged, ConversationDetail, Conversations, Decide, Decided, OnCommit, Opened, StoreError},
    rules::opening::Opening,
};
pub(super) use facts::{WithMembers, base, conversation, lock, lock_all, with_members};
pub(super) use summary::{summary_of_all, summary_of_one};

use super::{Outcome, Postgres, Rule};

#[async_trait]
impl Conversations for Postgres {
    async fn open(
        &self,
        request: OpenRequest,
        decide: Decide<Option<OpeningFacts>, Opening>,
        on_commit: OnCommit<Opened>,
    ) -> Result<Decided<Opened>, StoreError> {
        let (store, request, rule) = (self.clone(), Arc::new(request), Rule::new(decide));
        self.decide(Vec::new(), on_commit, move |connection| {
            let (store, request, rule) = (store.clone(), request.clone(), rule.clone());
            Box::pin(async move {
                let new = match rule.ask(opening::facts(connection, &request).await?) {
                    Ok(Opening::New(new)) => new,
                    Ok(Opening::Existing(id)) => return Ok(Ok(Outcome::Discard(Opened::Existing(id)))),
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let opened = opening::open(connection, &new).await?;
                store.note(new.at);
                Ok(Ok(Outcome::Keep(opened)))
            })
        })
        .await
    }

    async fn arrange(
        &self,
        request: RowRequest,
        decide: Decide<Option<RowFacts>, Option<RowUpdate>>,
        on_commit: OnCommit<Arranged>,
    ) -> Result<Decided<Arranged>, StoreError> {
        let (store, rule) = (self.clone(), Rule::new(decide));
        self.decide(vec![request.conversation.0], on_commit, move |connection| {
            let (store, rule) = (store.clone(), rule.clone());
            Box::pin(async move {
                lock(connection, request.conversation).await?;
                Ok(match rule.ask(arranging::facts(connection, &request).await?) {
                    Ok(Some(update)) => {
                        if let RowUpdate::Archived(Some(at)) = update {
                            store.note(at);
                        }
                        Ok(Outcome::Keep(arranging::arrange(connection, &request, update).await?))
                    }
                    Ok(None) => Ok(Outcome::Discard(arranging::unchanged(connection, &request).await?)),
                    Err(refusal) => Err(refusal),
                })
            })
        })
        .await
    }

    async fn counts(&self, of: UserId, within: Option<ConfessionId>) -> Result<ListCounts, StoreError> {
        self.read(move |connection| Box::pin(list::counts(connection, of, within))).await
    }

    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        self.read_once(move |connection| Box::pin(base(connection, id, actor))).await
    }

    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError> {
        self.read(move |connection| Box::pin(facts::detail(connection, id, viewer))).await
    }

    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<NumberedPage<ListItem>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| Box::pin(list::list(connection, of, filter, page)))
            .await
    }

    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError> {
        self.read_once(move |connection| Box::pin(list::unread_total(connection, of))).await
    }

    async fn counterparts(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<UserId>, StoreError> {
        self.read_once(move |connection| Box::pin(list::counterparts(connection, of, within)))
            .await
    }

    async fn recent_counterparts(&self, of: UserId, conversations: u32) -> Result<Vec<UserId>, StoreError> {
        self.read(move |connection| Box::pin(list::recent_counterparts(connection, of, conversations)))
            .await
    }

    async fn ids(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<ConversationId>, StoreError> {
        self.read_once(move |connection| Box::pin(list::ids(connection, of, within))).await
    }
}
