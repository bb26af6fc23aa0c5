//! Conversations, and the facts by which rules decide who has access to them.

mod arranging;
mod facts;
mod list;
mod opening;
mod summary;

use std::ops::ControlFlow;

#[cfg(test)]
pub(super) use arranging::SELECT_UNANSWERED;
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
#[cfg(test)]
pub(super) use facts::{SELECT_CONVERSATION_FACTS, SELECT_EVERYBODY};
pub(super) use facts::{ToSend, conversation, conversation_facts, to_send};
#[cfg(test)]
pub(super) use list::{
    SELECT_ITEMS, SELECT_PARTICIPANTS, SELECT_UNREAD_TOTAL, all_ids_query, counterparts_query, ids_query, recent_counterparts_query,
    search_query, total_query,
};
#[cfg(test)]
pub(super) use opening::{SELECT_ADMINISTERED_BY_TARGETS, SELECT_FOLLOWED_BY_TARGETS};
pub(super) use summary::{summary_of_all, summary_of_one};

use super::{Sqlite, writer::Outcome};
use rusqlite::Connection;

#[async_trait]
impl Conversations for Sqlite {
    async fn open(
        &self,
        request: OpenRequest,
        decide: Decide<Option<OpeningFacts>, Opening>,
        on_commit: OnCommit<Opened>,
    ) -> Result<Decided<Opened>, StoreError> {
        let asked = request.clone();
        let load = move |connection: &Connection| Ok((opening::facts(connection, &asked)?, ()));
        let settle = |opening, ()| match opening {
            Opening::Existing(id) => Some(Opened::Existing(id)),
            Opening::New(_) => None,
        };
        let decide = match self.decide_on_reader(decide, load, settle).await? {
            ControlFlow::Break(settled) => return Ok(settled),
            ControlFlow::Continue(decide) => decide,
        };
        let newest = self.inner.newest.clone();
        self.decide(on_commit, move |connection| {
            let new = match decide(opening::facts(connection, &request)?) {
                Ok(Opening::New(new)) => new,
                Ok(Opening::Existing(id)) => return Ok(Ok(Outcome::Discard(Opened::Existing(id)))),
                Err(refusal) => return Ok(Err(refusal)),
            };
            let opened = opening::open(connection, &new)?;
            newest.note(new.at);
            Ok(Ok(Outcome::Keep(opened)))
        })
        .await
    }

    async fn arrange(
        &self,
        request: RowRequest,
        decide: Decide<Option<RowFacts>, Option<RowUpdate>>,
        on_commit: OnCommit<Arranged>,
    ) -> Result<Decided<Arranged>, StoreError> {
        let load = move |connection: &Connection| {
            let facts = arranging::facts(connection, &request)?;
            let unchanged = facts.as_ref().map(|_| arranging::unchanged(connection, &request)).transpose()?;
            Ok((facts, unchanged))
        };
        let settle = |update: Option<RowUpdate>, unchanged| if update.is_none() { unchanged } else { None };
        let decide = match self.decide_on_reader(decide, load, settle).await? {
            ControlFlow::Break(settled) => return Ok(settled),
            ControlFlow::Continue(decide) => decide,
        };
        let newest = self.inner.newest.clone();
        self.decide(on_commit, move |connection| {
            Ok(match decide(arranging::facts(connection, &request)?) {
                Ok(Some(update)) => {
                    if let RowUpdate::Archived(Some(at)) = update {
                        newest.note(at);
                    }
                    Ok(Outcome::Keep(arranging::arrange(connection, &request, update)?))
                }
                Ok(None) => Ok(Outcome::Discard(arranging::unchanged(connection, &request)?)),
                Err(refusal) => Err(refusal),
            })
        })
        .await
    }

    async fn counts(&self, of: UserId, within: Option<ConfessionId>) -> Result<ListCounts, StoreError> {
        self.read(move |connection| Ok(list::counts(connection, of, within)?)).await
    }

    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        self.read(move |connection| Ok(conversation_facts(connection, id, actor)?)).await
    }

    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError> {
        self.read(move |connection| facts::detail(connection, id, viewer)).await
    }

    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<NumberedPage<ListItem>, StoreError> {
        let filter = filter.clone();
        let searches = filter.query.is_some();
        let list = move |connection: &Connection| Ok(list::list(connection, of, &filter, page)?);
        if searches { self.scan(list).await } else { self.read(list).await }
    }

    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError> {
        self.read(move |connection| Ok(list::unread_total(connection, of)?)).await
    }

    async fn counterparts(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<UserId>, StoreError> {
        self.read(move |connection| Ok(list::counterparts(connection, of, within)?)).await
    }

    async fn recent_counterparts(&self, of: UserId, conversations: u32) -> Result<Vec<UserId>, StoreError> {
        self.read(move |connection| Ok(list::recent_counterparts(connection, of, conversations)?))
            .await
    }

    async fn ids(&self, of: UserId, within: Option<ConfessionId>) -> Result<Vec<ConversationId>, StoreError> {
        self.read(move |connection| Ok(list::ids(connection, of, within)?)).await
    }
}
