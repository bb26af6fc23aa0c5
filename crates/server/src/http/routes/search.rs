//! `/api/messaging/search/`, and the search of one conversation.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{denial::Denial, id::ConversationId};
use protocol::rest::{self, SearchQuery};

use crate::http::{
    caller::Caller,
    error::ApiError,
    pagination,
    query::{path_id, query},
    responses::{BadRequest, CommonErrors, NotFound},
    state::State,
};

const PATH: &str = "/api/messaging/search/";

/// The messages of the caller's conversations that have the words, newest first.
///
/// Words are found in every spelling: Latin finds Cyrillic and back, apostrophes, accents and case make no difference, and a word finds its other forms. A
/// message is found from the moment at which its sending was acknowledged, and no more once it is deleted or edited away. A page may have fewer hits than its
/// limit, or none, and lead on all the same.
#[utoipa::path(get, path = "/api/messaging/search/", tag = "messages", operation_id = "search_messages",
    params(SearchQuery), responses((status = 200, body = rest::SearchResults), BadRequest, NotFound, CommonErrors))]
pub(crate) async fn everywhere(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    answer(&caller, &request, &state, PATH, None).await
}

/// The messages of one conversation that have the words, newest first, with their number and the place of each.
#[utoipa::path(get, path = "/api/messaging/conversations/{id}/search/", tag = "messages", operation_id = "search_conversation",
    params(("id" = i64, Path), SearchQuery), responses((status = 200, body = rest::SearchResults), BadRequest, NotFound, CommonErrors))]
pub(crate) async fn within(caller: Caller, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let id = ConversationId(path_id(&request, "id", Denial::ConversationNotFound)?);
    let path = format!("/api/messaging/conversations/{id}/search/");
    answer(&caller, &request, &state, &path, Some(id)).await
}

async fn answer(
    caller: &Caller,
    request: &HttpRequest,
    state: &State,
    path: &str,
    within: Option<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    let search = SearchQuery::read(query(request))?.request(within)?;
    let _turn = caller.search_turn(state).await?;
    let limit = search.limit;
    let found = state.messaging.search(&caller.0, search).await?;
    let next = found.next.map(|before| pagination::older_hits(state, request, path, before, limit));
    let viewer_context = state.viewer_context(caller.id(), request);
    Ok(HttpResponse::Ok().json(viewer_context.viewer().search_results(&found, next)))
}
