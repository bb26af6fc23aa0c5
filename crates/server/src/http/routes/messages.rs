//! `/api/messaging/messages/`.

use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    denial::Denial,
    id::MessageId,
    messaging::{MessageTarget, NotARecording},
    ports::SendOutcome,
    receipt::ReadRequest,
};
use protocol::{
    error::Code,
    rest::{
        self,
        query::HistoryQuery,
        request::{self, EditMessage},
    },
};
use realtime::audit;
use scopeguard::ScopeGuard;

use crate::http::{
    body::{self, Kind, form},
    caller::{Caller, Sender},
    error::ApiError,
    pagination,
    query::{path_id, query},
    responses::{BadRequest, CommonErrors, Conflict, FilesTooLarge, Forbidden, NotFound, RequestTimeout, TooLarge, UnsupportedFile},
    state::State,
};

const PATH: &str = "/api/messaging/messages/";

/// The field that makes a message a voice message.
const VOICE: &str = "voice";

/// A window of a conversation's history, ascending; the newest unless told otherwise.
#[utoipa::path(get, path = "/api/messaging/messages/", tag = "messages", operation_id = "list_messages",
    params(HistoryQuery),
    responses((status = 200, description = "`next` leads to older messages, `previous` to newer ones. A page ends before its limit where it would hold more than 1 MiB of content; follow these links rather than counting.", body = rest::MessageList), BadRequest, NotFound, CommonErrors))]
pub(crate) async fn list(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = HistoryQuery::read(query(&request))?;
    let (of, shown) = (query.conversation, query.shown());
    let found = state.reading(&request).history(caller.id(), of, query.window(), shown).await?;
    let (next, previous) = pagination::neighbours(&state, &request, PATH, of, query.size(), shown, &found);
    let viewer_context = state.viewer_context(caller.id(), &request);
    let viewer = viewer_context.viewer();
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
    request_body(content((request::SendMessage = "application/json"), (request::SendMessage = "application/x-www-form-urlencoded"), (request::SendMessageForm = "multipart/form-data"))),
    responses((status = 201, description = "Stored.", body = rest::Message), (status = 200, description = "Stored before, under the same `client_id`.", body = rest::Message),
        BadRequest, Forbidden, NotFound, Conflict, FilesTooLarge, RequestTimeout, UnsupportedFile, CommonErrors))]
pub(crate) async fn send(
    Sender(caller): Sender,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let began = Instant::now();
    if Kind::of(&request) != Kind::Multipart {
        let fields = body::fields(&request, payload).await?;
        if let Some(name) = form::FILES.into_iter().find(|name| fields.has_content(name)) {
            return Err(ApiError::field(name, "Files are sent as multipart/form-data."));
        }
        let asked = request::SendMessage::read(fields)?;
        if asked.voice.is_some() {
            return Err(ApiError::field(
                VOICE,
                "A voice message is sent with its file, as multipart/form-data.",
            ));
        }
        let sent = state.messaging.send(asked.from_sender(caller.id())).await?;
        return stored(&caller, &request, &state, sent).await;
    }
    let sent = send_form(&caller, &request, payload, &state).await;
    let outcome = sent.as_ref().map_or_else(ApiError::code, |_| "stored");
    metrics::counter!("suhbat_uploads_total", "outcome" => outcome).increment(1);
    metrics::histogram!("suhbat_upload_seconds").record(began.elapsed());
    stored(&caller, &request, &state, sent?).await
}

/// A message that came as a form, with files or without.
async fn send_form(caller: &Caller, request: &HttpRequest, payload: web::Payload, state: &State) -> Result<SendOutcome, ApiError> {
    let form::Form { fields, upload, already } = form::read(state, caller.id(), request, payload).await?;
    if let Some(message) = already {
        return Ok(SendOutcome::AlreadySent(message));
    }
    let asked = request::SendMessage::read(fields)?;
    let not_a_recording = || ApiError::field(VOICE, "A voice message has exactly one file, an audio file.");
    let Some(mut upload) = upload else {
        if asked.voice.is_some() {
            return Err(not_a_recording());
        }
        return Ok(state.messaging.send(asked.from_sender(caller.id())).await?);
    };
    if let Some(voice) = asked.voice.clone() {
        upload.set_voice(voice).map_err(|NotARecording| not_a_recording())?;
    }
    let message = asked.from_sender(caller.id());
    let messaging = state.messaging.clone();
    // In a task of its own, since a request is dropped when its client leaves: then it would be unknown whether the files are in use.
    let sending = actix_web::rt::spawn(async move { messaging.send_with_files(ScopeGuard::into_inner(upload), message).await });
    let sent = sending.await.map_err(|error| {
        tracing::error!(%error, "sending a message with files was cut off");
        ApiError::new(Code::Internal)
    })?;
    Ok(sent?)
}

async fn stored(caller: &Caller, request: &HttpRequest, state: &State, sent: SendOutcome) -> Result<HttpResponse, ApiError> {
    let viewer_context = state.viewer_context(caller.id(), request);
    let viewer = viewer_context.viewer();
    Ok(match sent {
        SendOutcome::New(change) => HttpResponse::Created().json(viewer.message(&change.message)),
        SendOutcome::AlreadySent(id) => {
            let first = state.messaging.message(&caller.0, id).await?;
            HttpResponse::Ok().json(viewer.message(&first))
        }
    })
}

/// One message.
#[utoipa::path(get, path = "/api/messaging/messages/{id}/", tag = "messages", operation_id = "get_message",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Message), NotFound, CommonErrors))]
pub(crate) async fn get(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = message_id(&request)?;
    let message = state.reading(&request).message(&caller.0, id).await?;
    Ok(HttpResponse::Ok().json(state.viewer_context(caller.id(), &request).viewer().message(&message)))
}

/// Replaces the content of my message, within the edit window.
#[utoipa::path(patch, path = "/api/messaging/messages/{id}/", tag = "messages", operation_id = "edit_message",
    params(("id" = i64, Path)), request_body(content((EditMessage = "application/json"), (EditMessage = "application/x-www-form-urlencoded"), (EditMessage = "multipart/form-data"))),
    responses((status = 200, body = rest::Message), BadRequest, Forbidden, NotFound, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn edit(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let id = message_id(&request)?;
    let asked = EditMessage::read(body::fields(&request, payload).await?)?;
    let message = state
        .messaging
        .edit(MessageTarget::anywhere(caller.id(), id), asked.content)
        .await?;
    Ok(HttpResponse::Ok().json(state.viewer_context(caller.id(), &request).viewer().message(&message)))
}

/// Deletes my message, for everybody. Doing it twice succeeds.
#[utoipa::path(delete, path = "/api/messaging/messages/{id}/", tag = "messages", operation_id = "delete_message",
    params(("id" = i64, Path)), responses((status = 204, description = "Deleted."), Forbidden, NotFound, CommonErrors))]
pub(crate) async fn delete(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    state
        .messaging
        .delete(MessageTarget::anywhere(caller.id(), message_id(&request)?))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Marks exactly this message as read. On one's own it has no effect.
#[utoipa::path(post, path = "/api/messaging/messages/{id}/mark_as_read/", tag = "messages", operation_id = "mark_message_as_read",
    params(("id" = i64, Path)), responses((status = 200, body = rest::MessageMarkedAsRead), NotFound, CommonErrors))]
pub(crate) async fn mark_as_read(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    state
        .messaging
        .mark_read(ReadRequest::message(caller.id(), message_id(&request)?))
        .await?;
    Ok(HttpResponse::Ok().json(rest::MessageMarkedAsRead::default()))
}

/// Pins a message. A superadmin who does not take part in the conversation gets the message without content, files, receipts, reply and `client_id`.
#[utoipa::path(post, path = "/api/messaging/messages/{id}/pin/", tag = "messages", operation_id = "pin_message",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Message), Forbidden, NotFound, CommonErrors))]
pub(crate) async fn pin(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    set_pinned(&caller, &request, &state, true).await
}

/// Unpins a message. A superadmin who does not take part in the conversation gets the message without content, files, receipts, reply and `client_id`.
#[utoipa::path(post, path = "/api/messaging/messages/{id}/unpin/", tag = "messages", operation_id = "unpin_message",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Message), Forbidden, NotFound, CommonErrors))]
pub(crate) async fn unpin(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    set_pinned(&caller, &request, &state, false).await
}

async fn set_pinned(caller: &Caller, request: &HttpRequest, state: &State, pinned: bool) -> Result<HttpResponse, ApiError> {
    let outcome = state
        .messaging
        .pin(MessageTarget::anywhere(caller.id(), message_id(request)?), pinned)
        .await?;
    audit::pinned(caller.id(), pinned, &outcome);
    Ok(HttpResponse::Ok().json(state.viewer_context(caller.id(), request).viewer().message(&outcome.message)))
}

fn message_id(request: &HttpRequest) -> Result<MessageId, ApiError> {
    path_id(request, "id", Denial::MessageNotFound).map(MessageId)
}
