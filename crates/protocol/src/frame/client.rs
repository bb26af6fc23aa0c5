use domain::{
    id::{ConversationId, MessageId},
    message::ClientId,
};
use serde::Serialize;
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use super::{Correlation, ServerFrame};
use crate::{
    error::{Code, ErrorBody},
    fields::{Fields, request},
};

/// The longest frame that a client may send, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// The longest `request_id`, in characters.
pub const REQUEST_ID_CHARS: usize = 64;

request! {
    /// A frame that a client sends over a socket.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema, EnumDiscriminants)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[strum_discriminants(
        name(ClientFrameType),
        doc = "The type of a [`ClientFrame`]. Two variants share the name `read_receipt`.",
        allow(missing_docs),
        derive(Hash, IntoStaticStr, VariantArray),
        strum(serialize_all = "snake_case")
    )]
    pub enum ClientFrame by ClientFrameType {
        /// Send a message.
        ChatMessage {
            /// The text, kept as sent. `message` is accepted too.
            content: String | "message",
            /// The message that this one answers. `reply_to` is accepted too.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<i64>)]
            reply_to_id: Option<MessageId> | "reply_to",
            /// The client id of the message, best a UUID: a repeated frame with the same one does not send the message twice.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<String>, max_length = 64)]
            client_id: Option<ClientId>,
        },
        /// Say that the user started or stopped typing.
        Typing {
            /// True when typing started, false when it stopped.
            is_typing: bool,
        },
        /// Say that exactly this message is read.
        ReadReceipt {
            /// The message.
            #[schema(value_type = i64)]
            message_id: MessageId,
        },
        /// Say that this message and all before it are read.
        #[serde(rename = "read_receipt")]
        #[strum_discriminants(strum(serialize = "read_receipt"))]
        ReadUpTo {
            /// The newest message that is read.
            #[schema(value_type = i64)]
            up_to: MessageId,
        },
        /// Replace the text of a message.
        EditMessage {
            /// The message.
            #[schema(value_type = i64)]
            message_id: MessageId,
            /// The new text, kept as sent.
            content: String | "message",
        },
        /// Delete a message.
        DeleteMessage {
            /// The message.
            #[schema(value_type = i64)]
            message_id: MessageId,
        },
        /// Pin or unpin a message.
        PinMessage {
            /// The message.
            #[schema(value_type = i64)]
            message_id: MessageId,
            /// True to pin the message, false to unpin it.
            is_pinned: bool,
        },
        /// Ask for a `pong`.
        Ping {},
    }
}

impl ClientFrameType {
    /// All types, in the order of the variants.
    pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

    /// The value of the field `type`, such as `chat_message`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The type of this name. `read_receipt` is the first of its two variants.
    fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|frame_type| frame_type.as_str() == name)
    }
}

/// A frame with the ids that its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envelope {
    /// The request of the client.
    #[serde(flatten)]
    pub frame: ClientFrame,
    /// As far as the frame has them.
    #[serde(flatten)]
    pub correlation: Correlation,
}

/// Why a frame could not be read. Each counts as malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// The answer to the frame, with the code `invalid_json`, `unknown_type` or `invalid_request`.
    pub body: ErrorBody,
    /// As far as they could be read.
    pub correlation: Correlation,
}

impl FrameError {
    /// The answer to the frame.
    pub fn frame(&self) -> ServerFrame<'_> {
        ServerFrame::error(&self.body, &self.correlation)
    }
}

impl ClientFrame {
    /// The type of the frame.
    pub fn frame_type(&self) -> ClientFrameType {
        self.into()
    }

    /// Reads a text frame.
    pub fn parse(text: &str) -> Result<Envelope, FrameError> {
        let unread = |rejection| FrameError {
            body: ErrorBody::from(rejection),
            correlation: Correlation::default(),
        };
        let mut fields = Fields::parse(text.as_bytes()).map_err(unread)?;
        // Read first: an answer repeats them whatever else is wrong.
        let mut correlation = Correlation {
            client_id: fields.peek("client_id").and_then(ClientId::new).map(|id| id.as_str().to_owned()),
            request_id: fields.optional_line("request_id", REQUEST_ID_CHARS),
            conversation: fields.optional_id(&["conversation"]).map(ConversationId),
        };
        match Self::of(fields) {
            Ok(frame) => {
                if !matches!(frame, Self::ChatMessage { .. }) {
                    correlation.client_id = None;
                }
                Ok(Envelope { frame, correlation })
            }
            Err(body) => Err(FrameError { body, correlation }),
        }
    }

    fn of(mut fields: Fields) -> Result<Self, ErrorBody> {
        let frame_type: String = fields.read(&["type"]);
        let Some(frame_type) = ClientFrameType::parse(&frame_type) else {
            let known_as_text = !fields.failed("type");
            return Err(match fields.finish(()) {
                Err(rejection) if !known_as_text => ErrorBody::from(rejection),
                _ => ErrorBody::new(Code::UnknownType),
            });
        };
        let frame = match frame_type {
            ClientFrameType::ReadReceipt | ClientFrameType::ReadUpTo => Self::read_mark(&mut fields),
            frame_type => Self::from_fields(frame_type, &mut fields),
        };
        Ok(fields.finish(frame)?)
    }

    fn read_mark(fields: &mut Fields) -> Self {
        let up_to = fields.optional_id(&["up_to"]);
        if fields.failed("up_to") || up_to.is_none() {
            // With a bad `up_to` a missing `message_id` is no second fault.
            let message = if fields.failed("up_to") {
                fields.optional_id(&["message_id"]).unwrap_or_default()
            } else {
                fields.id(&["message_id"])
            };
            return Self::ReadReceipt {
                message_id: MessageId(message),
            };
        }
        if fields.optional_id(&["message_id"]).is_some() {
            fields.refuse("up_to", "Only one of message_id and up_to can be given.");
        }
        Self::ReadUpTo {
            up_to: MessageId(up_to.unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests;
