//! The `Content-Security-Policy` of the page, which allows its own sources only.

use crate::config::{AwsVariables, ObjectsConfig};
use url::Url;

/// The `Content-Security-Policy` of the page. Images and videos come from the object store where downloads redirect to it, and from the person's
/// own device before they are sent (`blob:`). The platform's origins may embed the page, and serve the avatars.
pub(super) fn policy(platform: &[String], store: Option<&str>) -> String {
    let store = store.map(|origin| format!(" {origin}")).unwrap_or_default();
    let platform = platform.join(" ");
    let (avatars, ancestors) = if platform.is_empty() {
        (String::new(), "'none'")
    } else {
        (format!(" {platform}"), platform.as_str())
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{store}{avatars}; media-src 'self' blob:{store}; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}; require-trusted-types-for 'script'"
    )
}

/// The origins that downloads are redirected to, separated by blanks; `None` if they are not redirected.
pub(super) fn store(objects: &ObjectsConfig, aws: &AwsVariables) -> Option<String> {
    if !objects.redirect {
        return None;
    }
    let buckets = objects.urls().filter_map(|url| objects.bucket(url, aws).ok().flatten());
    let mut origins: Vec<String> = buckets
        .filter_map(|bucket| Some(Url::parse(&bucket.url()).ok()?.origin().ascii_serialization()))
        .collect();
    origins.dedup();
    (!origins.is_empty()).then(|| origins.join(" "))
}
