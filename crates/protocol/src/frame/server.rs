use domain::{id::ConversationId, message::ChangeKind};
use serde::Serialize;
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::{
    error::{Code, Details, ErrorBody},
    rest::{Message, MessagePreview},
    time::Time,
};

/// What the service tells a client over a socket.
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
        /// Whose socket it is.
        user_id: i64,
        /// The number of the conversation's newest change; null on a socket of all conversations.
        #[schema(required)]
        last_seq: Option<i64>,
        /// The line that `seq` and message ids belong to. Another one than before: drop everything and load it anew.
        epoch: &'a str,
        /// The others who are online.
        online: Vec<i64>,
        /// Now.
        server_time: Time,
        /// How often the service pings.
        heartbeat_seconds: u64,
    },
    /// A message was sent, to its sender too.
    ChatMessage {
        /// Where.
        conversation: i64,
        /// The message.
        message: Message<'a>,
        /// The number of the change.
        seq: i64,
    },
    /// A message was edited.
    MessageEdited {
        /// Where.
        conversation: i64,
        /// The message as it is now.
        message: Message<'a>,
        /// The number of the change.
        seq: i64,
    },
    /// A message was pinned or unpinned.
    MessagePinned {
        /// Where.
        conversation: i64,
        /// The message as it is now.
        message: Message<'a>,
        /// The number of the change.
        seq: i64,
    },
    /// A message was deleted.
    MessageDeleted {
        /// Where.
        conversation: i64,
        /// The message.
        message_id: i64,
        /// The number of the change.
        seq: i64,
    },
    /// To a sender: a recipient's device has this message and all of the sender's messages before it.
    MessageDelivered {
        /// Where.
        conversation: i64,
        /// The message.
        message_id: i64,
        /// The recipient.
        user_id: i64,
        /// When.
        delivered_at: Time,
    },
    /// Somebody read a message.
    ReadReceipt {
        /// Where.
        conversation: i64,
        /// The message.
        message_id: i64,
        /// Who.
        user_id: i64,
        /// The reader's unique name.
        username: &'a str,
        /// When.
        read_at: Time,
        /// True where all messages before it are read too; otherwise left out.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        #[schema(required = false)]
        up_to: bool,
    },
    /// Somebody else types, or no longer.
    Typing {
        /// Where.
        conversation: i64,
        /// Who.
        user_id: i64,
        /// The typist's unique name.
        username: &'a str,
        /// Types, or no longer.
        is_typing: bool,
    },
    /// Somebody else came or went.
    UserStatus {
        /// Who.
        user_id: i64,
        /// The unique name.
        username: &'a str,
        /// `online` or `offline`.
        #[schema(value_type = crate::names::OnlineStatus)]
        status: &'static str,
        /// When they were last seen; null if never.
        #[schema(required)]
        last_seen: Option<Time>,
    },
    /// What a conversation list needs, on sockets of all conversations only; also for conversations just opened.
    ConversationUpdated {
        /// The conversation.
        conversation: i64,
        /// How many messages of others one has not read.
        unread_count: u64,
        /// The number of the newest change.
        last_seq: i64,
        /// The newest message that is not deleted.
        #[schema(required)]
        last_message_preview: Option<MessagePreview<'a>>,
    },
    /// A change of the directory changed what one may do in a conversation: somebody follows or is followed no more, or another admin administers. Only to
    /// the participant whom it concerns.
    ConversationAccess {
        /// The conversation.
        conversation: i64,
        /// May one send here, now?
        can_send: bool,
        /// The code of the rule that says no.
        #[schema(required)]
        cannot_send_reason: Option<Code>,
        /// May one pin messages here, now?
        can_pin: bool,
    },
    /// What was asked for is done, and durable.
    Ack {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// As given.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        request_id: Option<&'a str>,
        /// As given.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        client_id: Option<&'a str>,
        /// The message it was about.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        message_id: Option<i64>,
        /// The number of the change.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        seq: Option<i64>,
    },
    /// What was asked for was not done. The socket stays open.
    Error {
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// For machines.
        code: Code,
        /// A sentence for people.
        message: &'a str,
        /// More about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Details, required = false, nullable = false)]
        details: Option<&'a Details>,
        /// As given.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        request_id: Option<&'a str>,
        /// As given.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        client_id: Option<&'a str>,
    },
    /// The answer to `ping`.
    Pong {
        /// The conversation asked about.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        conversation: Option<i64>,
        /// The number of its newest change, as stored; null where no conversation was asked about.
        #[schema(required)]
        last_seq: Option<i64>,
        /// The line that `seq` and message ids belong to, as in `ready`.
        epoch: &'a str,
        /// As given.
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
