use actix_web::{HttpRequest, http::header::ORIGIN};
use protocol::error::Code;
use url::Url;

use crate::http::{error::ApiError, links::PublicUrl, origin};

/// The origins from whose pages browsers may open sockets. Without this check every page could act for a visitor who holds a ticket or a token there.
pub(super) struct Origins {
    public_url: PublicUrl,
    allowed: Vec<String>,
}

impl Origins {
    pub(super) fn new(public_url: PublicUrl, allowed: Vec<String>) -> Self {
        Self { public_url, allowed }
    }

    /// A handshake without an origin comes from no browser and may pass.
    pub(super) fn check(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let Some(shown) = request.headers().get(ORIGIN) else {
            return Ok(());
        };
        let accepted = shown
            .to_str()
            .is_ok_and(|origin| self.is_own(origin, request) || self.is_allowed(origin));
        if accepted {
            Ok(())
        } else {
            origin::socket_refused(shown);
            Err(ApiError::new(Code::OriginNotAllowed))
        }
    }

    fn is_allowed(&self, origin: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    /// If TLS ends before the service, the schemes differ; so host and port decide, each side's port by its own scheme, or by that of the origin.
    fn is_own(&self, origin: &str, request: &HttpRequest) -> bool {
        let Some(origin) = place(origin) else { return false };
        let host = request.connection_info().host().to_owned();
        let hosts = [format!("{}://{host}", origin.scheme()), self.public_url.base(request)];
        hosts.iter().filter_map(|own| place(own)).any(|own| {
            let same_host = own.host_str() == origin.host_str();
            same_host && own.port_or_known_default() == origin.port_or_known_default()
        })
    }
}

/// The URL of a web origin; opaque ones (`null`) and other schemes are none.
fn place(origin: &str) -> Option<Url> {
    Url::parse(origin)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header::HOST, test::TestRequest};

    use super::*;

    fn passes(origin: Option<&str>, host: &str, public_url: Option<&str>) -> bool {
        let origins = Origins::new(PublicUrl::new(public_url), vec!["https://platform.example.org".to_owned()]);
        let mut request = TestRequest::with_uri("/ws/").insert_header((HOST, host));
        if let Some(origin) = origin {
            request = request.insert_header((ORIGIN, origin));
        }
        origins.check(&request.to_http_request()).is_ok()
    }

    #[test]
    fn own_and_allowed_origins_pass_and_others_do_not() {
        let table = [
            (None, "chat.example.org", None, true),
            (Some("http://chat.example.org"), "chat.example.org", None, true),
            (Some("https://chat.example.org"), "chat.example.org", None, true),
            (Some("https://chat.example.org:443"), "chat.example.org", None, true),
            (Some("http://127.0.0.1:8000"), "127.0.0.1:8000", None, true),
            (Some("http://127.0.0.1:8001"), "127.0.0.1:8000", None, false),
            (Some("https://chat.example.org:8443"), "chat.example.org", None, false),
            (
                Some("https://chat.example.org"),
                "10.0.0.7:8000",
                Some("https://chat.example.org"),
                true,
            ),
            (
                Some("https://chat.example.org"),
                "10.0.0.7:8000",
                Some("https://chat.example.org/suhbat/"),
                true,
            ),
            (Some("https://chat.example.org"), "10.0.0.7:8000", None, false),
            (Some("https://platform.example.org"), "chat.example.org", None, true),
            (Some("http://platform.example.org"), "chat.example.org", None, false),
            (
                Some("https://evil.example.org"),
                "chat.example.org",
                Some("https://chat.example.org"),
                false,
            ),
            (Some("https://chat.example.org.evil.org"), "chat.example.org", None, false),
            (Some("null"), "chat.example.org", None, false),
            (Some("file://"), "chat.example.org", None, false),
            (Some(""), "chat.example.org", None, false),
        ];
        for (origin, host, public_url, expected) in table {
            assert_eq!(passes(origin, host, public_url), expected, "{origin:?} at {host}, {public_url:?}");
        }
    }
}
