//! `/api/messaging/conversations/`.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    conversation::OpenRequest,
    denial::Denial,
    id::ConversationId,
    ports::Opened,
    receipt::{ReadRequest, ReadScope},
};
use protocol::rest::{
    self,
    query::{ChangesQuery, ConversationsQuery},
    request::{GetOrCreate, OpenConversation},
};

use crate::http::{
    body,
    caller::Caller,
    error::ApiError,
    pagination,
    query::{path_id, query},
    responses::{BadRequest, CommonErrors, Forbidden, NotFound, RequestTimeout, TooLarge},
    state::State,
};

const PATH: &str = "/api/messaging/conversations/";

/// My conversations, newest activity first.
#[utoipa::path(get, path = "/api/messaging/conversations/", tag = "conversations", operation_id = "list_conversations",
    params(ConversationsQuery),
    responses((status = 200, body = rest::ConversationList), BadRequest, CommonErrors))]
pub(crate) async fn list(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = ConversationsQuery::read(query(&request))?;
    let _turn = match query.q {
        Some(_) => Some(caller.search_turn(&state).await?),
        None => None,
    };
    let found = state.messaging.conversations(&caller.0, &query.filter(), query.page()).await?;
    let items = found.items.iter().map(rest::ConversationListItem::from).collect();
    Ok(HttpResponse::Ok().json(pagination::by_number(&state, &request, PATH, query.page(), found.total, items)))
}

/// Opens a conversation with these people, or finds the one that exists.
#[utoipa::path(post, path = "/api/messaging/conversations/", tag = "conversations", operation_id = "open_conversation",
    request_body(content((OpenConversation = "application/json"), (OpenConversation = "application/x-www-form-urlencoded"), (OpenConversation = "multipart/form-data"))),
    responses((status = 201, description = "Opened.", body = rest::Conversation), (status = 200, description = "It existed.", body = rest::Conversation),
        BadRequest, Forbidden, NotFound, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn open(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let asked = OpenConversation::read(body::fields(&request, payload).await?)?;
    let asked = OpenRequest {
        actor: caller.id(),
        targets: asked.participant_ids,
        confession: asked.confession,
    };
    answer_open(&caller, &request, &state, asked).await
}

/// Opens a conversation with this person, or finds the one that exists.
#[utoipa::path(post, path = "/api/messaging/conversations/get_or_create/", tag = "conversations", operation_id = "get_or_create_conversation",
    request_body(content((GetOrCreate = "application/json"), (GetOrCreate = "application/x-www-form-urlencoded"), (GetOrCreate = "multipart/form-data"))),
    responses((status = 201, description = "Opened.", body = rest::Conversation), (status = 200, description = "It existed.", body = rest::Conversation),
        BadRequest, Forbidden, NotFound, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn get_or_create(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let asked = GetOrCreate::read(body::fields(&request, payload).await?)?;
    let asked = OpenRequest {
        actor: caller.id(),
        targets: vec![asked.target_user_id],
        confession: asked.confession_id,
    };
    answer_open(&caller, &request, &state, asked).await
}

async fn answer_open(caller: &Caller, request: &HttpRequest, state: &State, asked: OpenRequest) -> Result<HttpResponse, ApiError> {
    let opened = state.messaging.open(asked).await?;
    let mut answer = match opened {
        Opened::New(_) => HttpResponse::Created(),
        Opened::Existing(_) => HttpResponse::Ok(),
    };
    let view = state.messaging.conversation(caller.id(), opened.id()).await?;
    Ok(answer.json(state.viewer_context(caller.id(), request).conversation(&view)))
}

/// One of my conversations, and what I may do in it.
#[utoipa::path(get, path = "/api/messaging/conversations/{id}/", tag = "conversations", operation_id = "get_conversation",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Conversation), NotFound, CommonErrors))]
pub(crate) async fn get(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let view = state.messaging.conversation(caller.id(), id).await?;
    Ok(HttpResponse::Ok().json(state.viewer_context(caller.id(), &request).conversation(&view)))
}

/// Marks all messages of others up to now as read.
#[utoipa::path(post, path = "/api/messaging/conversations/{id}/mark_as_read/", tag = "conversations", operation_id = "mark_conversation_as_read",
    params(("id" = i64, Path)), responses((status = 200, body = rest::ConversationMarkedAsRead), NotFound, CommonErrors))]
pub(crate) async fn mark_as_read(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let read = state
        .messaging
        .mark_read(ReadRequest::within(id, caller.id(), ReadScope::All))
        .await?;
    Ok(HttpResponse::Ok().json(rest::ConversationMarkedAsRead::new(
        read.summary.unread_of(caller.id()).unwrap_or(0),
    )))
}

/// How many messages I have not read, in all my conversations.
#[utoipa::path(get, path = "/api/messaging/conversations/unread_count/", tag = "conversations", operation_id = "unread_count",
    responses((status = 200, body = rest::UnreadCount), CommonErrors))]
pub(crate) async fn unread_count(caller: Caller, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let unread_count = state.messaging.unread_total(&caller.0).await?;
    Ok(HttpResponse::Ok().json(rest::UnreadCount { unread_count }))
}

/// The changes after a `seq`, with which a client catches up. A page ends before its limit at 1 MiB of content; `has_more` tells whether there are more.
#[utoipa::path(get, path = "/api/messaging/conversations/{id}/changes/", tag = "conversations", operation_id = "list_changes",
    params(("id" = i64, Path), ChangesQuery),
    responses((status = 200, body = rest::Changes), BadRequest, NotFound, CommonErrors))]
pub(crate) async fn changes(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let query = ChangesQuery::read(query(&request))?;
    let page = state.reading(&request).changes(caller.id(), id, query.after, query.limit).await?;
    Ok(HttpResponse::Ok().json(state.viewer_context(caller.id(), &request).viewer().changes(&page)))
}
