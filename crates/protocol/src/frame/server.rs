use domain::{id::ConversationId, message::ChangeKind};
use serde::Serialize;
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::{
    error::{Code, Details, ErrorBody},
    rest::{Message, MessagePreview},
    time::Time,
};

/// A frame that the service sends to a client over a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, EnumDiscriminants)]
#[serde(tag = "type", rename_all = "snake_case")]
#[strum_discriminants(
    name(ServerFrameType),
    doc = "The type of a [`ServerFrame`].",
    allow(missing_docs),
    derive(Hash, IntoStaticStr, VariantArray),
    strum(serialize_all = "snake_case")
)]
pub enum ServerFrame<'a> {
    /// The first frame of every accepted socket.
    Ready {
        /// The conversation of the socket; left out on a socket of all conversations.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// The user of the socket.
        user_id: i64,
        /// The number of the conversation's newest change; null on a socket of all conversations.
        #[schema(required)]
        last_seq: Option<i64>,
        /// The epoch of the database, to which `seq` and message ids belong. If it differs from the one before, the client drops all it holds and loads it anew.
        epoch: &'a str,
        /// The others who are online.
        online: Vec<i64>,
        /// The time of the service's clock.
        server_time: Time,
        /// The seconds between two pings of the service.
        heartbeat_seconds: u64,
    },
    /// A message was sent, to its sender too.
    ChatMessage {
        /// The conversation that the message was sent to.
        conversation: i64,
        /// The message.
        message: Message<'a>,
        /// The number of the change.
        seq: i64,
    },
    /// A message was edited.
    MessageEdited {
        /// The conversation of the message.
        conversation: i64,
        /// The message as it is now.
        message: Message<'a>,
        /// The number of the change.
        seq: i64,
    },
    /// A message was pinned or unpinned.
    MessagePinned {
        /// The conversation of the message.
        conversation: i64,
        /// The message as it is now.
        message: Message<'a>,
        /// The number of the change.
        seq: i64,
    },
    /// A message was deleted.
    MessageDeleted {
        /// The conversation of the message.
        conversation: i64,
        /// The message.
        message_id: i64,
        /// The number of the change.
        seq: i64,
    },
    /// To a sender: a recipient's device has this message and all of the sender's messages before it.
    MessageDelivered {
        /// The conversation of the message.
        conversation: i64,
        /// The message.
        message_id: i64,
        /// The recipient.
        user_id: i64,
        /// The time at which the device received it.
        delivered_at: Time,
    },
    /// A participant read a message, or all up to it.
    ReadReceipt {
        /// The conversation of the message.
        conversation: i64,
        /// The message.
        message_id: i64,
        /// The participant who read it.
        user_id: i64,
        /// The reader's unique name.
        username: &'a str,
        /// The time of the reading.
        read_at: Time,
        /// True if all messages before it are read too; otherwise left out.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        up_to: bool,
    },
    /// Another participant started or stopped typing.
    Typing {
        /// The conversation in which the participant types.
        conversation: i64,
        /// The participant who types.
        user_id: i64,
        /// The typist's unique name.
        username: &'a str,
        /// True when typing started, false when it stopped.
        is_typing: bool,
    },
    /// Another person went online or offline.
    UserStatus {
        /// The person whose presence changed.
        user_id: i64,
        /// The unique name.
        username: &'a str,
        /// `online` or `offline`.
        #[schema(value_type = crate::names::OnlineStatus)]
        status: &'static str,
        /// The time at which the person was online last; null if never.
        #[schema(required)]
        last_seen: Option<Time>,
    },
    /// The new state of a row in the conversation list: after a change of the conversation, when it was opened, and after an act on the row. Only on sockets of all conversations.
    ConversationUpdated {
        /// The conversation.
        conversation: i64,
        /// The number of messages of others that the recipient of the frame has not read.
        unread_count: u64,
        /// The number of the newest change.
        last_seq: i64,
        /// The newest message that is not deleted.
        #[schema(required)]
        last_message_preview: Option<MessagePreview<'a>>,
        /// The time since which a member waits for an answer; left out if nobody waits, and always for members.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        awaiting_since: Option<Time>,
        /// The recipient wants to hear nothing of the conversation before this time; left out if it is not muted.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        muted_until: Option<Time>,
        /// The time at which the recipient put the conversation into the archive; left out if it is not there.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        archived_at: Option<Time>,
        /// True if the recipient marked the conversation as unread; otherwise left out.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        is_marked_unread: bool,
    },
    /// A change of the directory changed what the recipient may do in a conversation: a subscription began or ended, or the confession has another admin. Only to
    /// the participant whom it concerns.
    ConversationAccess {
        /// The conversation.
        conversation: i64,
        /// Whether the recipient may send in the conversation now.
        can_send: bool,
        /// The code of the rule that forbids it; null if it is allowed.
        #[schema(required)]
        cannot_send_reason: Option<Code>,
        /// Whether the recipient may pin messages in the conversation now.
        can_pin: bool,
    },
    /// The requested act is done, and durable.
    Ack {
        /// The conversation of the acknowledged frame.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// The `request_id` of the frame that is answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        request_id: Option<&'a str>,
        /// The `client_id` of the message that was to be sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        client_id: Option<&'a str>,
        /// The message that was sent or changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        message_id: Option<i64>,
        /// The number of the change.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        seq: Option<i64>,
    },
    /// The requested act was not done. The socket stays open.
    Error {
        /// The conversation of the refused frame, where the socket has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// The code of the error, for programs.
        code: Code,
        /// A sentence for people.
        message: &'a str,
        /// Details of the error, such as the fields that are wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Details, required = false, nullable = false)]
        details: Option<&'a Details>,
        /// The `request_id` of the frame that is answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        request_id: Option<&'a str>,
        /// The `client_id` of the message that was to be sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        client_id: Option<&'a str>,
    },
    /// The answer to `ping`.
    Pong {
        /// The conversation of the socket.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// The number of the conversation's newest change, as stored; null on a socket of all conversations.
        #[schema(required)]
        last_seq: Option<i64>,
        /// The epoch of the database, to which `seq` and message ids belong, as in `ready`.
        epoch: &'a str,
        /// The `request_id` of the frame that is answered.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        request_id: Option<&'a str>,
    },
    /// Events may have been missed: ask for changes.
    Resync {},
}

impl ServerFrameType {
    /// All types, in the order of the variants.
    pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

    /// The value of the field `type`, such as `chat_message`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl From<ChangeKind> for ServerFrameType {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Sent => Self::ChatMessage,
            ChangeKind::Edited => Self::MessageEdited,
            ChangeKind::Pinned => Self::MessagePinned,
            ChangeKind::Deleted => Self::MessageDeleted,
        }
    }
}

/// The ids that an answer repeats from the frame that it answers, so that the client can match the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Correlation {
    /// The conversation that the frame names, or that of the socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The client's name for the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The client's name for the message that the frame sends; a frame that sends one has it as a field of its own.
    #[serde(skip)]
    pub client_id: Option<String>,
}

impl<'a> ServerFrame<'a> {
    /// The frame as text.
    ///
    /// # Panics
    /// Never: frames hold nothing that JSON cannot.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("keys are strings, and no part of a frame can fail to be written")
    }

    /// The type of the frame.
    pub fn frame_type(&self) -> ServerFrameType {
        self.into()
    }

    /// An error frame.
    pub fn error(body: &'a ErrorBody, correlation: &'a Correlation) -> Self {
        Self::Error {
            conversation: correlation.conversation.map(|id| id.0),
            code: body.code,
            message: &body.error,
            details: body.details.as_deref(),
            request_id: correlation.request_id.as_deref(),
            client_id: correlation.client_id.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests;
