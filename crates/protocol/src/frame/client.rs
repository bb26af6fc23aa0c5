use domain::{
    id::{ConversationId, MessageId},
    message::ClientId,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Echo, ServerFrame};
use crate::{
    error::{Code, ErrorBody},
    fields::Fields,
    rest::request::client_id,
};

/// The longest `request_id`, in characters.
pub const REQUEST_ID_CHARS: usize = 64;

/// What a client asks for over a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Send a message.
    ChatMessage {
        /// The text, kept as sent. `message` is accepted too.
        content: String,
        /// The message that this one answers. `reply_to` is accepted too.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<i64>)]
        reply_to_id: Option<MessageId>,
        /// The sender's own name for the message, best a UUID: repeating it sends nothing twice.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, max_length = 64)]
        client_id: Option<ClientId>,
    },
    /// Say that one types, or no longer.
    Typing {
        /// Types, or no longer.
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
        content: String,
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
        /// Pin, or unpin.
        is_pinned: bool,
    },
    /// Ask for a `pong`.
    Ping {},
}

/// A frame and what may come with any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envelope {
    /// What is asked for.
    #[serde(flatten)]
    pub frame: ClientFrame,
    /// Which conversation it is about; only sockets of a single conversation know without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Comes back with the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Why a frame could not be read. Each counts as malformed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameError {
    /// What is wrong: `invalid_json`, `unknown_type` or `invalid_request`.
    pub body: ErrorBody,
    /// As far as it could be read.
    pub conversation: Option<ConversationId>,
    /// As far as it could be read.
    pub request_id: Option<String>,
    /// As far as it could be read.
    pub client_id: Option<String>,
}

impl FrameError {
    /// The answer to the frame.
    pub fn frame(&self) -> ServerFrame<'_> {
        ServerFrame::error(
            &self.body,
            Echo {
                conversation: self.conversation,
                request_id: self.request_id.as_deref(),
                client_id: self.client_id.as_deref(),
            },
        )
    }
}

impl ClientFrame {
    /// Reads a text frame.
    pub fn parse(text: &str) -> Result<Envelope, FrameError> {
        let unread = |rejection| FrameError {
            body: ErrorBody::from(rejection),
            conversation: None,
            request_id: None,
            client_id: None,
        };
        let mut fields = Fields::parse(text.as_bytes()).map_err(unread)?;
        // Read first: an answer repeats them whatever else is wrong.
        let client_id = fields.peek("client_id").and_then(ClientId::new).map(|id| id.as_str().to_owned());
        let request_id = fields.optional_line("request_id", REQUEST_ID_CHARS);
        let conversation = fields.optional_id(&["conversation"]).map(ConversationId);
        Self::envelope(fields, conversation, request_id.clone()).map_err(|body| FrameError {
            body,
            conversation,
            request_id,
            client_id,
        })
    }

    fn envelope(mut fields: Fields, conversation: Option<ConversationId>, request_id: Option<String>) -> Result<Envelope, ErrorBody> {
        let kind = fields.text(&["type"]);
        let Some(frame) = Self::read(&kind, &mut fields) else {
            let known_as_text = !fields.failed("type");
            return Err(match fields.finish(()) {
                Err(rejection) if !known_as_text => ErrorBody::from(rejection),
                _ => ErrorBody::new(Code::UnknownType),
            });
        };
        let envelope = Envelope {
            frame,
            conversation,
            request_id,
        };
        Ok(fields.finish(envelope)?)
    }

    /// The frame of a type; `None` if there is no such type.
    fn read(kind: &str, fields: &mut Fields) -> Option<Self> {
        Some(match kind {
            "chat_message" => Self::ChatMessage {
                content: fields.text(&["content", "message"]),
                reply_to_id: fields.optional_id(&["reply_to_id", "reply_to"]).map(MessageId),
                client_id: client_id(fields),
            },
            "typing" => Self::Typing {
                is_typing: fields.flag("is_typing"),
            },
            "read_receipt" => Self::read_mark(fields),
            "edit_message" => Self::EditMessage {
                message_id: MessageId(fields.id(&["message_id"])),
                content: fields.text(&["content", "message"]),
            },
            "delete_message" => Self::DeleteMessage {
                message_id: MessageId(fields.id(&["message_id"])),
            },
            "pin_message" => Self::PinMessage {
                message_id: MessageId(fields.id(&["message_id"])),
                is_pinned: fields.flag("is_pinned"),
            },
            "ping" => Self::Ping {},
            _ => return None,
        })
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
