//! Routes with and without the trailing slash, and an honest 405.

use actix_web::{
    HttpRequest, HttpResponse, Resource, ResponseError as _,
    http::{
        StatusCode,
        header::{ACCEPT, HeaderValue, VARY},
    },
    web,
};

use protocol::error::Code;

use super::{FOR_PROGRAMS, error::ApiError, page::Page};

/// A resource at this path (given with its slash) and at the same path without it. Methods that it has no route for get 405.
pub(crate) fn resource(path: &str) -> Resource {
    let bare = path.trim_end_matches('/');
    web::resource([path, bare]).default_service(web::to(method_not_allowed))
}

async fn method_not_allowed() -> Result<HttpResponse, ApiError> {
    Err(ApiError::new(Code::MethodNotAllowed))
}

/// For everything that has no route. Whoever follows a wrong link in a browser sees the page, which says so in their language.
pub(super) async fn not_found(request: HttpRequest, page: web::Data<Page>) -> HttpResponse {
    let error = ApiError::new(Code::NotFound);
    let is_for_programs = request.path().split('/').nth(1).is_some_and(|first| FOR_PROGRAMS.contains(&first));
    if is_for_programs || !request.method().is_safe() || !page.is_there() {
        return error.error_response();
    }
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    let mut answer = if wants_page {
        page.show(StatusCode::NOT_FOUND)
    } else {
        error.error_response()
    };
    answer.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    answer
}
