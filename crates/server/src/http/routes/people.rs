//! Endpoints about the caller, and about the people whom the caller may write to.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{denial::Denial, id::UserId};
use protocol::rest::{self, query::ContactsQuery};

use crate::http::{
    caller::Caller,
    error::ApiError,
    pagination,
    query::{path_id, query},
    responses::{BadRequest, CommonErrors, NotFound},
    state::State,
};

const PATH: &str = "/api/messaging/contacts/";

/// The account of the caller, and the confessions that the caller administers and follows.
#[utoipa::path(get, path = "/api/messaging/me/", tag = "conversations", operation_id = "get_me",
    responses((status = 200, body = rest::Me), CommonErrors))]
pub(crate) async fn me(caller: Caller, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let found = state.messaging.me(caller.id()).await?;
    Ok(HttpResponse::Ok().json(rest::Me::from(&found)))
}

/// The people with whom the caller may open a conversation; for a member: the admins of the confessions that the member follows.
#[utoipa::path(get, path = "/api/messaging/contacts/", tag = "conversations", operation_id = "list_contacts",
    params(ContactsQuery),
    responses((status = 200, body = rest::ContactList), BadRequest, CommonErrors))]
pub(crate) async fn contacts(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = ContactsQuery::read(query(&request))?;
    let _turn = caller.search_turn(&state).await?;
    let found = state.messaging.contacts(&caller.0, &query.filter(), query.page()).await?;
    let items = found.items.iter().map(rest::Contact::from).collect();
    Ok(HttpResponse::Ok().json(pagination::by_number(&state, &request, PATH, query.page(), found.total, items)))
}

/// One person with whom the caller may open a conversation; all others are not found.
#[utoipa::path(get, path = "/api/messaging/contacts/{id}/", tag = "conversations", operation_id = "get_contact",
    params(("id" = i64, Path)), responses((status = 200, body = rest::ContactDetail), NotFound, CommonErrors))]
pub(crate) async fn contact(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = UserId(path_id(&request, "id", Denial::UserNotFound)?);
    let found = state.messaging.contact(&caller.0, id).await?;
    Ok(HttpResponse::Ok().json(rest::ContactDetail::from(&found)))
}
