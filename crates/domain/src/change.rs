//! Durable changes of messages, as the store and `changes/` give them.

use std::sync::Arc;

use crate::{
    conversation::ConversationSummary,
    id::Seq,
    message::{ChangeKind, Message},
    receipt::Marks,
};

/// A durable change: the message in its new state, and the conversation as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The message in its new state.
    pub message: Arc<Message>,
    /// The state of the conversation right after this change.
    pub summary: Arc<ConversationSummary>,
}

/// A page of changes, see section 4.3 of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangePage {
    /// Ascending by `seq`; each message once, in its present state, under its newest change.
    pub changes: Vec<(ChangeKind, Message)>,
    /// The newest `seq` of the conversation.
    pub last_seq: Seq,
    /// True if more changes follow these.
    pub has_more: bool,
    /// The delivery and read marks of each participant.
    pub marks: Vec<Marks>,
}

impl ChangePage {
    /// Whether a client that asks for the changes after `after` has seen a number that is not stored: the database was put back from a backup.
    pub fn lies_beyond(after: Seq, last_seq: Seq) -> bool {
        after > last_seq
    }
}
