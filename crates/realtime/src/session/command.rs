use std::{fmt, sync::Arc};

use domain::id::{MessageId, Seq};
use protocol::{
    error::ErrorBody,
    frame::{ClientFrame, Correlation},
};

/// The id of a frame in the service's log, in traces, and in `details.request_id` of an error frame: the request id of the handshake and the number of the
/// frame on its socket. It is formatted only if it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameId {
    /// The request id of the handshake.
    pub socket: Arc<str>,
    /// The number of the frame on its socket, from 1.
    pub number: u64,
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.socket, self.number)
    }
}

/// A request to the use cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Carry out the request in a frame of the client.
    Frame(ClientFrame),
    /// Check whether the account is still active; the service itself starts this.
    RecheckAccount,
}

impl Command {
    /// The frame type of the command, for metrics and traces.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Frame(frame) => frame.frame_type().as_str(),
            Self::RecheckAccount => crate::measure::RECHECK_ACCOUNT,
        }
    }
}

/// A command, and the ids that its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedCommand {
    /// The frame of the command. For [`Command::RecheckAccount`], the last frame before it.
    pub id: FrameId,
    /// The request itself, without the ids.
    pub command: Command,
    /// The conversation in it is `None` for [`Command::RecheckAccount`], and for `ping` on a socket for all conversations.
    pub correlation: Correlation,
}

impl ReceivedCommand {
    /// Whether the command sends a message.
    pub(super) const fn is_send(&self) -> bool {
        matches!(self.command, Command::Frame(ClientFrame::ChatMessage { .. }))
    }

    /// Whether the command is a `ping` without a conversation, which needs no store.
    pub(super) fn is_bare_ping(&self) -> bool {
        self.correlation.conversation.is_none() && self.command == Command::Frame(ClientFrame::Ping {})
    }

    /// The memory that the command takes while it waits, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let content = match &self.command {
            Command::Frame(ClientFrame::ChatMessage { content, .. } | ClientFrame::EditMessage { content, .. }) => content.len(),
            _ => 0,
        };
        size_of::<Self>() + content
    }
}

/// The outcome of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The change is durable; a repeated one names the first message.
    Done {
        /// The message that was sent or changed.
        message: Option<MessageId>,
        /// The `seq` of the change, if there was one.
        seq: Option<Seq>,
    },
    /// An event was published to other participants; nothing was stored.
    Relayed,
    /// The `seq` of the newest stored change, for `pong`.
    LastSeq(Seq),
    /// The command has no answer.
    NoReply,
    /// The command was refused or failed; the body becomes an error frame.
    Refused(Box<ErrorBody>),
    /// The account is not active any more, so the session ends.
    AccountInactive,
}
