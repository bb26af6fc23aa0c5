//! `/api/directory/`: how the platform feeds accounts, confessions and subscriptions in mode `own` (section 8 of the contract).

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, web};
use domain::{
    denial::Denial,
    feeding::BadRow,
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Person, Subscription},
    ports::ImportOutcome,
};
use protocol::{
    error::{Code, ErrorBody},
    fields::Rejection,
    rest::{
        self,
        directory::{self, DirectoryConfession, DirectoryImport, DirectoryImported, DirectorySubscription, DirectoryUser},
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::feeding::FeedingTasks;
use crate::http::{
    body,
    caller::Token,
    error::ApiError,
    query::path_id,
    responses::{BadRequest, CommonErrors, DirectoryReadOnly, Forbidden, NotFound, RequestTimeout, TooLarge},
    state::State,
};

/// The scope that a token needs here.
const SCOPE: &str = "directory";

/// Large documents are taken one at a time. Clones share the place.
#[derive(Clone)]
pub(crate) struct Documents {
    place: Arc<Semaphore>,
    turn: Duration,
}

impl Documents {
    /// A document waits its turn for so long.
    pub(crate) fn new(turn: Duration) -> Self {
        Self {
            place: Arc::new(Semaphore::new(1)),
            turn,
        }
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = timeout(self.turn, self.place.clone().acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or_else(|| {
            ErrorBody::saying(Code::RateLimited, "Another directory document is being taken; try again after it.")
                .with_retry_after(Duration::from_secs(5))
                .into()
        })
    }
}

/// Creates or replaces an account.
#[utoipa::path(put, path = "/api/directory/users/{id}/", tag = "directory", operation_id = "put_user",
    params(("id" = i64, Path)), request_body(content((DirectoryUser = "application/json"), (DirectoryUser = "application/x-www-form-urlencoded"), (DirectoryUser = "multipart/form-data"))),
    responses((status = 200, body = rest::User), BadRequest, Forbidden, NotFound, DirectoryReadOnly, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn put_user(
    token: Token,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let feeding = feeding(&token, &state).await?;
    let id = UserId(path_id(&request, "id", Denial::UserNotFound)?);
    let user = DirectoryUser::with_id(body::fields(&request, payload).await?, id)?;
    let person = Person::from(user.clone());
    let mut document = DirectoryDocument::default();
    user.add_to(&mut document);
    take(feeding, document, directory::refused).await?;
    Ok(HttpResponse::Ok().json(rest::User::from(&person)))
}

/// Creates or replaces a confession.
#[utoipa::path(put, path = "/api/directory/confessions/{id}/", tag = "directory", operation_id = "put_confession",
    params(("id" = i64, Path)), request_body(content((DirectoryConfession = "application/json"), (DirectoryConfession = "application/x-www-form-urlencoded"), (DirectoryConfession = "multipart/form-data"))),
    responses((status = 200, body = rest::Confession), BadRequest, Forbidden, NotFound, DirectoryReadOnly, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn put_confession(
    token: Token,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let feeding = feeding(&token, &state).await?;
    let id = ConfessionId(path_id(&request, "id", Denial::ConfessionNotFound)?);
    let confession = Confession::from(DirectoryConfession::with_id(body::fields(&request, payload).await?, id)?);
    take(
        feeding,
        DirectoryDocument {
            confessions: vec![confession.clone()],
            ..DirectoryDocument::default()
        },
        directory::refused,
    )
    .await?;
    Ok(HttpResponse::Ok().json(rest::Confession::from(&confession)))
}

/// Lets a member follow a confession; following already is no fault.
#[utoipa::path(put, path = "/api/directory/subscriptions/{user_id}/{confession_id}/", tag = "directory", operation_id = "put_subscription",
    params(("user_id" = i64, Path), ("confession_id" = i64, Path)),
    responses((status = 200, body = DirectorySubscription), BadRequest, Forbidden, NotFound, DirectoryReadOnly, CommonErrors))]
pub(crate) async fn follow(token: Token, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let feeding = feeding(&token, &state).await?;
    let subscription = subscription(&request)?;
    take(
        feeding,
        DirectoryDocument {
            subscriptions: vec![subscription],
            ..DirectoryDocument::default()
        },
        directory::refused,
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
    responses((status = 204, description = "Ended."), BadRequest, Forbidden, NotFound, DirectoryReadOnly, CommonErrors))]
pub(crate) async fn unfollow(token: Token, request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let feeding = feeding(&token, &state).await?;
    let subscription = subscription(&request)?;
    feeding.unfollow(subscription).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a whole document in one transaction; a bad row names itself and nothing is changed.
#[utoipa::path(post, path = "/api/directory/import/", tag = "directory", operation_id = "import_directory", request_body = DirectoryImport,
    responses((status = 200, body = DirectoryImported), BadRequest, Forbidden, DirectoryReadOnly, TooLarge, RequestTimeout, CommonErrors))]
pub(crate) async fn import(
    token: Token,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let feeding = feeding(&token, &state).await?;
    // A large one takes as much memory as it is long, and more while it is stored.
    let is_small = body::declared_length(request.headers()).is_some_and(|length| length <= body::JSON_BYTES as u64);
    let _turn = if is_small { None } else { Some(state.documents.take().await?) };
    let body = body::read(&request, payload, body::DOCUMENT_BYTES).await?;
    let parsed = web::block(move || directory::parse(&body)).await;
    let document = parsed.map_err(|error| {
        tracing::error!(%error, "reading a directory document was cut off");
        ApiError::new(Code::Internal)
    })??;
    let imported = DirectoryImported::from(&document);
    take(feeding, document, directory::rejected).await?;
    Ok(HttpResponse::Ok().json(imported))
}

/// The directory, for tokens with the scope; 405 where it belongs to the platform. The account that a token names need not exist, for somebody must feed an
/// empty directory; one that exists must be active.
async fn feeding<'s>(token: &Token, state: &'s State) -> Result<&'s FeedingTasks, ApiError> {
    state.messaging.may_feed_directory(token.0.user).await?;
    if !token.0.has_scope(SCOPE) {
        return Err(ApiError::new(Code::ScopeRequired));
    }
    state.feeding.as_ref().ok_or_else(|| ApiError::new(Code::MethodNotAllowed))
}

fn subscription(request: &HttpRequest) -> Result<Subscription, ApiError> {
    let user = UserId(path_id(request, "user_id", Denial::UserNotFound)?);
    let confession = ConfessionId(path_id(request, "confession_id", Denial::ConfessionNotFound)?);
    Ok(Subscription { user, confession })
}

/// Imports, unless rows are bad.
async fn take(feeding: &FeedingTasks, document: DirectoryDocument, refusal: fn(&[BadRow]) -> Rejection) -> Result<(), ApiError> {
    match feeding.import(document).await? {
        ImportOutcome::Done(_) => Ok(()),
        ImportOutcome::Rejected(rows) => Err(refusal(&rows).into()),
    }
}
