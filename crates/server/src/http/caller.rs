//! The authenticated sender of a request.

use std::{future::Future, pin::Pin, time::Duration};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web};
use domain::{id::UserId, messaging::Actor, ports::Budget};
use protocol::error::{Code, ErrorBody};

use super::{body::Kind, error::ApiError, state::State, turns::Turn};
use crate::auth::{AuthError, Claims};

/// The person whose valid access token the request carries: exists and is active, looked up now, does not ask too often, and has a turn for the answer.
///
/// Counted before the account is looked up, so that a flood costs the check of a token only.
pub(crate) struct Caller(pub(crate) Actor);

impl Caller {
    pub(crate) fn id(&self) -> UserId {
        self.0.id()
    }

    /// A turn for a read that looks at many rows: contacts and searches.
    pub(crate) async fn search_turn(&self, state: &State) -> Result<Turn, ApiError> {
        let turn = state.searches.take(self.id()).await;
        turn.ok_or_else(|| too_many("Your earlier searches are still running."))
    }
}

/// A [`Caller`] who sends a message. A form may take long to arrive, and one with files has an upload slot, so it takes no turn for its answer.
pub(crate) struct Sender(pub(crate) Caller);

/// A valid access token of any account. Not counted: alone it serves the platform, which feeds the directory as fast as it can.
pub(crate) struct Token(pub(crate) Claims);

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

impl FromRequest for Token {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(claims(&request).await?)) })
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { admit(&request, true).await })
    }
}

impl FromRequest for Sender {
    type Error = ApiError;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let needs_turn = Kind::of(&request) != Kind::Multipart;
            Ok(Self(admit(&request, needs_turn).await?))
        })
    }
}

async fn admit(request: &HttpRequest, needs_turn: bool) -> Result<Caller, ApiError> {
    let claims = claims(request).await?;
    let messaging = &state(request)?.messaging;
    messaging.admit(claims.user, Budget::Requests).await?;
    if needs_turn {
        take_answer_turn(request, claims.user).await?;
    }
    Ok(Caller(messaging.actor(claims.user).await?))
}

/// Takes a turn for the answer, which [`super::answers::hold`] keeps until it is sent.
async fn take_answer_turn(request: &HttpRequest, person: UserId) -> Result<(), ApiError> {
    if request.extensions().contains::<Turn>() {
        return Ok(());
    }
    let turn = state(request)?.answers.take(person).await;
    let turn = turn.ok_or_else(|| too_many("Too many answers are on their way to you; read them first."))?;
    request.extensions_mut().insert(turn);
    Ok(())
}

fn too_many(sentence: &'static str) -> ApiError {
    ErrorBody::saying(Code::RateLimited, sentence)
        .with_retry_after(Duration::from_secs(1))
        .into()
}

fn state(request: &HttpRequest) -> Result<&web::Data<State>, ApiError> {
    request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| ApiError::unavailable("service"))
}

async fn claims(request: &HttpRequest) -> Result<Claims, ApiError> {
    let header = request.headers().get(AUTHORIZATION).ok_or(AuthError::NotAuthenticated)?;
    let token = crate::auth::bearer(header.to_str().map_err(|_| AuthError::TokenInvalid)?)?.to_owned();
    Ok(state(request)?.verifier.authenticate(token).await?)
}
