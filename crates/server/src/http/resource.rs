//! Routes with and without the trailing slash, HEAD for every GET, and 405 with the allowed methods.

use actix_web::{
    FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, ResponseError as _, Route,
    dev::{AppService, HttpServiceFactory},
    guard,
    http::{
        StatusCode,
        header::{ACCEPT, ALLOW, HeaderValue, VARY},
    },
    web,
};

use protocol::error::Code;

use super::{FOR_PROGRAMS, error::ApiError, page::Page};

/// The methods of one resource. All others get 405 with `Allow`.
pub(crate) struct Methods {
    resource: Resource,
    allowed: Vec<&'static str>,
}

/// A resource at this path (given with its slash) and at the same path without it. `NormalizePath` of actix would also merge `//`, so that paths which
/// are 404 today would lead somewhere, and it does not know which methods a resource has.
pub(crate) fn resource(path: &str) -> Methods {
    at([path, path.trim_end_matches('/')])
}

/// A resource at exactly these paths.
pub(crate) fn at<const N: usize>(paths: [&str; N]) -> Methods {
    Methods {
        resource: web::resource(paths.to_vec()),
        allowed: Vec::new(),
    }
}

/// Adds a handler for a method.
macro_rules! method {
    ($(#[$doc:meta])* $name:ident, $route:expr, $allowed:expr) => {
        $(#[$doc])*
        pub(crate) fn $name<F, Args>(self, handler: F) -> Self
        where
            F: Handler<Args>,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            self.with($route.to(handler), $allowed)
        }
    };
}

impl Methods {
    method!(
        /// GET, and HEAD by the same handler: the answer to HEAD is sent without its body.
        get,
        web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
        &["GET", "HEAD"]
    );
    method!(post, web::post(), &["POST"]);
    method!(put, web::put(), &["PUT"]);
    method!(patch, web::patch(), &["PATCH"]);
    method!(delete, web::delete(), &["DELETE"]);

    fn with(mut self, route: Route, methods: &[&'static str]) -> Self {
        self.allowed.extend(methods);
        Self {
            resource: self.resource.route(route),
            allowed: self.allowed,
        }
    }
}

impl HttpServiceFactory for Methods {
    fn register(self, config: &mut AppService) {
        let allowed = self.allowed.join(", ");
        let refuse = move || {
            let answer = method_not_allowed(&allowed);
            async move { answer }
        };
        self.resource.default_service(web::to(refuse)).register(config);
    }
}

fn method_not_allowed(allowed: &str) -> HttpResponse {
    let mut answer = ApiError::new(Code::MethodNotAllowed).error_response();
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}

/// For every path without a route. A browser that follows a wrong link gets the page, which explains it in the language of its user.
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
