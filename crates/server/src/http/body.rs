//! Request bodies, read with a bound: JSON and forms, which have the same fields.

pub(crate) mod form;
mod parts;
pub(crate) mod timeout;

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap},
    web,
};
use percent_encoding::percent_decode;
use protocol::{error::Code, fields::Fields};

use self::timeout::BodyReader;
use super::error::ApiError;

/// The most bytes of a JSON body or a form without files: 10,000 characters, each as an escaped surrogate pair, and room for the rest.
pub(crate) const JSON_BYTES: usize = 256 * 1024;

/// The most bytes of a directory document.
pub(crate) const DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// The encodings of a request's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Also if the request has no `Content-Type`.
    Json,
    /// `application/x-www-form-urlencoded`
    UrlEncoded,
    /// `multipart/form-data`
    Multipart,
}

impl Kind {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("multipart/form-data") {
            Self::Multipart
        } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::UrlEncoded
        } else {
            Self::Json
        }
    }
}

/// The length of the body that the request declares.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The most time for a body of so many bytes: slow phones send a few KiB a second, and a body sent at once is far smaller than the limit.
pub(crate) fn longest(limit: usize) -> Duration {
    Duration::from_mins(1) + Duration::from_secs(limit as u64 / (64 * 1024))
}

/// The whole body, unless it is larger than `limit`.
pub(crate) async fn read(request: &HttpRequest, mut payload: web::Payload, limit: usize) -> Result<web::BytesMut, ApiError> {
    if declared_length(request.headers()).is_some_and(|length| length > limit as u64) {
        return Err(ApiError::payload_too_large(limit));
    }
    let mut waiting = BodyReader::new(request, longest(limit));
    let declared = declared_length(request.headers()).and_then(|length| usize::try_from(length).ok());
    // Pages that nothing is written to cost nothing, and growing would hold twice as much.
    let mut body = web::BytesMut::with_capacity(declared.unwrap_or(0));
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

/// The fields of a JSON object or of a form without files, ready to be asked for.
pub(crate) async fn fields(request: &HttpRequest, payload: web::Payload) -> Result<Fields, ApiError> {
    match Kind::of(request) {
        Kind::Json => Ok(Fields::parse(&read(request, payload, JSON_BYTES).await?)?),
        Kind::UrlEncoded => url_encoded(&read(request, payload, JSON_BYTES).await?),
        Kind::Multipart => parts::fields(request, payload).await,
    }
}

/// The same for a request whose fields are all optional: it may have no body.
pub(crate) async fn optional_fields(request: &HttpRequest, payload: web::Payload) -> Result<Fields, ApiError> {
    if Kind::of(request) != Kind::Json {
        return fields(request, payload).await;
    }
    let body = read(request, payload, JSON_BYTES).await?;
    if body.is_empty() {
        url_encoded(&body)
    } else {
        Ok(Fields::parse(&body)?)
    }
}

fn url_encoded(body: &[u8]) -> Result<Fields, ApiError> {
    for pair in body.split(|byte| *byte == b'&') {
        if percent_decode(pair).decode_utf8().is_err() {
            let name = url::form_urlencoded::parse(pair).next().map(|(name, _)| name.into_owned());
            return Err(parts::not_utf_8(&name.unwrap_or_default()));
        }
    }
    Ok(Fields::from_pairs(url::form_urlencoded::parse(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_a_field_that_is_not_utf_8_is_named() {
        let mut fields = url_encoded(b"participant_ids=2&content=a+b%26%D1%88&participant_ids=3&&empty=&bare").unwrap();
        assert_eq!(fields.ids(&["participant_ids"]), [2, 3]);
        assert_eq!(fields.text(&["content"]), "a b&ш");
        assert_eq!(fields.text(&["empty"]), "");
        assert_eq!(fields.text(&["bare"]), "");
        fields.finish(()).unwrap();
        for body in [&b"a=1&content=%ff"[..], b"content=\xff", b"content=%D1+%88"] {
            assert_eq!(url_encoded(body).unwrap_err().code(), "invalid_request");
        }
        assert!(url_encoded(b"").is_ok());
    }
}
