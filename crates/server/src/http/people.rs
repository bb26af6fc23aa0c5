//! Whom one may write to.

use actix_web::{HttpRequest, HttpResponse, web};
use protocol::rest::{self, query::ContactsQuery};
use realtime::measure::{UseCase, observed};

use super::{
    caller::Caller,
    error::ApiError,
    listing,
    problems::{Always, BadRequest},
    query::query,
    state::State,
};

const PATH: &str = "/api/messaging/contacts/";

/// Whom I may open a conversation with; for a member: the admins of the confessions followed.
#[utoipa::path(get, path = "/api/messaging/contacts/", tag = "conversations", operation_id = "list_contacts",
    params(ContactsQuery),
    responses((status = 200, body = rest::ContactList), BadRequest, Always))]
pub(crate) async fn contacts(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let query = ContactsQuery::read(query(&request))?;
    let found = observed(
        UseCase::Contacts,
        state.messaging.contacts(caller.id(), query.q.as_deref(), query.page()),
    )
    .await?;
    let items = found.items.iter().map(rest::Contact::from).collect();
    Ok(HttpResponse::Ok().json(listing::numbered(&state, &request, PATH, query.page(), found.total, items)))
}
