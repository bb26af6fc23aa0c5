use protocol::{
    close::CloseCode,
    frame::{Correlation, ServerFrame},
    render::RenderedFrame,
};

use super::{FrameId, Outcome, ReceivedCommand, Scope, Session, Welcome};

/// A command that the use cases are carrying out.
#[derive(Debug)]
pub(super) struct PendingCommand {
    id: FrameId,
    correlation: Correlation,
    pub(super) is_send: bool,
    /// Bytes of the command, for the bound on held commands.
    pub(super) bytes: usize,
}

impl From<&ReceivedCommand> for PendingCommand {
    fn from(received: &ReceivedCommand) -> Self {
        Self {
            id: received.id.clone(),
            correlation: received.correlation.clone(),
            is_send: received.is_send(),
            bytes: received.bytes(),
        }
    }
}

impl Session {
    /// Sends `ready`, which comes before all other frames. A change that was stored since the socket was registered may be counted by `last_seq` already. Its
    /// frame is sent all the same, because clients that do not ask for changes would miss it otherwise.
    pub fn welcome(&mut self, welcome: &Welcome) {
        let conversation = match self.scope {
            Scope::One(conversation) => Some(conversation.0),
            Scope::All => None,
        };
        let ready = ServerFrame::Ready {
            conversation,
            user_id: self.user.0,
            last_seq: welcome.last_seq.map(|seq| seq.0),
            epoch: self.epoch.as_str(),
            online: welcome.online.iter().map(|user| user.0).collect(),
            server_time: welcome.server_time.into(),
            heartbeat_seconds: self.heartbeat.as_secs(),
        };
        let frame = RenderedFrame::from(&ready);
        self.write(frame);
    }

    /// Answers a `ping` without a conversation.
    pub(super) fn answer_bare_ping(&mut self, command: &ReceivedCommand) {
        let pong = ServerFrame::Pong {
            conversation: None,
            last_seq: None,
            epoch: self.epoch.as_str(),
            request_id: command.correlation.request_id.as_deref(),
        };
        let frame = RenderedFrame::from(&pong);
        self.write(frame);
    }

    pub(super) fn answer(&mut self, pending: &PendingCommand, outcome: Outcome) {
        let correlation = &pending.correlation;
        let conversation = correlation.conversation.map(|id| id.0);
        let ack = |message_id, seq| ServerFrame::Ack {
            conversation,
            request_id: correlation.request_id.as_deref(),
            client_id: correlation.client_id.as_deref(),
            message_id,
            seq,
        };
        match outcome {
            Outcome::Done { message, seq } => self.write_frame(&ack(message.map(|id| id.0), seq.map(|seq| seq.0))),
            // The command stores nothing. It is acknowledged only if the client waits for an answer.
            Outcome::Relayed if correlation.request_id.is_some() => self.write_frame(&ack(None, None)),
            Outcome::Relayed | Outcome::NoReply => {}
            Outcome::LastSeq(seq) => {
                let pong = ServerFrame::Pong {
                    conversation,
                    last_seq: Some(seq.0),
                    epoch: self.epoch.as_str(),
                    request_id: correlation.request_id.as_deref(),
                };
                let frame = RenderedFrame::from(&pong);
                self.write(frame);
            }
            Outcome::Refused(body) => {
                let body = body.with_request_id(pending.id.to_string());
                self.write_frame(&ServerFrame::error(&body, correlation));
            }
            Outcome::AccountInactive => self.close(CloseCode::NotAuthenticated),
        }
    }
}
