//! `multipart/form-data`, as browsers send messages with files.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, http::header::CONTENT_TYPE, web};
use futures_util::StreamExt as _;
use protocol::{error::Code, fields::Fields};

use super::{body::JSON_BYTES, error::ApiError};

/// The name under which files come.
const FILES: &str = "attachment_files";

/// Is the body a form?
pub(super) fn is_multipart(request: &HttpRequest) -> bool {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    content_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// The texts of a form. Files are not taken yet.
pub(super) async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Fields, ApiError> {
    let mut parts = Multipart::new(request.headers(), payload);
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut bytes = 0;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|_| ApiError::new(Code::InvalidRequest))?;
        let Some(name) = part.name().map(str::to_owned) else { continue };
        if name == FILES {
            return Err(ApiError::new(Code::UnsupportedFileType));
        }
        bytes += name.len();
        let mut value = Vec::new();
        while let Some(chunk) = part.next().await {
            let chunk = chunk.map_err(|_| ApiError::new(Code::InvalidRequest))?;
            bytes += chunk.len();
            if bytes > JSON_BYTES {
                return Err(ApiError::payload_too_large(JSON_BYTES));
            }
            value.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(value).map_err(|_| ApiError::field(&name, "Must be UTF-8."))?;
        texts.push((name, text));
    }
    Ok(Fields::from_pairs(texts))
}
