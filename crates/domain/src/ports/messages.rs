use std::sync::Arc;

use async_trait::async_trait;

use super::{Decide, Decided, OnCommit, StoreError};
use crate::{
    change::{Change, ChangePage},
    facts::{FileFacts, MessageFacts, SendingFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{Message, NewMessage, Update},
    page::{HistoryPage, Window},
    rules::sending::Sending,
    time::Timestamp,
};

/// The outcome of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The message is stored.
    New(Change),
    /// The message was stored before, under the same `client_id`.
    AlreadySent(MessageId),
}

/// The outcome of changing a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// The change is stored, and took the next `seq`.
    Done(Change),
    /// The message was in that state already and is unchanged; no `seq` was taken.
    Unchanged(Box<MessageFacts>),
}

/// The messages of a history that a window includes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Whether tombstones are included.
    pub deleted: bool,
    /// Whether only pinned messages are included.
    pub pinned_only: bool,
}

/// The storage of messages. Every change takes the conversation's next `seq` in the same transaction: from 1, without gaps, in the order of commits;
/// message ids grow in the same order. Messages come with their receipts; deleted ones come as tombstones, without content and attachments, also as
/// reply previews.
///
/// With each change the values that lists show are updated: `last_seq`, `last_message_at` (the newest sending), the preview (the newest message
/// not deleted) and every participant's unread count (messages of others, neither read nor deleted).
#[async_trait]
pub trait Messages: Send + Sync {
    /// Loads the facts, calls `decide`, and stores the resulting draft with its files, all in one transaction. The facts are `None` if the sender does not
    /// take part in the conversation. Messages of callers that wait at the same time are stored in the order in which they began to wait.
    async fn send(
        &self,
        message: Arc<NewMessage>,
        decide: Decide<Option<SendingFacts>, Sending>,
        on_commit: OnCommit<SendOutcome>,
    ) -> Result<Decided<SendOutcome>, StoreError>;

    /// The facts by which sending would be decided now; `None` if the sender does not take part in the conversation.
    async fn facts_to_send(&self, message: Arc<NewMessage>) -> Result<Option<SendingFacts>, StoreError>;

    /// Loads the facts, calls `decide`, and stores the resulting update, all in one transaction; where `decide` gives `None`, the message stays as it is. The
    /// facts are `None` for everybody who does not take part in the conversation, except superadmins.
    async fn change(
        &self,
        actor: UserId,
        id: MessageId,
        decide: Decide<Option<MessageFacts>, Option<Update>>,
        on_commit: OnCommit<ChangeOutcome>,
    ) -> Result<Decided<ChangeOutcome>, StoreError>;

    /// One message; `None` for everybody who does not take part in its conversation.
    async fn get(&self, id: MessageId, viewer: UserId) -> Result<Option<Message>, StoreError>;

    /// A file, with the facts for opening it; `None` if there is none.
    async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>, StoreError>;

    /// The keys among these that belong to stored files or their thumbnails, those of deleted messages included; in no particular order.
    async fn keys_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError>;

    /// The keys among these that belong to files, or their thumbnails, of messages that were deleted before this time; in no particular order.
    async fn keys_deleted_before(&self, keys: &[String], before: Timestamp) -> Result<Vec<String>, StoreError>;

    /// The keys of the newest files of messages that are not deleted; at most `limit`, without thumbnails.
    async fn newest_keys(&self, limit: u32) -> Result<Vec<String>, StoreError>;

    /// A window of the history in ascending order; never more than its limit. `None` if the message in the middle is not in the conversation.
    async fn window(&self, of: ConversationId, window: Window, shown: MessageFilter) -> Result<Option<HistoryPage<Message>>, StoreError>;

    /// The messages that changed after `after`, at most `limit`, and the marks of all participants.
    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError>;
}
