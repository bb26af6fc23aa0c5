//! Routes with and without the trailing slash, and an honest 405.

use actix_web::{HttpResponse, Resource, web};

use protocol::error::Code;

use super::error::ApiError;

/// A resource at this path (given with its slash) and at the same path without it. Methods that it has no route for get 405.
pub(super) fn resource(path: &str) -> Resource {
    let bare = path.trim_end_matches('/');
    web::resource([path, bare]).default_service(web::to(method_not_allowed))
}

async fn method_not_allowed() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(Code::MethodNotAllowed))
}

/// For everything that has no route.
pub(super) async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(Code::NotFound))
}
