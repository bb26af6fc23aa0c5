//! `/api/messaging/conversations/`.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    denial::Denial,
    id::ConversationId,
    messaging::OpenRequest,
    ports::{Opened, ReadScope},
};
use protocol::rest::{
    self,
    query::{ChangesQuery, ConversationsQuery},
    request::{GetOrCreate, OpenConversation},
};
use realtime::measure::{UseCase, observed};

use super::{
    body,
    caller::Caller,
    error::ApiError,
    listing,
    problems::{Always, BadRequest, Forbidden, NotFound, TooLarge, TooSlow},
    query::{path_id, query},
    state::State,
};

const PATH: &str = "/api/messaging/conversations/";

/// My conversations, newest activity first.
#[utoipa::path(get, path = "/api/messaging/conversations/", tag = "conversations", operation_id = "list_conversations",
    params(ConversationsQuery),
    responses((status = 200, body = rest::ConversationList), BadRequest, Always))]
pub(crate) async fn list(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = ConversationsQuery::read(query(&request))?;
    let found = observed(
        UseCase::Conversations,
        state.messaging.conversations(caller.id(), &query.filter(), query.page()),
    )
    .await?;
    let items = found.items.iter().map(rest::ConversationListItem::from).collect();
    Ok(HttpResponse::Ok().json(listing::numbered(&state, &request, PATH, query.page(), found.total, items)))
}

/// Opens a conversation with these people, or finds the one that exists.
#[utoipa::path(post, path = "/api/messaging/conversations/", tag = "conversations", operation_id = "open_conversation",
    request_body = OpenConversation,
    responses((status = 201, description = "Opened.", body = rest::Conversation), (status = 200, description = "It existed.", body = rest::Conversation),
        BadRequest, Forbidden, NotFound, TooLarge, TooSlow, Always))]
pub(crate) async fn open(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let wish = OpenConversation::read(body::json(&request, payload).await?)?;
    answer_open(
        &caller,
        &request,
        &state,
        OpenRequest {
            targets: wish.participant_ids,
            confession: wish.confession,
        },
    )
    .await
}

/// Opens a conversation with this person, or finds the one that exists.
#[utoipa::path(post, path = "/api/messaging/conversations/get_or_create/", tag = "conversations", operation_id = "get_or_create_conversation",
    request_body = GetOrCreate,
    responses((status = 201, description = "Opened.", body = rest::Conversation), (status = 200, description = "It existed.", body = rest::Conversation),
        BadRequest, Forbidden, NotFound, TooLarge, TooSlow, Always))]
pub(crate) async fn get_or_create(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let wish = GetOrCreate::read(body::json(&request, payload).await?)?;
    answer_open(
        &caller,
        &request,
        &state,
        OpenRequest {
            targets: vec![wish.target_user_id],
            confession: wish.confession_id,
        },
    )
    .await
}

async fn answer_open(caller: &Caller, request: &HttpRequest, state: &State, wish: OpenRequest) -> Result<HttpResponse, ApiError> {
    let opened = observed(UseCase::Open, state.messaging.open(caller.id(), wish)).await?;
    let mut answer = match opened {
        Opened::New(_) => HttpResponse::Created(),
        Opened::Existing(_) => HttpResponse::Ok(),
    };
    let view = observed(UseCase::Conversation, state.messaging.conversation(caller.id(), opened.id())).await?;
    Ok(answer.json(state.eyes(caller.id(), request).conversation(&view)))
}

/// One of my conversations, and what I may do in it.
#[utoipa::path(get, path = "/api/messaging/conversations/{id}/", tag = "conversations", operation_id = "get_conversation",
    params(("id" = i64, Path)), responses((status = 200, body = rest::Conversation), NotFound, Always))]
pub(crate) async fn get(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let view = observed(UseCase::Conversation, state.messaging.conversation(caller.id(), id)).await?;
    Ok(HttpResponse::Ok().json(state.eyes(caller.id(), &request).conversation(&view)))
}

/// Marks all messages of others up to now as read.
#[utoipa::path(post, path = "/api/messaging/conversations/{id}/mark_as_read/", tag = "conversations", operation_id = "mark_conversation_as_read",
    params(("id" = i64, Path)), responses((status = 200, body = rest::ConversationMarkedAsRead), NotFound, Always))]
pub(crate) async fn mark_as_read(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let read = observed(UseCase::MarkRead, state.messaging.mark_read(caller.id(), id, ReadScope::All)).await?;
    Ok(HttpResponse::Ok().json(rest::ConversationMarkedAsRead::new(read.inbox.unread_of(caller.id()).unwrap_or(0))))
}

/// How many messages I have not read, in all my conversations.
#[utoipa::path(get, path = "/api/messaging/conversations/unread_count/", tag = "conversations", operation_id = "unread_count",
    responses((status = 200, body = rest::UnreadCount), Always))]
pub(crate) async fn unread_count(caller: Caller, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let unread_count = observed(UseCase::Unread, state.messaging.unread_total(caller.id())).await?;
    Ok(HttpResponse::Ok().json(rest::UnreadCount { unread_count }))
}

/// What changed after a `seq`: how a client catches up.
#[utoipa::path(get, path = "/api/messaging/conversations/{id}/changes/", tag = "conversations", operation_id = "list_changes",
    params(("id" = i64, Path), ChangesQuery),
    responses((status = 200, body = rest::Changes), BadRequest, NotFound, Always))]
pub(crate) async fn changes(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let query = ChangesQuery::read(query(&request))?;
    let page = observed(UseCase::Changes, state.messaging.changes(caller.id(), id, query.after, query.limit)).await?;
    Ok(HttpResponse::Ok().json(state.eyes(caller.id(), &request).viewer().changes(&page)))
}
