//! Request bodies, read with a bound.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::{CONTENT_LENGTH, HeaderMap},
    web,
};
use protocol::{error::Code, fields::Fields};

use super::{error::ApiError, incoming::Waiting};

/// The most bytes of a JSON body: 10,000 characters, each as an escaped surrogate pair, and room for the rest.
pub(super) const JSON_BYTES: usize = 256 * 1024;

/// The most bytes of a directory document.
pub(super) const DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// What the request says how long its body is.
pub(super) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// How long a body of so many bytes may take: slow phones send a few KiB a second, and what is sent at once is far smaller than it may be.
fn longest(limit: usize) -> Duration {
    Duration::from_mins(1) + Duration::from_secs(limit as u64 / (64 * 1024))
}

/// The whole body, unless it is larger than `limit`.
pub(super) async fn read(request: &HttpRequest, mut payload: web::Payload, limit: usize) -> Result<web::BytesMut, ApiError> {
    if declared_length(request.headers()).is_some_and(|length| length > limit as u64) {
        return Err(ApiError::payload_too_large(limit));
    }
    let mut waiting = Waiting::new(request, longest(limit));
    let mut body = web::BytesMut::new();
    while let Some(chunk) = waiting.next(&mut payload).await? {
        let chunk = chunk.map_err(|_| ApiError::new(Code::InvalidRequest))?;
        if body.len() + chunk.len() > limit {
            return Err(ApiError::payload_too_large(limit));
        }
        body.extend_from_slice(&chunk);
        waiting.brought(body.len() as u64);
    }
    Ok(body)
}

/// A JSON object, ready to be asked for its fields.
pub(super) async fn json(request: &HttpRequest, payload: web::Payload) -> Result<Fields, ApiError> {
    let body = read(request, payload, JSON_BYTES).await?;
    Ok(Fields::parse(&body)?)
}
