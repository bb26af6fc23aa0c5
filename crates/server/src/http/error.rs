//! Error responses: one shape, a stable code, and the request's id.

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{ALLOW, CONTENT_TYPE, HeaderValue},
    },
    middleware::Next,
};
use domain::{denial::Denial, messaging, ports::StoreError};
use protocol::{
    error::{Code, ErrorBody},
    fields::Rejection,
};

use super::{origin, request_id};
use crate::{
    auth::{AuthError, MintError},
    causes::with_causes,
    feeding::FeedingError,
};

/// The error as the client receives it. The causes are logged where they occur, and never sent.
#[derive(Debug)]
pub(crate) struct ApiError(Box<ErrorBody>);

/// Seconds after which a client may try again when a part is down.
const RETRY_AFTER: &str = "1";

impl ApiError {
    /// With the sentence that belongs to the code.
    pub(crate) fn new(code: Code) -> Self {
        ErrorBody::new(code).into()
    }

    /// One field of the request is wrong.
    pub(crate) fn field(name: &str, reason: impl Into<String>) -> Self {
        Rejection::field(name, reason).into()
    }

    /// The machine code, which metrics count by.
    pub(crate) fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    pub(crate) fn payload_too_large(limit: usize) -> Self {
        ErrorBody::new(Code::PayloadTooLarge).with_limit(limit as u64).into()
    }

    pub(crate) fn unavailable(part: &'static str) -> Self {
        ErrorBody::new(Code::Unavailable).with_part(part).into()
    }
}

impl From<ErrorBody> for ApiError {
    fn from(body: ErrorBody) -> Self {
        Self(Box::new(body))
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.status(), self.0.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = (*self.0).clone();
        if let Some(id) = request_id::current() {
            body = body.with_request_id(id);
        }
        let status = self.status_code();
        let mut answer = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header(("WWW-Authenticate", "Bearer"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            // The routes of a resource name its methods; a resource that is switched off has none.
            answer.insert_header((ALLOW, ""));
        }
        if status == StatusCode::REQUEST_TIMEOUT {
            answer.force_close();
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header(("Retry-After", RETRY_AFTER));
        }
        if let Some(seconds) = body.details.as_ref().and_then(|details| details.retry_after) {
            answer.insert_header(("Retry-After", seconds));
        }
        answer.json(body)
    }
}

/// Gives the refusals that the libraries answer by themselves, of preflights for instance, the shape of all others.
pub(crate) async fn shape<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    if status.is_client_error() {
        origin::refused(response.request());
    }
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        _ if status.is_client_error() => Code::InvalidRequest,
        _ if status.is_server_error() => Code::Internal,
        _ => return Ok(response.map_into_left_body()),
    };
    if response.headers().contains_key(CONTENT_TYPE) {
        return Ok(response.map_into_left_body());
    }
    let body = ApiError::new(code).error_response().into_body();
    Ok(response.map_body(|head, _| {
        head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        EitherBody::right(body)
    }))
}

impl From<messaging::Error> for ApiError {
    fn from(error: messaging::Error) -> Self {
        match &error {
            messaging::Error::Denied(Denial::AccountInactive) => Self::new(Code::TokenInvalid),
            messaging::Error::Denied(_) | messaging::Error::RateLimited { .. } => ErrorBody::from(&error).into(),
            messaging::Error::Store(source) => {
                tracing::error!(error = %source, source = ?std::error::Error::source(source), "the store failed");
                match Code::from(source) {
                    Code::Unavailable => Self::unavailable("storage"),
                    code => Self::new(code),
                }
            }
            messaging::Error::Files(source) => {
                tracing::error!(error = %source, source = ?std::error::Error::source(source), "the object store failed");
                ErrorBody::from(&error).into()
            }
        }
    }
}

impl From<MintError> for ApiError {
    fn from(error: MintError) -> Self {
        tracing::error!(%error, "no token could be made");
        Self::new(Code::Internal)
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        ErrorBody::from(&denial).into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        messaging::Error::from(error).into()
    }
}

impl From<FeedingError> for ApiError {
    fn from(error: FeedingError) -> Self {
        match error {
            FeedingError::Store(error) => error.into(),
            FeedingError::Turn(error) => {
                tracing::error!(
                    error = with_causes(&error),
                    "the other nodes could not be kept from changing the directory meanwhile"
                );
                Self::new(Code::Unavailable)
            }
            FeedingError::Interrupted(error) => {
                tracing::error!(%error, "a change of the directory was cut off");
                Self::new(Code::Internal)
            }
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        Self::new(match error {
            AuthError::NotAuthenticated => Code::NotAuthenticated,
            AuthError::TokenExpired => Code::TokenExpired,
            AuthError::TokenInvalid => Code::TokenInvalid,
            AuthError::Unavailable => Code::Unavailable,
        })
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        ErrorBody::from(rejection).into()
    }
}
