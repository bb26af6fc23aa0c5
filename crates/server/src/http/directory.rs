//! `/api/directory/`: how the platform feeds accounts, confessions and subscriptions in mode `own` (section 8 of the contract).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    denial::Denial,
    event::{Body, Event},
    id::{ConfessionId, UserId},
    messaging,
    people::{Confession, DirectoryDocument, Person, Subscription},
    ports::{DirectoryFeed, Fed},
};
use protocol::{
    error::Code,
    fields::Fields,
    rest::{
        self,
        directory::{DirectoryConfession, DirectoryImport, DirectoryImported, DirectorySubscription, DirectoryUser},
    },
};

use super::{
    body,
    caller::Token,
    error::ApiError,
    problems::{Always, BadRequest, Elsewhere, Forbidden, NotFound, TooLarge, TooSlow},
    query::path_id,
    state::State,
};

/// The scope that a token needs here.
const SCOPE: &str = "directory";

/// Creates or replaces an account.
#[utoipa::path(put, path = "/api/directory/users/{id}/", tag = "directory", operation_id = "put_user",
    params(("id" = i64, Path)), request_body = DirectoryUser,
    responses((status = 200, body = rest::User), BadRequest, Forbidden, NotFound, Elsewhere, TooLarge, TooSlow, Always))]
pub(crate) async fn put_user(
    token: Token,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let feed = feed(&token, &state).await?;
    let id = UserId(path_id(&request, "id", Denial::UserNotFound)?);
    let person = Person::from(DirectoryUser::read(body::json(&request, payload).await?, id)?);
    take(
        &state,
        &*feed,
        DirectoryDocument {
            users: vec![person.clone()],
            ..DirectoryDocument::default()
        },
    )
    .await?;
    Ok(HttpResponse::Ok().json(rest::User::from(&person)))
}

/// Creates or replaces a confession.
#[utoipa::path(put, path = "/api/directory/confessions/{id}/", tag = "directory", operation_id = "put_confession",
    params(("id" = i64, Path)), request_body = DirectoryConfession,
    responses((status = 200, body = rest::Confession), BadRequest, Forbidden, NotFound, Elsewhere, TooLarge, TooSlow, Always))]
pub(crate) async fn put_confession(
    token: Token,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let feed = feed(&token, &state).await?;
    let id = ConfessionId(path_id(&request, "id", Denial::ConfessionNotFound)?);
    let confession = Confession::from(DirectoryConfession::read(body::json(&request, payload).await?, id)?);
    take(
        &state,
        &*feed,
        DirectoryDocument {
            confessions: vec![confession.clone()],
            ..DirectoryDocument::default()
        },
    )
    .await?;
    Ok(HttpResponse::Ok().json(rest::Confession::from(&confession)))
}

/// Lets a member follow a confession; following already is no fault.
#[utoipa::path(put, path = "/api/directory/subscriptions/{user_id}/{confession_id}/", tag = "directory", operation_id = "put_subscription",
    params(("user_id" = i64, Path), ("confession_id" = i64, Path)),
    responses((status = 200, body = DirectorySubscription), BadRequest, Forbidden, NotFound, Elsewhere, Always))]
pub(crate) async fn follow(token: Token, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let feed = feed(&token, &state).await?;
    let subscription = subscription(&request)?;
    take(
        &state,
        &*feed,
        DirectoryDocument {
            subscriptions: vec![subscription],
            ..DirectoryDocument::default()
        },
    )
    .await?;
    Ok(HttpResponse::Ok().json(DirectorySubscription {
        user_id: subscription.user,
        confession_id: subscription.confession,
    }))
}

/// Ends a subscription; there may be none.
#[utoipa::path(delete, path = "/api/directory/subscriptions/{user_id}/{confession_id}/", tag = "directory", operation_id = "delete_subscription",
    params(("user_id" = i64, Path), ("confession_id" = i64, Path)),
    responses((status = 204, description = "Ended."), BadRequest, Forbidden, NotFound, Elsewhere, Always))]
pub(crate) async fn unfollow(token: Token, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    feed(&token, &state).await?.unfollow(subscription(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a whole document in one transaction; a bad row names itself and nothing is changed.
#[utoipa::path(post, path = "/api/directory/import/", tag = "directory", operation_id = "import_directory", request_body = DirectoryImport,
    responses((status = 200, body = DirectoryImported), BadRequest, Forbidden, Elsewhere, TooLarge, TooSlow, Always))]
pub(crate) async fn import(
    token: Token,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let feed = feed(&token, &state).await?;
    let body = body::read(&request, payload, body::DOCUMENT_BYTES).await?;
    let document = DirectoryDocument::from(DirectoryImport::read(Fields::parse(&body)?)?);
    let imported = DirectoryImported::from(&document);
    take(&state, &*feed, document).await?;
    Ok(HttpResponse::Ok().json(imported))
}

/// The directory, for tokens with the scope; 405 where it belongs to the platform.
/// What the platform's tokens feed. Whom they name need not exist, for somebody must feed an empty directory; who does must be active.
async fn feed(token: &Token, state: &State) -> Result<Arc<dyn DirectoryFeed>, ApiError> {
    let person = state.messaging.directory.person(token.0.user).await?;
    if person.is_some_and(|person| !person.is_active) {
        return Err(messaging::Error::AccountInactive.into());
    }
    if !token.0.has_scope(SCOPE) {
        return Err(ApiError::new(Code::ScopeRequired));
    }
    state.feed.clone().ok_or_else(|| ApiError::new(Code::MethodNotAllowed))
}

fn subscription(request: &HttpRequest) -> Result<Subscription, ApiError> {
    let user = UserId(path_id(request, "user_id", Denial::UserNotFound)?);
    let confession = ConfessionId(path_id(request, "confession_id", Denial::ConfessionNotFound)?);
    Ok(Subscription { user, confession })
}

/// Imports, and has the open sockets of changed accounts look again.
async fn take(state: &State, feed: &dyn DirectoryFeed, document: DirectoryDocument) -> Result<(), ApiError> {
    let to: Vec<UserId> = document.users.iter().map(|user| user.id).collect();
    match feed.import(document).await? {
        Fed::Done => {
            if !to.is_empty() {
                state.messaging.bus.publish(Event {
                    to,
                    body: Body::AccountChanged,
                });
            }
            Ok(())
        }
        Fed::Rejected { row, reason } => Err(ApiError::field(&row, reason)),
    }
}
