use async_trait::async_trait;

use super::{Decide, Decided, OnCommit, StoreError};
use crate::{
    conversation::ConversationSummary,
    facts::ReadingFacts,
    id::MessageId,
    receipt::{Delivered, DeliveryMark, ReadMark, ReadRequest},
    time::Timestamp,
};

/// The effect of a read mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOutcome {
    /// The mark as it was stored.
    pub mark: ReadMark,
    /// The newest message that was newly read; `None` if there was none.
    pub message: Option<MessageId>,
    /// Whether the row was marked as unread until now.
    pub was_marked_unread: bool,
    /// The state of the reader's list row; `unread` names the reader alone.
    pub summary: ConversationSummary,
}

/// The storage of receipts and marks. Own messages are never marked. Reading implies delivery. Times once set stay.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// Loads the facts, calls `decide`, and marks messages of others as read, all in one transaction and in one statement whatever their number. Messages of
    /// other conversations are never touched. Every reading ends the mark that the reader set on the row. The facts are `None` for everybody who does not take part in the conversation.
    async fn mark_read(
        &self,
        request: ReadRequest,
        decide: Decide<Option<ReadingFacts>, ReadMark>,
        on_commit: OnCommit<ReadOutcome>,
    ) -> Result<Decided<ReadOutcome>, StoreError>;

    /// Marks all messages of others up to the given ones as delivered, many marks at once; marks of people who do not take part are ignored. Returns news for the
    /// senders: one for each (conversation, sender, recipient) whose mark moved, in the order of message ids.
    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        on_commit: OnCommit<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError>;
}

/// Takes delivery marks for fetched messages and has them stored. Reading must not depend on writing, so this cannot fail.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Notes that a device has fetched messages. Returns once the mark is durable, or after a short wait at most: then the mark is written later.
    async fn fetched(&self, mark: DeliveryMark);
}
