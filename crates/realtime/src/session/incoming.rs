use std::time::Instant;

use protocol::{
    error::{Code, ErrorBody},
    fields::Rejection,
    frame::{ClientFrame, Echo, ServerFrame},
};

use super::{Asked, Call, MAX_FRAME_BYTES, Scope, Session};
use crate::{close::CloseCode, measure};

impl Session {
    /// A text frame came.
    pub fn text(&mut self, text: &str, now: Instant) {
        self.count_frame(now);
        self.frames += 1;
        if text.len() > MAX_FRAME_BYTES {
            return self.too_big();
        }
        let asked = match ClientFrame::parse(text) {
            Ok(envelope) => Asked {
                id: self.frame_id(),
                call: Call::Frame(envelope.frame),
                conversation: envelope.conversation,
                request_id: envelope.request_id,
            },
            Err(mut error) => {
                error.body = self.unread(error.body);
                return self.malformed(&error.frame(), now);
            }
        };
        measure::heard(asked.call.kind());
        match place(self.scope, &asked) {
            Ok(conversation) => self.call(Asked { conversation, ..asked }),
            Err(rejection) => {
                let echo = Echo {
                    conversation: asked.conversation,
                    request_id: asked.request_id.as_deref(),
                    client_id: asked.client_id(),
                };
                let body = self.unread(rejection.into());
                self.malformed(&ServerFrame::error(&body, echo), now);
            }
        }
    }

    /// A binary frame came: there are none in this protocol.
    pub fn binary(&mut self, now: Instant) {
        self.count_frame(now);
        self.frames += 1;
        let body = self.unread(ErrorBody::saying(Code::InvalidJson, "Binary frames are not understood."));
        self.malformed(&ServerFrame::error(&body, Echo::default()), now);
    }

    /// A frame came that is longer than [`MAX_FRAME_BYTES`], whole or in part.
    pub fn too_big(&mut self) {
        self.close(CloseCode::FrameTooBig);
    }

    /// What came is no frame at all: the peer does not speak this protocol, or not in UTF-8.
    pub fn nonsense(&mut self) {
        self.close(CloseCode::ProtocolViolated);
    }

    /// What is told of a frame that could not be read: it names the frame, as the log does.
    fn unread(&self, body: ErrorBody) -> ErrorBody {
        let id = self.frame_id();
        tracing::debug!(request.id = %id, user.id = self.user.0, code = body.code.as_str(), "a frame could not be read");
        body.with_request_id(id.to_string())
    }

    fn malformed(&mut self, answer: &ServerFrame<'_>, now: Instant) {
        measure::heard(measure::MALFORMED);
        self.write_frame("error", answer);
        if self.malformed.count(now) {
            self.close(CloseCode::ProtocolViolated);
        }
    }
}

/// In which conversation the client acts.
fn place(scope: Scope, asked: &Asked) -> Result<Option<domain::id::ConversationId>, Rejection> {
    match (scope, asked.conversation) {
        (Scope::One(own), Some(named)) if own != named => Err(Rejection::field("conversation", "This socket is for another conversation.")),
        (Scope::One(own), _) => Ok(Some(own)),
        (Scope::All, None) if !asked.is_bare_ping() => Err(Rejection::field("conversation", "This field is required.")),
        (Scope::All, named) => Ok(named),
    }
}
