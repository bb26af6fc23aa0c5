use std::sync::Arc;

use async_trait::async_trait;

use super::{OutboxPlace, StoreError};
use crate::{
    conversation::Conversation,
    id::{ConversationId, MessageId, UserId},
    message::Message,
    message_search::{Document, IndexChange, IndexQuery, IndexState, MessageText},
    time::Timestamp,
};

/// The messages that an index may not have taken in yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Those that a person may look through, newest first.
    pub messages: Vec<MessageId>,
    /// The number of entries of the outbox, anybody's.
    pub entries: u64,
}

/// The stored messages, as a search needs them.
#[async_trait]
pub trait Searchable: Send + Sync {
    /// The searched parts of those among these messages that are in a conversation of the viewer and not deleted, in the order of the ids.
    async fn texts(&self, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<MessageText>, StoreError>;

    /// Those among these messages that are in a conversation of the viewer, with their conversations, in the order of the ids. Messages of the same
    /// conversation share it.
    async fn found(&self, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<(Message, Arc<Conversation>)>, StoreError>;

    /// Of the outbox after this place: the number of entries, and the messages of the viewer's conversations that were sent or edited, newest first and at
    /// most `limit`. Restricted to a conversation if one is named. Looks at the newest 10,000 entries.
    async fn tail(&self, viewer: UserId, within: Option<ConversationId>, after: OutboxPlace, limit: u32) -> Result<Tail, StoreError>;

    /// The first message that was sent at this time or later; `None` if there is none. Ids grow with the times of sending; where a clock was set back, this is
    /// one of the messages around.
    async fn first_since(&self, time: Timestamp) -> Result<Option<MessageId>, StoreError>;

    /// Those among these messages that are not deleted, in no order.
    async fn documents(&self, ids: Vec<MessageId>) -> Result<Vec<Document>, StoreError>;

    /// The newest messages with lower ids, newest first, at most `limit`. Deleted ones are left out: the second value is the lowest id that was looked at, and
    /// `None` when no message is older.
    async fn documents_below(&self, below: MessageId, limit: u32) -> Result<(Vec<Document>, Option<MessageId>), StoreError>;
}

/// The index of the words of all messages. It can be lost at any time, and is built again from the stored messages.
#[async_trait]
pub trait SearchIndex: Send + Sync {
    /// How far the index is; the default state if it is new.
    async fn state(&self) -> Result<IndexState, StoreError>;

    /// The messages whose entries fit, newest first.
    async fn candidates(&self, query: IndexQuery) -> Result<Vec<MessageId>, StoreError>;

    /// Makes the changes and notes the new state, all or nothing. Returns the place of the outbox up to which the index would have followed after a power
    /// cut, which may be before that of the state.
    async fn apply(&self, changes: Vec<IndexChange>, state: IndexState) -> Result<OutboxPlace, StoreError>;

    /// Finishes what waits, and closes what only this index has opened.
    async fn close(&self) {}
}
