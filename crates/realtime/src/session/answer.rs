use domain::id::ConversationId;
use protocol::frame::{Echo, ServerFrame};

use super::{Asked, FrameId, Outcome, Scope, Session, Welcome};
use crate::close::CloseCode;

/// What the answer to the running call must name.
#[derive(Debug)]
pub(super) struct Calling {
    id: FrameId,
    conversation: Option<ConversationId>,
    request_id: Option<String>,
    client_id: Option<String>,
    pub(super) is_send: bool,
    /// How much the call holds.
    pub(super) bytes: usize,
}

impl Calling {
    pub(super) fn new(asked: &Asked) -> Self {
        Self {
            id: asked.id.clone(),
            conversation: asked.conversation,
            request_id: asked.request_id.clone(),
            client_id: asked.client_id().map(str::to_owned),
            is_send: asked.is_send(),
            bytes: asked.bytes(),
        }
    }

    fn echo(&self) -> Echo<'_> {
        Echo {
            conversation: self.conversation,
            request_id: self.request_id.as_deref(),
            client_id: self.client_id.as_deref(),
        }
    }
}

impl Session {
    /// The socket is accepted and knows where it stands: everything else comes after this.
    pub fn welcome(&mut self, welcome: &Welcome) {
        let conversation = match self.scope {
            Scope::One(conversation) => Some(conversation.0),
            Scope::All => None,
        };
        self.known = welcome.last_seq;
        let ready = ServerFrame::Ready {
            conversation,
            user_id: self.user.0,
            last_seq: welcome.last_seq.map(|seq| seq.0),
            online: welcome.online.iter().map(|user| user.0).collect(),
            server_time: welcome.server_time.into(),
            heartbeat_seconds: self.heartbeat.as_secs(),
        };
        self.write_frame("ready", &ready);
    }

    /// Answers a `ping` that is about no conversation.
    pub(super) fn answer_bare_ping(&mut self, asked: &Asked) {
        let pong = ServerFrame::Pong {
            conversation: None,
            last_seq: None,
            request_id: asked.request_id.as_deref(),
        };
        self.write_frame("pong", &pong);
    }

    pub(super) fn answer(&mut self, calling: &Calling, outcome: Outcome) {
        let echo = calling.echo();
        let conversation = echo.conversation.map(|id| id.0);
        let ack = |message_id, seq| ServerFrame::Ack {
            conversation,
            request_id: echo.request_id,
            client_id: echo.client_id,
            message_id,
            seq,
        };
        match outcome {
            Outcome::Done { message, seq } => self.write_frame("ack", &ack(message.map(|id| id.0), seq.map(|seq| seq.0))),
            // Nothing was to be made durable; it is acknowledged where the client waits for an answer.
            Outcome::Told if echo.request_id.is_some() => self.write_frame("ack", &ack(None, None)),
            Outcome::Told | Outcome::Quiet => {}
            Outcome::LastSeq(seq) => {
                let pong = ServerFrame::Pong {
                    conversation,
                    last_seq: Some(seq.0),
                    request_id: echo.request_id,
                };
                self.write_frame("pong", &pong);
            }
            Outcome::Refused(body) => {
                let body = body.with_request_id(calling.id.to_string());
                self.write_frame("error", &ServerFrame::error(&body, echo));
            }
            Outcome::AccountInactive => self.close(CloseCode::NotAuthenticated),
        }
    }
}
