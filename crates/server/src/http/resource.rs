//! Routes with and without the trailing slash, and an honest 405.

use actix_web::{
    HttpRequest, HttpResponse, Resource,
    http::{StatusCode, header::ACCEPT},
    web,
};

use protocol::error::Code;

use super::{error::ApiError, page::Page};

/// A resource at this path (given with its slash) and at the same path without it. Methods that it has no route for get 405.
pub(crate) fn resource(path: &str) -> Resource {
    let bare = path.trim_end_matches('/');
    web::resource([path, bare]).default_service(web::to(method_not_allowed))
}

async fn method_not_allowed() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(Code::MethodNotAllowed))
}

/// For everything that has no route. Whoever follows a wrong link in a browser sees the page, which says so in their language.
pub(super) async fn not_found(request: HttpRequest, page: web::Data<Page>) -> Result<HttpResponse, ApiError> {
    let is_page = !["/api/", "/ws/", "/assets/"].iter().any(|start| request.path().starts_with(start));
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    if is_page && wants_page && request.method().is_safe() && page.is_there() {
        return Ok(page.show(StatusCode::NOT_FOUND));
    }
    Err(ApiError::new(Code::NotFound))
}
