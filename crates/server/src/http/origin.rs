//! Log lines about pages whose origin is not allowed. Repeated lines are gathered (`telemetry::repeats`), even if clients make up origins.

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN},
    },
};
use url::Url;

/// No origin is longer: 253 characters of a host, with a scheme and a port around them.
const MOST_CHARS: usize = 300;

/// A handshake of a socket was refused.
pub(crate) fn socket_refused(origin: &HeaderValue) {
    let origin = shown(origin);
    tracing::warn!(
        origin,
        "a socket was refused because of its origin; to allow it, name it in cors.allowed_origins (or in server.public_url, where it is the service's own)"
    );
}

/// To be called with each client error. If it refuses a preflight (a browser asks, before a request, whether a page may make it), the log has a line.
pub(crate) fn refused(request: &HttpRequest) {
    let headers = request.headers();
    if request.method() == Method::OPTIONS
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && let Some(origin) = headers.get(ORIGIN)
    {
        let origin = shown(origin);
        tracing::warn!(
            origin,
            "a page may not call the service because of its origin; to allow it, name it in cors.allowed_origins"
        );
    }
}

/// The scheme, host and port, and nothing else of the header, which any client can write.
fn shown(origin: &HeaderValue) -> String {
    let text = origin.to_str().unwrap_or_default();
    if text == "null" {
        return text.to_owned();
    }
    let url = Url::parse(text).ok().filter(Url::has_host);
    let place = url.as_ref().and_then(|url| Some((url.scheme(), url.host_str()?, url.port())));
    let shown = match place {
        Some((scheme, host, None)) => format!("{scheme}://{host}"),
        Some((scheme, host, Some(port))) => format!("{scheme}://{host}:{port}"),
        None => return "(not an origin)".to_owned(),
    };
    let plain = |letter: char| if letter.is_ascii_graphic() { letter } else { '?' };
    shown.chars().take(MOST_CHARS).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_host_and_port_are_shown() {
        let long = format!("https://{}.example", "a".repeat(400));
        let table: [(&[u8], &str); 9] = [
            (b"https://platform.example.org", "https://platform.example.org"),
            (b"HTTPS://Platform.example.org:443", "https://platform.example.org"),
            (b"http://localhost:5173", "http://localhost:5173"),
            (b"https://anna:secret@a.example/path?token=eyJ", "https://a.example"),
            (b"chrome-extension://abcdef", "chrome-extension://abcdef"),
            (b"null", "null"),
            (b"", "(not an origin)"),
            (b"eyJhbGciOi.J9", "(not an origin)"),
            (b"https://\xffa.example", "(not an origin)"),
        ];
        for (origin, expected) in table {
            assert_eq!(shown(&HeaderValue::from_bytes(origin).unwrap()), expected);
        }
        assert_eq!(shown(&HeaderValue::from_str(&long).unwrap()).len(), MOST_CHARS);
    }
}
