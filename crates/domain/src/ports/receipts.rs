use async_trait::async_trait;

use super::{Announce, StoreError};
use crate::{
    conversation::Inbox,
    id::{ConversationId, MessageId, UserId},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadScope {
    /// Exactly this message.
    One(MessageId),
    /// This message and all before it; the id need not exist.
    UpTo(MessageId),
    /// Everything up to now.
    All,
}

/// That a participant read something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadMark {
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub user: UserId,
    /// What.
    pub scope: ReadScope,
    /// When.
    pub at: Timestamp,
}

/// What a read mark has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasRead {
    /// The newest message that was newly read; `None` if nothing changed.
    pub message: Option<MessageId>,
    /// The state of the reader's list row; `unread` names the reader alone.
    pub inbox: Inbox,
}

/// Where it is kept who has received and read what. Own messages are never marked. Reading implies delivery. Times once set stay.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// Marks messages of others as read, in one statement whatever their number. Messages of other conversations are never touched.
    async fn mark_read(&self, mark: ReadMark, announce: Announce<WasRead>) -> Result<WasRead, StoreError>;

    /// Marks all messages of others up to the given ones as delivered, many marks at once; marks of people who do not take part are ignored. Answers with news for the
    /// senders: one for each (conversation, sender, recipient) that came forward, in the order of message ids.
    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        announce: Announce<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError>;
}
