//! Conversations, and the door to them.

mod facts;
mod inbox;
mod list;
mod opening;

use async_trait::async_trait;
use domain::{
    conversation::{ListFilter, ListItem, NewConversation},
    facts::{ConversationFacts, OpeningFacts, SendingFacts},
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::ClientId,
    page::{Listing, PageRequest},
    ports::{Announce, ConversationDetail, Conversations, Opened, SendingQuery, StoreError},
};
#[cfg(test)]
pub(super) use facts::{EVERYBODY, GATE};
pub(super) use facts::{ToSend, conversation, gate, to_send};
pub(super) use inbox::{inbox_of_all, inbox_of_one};
#[cfg(test)]
pub(super) use list::{ITEMS, PARTICIPANTS, ids_query, total_query, unread_total_query};
#[cfg(test)]
pub(super) use opening::{OURS, THEIRS};

use super::Sqlite;

#[async_trait]
impl Conversations for Sqlite {
    async fn facts_to_open(
        &self,
        actor: UserId,
        targets: &[UserId],
        confession: Option<ConfessionId>,
    ) -> Result<Option<OpeningFacts>, StoreError> {
        let targets = targets.to_vec();
        self.read(move |connection| Ok(opening::facts(connection, actor, &targets, confession)?))
            .await
    }

    async fn open(&self, new: NewConversation, announce: Announce<Opened>) -> Result<Opened, StoreError> {
        self.write(Some(announce), move |connection| opening::open(connection, &new)).await
    }

    async fn facts(&self, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>, StoreError> {
        self.read(move |connection| Ok(gate(connection, id, actor)?)).await
    }

    async fn facts_to_send(
        &self,
        id: ConversationId,
        actor: UserId,
        reply_to: Option<MessageId>,
        client_id: Option<&ClientId>,
    ) -> Result<Option<SendingFacts>, StoreError> {
        let query = SendingQuery {
            actor,
            conversation: id,
            reply_to,
            client_id: client_id.cloned(),
        };
        self.read(move |connection| Ok(to_send(connection, &query)?.map(|found| found.facts)))
            .await
    }

    async fn detail(&self, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>, StoreError> {
        self.read(move |connection| facts::detail(connection, id, viewer)).await
    }

    async fn list(&self, of: UserId, filter: &ListFilter, page: PageRequest) -> Result<Listing<ListItem>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| Ok(list::list(connection, of, &filter, page)?)).await
    }

    async fn unread_total(&self, of: UserId) -> Result<u64, StoreError> {
        self.read(move |connection| Ok(list::unread_total(connection, of)?)).await
    }

    async fn counterparts(&self, of: UserId) -> Result<Vec<UserId>, StoreError> {
        self.read(move |connection| Ok(list::counterparts(connection, of)?)).await
    }
}
