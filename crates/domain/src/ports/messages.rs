use async_trait::async_trait;

use super::{Announce, StoreError};
use crate::{
    denial::Denial,
    facts::{FileFacts, MessageFacts, SendingFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{Change, ChangePage, ClientId, Content, Message},
    page::{HistoryPage, Window},
    rules::sending::Sending,
    time::Timestamp,
};

/// Who sends what where, as far as facts are to be loaded for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendingQuery {
    /// Who sends.
    pub actor: UserId,
    /// Where.
    pub conversation: ConversationId,
    /// The message to answer.
    pub reply_to: Option<MessageId>,
    /// The sender's own name for the message.
    pub client_id: Option<ClientId>,
}

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A rule says no.
    Denied(Denial),
    /// The sender's account is not active.
    AccountInactive,
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

/// Decides by the facts of the moment, inside the transaction that stores the message; `None` if the sender does not take part in the conversation.
/// May be asked more than once, and must not wait for anything.
pub type Decide = Box<dyn Fn(Option<SendingFacts>) -> Result<Sending, Refusal> + Send>;

/// What became of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    New(Change),
    /// It was stored before, under the same `client_id`.
    AlreadySent(MessageId),
    /// It was refused.
    Refused(Refusal),
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
    /// Loads the facts, lets decide, and stores the message with its files, if it is to be stored: in one transaction, so that nothing comes between. Messages of
    /// callers that wait at the same time are stored in the order in which they began to wait.
    async fn send(&self, query: SendingQuery, decide: Decide, announce: Announce<Appended>) -> Result<Appended, StoreError>;

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
