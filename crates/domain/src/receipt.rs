//! Receipts, delivery marks and read marks.

use crate::{
    id::{ConversationId, MessageId, UserId},
    people::Person,
    time::Timestamp,
};

/// The record that a message was delivered to a recipient, and when they read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Receipt {
    /// The recipient; never the sender.
    pub person: Person,
    /// When the first device of the recipient had the message.
    pub delivered_at: Timestamp,
    /// When the recipient read the message.
    pub read_at: Option<Timestamp>,
}

/// The marks of a participant in a conversation. Marks are ids of messages of others; `None` while there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The participant whose marks these are.
    pub user: UserId,
    /// All messages of others up to here have reached a device.
    pub delivered_up_to: Option<MessageId>,
    /// All messages of others up to here are read (or deleted).
    pub read_up_to: Option<MessageId>,
    /// When `read_up_to` was last moved.
    pub read_at: Option<Timestamp>,
}

/// The record that a device of `user` has all messages of a conversation up to `up_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryMark {
    /// The owner of the device.
    pub user: UserId,
    /// The conversation of the messages.
    pub conversation: ConversationId,
    /// The newest message that the device has.
    pub up_to: MessageId,
}

/// News for a sender: a device of `user` now has `message` and all messages of this sender before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Delivered {
    /// The conversation of the messages.
    pub conversation: ConversationId,
    /// The sender of the messages.
    pub sender: UserId,
    /// The recipient who has the messages now.
    pub user: UserId,
    /// The newest of the sender's messages that is newly delivered.
    pub message: MessageId,
    /// The time of the delivery.
    pub delivered_at: Timestamp,
}

/// The messages of a conversation that a read mark covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadScope {
    /// Exactly this message, not those before it.
    One(MessageId),
    /// This message and all before it; the id need not exist.
    UpTo(MessageId),
    /// All messages up to now.
    All,
}

/// A request to mark messages as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    actor: UserId,
    target: ReadTarget,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadTarget {
    Within(ConversationId, ReadScope),
    Message(MessageId),
}

impl ReadRequest {
    /// Marks messages of the named conversation.
    pub const fn within(conversation: ConversationId, actor: UserId, scope: ReadScope) -> Self {
        let target = ReadTarget::Within(conversation, scope);
        Self { actor, target }
    }

    /// Marks exactly this message, in whatever conversation it is.
    pub const fn message(actor: UserId, id: MessageId) -> Self {
        let target = ReadTarget::Message(id);
        Self { actor, target }
    }

    /// The account that the token names.
    pub const fn actor(&self) -> UserId {
        self.actor
    }

    /// The named conversation; `None` if it is that of the message, whose scope is [`ReadScope::One`] then.
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self.target {
            ReadTarget::Within(conversation, _) => Some(conversation),
            ReadTarget::Message(_) => None,
        }
    }

    /// The messages that were read.
    pub const fn scope(&self) -> ReadScope {
        match self.target {
            ReadTarget::Within(_, scope) => scope,
            ReadTarget::Message(id) => ReadScope::One(id),
        }
    }
}

/// A read mark that the rules have allowed and that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMark {
    /// A conversation that the reader takes part in.
    pub conversation: ConversationId,
    /// All participants of the conversation, ordered by id.
    pub participants: Vec<UserId>,
    /// The participant who read.
    pub reader: Person,
    /// The messages that were read.
    pub scope: ReadScope,
    /// The time of the reading.
    pub at: Timestamp,
}
