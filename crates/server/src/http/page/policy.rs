//! What the page may do in the browser: nothing but what is its own.

use url::Url;

use crate::config::{ObjectsConfig, ObjectsUrl};

/// The `Content-Security-Policy` of the page. Pictures and films come from the object store where downloads lead there. The platform's origins
/// may put the page into theirs, and give the faces of its people.
pub(super) fn policy(platform: &[String], store: Option<&str>) -> String {
    let store = store.map(|origin| format!(" {origin}")).unwrap_or_default();
    let platform = platform.join(" ");
    let (faces, ancestors) = if platform.is_empty() {
        (String::new(), "'none'")
    } else {
        (format!(" {platform}"), platform.as_str())
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{store}{faces}; media-src 'self'{store}; connect-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; require-trusted-types-for 'script'"
    )
}

/// Where downloads are redirected to, if they are.
pub(super) fn store(objects: &ObjectsConfig) -> Option<String> {
    if !objects.redirect || !matches!(objects.url, ObjectsUrl::S3 { .. }) {
        return None;
    }
    let origin = |url: &Url| url.origin().ascii_serialization();
    // As the object store's client makes its URLs: the bucket is a part of the path.
    let amazon = || format!("https://s3.{}.amazonaws.com", objects.region.as_deref().unwrap_or("us-east-1"));
    Some(objects.endpoint.as_ref().map_or_else(amazon, origin))
}
