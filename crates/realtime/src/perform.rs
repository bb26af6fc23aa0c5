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
    measure::{self, UseCase, observed},
    session::{Asked, Call, FrameId, Outcome},
};

/// Performs one call of a user. The future is to be driven to its end: dropped halfway, the change may be stored and not be acknowledged.
pub(crate) async fn perform(hub: &Hub, user: UserId, asked: Asked) -> Outcome {
    let (id, kind, started) = (asked.id.clone(), asked.call.kind(), Instant::now());
    // Of nobody's span: a socket lives for hours, and every frame is a story of its own.
    let span = tracing::debug_span!(
        parent: None,
        "call",
        otel.name = kind,
        otel.kind = "server",
        request.id = %id,
        kind,
        user.id = user.0,
        conversation.id = asked.conversation.map(|id| id.0)
    );
    let outcome = attempt(hub, user, asked).instrument(span.clone()).await;
    measure::called(kind, started.elapsed());
    outcome.unwrap_or_else(|error| {
        let _entered = span.entered();
        refusal(&error, &id)
    })
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
            match observed(UseCase::Send, messaging.send(user, SendMessage { conversation, wish })).await? {
                Sent::New(message) => changed(&message),
                Sent::Already(message) => done(message),
            }
        }
        ClientFrame::EditMessage { message_id, content } => {
            changed(&*observed(UseCase::Edit, messaging.edit(user, message_id, within, content)).await?)
        }
        ClientFrame::DeleteMessage { message_id } => {
            changed(&*observed(UseCase::Delete, messaging.delete(user, message_id, within)).await?)
        }
        ClientFrame::PinMessage { message_id, is_pinned } => {
            changed(&*observed(UseCase::Pin, messaging.pin(user, message_id, within, is_pinned)).await?)
        }
        ClientFrame::ReadReceipt { message_id } => {
            let scope = ReadScope::One(message_id);
            observed(UseCase::MarkRead, messaging.mark_read(user, conversation, scope)).await?;
            done(message_id)
        }
        ClientFrame::ReadUpTo { up_to } => {
            let scope = ReadScope::UpTo(up_to);
            observed(UseCase::MarkRead, messaging.mark_read(user, conversation, scope)).await?;
            done(up_to)
        }
        ClientFrame::Typing { is_typing } => {
            type_in(hub, user, conversation, is_typing).await?;
            Outcome::Told
        }
        ClientFrame::Ping {} => Outcome::LastSeq(
            observed(UseCase::Membership, messaging.membership(user, conversation))
                .await?
                .last_seq,
        ),
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
        None => Arc::new(observed(UseCase::Membership, hub.messaging().membership(user, conversation)).await?),
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

/// Where spans are not recorded the line must name the frame itself.
fn refusal(error: &Error, id: &FrameId) -> Outcome {
    match error {
        Error::Denied(_) | Error::RateLimited { .. } => {
            tracing::debug!(code = error.code(), "refused");
            refused(ErrorBody::from(error))
        }
        Error::AccountInactive => Outcome::AccountInactive,
        Error::Store(source) => {
            tracing::error!(request.id = %id, error = %source, source = ?std::error::Error::source(source), "the store failed");
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
