//! Events, published once the change is durable. An event is a hint: the database is the truth, and losing one costs a refetch.

use std::sync::Arc;

use crate::{
    conversation::{ConversationSummary, PresenceStatus},
    denial::DenialCode,
    id::{ConversationId, MessageId, UserId},
    message::{ChangeKind, Message},
    receipt::Delivered,
    time::Timestamp,
};

/// The news of a change, and the people it concerns. It is addressed to users, not to conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// The users whose sockets receive the event.
    pub to: Vec<UserId>,
    /// The news itself, the same for all recipients.
    pub body: Body,
}

/// The content of an event, one variant for each kind of news.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Body {
    /// A message was created, edited, (un)pinned or deleted; `message.seq` is the number of this change.
    Message {
        /// Whether the message was sent, edited, pinned or deleted.
        kind: ChangeKind,
        /// The message in its new state.
        message: Arc<Message>,
        /// The conversation as lists show it after the change; `unread` names everybody in `to`.
        summary: Arc<ConversationSummary>,
    },
    /// A conversation was opened.
    Opened {
        /// The conversation as lists show it after the change; `unread` names everybody in `to`.
        summary: Arc<ConversationSummary>,
    },
    /// A person's row of a conversation was changed: muted, archived, marked as unread, or with another `awaiting_since`. Addressed to those whose rows changed.
    Arranged {
        /// The conversation as lists show it after the change; `unread` names everybody in `to`.
        summary: Arc<ConversationSummary>,
    },
    /// A device of another participant has messages of the recipient of the event.
    Delivered(Delivered),
    /// A participant read one message, or all up to one.
    Read {
        /// The conversation of the read messages.
        conversation: ConversationId,
        /// The newest message that was newly read.
        message: MessageId,
        /// True if all messages before it are read too.
        up_to: bool,
        /// The participant who read.
        user: UserId,
        /// The reader's unique name.
        username: String,
        /// The time of the reading.
        read_at: Timestamp,
        /// The reader's own list row after the reading; `unread` names the reader alone.
        summary: Arc<ConversationSummary>,
    },
    /// A participant started or stopped typing.
    Typing {
        /// The conversation in which the participant types.
        conversation: ConversationId,
        /// The participant who types.
        user: UserId,
        /// The unique name of the participant who types.
        username: String,
        /// True when typing started, false when it stopped.
        is_typing: bool,
        /// The number of the node on which the participant types. The other nodes with sockets of the participant receive the event too, so that none of them
        /// ends what goes on elsewhere.
        #[cfg_attr(feature = "serde", serde(default))]
        node: u64,
    },
    /// A person went online or offline.
    Presence {
        /// The user and their new presence.
        status: PresenceStatus,
        /// The unique name of the user.
        username: String,
    },
    /// A change of the directory changed what the recipient of the event may do in a conversation.
    Access {
        /// The conversation whose rights changed.
        conversation: ConversationId,
        /// The code of the rule that forbids sending now, if one does (R6).
        cannot_send: Option<DenialCode>,
        /// Whether the recipient may pin now (R10).
        can_pin: bool,
    },
    /// The account of the recipient was changed: open sockets check again whether it is active.
    AccountChanged,
}

impl Body {
    /// The conversation of the event; `None` if the event concerns a person.
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Message { message, .. } => Some(message.conversation),
            Self::Opened { summary } | Self::Arranged { summary } => Some(summary.conversation),
            Self::Delivered(delivered) => Some(delivered.conversation),
            Self::Read { conversation, .. } | Self::Typing { conversation, .. } | Self::Access { conversation, .. } => Some(*conversation),
            Self::Presence { .. } | Self::AccountChanged => None,
        }
    }

    /// Whether the event reports a stored change, so that losing it costs a refetch. Typing and presence cannot be refetched, and soon follow anew.
    pub const fn is_stored(&self) -> bool {
        match self {
            Self::Message { .. }
            | Self::Opened { .. }
            | Self::Arranged { .. }
            | Self::Delivered(_)
            | Self::Read { .. }
            | Self::Access { .. } => true,
            Self::Typing { .. } | Self::Presence { .. } | Self::AccountChanged => false,
        }
    }

    /// The conversation as lists show it now; `None` if the event leaves lists as they were.
    pub fn summary(&self) -> Option<&ConversationSummary> {
        match self {
            Self::Message { summary, .. } | Self::Opened { summary } | Self::Arranged { summary } | Self::Read { summary, .. } => {
                Some(summary)
            }
            Self::Delivered(_) | Self::Typing { .. } | Self::Presence { .. } | Self::Access { .. } | Self::AccountChanged => None,
        }
    }
}
