//! Performs the commands of sessions by the use cases.

use std::sync::Arc;

use domain::{
    denial::Denial,
    id::{ConversationId, MessageId, UserId},
    message::{Message, NewMessage},
    messaging::{Error, MessageTarget},
    ports::{Budget, SendOutcome},
    receipt::{ReadRequest, ReadScope},
};
use protocol::{
    error::{Code, ErrorBody},
    frame::ClientFrame,
};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{
    audit,
    hub::{Hub, SocketHandle, watching},
    measure,
    observed::Observed,
    session::{Command, FrameId, Outcome, ReceivedCommand},
};

impl SocketHandle {
    /// Performs a command of the session. The future does not borrow the handle: the command is carried out even if the socket closes meanwhile.
    pub fn perform(&self, command: ReceivedCommand) -> impl Future<Output = Outcome> + Send + use<> {
        let (hub, user) = (self.hub().clone(), self.user());
        async move { perform(&hub, user, command).await }
    }
}

/// Performs one command of a user. The future must be driven to its end: if it is dropped halfway, the change may be stored without being acknowledged.
async fn perform(hub: &Hub, user: UserId, command: ReceivedCommand) -> Outcome {
    let (id, kind, started) = (command.id.clone(), command.command.label(), Instant::now());
    // The span has no parent: a socket is open for hours, so every frame begins a trace of its own.
    let span = tracing::debug_span!(
        parent: None,
        "call",
        otel.name = kind,
        otel.kind = "server",
        request.id = %id,
        kind,
        user.id = user.0,
        conversation.id = command.correlation.conversation.map(|id| id.0)
    );
    let outcome = attempt(hub, user, command).instrument(span.clone()).await;
    measure::called(kind, started.elapsed());
    outcome.unwrap_or_else(|error| {
        let _entered = span.entered();
        refusal(&error, &id)
    })
}

async fn attempt(hub: &Hub, user: UserId, command: ReceivedCommand) -> Result<Outcome, Error> {
    let messaging = hub.messaging();
    let Command::Frame(frame) = command.command else {
        return recheck_account(messaging, user).await;
    };
    let Some(conversation) = command.correlation.conversation else {
        return Ok(refused(ErrorBody::new(Code::InvalidRequest)));
    };
    if changes_a_message(&frame) {
        messaging.admit(user, Budget::Requests).await?;
    }
    let target = |message| MessageTarget {
        actor: user,
        message,
        within: Some(conversation),
    };
    let read = |scope| ReadRequest::within(conversation, user, scope);
    Ok(match frame {
        ClientFrame::ChatMessage {
            content,
            reply_to_id,
            client_id,
        } => {
            let message = NewMessage {
                content: Some(content),
                reply_to: reply_to_id,
                client_id,
                ..NewMessage::empty(user, conversation)
            };
            match messaging.send(message).await? {
                SendOutcome::New(change) => changed(&change.message),
                SendOutcome::AlreadySent(message) => done(message),
            }
        }
        ClientFrame::EditMessage { message_id, content } => changed(&*messaging.edit(target(message_id), content).await?),
        ClientFrame::DeleteMessage { message_id } => changed(&*messaging.delete(target(message_id)).await?),
        ClientFrame::PinMessage { message_id, is_pinned } => {
            let pinned = messaging.pin(target(message_id), is_pinned).await?;
            audit::pinned(user, is_pinned, &pinned);
            changed(&pinned.message)
        }
        ClientFrame::ReadReceipt { message_id } => {
            messaging.mark_read(read(ReadScope::One(message_id))).await?;
            done(message_id)
        }
        ClientFrame::ReadUpTo { up_to } => {
            messaging.mark_read(read(ReadScope::UpTo(up_to))).await?;
            done(up_to)
        }
        ClientFrame::Typing { is_typing } => {
            type_in(hub, user, conversation, is_typing).await?;
            Outcome::Relayed
        }
        ClientFrame::Ping {} => {
            let membership = messaging.membership(user, conversation).await?;
            messaging.watch_presence(&watching(user, &membership.others)).await?;
            Outcome::LastSeq(membership.last_seq)
        }
    })
}

/// Whether the frame counts as a REST request for the limiter: edits, deletions and pins do. Sending has a budget of its own. Receipts, typing and pings are
/// bounded by running one after the other, and old clients send a receipt for every message that they show.
const fn changes_a_message(frame: &ClientFrame) -> bool {
    match frame {
        ClientFrame::EditMessage { .. } | ClientFrame::DeleteMessage { .. } | ClientFrame::PinMessage { .. } => true,
        ClientFrame::ChatMessage { .. }
        | ClientFrame::ReadReceipt { .. }
        | ClientFrame::ReadUpTo { .. }
        | ClientFrame::Typing { .. }
        | ClientFrame::Ping {} => false,
    }
}

/// No client waits for an answer: if the store fails, the next heartbeat checks again.
async fn recheck_account(messaging: &Observed, user: UserId) -> Result<Outcome, Error> {
    match messaging.actor(user).await {
        Err(inactive @ Error::Denied(Denial::AccountInactive)) => Err(inactive),
        Err(error) => {
            tracing::warn!(error = %error, "could not look again whether the account is active");
            Ok(Outcome::NoReply)
        }
        Ok(_) => Ok(Outcome::NoReply),
    }
}

async fn type_in(hub: &Hub, user: UserId, conversation: ConversationId, is_typing: bool) -> Result<(), Error> {
    let typist = match hub.known_typist(user, conversation) {
        Some(known) => known,
        None => Arc::new(hub.messaging().membership(user, conversation).await?),
    };
    hub.typing(typist, conversation, is_typing);
    Ok(())
}

const fn done(message: MessageId) -> Outcome {
    Outcome::Done {
        message: Some(message),
        seq: None,
    }
}

const fn changed(message: &Message) -> Outcome {
    Outcome::Done {
        message: Some(message.id),
        seq: Some(message.seq),
    }
}

fn refused(body: ErrorBody) -> Outcome {
    Outcome::Refused(Box::new(body))
}

/// The log line names the frame itself, because spans may not be recorded.
fn refusal(error: &Error, id: &FrameId) -> Outcome {
    match error {
        Error::Denied(Denial::AccountInactive) => Outcome::AccountInactive,
        Error::Denied(_) | Error::RateLimited { .. } => {
            let body = ErrorBody::from(error);
            tracing::debug!(code = body.code.as_str(), "refused");
            refused(body)
        }
        Error::Store(source) => {
            tracing::error!(request.id = %id, error = %source, source = ?std::error::Error::source(source), "the store failed");
            refused(ErrorBody::from(error))
        }
        Error::Files(source) => {
            tracing::error!(error = %source, source = ?std::error::Error::source(source), "the object store failed");
            refused(ErrorBody::from(error))
        }
    }
}
