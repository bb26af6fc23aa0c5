use std::{fmt, sync::Arc};

use domain::{
    id::{ConversationId, MessageId, Seq},
    message::ClientId,
};
use protocol::{error::ErrorBody, frame::ClientFrame};

/// What a frame is called in the service's log, in traces, and in `details.request_id` of the error that answers it: the handshake's id and the frame's
/// number on its socket. Written out only where somebody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameId {
    /// The request id of the handshake.
    pub socket: Arc<str>,
    /// From 1.
    pub number: u64,
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.socket, self.number)
    }
}

/// What is to be performed by the use cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// What a client asks for.
    Frame(ClientFrame),
    /// Is the account still active? Asked by the server itself.
    LookAgain,
}

impl Call {
    /// For counting: the type of the frame that asks for it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Frame(ClientFrame::ChatMessage { .. }) => "chat_message",
            Self::Frame(ClientFrame::Typing { .. }) => "typing",
            Self::Frame(ClientFrame::ReadReceipt { .. } | ClientFrame::ReadUpTo { .. }) => "read_receipt",
            Self::Frame(ClientFrame::EditMessage { .. }) => "edit_message",
            Self::Frame(ClientFrame::DeleteMessage { .. }) => "delete_message",
            Self::Frame(ClientFrame::PinMessage { .. }) => "pin_message",
            Self::Frame(ClientFrame::Ping {}) => "ping",
            Self::LookAgain => crate::measure::LOOK_AGAIN,
        }
    }
}

/// A call and what its answer must name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which frame asked; the last one before it, where the server asks by itself.
    pub id: FrameId,
    /// What for.
    pub call: Call,
    /// Where. Only [`Call::LookAgain`], and `ping` on a socket for all conversations, do without.
    pub conversation: Option<ConversationId>,
    /// The client's name for the frame.
    pub request_id: Option<String>,
}

impl Asked {
    /// The client's name for the message that is to be sent.
    pub(super) fn client_id(&self) -> Option<&str> {
        match &self.call {
            Call::Frame(ClientFrame::ChatMessage { client_id, .. }) => client_id.as_ref().map(ClientId::as_str),
            _ => None,
        }
    }

    /// Asks for a message to be sent.
    pub(super) const fn is_send(&self) -> bool {
        matches!(self.call, Call::Frame(ClientFrame::ChatMessage { .. }))
    }

    /// Asks for something that needs no store.
    pub(super) fn is_bare_ping(&self) -> bool {
        self.conversation.is_none() && self.call == Call::Frame(ClientFrame::Ping {})
    }

    /// How much it holds while it waits.
    pub(super) fn bytes(&self) -> usize {
        let content = match &self.call {
            Call::Frame(ClientFrame::ChatMessage { content, .. } | ClientFrame::EditMessage { content, .. }) => content.len(),
            _ => 0,
        };
        size_of::<Self>() + content
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The change is durable.
    Done {
        /// The message that it is about.
        message: Option<MessageId>,
        /// The number of the change.
        seq: Option<Seq>,
    },
    /// Others know, nothing was stored.
    Told,
    /// The newest change, as stored.
    LastSeq(Seq),
    /// There is nothing to answer.
    Quiet,
    /// It was not done.
    Refused(Box<ErrorBody>),
    /// The account acts no more.
    AccountInactive,
}
