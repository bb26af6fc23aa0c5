//! The `Content-Security-Policy` of the page, which allows its own sources only.

use crate::config::{ObjectsConfig, ObjectsUrl, WebUrl};

/// The `Content-Security-Policy` of the page. Images and videos come from the object store where downloads redirect to it. The platform's origins
/// may embed the page, and serve the avatars.
pub(super) fn policy(platform: &[String], store: Option<&str>) -> String {
    let store = store.map(|origin| format!(" {origin}")).unwrap_or_default();
    let platform = platform.join(" ");
    let (avatars, ancestors) = if platform.is_empty() {
        (String::new(), "'none'")
    } else {
        (format!(" {platform}"), platform.as_str())
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{store}{avatars}; media-src 'self'{store}; connect-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; require-trusted-types-for 'script'"
    )
}

/// The origin that downloads are redirected to, if they are.
pub(super) fn store(objects: &ObjectsConfig) -> Option<String> {
    if !objects.redirect || !matches!(objects.url, ObjectsUrl::S3 { .. }) {
        return None;
    }
    let origin = |url: &WebUrl| url.expose().origin().ascii_serialization();
    // As the object store's client makes its URLs: the bucket is a part of the path.
    let amazon = || format!("https://s3.{}.amazonaws.com", objects.region.as_deref().unwrap_or("us-east-1"));
    Some(objects.endpoint.as_ref().map_or_else(amazon, origin))
}
