//! Query strings and ids in paths.

use actix_web::HttpRequest;
use domain::denial::Denial;
use protocol::fields::Fields;

use super::error::ApiError;

/// The parameters of the query string.
pub(super) fn query(request: &HttpRequest) -> Fields {
    Fields::from_pairs(url::form_urlencoded::parse(request.query_string().as_bytes()))
}

/// The id in the path; a text that is no number is answered like an unknown id.
pub(super) fn path_id(request: &HttpRequest, name: &str, missing: Denial) -> Result<i64, ApiError> {
    request
        .match_info()
        .get(name)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| missing.into())
}
