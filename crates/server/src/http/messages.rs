//! `/api/messaging/messages/`.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    denial::Denial,
    id::MessageId,
    messaging::{self, Sent},
};
use protocol::{
    error::Code,
    rest::{
        self,
        query::HistoryQuery,
        request::{self, EditMessage},
    },
};
use realtime::measure::{UseCase, observed};
use storage::intake::Unclaimed;

use super::{
    body,
    caller::Caller,
    error::ApiError,
    form, listing,
    problems::{Always, BadRequest, Conflict, FilesTooLarge, Forbidden, NotFound, TooLarge, TooSlow, UnsupportedFile},
    query::{path_id, query},
    state::State,
};

const PATH: &str = "/api/messaging/messages/";

/// A window of a conversation's history, ascending; the newest unless told otherwise.
#[utoipa::path(get, path = "/api/messaging/messages/", tag = "messages", operation_id = "list_messages",
    params(HistoryQuery),
    responses((status = 200, description = "`next` leads to older messages, `previous` to newer ones.", body = rest::MessageList), BadRequest, NotFound, Always))]
pub(crate) async fn list(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = HistoryQuery::read(query(&request))?;
    let (of, shown) = (query.conversation, query.shown());
    let found = observed(UseCase::History, state.messaging.history(caller.id(), of, query.window(), shown)).await?;
    let (next, previous) = listing::neighbours(&state, &request, PATH, of, query.size(), shown, &found);
    let eyes = state.eyes(caller.id(), &request);
    let viewer = eyes.viewer();
    let results = found.items.iter().map(|message| viewer.message(message)).collect();
    Ok(HttpResponse::Ok().json(rest::List {
        count: found.total,
        next,
        previous,
        results,
    }))
}

/// Sends a message. Repeating a `client_id` answers with the first one.
#[utoipa::path(post, path = "/api/messaging/messages/", tag = "messages", operation_id = "send_message",
    request_body(content((request::SendMessage = "application/json"), (request::SendMessageForm = "multipart/form-data"))),
    responses((status = 201, description = "Stored.", body = rest::Message), (status = 200, description = "Stored before, under the same `client_id`.", body = rest::Message),
        BadRequest, Forbidden, NotFound, Conflict, FilesTooLarge, TooSlow, UnsupportedFile, Always))]
pub(crate) async fn send(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let began = Instant::now();
    if !form::is_multipart(&request) {
        let asked = request::SendMessage::read(body::json(&request, payload).await?)?;
        let sent = observed(UseCase::Send, state.messaging.send(caller.id(), asked.into())).await?;
        return stored(&caller, &request, &state, sent).await;
    }
    let sent = send_form(&caller, &request, payload, &state).await;
    let outcome = sent.as_ref().map_or_else(ApiError::code, |_| "stored");
    metrics::counter!("suhbat_uploads_total", "outcome" => outcome).increment(1);
    metrics::histogram!("suhbat_upload_seconds").record(began.elapsed());
    stored(&caller, &request, &state, sent?).await
}

/// A message that came as a form, with files or without.
async fn send_form(caller: &Caller, request: &HttpRequest, payload: web::Payload, state: &State) -> Result<Sent, ApiError> {
    let form::Form { fields, files, already } = form::read(state, caller.id(), request, payload).await?;
    if let Some(message) = already {
        return Ok(Sent::Already(message));
    }
    let mut message = messaging::SendMessage::from(request::SendMessage::read(fields)?);
    if files.is_empty() {
        return Ok(observed(UseCase::Send, state.messaging.send(caller.id(), message)).await?);
    }
    let (attachments, objects): (Vec<_>, Vec<_>) = files.into_iter().unzip();
    message.wish.attachments = attachments;
    let (messaging, actor) = (state.messaging.clone(), caller.id());
    // In a task of its own, since a request is dropped when its client is gone: then nobody would know whether the files are in use.
    let sending = actix_web::rt::spawn(async move {
        objects.into_iter().for_each(Unclaimed::claim);
        observed(UseCase::Send, messaging.send_with_files(actor, message)).await
    });
    let sent = sending.await.map_err(|error| {
        tracing::error!(%error, "sending a message with files was cut off");
        ApiError::new(Code::Internal)
    })?;
    Ok(sent?)
}

async fn stored(caller: &Caller, request: &HttpRequest, state: &State, sent: Sent) -> Result<HttpResponse, ApiError> {
    let eyes = state.eyes(caller.id(), request);
    let viewer = eyes.viewer();
    Ok(match sent {
        Sent::New(message) => HttpResponse::Created().json(viewer.message(&message)),
        Sent::Already(id) => {
            let first = observed(UseCase::Message, state.messaging.message(caller.id(), id)).await?;
            HttpResponse::Ok().json(viewer.message(&first))
        }
    })
}

/// One message.
#[utoipa::path(get, path = "/api/messaging/messages/{id}/", tag = "messages", operation_id = "get_message",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Message), NotFound, Always))]
pub(crate) async fn get(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let message = observed(UseCase::Message, state.messaging.message(caller.id(), message_id(&request)?)).await?;
    Ok(HttpResponse::Ok().json(state.eyes(caller.id(), &request).viewer().message(&message)))
}

/// Replaces the content of my message, within the edit window.
#[utoipa::path(patch, path = "/api/messaging/messages/{id}/", tag = "messages", operation_id = "edit_message",
    params(("id" = i64, Path)), request_body = EditMessage,
    responses((status = 200, body = rest::Message), BadRequest, Forbidden, NotFound, TooLarge, TooSlow, Always))]
pub(crate) async fn edit(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = message_id(&request)?;
    let wish = EditMessage::read(body::json(&request, payload).await?)?;
    let message = observed(UseCase::Edit, state.messaging.edit(caller.id(), id, None, wish.content)).await?;
    Ok(HttpResponse::Ok().json(state.eyes(caller.id(), &request).viewer().message(&message)))
}

/// Deletes my message, for everybody. Doing it twice succeeds.
#[utoipa::path(delete, path = "/api/messaging/messages/{id}/", tag = "messages", operation_id = "delete_message",
    params(("id" = i64, Path)), responses((status = 204, description = "Deleted."), Forbidden, NotFound, Always))]
pub(crate) async fn delete(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    observed(UseCase::Delete, state.messaging.delete(caller.id(), message_id(&request)?, None)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Marks exactly this message as read. On one's own it has no effect.
#[utoipa::path(post, path = "/api/messaging/messages/{id}/mark_as_read/", tag = "messages", operation_id = "mark_message_as_read",
    params(("id" = i64, Path)), responses((status = 200, body = rest::MessageMarkedAsRead), NotFound, Always))]
pub(crate) async fn mark_as_read(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    observed(
        UseCase::MarkRead,
        state.messaging.mark_message_read(caller.id(), message_id(&request)?),
    )
    .await?;
    Ok(HttpResponse::Ok().json(rest::MessageMarkedAsRead::default()))
}

/// Pins a message.
#[utoipa::path(post, path = "/api/messaging/messages/{id}/pin/", tag = "messages", operation_id = "pin_message",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Message), Forbidden, NotFound, Always))]
pub(crate) async fn pin(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    set_pinned(&caller, &request, &state, true).await
}

/// Unpins a message.
#[utoipa::path(post, path = "/api/messaging/messages/{id}/unpin/", tag = "messages", operation_id = "unpin_message",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Message), Forbidden, NotFound, Always))]
pub(crate) async fn unpin(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    set_pinned(&caller, &request, &state, false).await
}

async fn set_pinned(caller: &Caller, request: &HttpRequest, state: &State, pinned: bool) -> Result<HttpResponse, ApiError> {
    let message = observed(UseCase::Pin, state.messaging.pin(caller.id(), message_id(request)?, None, pinned)).await?;
    Ok(HttpResponse::Ok().json(state.eyes(caller.id(), request).viewer().message(&message)))
}

fn message_id(request: &HttpRequest) -> Result<MessageId, ApiError> {
    path_id(request, "id", Denial::MessageNotFound).map(MessageId)
}
