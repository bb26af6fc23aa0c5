use async_trait::async_trait;

use super::{Announce, StoreError};
use crate::{
    facts::{FileFacts, MessageFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{Change, ChangePage, Content, Draft, Message},
    page::{HistoryPage, Window},
    time::Timestamp,
};

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    New(Change),
    /// This sender used the `client_id` before, for this message of the same conversation.
    AlreadySent(MessageId),
    /// This sender used the `client_id` before, in another conversation.
    ClientIdElsewhere,
    /// The message that it answers was deleted meanwhile.
    ReplyGone,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It took the next `seq`.
    Done(Change),
    /// The message was in that state already; no `seq` was taken.
    Unchanged,
    /// The message was deleted meanwhile.
    Gone,
}

/// Which messages of a history to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Tombstones too.
    pub deleted: bool,
    /// Pinned ones only.
    pub pinned_only: bool,
}

/// Where messages are kept. Every change takes the conversation's next `seq` in the same transaction: from 1, without gaps, in the order of commits;
/// message ids grow in the same order. Messages come with their receipts; deleted ones come as tombstones, without content and attachments, also as
/// reply previews.
///
/// With each change the numbers on which lists stand are kept right: `last_seq`, `last_message_at` (the newest sending), the preview (the newest message
/// not deleted) and every participant's unread count (messages of others, neither read nor deleted).
#[async_trait]
pub trait Messages: Send + Sync {
    /// Stores a message and its files. A `client_id` that this sender used before changes nothing.
    async fn append(&self, draft: Draft, announce: Announce<Appended>) -> Result<Appended, StoreError>;

    /// What changing depends on; `None` to everybody who does not take part, superadmins aside.
    async fn facts_to_change(&self, id: MessageId, actor: UserId) -> Result<Option<MessageFacts>, StoreError>;

    /// Replaces the content, unless the message was deleted meanwhile.
    async fn edit(&self, id: MessageId, content: Content, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError>;

    /// Makes it a tombstone and unpins it; `Unchanged` if it is one.
    async fn delete(&self, id: MessageId, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError>;

    /// Pins or unpins it; `Unchanged` if it is so, `Gone` if it is to be pinned and was deleted meanwhile.
    async fn set_pinned(&self, id: MessageId, pinned: bool, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError>;

    /// One message; `None` to everybody who does not take part in its conversation.
    async fn get(&self, id: MessageId, viewer: UserId) -> Result<Option<Message>, StoreError>;

    /// A file, and what opening it depends on; `None` if there is none.
    async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>, StoreError>;

    /// Which of these keys of the object store belong to stored files or their small pictures, those of deleted messages too; in no particular order.
    async fn keys_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError>;

    /// A window of the history in ascending order; never more than its limit. `None` if the message in the middle is not in the conversation.
    async fn window(&self, of: ConversationId, window: Window, shown: Shown) -> Result<Option<HistoryPage<Message>>, StoreError>;

    /// The messages that changed after `after`, at most `limit`, and how far everybody has come.
    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError>;
}
