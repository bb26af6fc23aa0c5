//! Why a socket is closed: the codes of section 4 of the contract.

/// A close code and what it tells the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// Nobody is known to be asking, the token has expired, or the account is no longer active.
    NotAuthenticated,
    /// There is no such conversation for this user.
    ConversationNotFound,
    /// This user has as many sockets as one may have.
    TooManySockets,
    /// Too many frames made no sense.
    ProtocolViolated,
    /// A frame was longer than [`crate::session::MAX_FRAME_BYTES`].
    FrameTooBig,
    /// A fault of ours.
    Internal,
    /// The server is about to restart: reconnect, with jitter.
    Restarting,
    /// The reader does not keep up: reconnect and resume.
    TooSlow,
}

impl CloseCode {
    /// All of them, for documents and tests.
    pub const ALL: [Self; 8] = [
        Self::NotAuthenticated,
        Self::ConversationNotFound,
        Self::TooManySockets,
        Self::ProtocolViolated,
        Self::FrameTooBig,
        Self::Internal,
        Self::Restarting,
        Self::TooSlow,
    ];

    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::NotAuthenticated => 4401,
            Self::ConversationNotFound => 4404,
            Self::TooManySockets => 4429,
            Self::ProtocolViolated => 1008,
            Self::FrameTooBig => 1009,
            Self::Internal => 1011,
            Self::Restarting => 1012,
            Self::TooSlow => 1013,
        }
    }

    /// The sentence beside the number.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not authenticated, or the token has expired",
            Self::ConversationNotFound => "no such conversation",
            Self::TooManySockets => "too many open sockets",
            Self::ProtocolViolated => "too many malformed frames",
            Self::FrameTooBig => "the frame is too big",
            Self::Internal => "internal error",
            Self::Restarting => "the server is restarting, reconnect in a moment",
            Self::TooSlow => "too slow a reader, reconnect and resume",
        }
    }
}
