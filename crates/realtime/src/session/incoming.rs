use std::time::Instant;

use domain::id::ConversationId;
use protocol::{
    close::CloseCode,
    error::{Code, ErrorBody},
    fields::Rejection,
    frame::{ClientFrame, Correlation, Envelope, MAX_FRAME_BYTES, ServerFrame},
};

use super::{Command, ReceivedCommand, Scope, Session};
use crate::measure;

impl Session {
    /// Handles a text frame.
    pub fn text(&mut self, text: &str, now: Instant) {
        self.count_frame(now);
        self.frames += 1;
        if text.len() > MAX_FRAME_BYTES {
            return self.too_big();
        }
        let mut received = match ClientFrame::parse(text) {
            Ok(Envelope { frame, correlation }) => ReceivedCommand {
                id: self.frame_id(),
                command: Command::Frame(frame),
                correlation,
            },
            Err(mut error) => {
                error.body = self.unread(error.body);
                return self.malformed(&error.frame(), now);
            }
        };
        measure::frame_received(received.command.label());
        match conversation_of(self.scope, &received) {
            Ok(conversation) => {
                received.correlation.conversation = conversation;
                self.command(received);
            }
            Err(rejection) => {
                let body = self.unread(rejection.into());
                self.malformed(&ServerFrame::error(&body, &received.correlation), now);
            }
        }
    }

    /// Handles a binary frame as malformed, because the protocol has none.
    pub fn binary(&mut self, now: Instant) {
        self.count_frame(now);
        self.frames += 1;
        let body = self.unread(ErrorBody::saying(Code::InvalidJson, "Binary frames are not understood."));
        self.malformed(&ServerFrame::error(&body, &Correlation::default()), now);
    }

    /// Ends the session because a frame, or the part received so far, is longer than [`MAX_FRAME_BYTES`].
    pub fn too_big(&mut self) {
        self.close(CloseCode::FrameTooBig);
    }

    /// Ends the session because the bytes are no WebSocket frame, or a text frame is not UTF-8.
    pub fn nonsense(&mut self) {
        self.close(CloseCode::ProtocolViolated);
    }

    /// The error of a frame that could not be parsed, with the id under which the log names the frame.
    fn unread(&self, body: ErrorBody) -> ErrorBody {
        let id = self.frame_id();
        tracing::debug!(request.id = %id, user.id = self.user.0, code = body.code.as_str(), "a frame could not be read");
        body.with_request_id(id.to_string())
    }

    fn malformed(&mut self, answer: &ServerFrame<'_>, now: Instant) {
        measure::frame_received(measure::MALFORMED);
        self.write_frame(answer);
        if self.malformed.count(now) {
            self.close(CloseCode::ProtocolViolated);
        }
    }
}

/// The conversation in which the client acts: that of the socket, or the one that the frame names.
fn conversation_of(scope: Scope, received: &ReceivedCommand) -> Result<Option<ConversationId>, Rejection> {
    match (scope, received.correlation.conversation) {
        (Scope::One(own), Some(named)) if own != named => Err(Rejection::field("conversation", "This socket is for another conversation.")),
        (Scope::One(own), _) => Ok(Some(own)),
        (Scope::All, None) if !received.is_bare_ping() => Err(Rejection::field("conversation", "This field is required.")),
        (Scope::All, named) => Ok(named),
    }
}
