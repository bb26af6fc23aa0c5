//! `/api/messaging/conversations/`.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    conversation::{OpenRequest, RowAct, RowRequest},
    denial::Denial,
    id::ConversationId,
    ports::Opened,
    receipt::{ReadRequest, ReadScope},
};
use protocol::rest::{
    self,
    query::{ChangesQuery, ConversationsQuery, CountsQuery},
    request::{AnsweredConversation, GetOrCreate, MuteConversation, OpenConversation},
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
    let items = found
        .items
        .iter()
        .map(|item| rest::ConversationListItem::of(item, caller.id()))
        .collect();
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

/// Marks the conversation as unread until it is read again. `unread_count` stays; with unread messages nothing changes.
#[utoipa::path(post, path = "/api/messaging/conversations/{id}/mark_as_unread/", tag = "conversations", operation_id = "mark_conversation_as_unread",
    params(("id" = i64, Path)), responses((status = 200, body = rest::ConversationRow), NotFound, CommonErrors))]
pub(crate) async fn mark_as_unread(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    arrange(&caller, &request, &state, RowAct::MarkUnread).await
}

/// Puts the conversation into my archive. A new message takes it out, unless it is muted.
#[utoipa::path(post, path = "/api/messaging/conversations/{id}/archive/", tag = "conversations", operation_id = "archive_conversation",
    params(("id" = i64, Path)), responses((status = 200, body = rest::ConversationRow), NotFound, CommonErrors))]
pub(crate) async fn archive(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    arrange(&caller, &request, &state, RowAct::Archive(true)).await
}

/// Takes the conversation out of my archive.
#[utoipa::path(post, path = "/api/messaging/conversations/{id}/unarchive/", tag = "conversations", operation_id = "unarchive_conversation",
    params(("id" = i64, Path)), responses((status = 200, body = rest::ConversationRow), NotFound, CommonErrors))]
pub(crate) async fn unarchive(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    arrange(&caller, &request, &state, RowAct::Archive(false)).await
}

/// Mutes the conversation for me, or ends the muting. Nobody else sees it, and unread messages are counted as ever.
#[utoipa::path(put, path = "/api/messaging/conversations/{id}/mute/", tag = "conversations", operation_id = "mute_conversation", params(("id" = i64, Path)),
    request_body(content((MuteConversation = "application/json"), (MuteConversation = "application/x-www-form-urlencoded"), (MuteConversation = "multipart/form-data"))),
    responses((status = 200, body = rest::ConversationRow), BadRequest, NotFound, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn mute(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let asked = MuteConversation::read(body::fields(&request, payload).await?)?;
    arrange(&caller, &request, &state, RowAct::Mute(asked.until)).await
}

/// No answer is needed: the member no longer waits, for any of the admins who take part. `answered: false` takes it back.
#[utoipa::path(post, path = "/api/messaging/conversations/{id}/answered/", tag = "conversations", operation_id = "answer_conversation", params(("id" = i64, Path)),
    request_body(content((AnsweredConversation = "application/json"), (AnsweredConversation = "application/x-www-form-urlencoded"), (AnsweredConversation = "multipart/form-data"))),
    responses((status = 200, body = rest::ConversationRow), BadRequest, Forbidden, NotFound, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn answered(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let asked = AnsweredConversation::read(body::optional_fields(&request, payload).await?)?;
    arrange(&caller, &request, &state, RowAct::Answered(asked.answered.unwrap_or(true))).await
}

async fn arrange(caller: &Caller, request: &HttpRequest, state: &State, act: RowAct) -> Result<HttpResponse, ApiError> {
    let conversation = ConversationId(path_id(request, "id", Denial::ConversationNotFound)?);
    let actor = caller.id();
    let asked = RowRequest { actor, conversation, act };
    let arranged = state.messaging.arrange(asked).await?;
    Ok(HttpResponse::Ok().json(rest::ConversationRow::of(&arranged.summary, actor)))
}

/// How many conversations each filter of my list has.
#[utoipa::path(get, path = "/api/messaging/conversations/counts/", tag = "conversations", operation_id = "count_conversations",
    params(CountsQuery), responses((status = 200, body = rest::ConversationCounts), BadRequest, CommonErrors))]
pub(crate) async fn counts(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = CountsQuery::read(query(&request))?;
    let counts = state.messaging.list_counts(&caller.0, query.confession).await?;
    Ok(HttpResponse::Ok().json(rest::ConversationCounts::from(counts)))
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
