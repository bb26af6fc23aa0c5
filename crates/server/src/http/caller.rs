//! Who is asking.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web};
use domain::{id::UserId, people::Person, ports::Budget};

use super::{error::ApiError, state::State};
use crate::auth::{AuthError, Claims};

/// The person whose valid access token the request carries: exists and is active, looked up now, and does not ask too often.
///
/// Counted before the account is looked up, so that a flood costs the check of a token only.
pub(crate) struct Caller(pub(crate) Person);

impl Caller {
    pub(crate) fn id(&self) -> UserId {
        self.0.id
    }
}

/// A valid access token, whoever it belongs to. Not counted: alone it serves the platform, which feeds the directory as fast as it can.
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
        Box::pin(async move {
            let claims = claims(&request).await?;
            let messaging = &state(&request)?.messaging;
            messaging.admit(claims.user, Budget::Requests).await?;
            Ok(Self(messaging.actor(claims.user).await?))
        })
    }
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
