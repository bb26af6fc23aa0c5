//! Performs the calls of sessions by the use cases.

use std::sync::Arc;

use domain::{
    id::{ConversationId, MessageId, UserId},
    message::Message,
    messaging::{Error, Messaging, SendMessage, Sent},
    ports::{Budget, ReadScope, StoreError},
    rules::sending::Wish,
};
use protocol::{
    error::{Code, ErrorBody},
    frame::ClientFrame,
};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{
    hub::Hub,
    session::{Asked, Call, Outcome},
};

/// Performs one call of a user. The future is to be driven to its end: dropped halfway, the change may be stored and not be acknowledged.
pub(crate) async fn perform(hub: &Hub, user: UserId, asked: Asked) -> Outcome {
    let (kind, started) = (asked.call.kind(), Instant::now());
    let conversation = asked.conversation.map(|id| id.0);
    let span = tracing::debug_span!(
        "call",
        kind,
        user.id = user.0,
        conversation.id = conversation,
        request_id = asked.request_id.as_deref()
    );
    let outcome = attempt(hub, user, asked).instrument(span.clone()).await;
    metrics::histogram!("suhbat_call_seconds", "type" => kind).record(started.elapsed().as_secs_f64());
    outcome.unwrap_or_else(|error| span.in_scope(|| refusal(&error)))
}

async fn attempt(hub: &Hub, user: UserId, asked: Asked) -> Result<Outcome, Error> {
    let messaging = hub.messaging();
    let Call::Frame(frame) = asked.call else {
        return look_again(messaging, user).await;
    };
    let Some(conversation) = asked.conversation else {
        return Ok(refused(ErrorBody::new(Code::InvalidRequest)));
    };
    if changes_a_message(&frame) {
        messaging.admit(user, Budget::Requests).await?;
    }
    let within = Some(conversation);
    Ok(match frame {
        ClientFrame::ChatMessage {
            content,
            reply_to_id,
            client_id,
        } => {
            let wish = Wish {
                content: Some(content),
                reply_to: reply_to_id,
                client_id,
                attachments: Vec::new(),
            };
            match messaging.send(user, SendMessage { conversation, wish }).await? {
                Sent::New(message) => changed(&message),
                Sent::Already(message) => done(message),
            }
        }
        ClientFrame::EditMessage { message_id, content } => changed(&*messaging.edit(user, message_id, within, content).await?),
        ClientFrame::DeleteMessage { message_id } => changed(&*messaging.delete(user, message_id, within).await?),
        ClientFrame::PinMessage { message_id, is_pinned } => changed(&*messaging.pin(user, message_id, within, is_pinned).await?),
        ClientFrame::ReadReceipt { message_id } => {
            messaging.mark_read(user, conversation, ReadScope::One(message_id)).await?;
            done(message_id)
        }
        ClientFrame::ReadUpTo { up_to } => {
            messaging.mark_read(user, conversation, ReadScope::UpTo(up_to)).await?;
            done(up_to)
        }
        ClientFrame::Typing { is_typing } => {
            type_in(hub, user, conversation, is_typing).await?;
            Outcome::Told
        }
        ClientFrame::Ping {} => Outcome::LastSeq(messaging.membership(user, conversation).await?.last_seq),
    })
}

/// What writes a message anew counts as a REST request does. Sending has a budget of its own; receipts, typing and pings are bounded by being performed
/// one after the other, and clients of old send a receipt for every message that they show.
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

/// Nobody waits for an answer: where the store fails, the next heartbeat looks again.
async fn look_again(messaging: &Messaging, user: UserId) -> Result<Outcome, Error> {
    match messaging.actor(user).await {
        Err(Error::AccountInactive) => Err(Error::AccountInactive),
        Err(error) => {
            tracing::warn!(error = %error, "could not look again whether the account is active");
            Ok(Outcome::Quiet)
        }
        Ok(_) => Ok(Outcome::Quiet),
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

fn refusal(error: &Error) -> Outcome {
    match error {
        Error::Denied(_) | Error::RateLimited { .. } => refused(ErrorBody::from(error)),
        Error::AccountInactive => Outcome::AccountInactive,
        Error::Store(source) => {
            tracing::error!(error = %source, source = ?std::error::Error::source(source), "the store failed");
            refused(ErrorBody::new(match source {
                StoreError::Busy | StoreError::Failed(_) => Code::Unavailable,
                StoreError::Corrupt { .. } | StoreError::Duplicate(_) => Code::Internal,
            }))
        }
        Error::Files(source) => {
            tracing::error!(error = %source, source = ?std::error::Error::source(source), "the object store failed");
            refused(ErrorBody::from(error))
        }
    }
}
