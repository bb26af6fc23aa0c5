//! Absolute URLs of this service, as its clients reach it.

use actix_web::{HttpRequest, http::header::HOST};
use domain::attachment::Attachment;
use protocol::render::Links;
use url::Url;

use super::signature::{LinkSigner, Part};

/// The base URL for clients: `server.public_url`, else the host of the request; without a slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct PublicUrl(Option<String>);

impl PublicUrl {
    /// The base URL of `server.public_url`, if it is set.
    pub(crate) fn new(setting: Option<&str>) -> Self {
        Self(setting.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// The base of absolute URLs in the answer to this request.
    pub(crate) fn base(&self, request: &HttpRequest) -> String {
        if let Some(url) = &self.0 {
            return url.clone();
        }
        let connection = request.connection_info();
        let scheme = connection.scheme().to_ascii_lowercase();
        let scheme = if scheme == "https" { "https" } else { "http" };
        let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let hosts = [Some(connection.host()), named, Some(request.app_config().host())];
        let host = hosts.into_iter().flatten().find(|host| is_host(host)).unwrap_or("localhost");
        format!("{scheme}://{host}")
    }
}

/// A name or an address, and maybe a port: no characters that would change the meaning of the URL.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    let is_plain = text.len() <= 261 && text.bytes().all(plain);
    is_plain && Url::parse(&format!("http://{text}/")).is_ok_and(|url| url.has_host() && url.path() == "/")
}

/// An absolute URL with this query; values are escaped.
pub(super) fn url<'a>(base: &str, path: &str, query: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        text.append_pair(name, &value);
    }
    let query = text.finish();
    if query.is_empty() {
        format!("{base}{path}")
    } else {
        format!("{base}{path}?{query}")
    }
}

/// The URLs of files.
#[derive(Clone)]
pub(crate) struct FileLinks {
    base: String,
    signer: LinkSigner,
}

impl FileLinks {
    /// Signs links below this base URL.
    pub(crate) fn new(base: String, signer: LinkSigner) -> Self {
        Self { base, signer }
    }

    fn url(&self, attachment: &Attachment, part: Part) -> String {
        let path = match part {
            Part::File => "",
            Part::Thumbnail => "thumbnail/",
        };
        let query = self.signer.sign(attachment.id, part);
        format!("{}/api/messaging/attachments/{}/{path}?{query}", self.base, attachment.id)
    }
}

impl Links for FileLinks {
    fn file(&self, attachment: &Attachment) -> String {
        self.url(attachment, Part::File)
    }

    fn thumbnail(&self, attachment: &Attachment) -> Option<String> {
        attachment.thumbnail.as_ref().map(|_| self.url(attachment, Part::Thumbnail))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn base(headers: &[(&str, &str)]) -> String {
        let request = headers
            .iter()
            .fold(TestRequest::default(), |request, header| request.insert_header(*header));
        PublicUrl::new(None).base(&request.to_http_request())
    }

    #[test]
    fn the_base_url_comes_from_the_host_and_proxy_headers_only() {
        let host = ("host", "chat.example.org:8443");
        for (headers, expected) in [
            (vec![host], "http://chat.example.org:8443"),
            (vec![host, ("x-forwarded-proto", "HTTPS")], "https://chat.example.org:8443"),
            (vec![host, ("forwarded", "proto=https;host=other.example")], "https://other.example"),
            (vec![host, ("x-forwarded-host", "[::1]:80")], "http://[::1]:80"),
            (vec![host, ("forwarded", "proto=javascript")], "http://chat.example.org:8443"),
            (
                vec![host, ("x-forwarded-proto", "javascript:alert(1)//")],
                "http://chat.example.org:8443",
            ),
            (
                vec![host, ("x-forwarded-host", "evil.example/path?x=")],
                "http://chat.example.org:8443",
            ),
            (
                vec![host, ("forwarded", "host=\"me@evil.example\"")],
                "http://chat.example.org:8443",
            ),
            (vec![host, ("x-forwarded-host", "a\"onload=x")], "http://chat.example.org:8443"),
            (vec![host, ("x-forwarded-host", "a:99999")], "http://chat.example.org:8443"),
            (vec![("host", "a b"), ("x-forwarded-host", "")], "http://localhost:8080"),
        ] {
            assert_eq!(base(&headers), expected, "{headers:?}");
        }
        assert!(!is_host("") && !is_host(":80") && !is_host(&"a".repeat(300)) && !is_host("[::1"));
        let fixed = PublicUrl::new(Some("https://chat.example.org/x/"));
        assert_eq!(fixed.base(&TestRequest::default().to_http_request()), "https://chat.example.org/x");
    }
}
