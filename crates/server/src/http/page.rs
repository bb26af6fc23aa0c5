//! The web UI at `/`, out of this program: the build of `web/` is embedded when the program is built, and nothing is read at run time.
//!
//! A program that was built without it explains at `/` how to build it.

pub(super) mod files;
mod policy;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{
            AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentType, ETAG, Encoding, EntityTag, Header as _,
            IfNoneMatch, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    web::{self, Bytes},
};
use bytestring::ByteString;
use protocol::error::Code;
use url::Url;

use self::files::{File, Files};
use super::error::ApiError;
use crate::config::Config;

/// Shown in place of the page where there is none.
const MISSING: &str = include_str!("page/missing.html");

/// The page with the values that only the configuration knows, and the files that it loads.
pub(crate) struct Page {
    index: ByteString,
    policy: String,
    files: Files,
}

impl Page {
    /// The page that was built into the program.
    pub(crate) fn embedded(config: &Config) -> Self {
        Self::new(Files::embedded(), config)
    }

    fn new(files: Files, config: &Config) -> Self {
        let origins = &config.cors.allowed_origins;
        let index = files.index().unwrap_or(MISSING);
        Self {
            index: complete(index, &root(config.server.public_url.as_deref()), &origins.join(" ")).into(),
            policy: policy::policy(origins, policy::store(&config.objects, &config.aws).as_deref()),
            files,
        }
    }

    /// Whether the page is built in, or only the text that explains how to build it.
    pub(crate) fn is_there(&self) -> bool {
        self.files.index().is_some()
    }

    pub(crate) fn show(&self, status: StatusCode) -> HttpResponse {
        let mut answer = HttpResponse::build(status);
        answer.content_type(ContentType::html()).insert_header((CACHE_CONTROL, "no-cache"));
        self.guard(&mut answer);
        answer.body(self.index.clone())
    }

    /// Sets the security headers that every file of the page carries.
    fn guard(&self, answer: &mut HttpResponseBuilder) {
        answer
            .insert_header((CONTENT_SECURITY_POLICY, self.policy.as_str()))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((REFERRER_POLICY, "same-origin"));
    }
}

/// The path below which the page lives, with a slash on both ends.
fn root(public_url: Option<&str>) -> String {
    let path = public_url.and_then(|url| Url::parse(url).ok()).map(|url| url.path().to_owned());
    format!("{}/", path.as_deref().unwrap_or_default().trim_end_matches('/'))
}

/// The build does not know its path: it names its files as `="./…`. Below `/c/7` that would be a wrong place.
fn complete(index: &str, root: &str, origins: &str) -> String {
    let safe = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
    index.replace("=\"./", &format!("=\"{}", safe(root))).replace(
        "name=\"suhbat:origins\" content=\"\"",
        &format!("name=\"suhbat:origins\" content=\"{}\"", safe(origins)),
    )
}

/// The page, at each of its own paths: which screen they mean is decided in the browser.
pub(crate) async fn index(page: web::Data<Page>) -> HttpResponse {
    page.show(StatusCode::OK)
}

/// A file of the page, compressed as it lies where the browser takes that.
pub(crate) async fn file(request: HttpRequest, page: web::Data<Page>) -> Result<HttpResponse, ApiError> {
    let name = request.path().trim_start_matches('/');
    let Some(file) = page.files.get(name) else {
        return Err(ApiError::new(Code::NotFound));
    };
    Ok(show(&request, file, caching(name), |answer| page.guard(answer)))
}

/// A file that was compressed beforehand, unless the browser has it.
pub(super) fn show(
    request: &HttpRequest,
    file: &File,
    caching: &'static str,
    guard: impl FnOnce(&mut HttpResponseBuilder),
) -> HttpResponse {
    let tag = EntityTag::new_weak(file.tag.clone());
    let known = is_known(request, &tag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, tag))
        .insert_header((VARY, "Accept-Encoding"))
        .insert_header((CACHE_CONTROL, caching));
    guard(&mut answer);
    if known {
        return answer.finish();
    }
    let (body, encoding) = encoded(file, request);
    if let Some(encoding) = encoding {
        answer.insert_header((CONTENT_ENCODING, encoding.to_string()));
    }
    answer.content_type(file.content_type.clone()).body(body)
}

/// The name of an asset changes with its content; the other names stay. An old worker or manifest would keep an old page alive.
fn caching(name: &str) -> &'static str {
    if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else if name == "worker.js" || name.ends_with(".webmanifest") {
        "no-cache"
    } else {
        "public, max-age=3600"
    }
}

fn encoded(file: &File, request: &HttpRequest) -> (Bytes, Option<Encoding>) {
    let accepted = AcceptEncoding::parse(request).ok();
    let encoding = accepted.and_then(|accepted| accepted.negotiate(file.compressed.iter().map(|(encoding, _)| encoding)));
    file.compressed
        .iter()
        .find(|(form, _)| Some(form) == encoding.as_ref())
        .map_or_else(|| (file.plain.clone(), None), |(form, bytes)| (bytes.clone(), Some(form.clone())))
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
