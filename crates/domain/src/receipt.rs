//! Who has received and read what.

use crate::{
    id::{ConversationId, MessageId, UserId},
    people::Person,
    time::Timestamp,
};

/// That a message reached another participant, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Receipt {
    /// Who received it; never the sender.
    pub person: Person,
    /// When the first device had it.
    pub delivered_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

/// How far a participant has come in a conversation. Marks are ids of messages of others; `None` while there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The participant.
    pub user: UserId,
    /// All messages of others up to here have reached a device.
    pub delivered_up_to: Option<MessageId>,
    /// All messages of others up to here are read (or deleted).
    pub read_up_to: Option<MessageId>,
    /// When `read_up_to` was last moved.
    pub read_at: Option<Timestamp>,
}

/// That a device of `user` has all messages of a conversation up to `up_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryMark {
    /// Whose device.
    pub user: UserId,
    /// Where.
    pub conversation: ConversationId,
    /// The newest message it has.
    pub up_to: MessageId,
}

/// News for a sender: `user` now has `message` and all messages of this sender before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Delivered {
    /// Where.
    pub conversation: ConversationId,
    /// Whose messages they are.
    pub sender: UserId,
    /// Who has them now.
    pub user: UserId,
    /// The newest of the sender's messages that is newly delivered.
    pub message: MessageId,
    /// When.
    pub delivered_at: Timestamp,
}
