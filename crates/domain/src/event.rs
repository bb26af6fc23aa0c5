//! What is announced once it is durable. An event is a hint: the database is the truth, and losing one costs a refetch.

use std::sync::Arc;

use crate::{
    conversation::{Inbox, PresenceStatus},
    id::{ConversationId, MessageId, UserId},
    message::{ChangeKind, Message},
    receipt::Delivered,
    time::Timestamp,
};

/// Something that happened, and the people it concerns. Topics are users.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// Whose sockets hear of it.
    pub to: Vec<UserId>,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Body {
    /// A message was created, edited, (un)pinned or deleted; `message.seq` is the number of this change.
    Message {
        /// How.
        kind: ChangeKind,
        /// Its new state.
        message: Arc<Message>,
        /// What lists show now; `unread` names everybody in `to`.
        inbox: Arc<Inbox>,
    },
    /// A conversation was opened.
    Opened {
        /// What lists show now; `unread` names everybody in `to`.
        inbox: Arc<Inbox>,
    },
    /// A device of another participant has messages of the one it is sent to.
    Delivered(Delivered),
    /// Somebody read one message, or all up to one.
    Read {
        /// Where.
        conversation: ConversationId,
        /// The message.
        message: MessageId,
        /// All before it are read too.
        up_to: bool,
        /// Who read.
        user: UserId,
        /// The reader's unique name.
        username: String,
        /// When.
        read_at: Timestamp,
        /// What the reader's own list shows now; `unread` names the reader alone.
        inbox: Arc<Inbox>,
    },
    /// Somebody began or stopped typing.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
        /// The typist's unique name.
        username: String,
        /// Began, or stopped.
        is_typing: bool,
    },
    /// Somebody came or went.
    Presence {
        /// Who, and how.
        status: PresenceStatus,
        /// The unique name.
        username: String,
    },
    /// The account of the person it is sent to was changed: open sockets look again whether it is still active.
    AccountChanged,
}
