//! The URLs that choose adapters, and those that clients and browsers see.

use std::{fmt, path::PathBuf, str::FromStr};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::reader::Reason;

/// The bus between the nodes.
#[derive(Clone, Debug)]
pub enum BusUrl {
    /// There is one node.
    Memory,
    /// By Redis, or a server that speaks its protocol.
    Redis(ServerUrl),
}

/// The address of the object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectsUrl {
    /// A folder of this machine.
    File(PathBuf),
    /// In an S3 bucket.
    S3 {
        /// Its name, without the scheme.
        bucket: String,
        /// The prefix of all keys; may be empty, and has no slash at either end.
        prefix: String,
    },
}

/// The URL of another service, whose query may be a secret. It is shown without it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebUrl(Url);

/// The URL of a server, which may hold a password. It is shown without it.
#[derive(Clone)]
pub struct ServerUrl(SecretString);

const REDIS_SCHEMES: [&str; 6] = [
    "redis",
    "rediss",
    "redis+sentinel",
    "rediss+sentinel",
    "redis+cluster",
    "rediss+cluster",
];

impl BusUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        if text == "memory:" {
            return Ok(Self::Memory);
        }
        server(text, &REDIS_SCHEMES)
            .map(Self::Redis)
            .ok_or_else(|| "must be memory: or redis://HOST (rediss://HOST with TLS)".to_owned())
    }
}

impl ObjectsUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Reason> {
        if let Some(path) = text.strip_prefix("file://") {
            return local_path(path).map(|path| Self::File(path.into())).ok_or_else(|| {
                "must name a folder after file://, such as file://data/objects (file:///… for an absolute path)".to_owned()
            });
        }
        let Some(place) = text.strip_prefix("s3://") else {
            return Err("must be file://FOLDER or s3://BUCKET/PREFIX".to_owned());
        };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let bucket_letters = bucket
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.');
        if !(3..=63).contains(&bucket.len()) || !bucket_letters {
            return Err("must name a bucket of 3 to 63 small letters, digits, dots and hyphens after s3://".to_owned());
        }
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && prefix.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err("must not have empty parts, . or .. in the prefix".to_owned());
        }
        Ok(Self::S3 {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        })
    }
}

impl FromStr for ObjectsUrl {
    /// Completes a sentence about the text: "must be …".
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl ServerUrl {
    /// With its password, for the adapter that connects.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl WebUrl {
    /// With its query, which may hold a secret: for requests, not for the log.
    pub fn expose(&self) -> &Url {
        &self.0
    }
}

impl FromStr for WebUrl {
    type Err = url::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Url::parse(text).map(Self)
    }
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        let hidden = if self.0.query().is_some() || self.0.fragment().is_some() {
            "?***"
        } else {
            ""
        };
        write!(f, "{shown}{hidden}")
    }
}

impl fmt::Debug for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebUrl({self})")
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(self.expose()))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

impl fmt::Display for BusUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Redis(server) => server.fmt(f),
        }
    }
}

impl fmt::Display for ObjectsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file://{}", path.display()),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Part of every name in Redis. Braces would decide in which node of a cluster a key is.
pub(super) fn bus_prefix(text: &str) -> Result<String, Reason> {
    let fits = text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}*?[]\\".contains(&byte));
    fits.then(|| text.to_owned())
        .ok_or_else(|| "must be at most 64 letters, digits and signs other than {}[]*?\\".to_owned())
}

/// The base of absolute URLs, without a slash at the end.
pub(super) fn public_url(text: &str) -> Result<String, Reason> {
    let url = web_url(text).filter(|url| url.query().is_none() && url.fragment().is_none());
    url.map(|url| url.as_str().trim_end_matches('/').to_owned())
        .ok_or_else(|| "must be an absolute http or https URL such as https://chat.example.org, without a query or a user name".to_owned())
}

/// The prefix of the paths of pictures: a path, or an absolute URL. A missing slash at its end is added.
pub(super) fn media_url(text: &str) -> Result<String, Reason> {
    let is_path = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(|letter: char| matches!(letter, '?' | '#' | '\\') || letter.is_whitespace() || letter.is_control());
    let url = if is_path {
        Some(text.to_owned())
    } else {
        let url = web_url(text).filter(|url| url.query().is_none() && url.fragment().is_none());
        url.map(|url| url.as_str().to_owned())
    };
    url.map(|url| format!("{}/", url.trim_end_matches('/')))
        .ok_or_else(|| "must be a path such as /media/, or an absolute http or https URL, without a query".to_owned())
}

/// An origin as browsers write it: lower case, without a default port.
pub(super) fn origin(text: &str) -> Result<String, Reason> {
    if text == "*" {
        return Err("must name each origin; with * every page could act for whoever visits it".to_owned());
    }
    if text.contains('*') {
        return Err(format!(
            "must name each origin in full; {:?} has a wildcard, which matches nothing",
            masked_text(text)
        ));
    }
    let url = web_url(text).filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
    url.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
        format!(
            "must hold origins such as https://platform.example.org, without a path; {:?} is none",
            masked_text(text)
        )
    })
}

/// Some http or https address of another service.
pub(super) fn endpoint(text: &str) -> Result<WebUrl, Reason> {
    web_url(text)
        .map(WebUrl)
        .ok_or_else(|| "must be an absolute http or https URL without a user name".to_owned())
}

fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    // The parser accepts more hosts; names and addresses only are allowed here. Names in other scripts are ASCII by now.
    let is_host = |host: &str| {
        host.chars()
            .all(|letter| letter.is_ascii_alphanumeric() || ".-_:[]".contains(letter))
    };
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(is_host)
        && url.username().is_empty()
        && url.password().is_none();
    plain.then_some(url)
}

/// No part of a URL but a path: a query would silently become a part of the name.
fn local_path(path: &str) -> Option<&str> {
    (!path.is_empty() && !path.contains(['?', '#', '\0'])).then_some(path)
}

/// Not `Url`: several hosts with ports are no URL by its book.
fn server(text: &str, schemes: &[&str]) -> Option<ServerUrl> {
    let (scheme, rest) = text.split_once("://")?;
    let known = schemes.contains(&scheme) && !rest.is_empty() && !rest.contains(char::is_whitespace);
    known.then(|| ServerUrl(text.to_owned().into()))
}

/// Fit for a message about something that should be a URL and may be none.
fn masked_text(text: &str) -> String {
    if text.contains('@') { masked(text) } else { text.to_owned() }
}

/// Hides more rather than less: all before the last @ but the user's name, and every parameter that sounds like a secret.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "***".to_owned();
    };
    let (user, place) = match rest.rsplit_once('@') {
        Some((user_info, place)) => (Some(user_info), place),
        None => (None, rest),
    };
    let user = user.map_or_else(String::new, |user_info| {
        let name = user_info.split([':', '/', '?', '#']).next().unwrap_or_default();
        if name.len() == user_info.len() {
            format!("{name}@")
        } else {
            format!("{name}:***@")
        }
    });
    let Some((place, query)) = place.split_once('?') else {
        return format!("{scheme}://{user}{place}");
    };
    let query: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _))
                if ["pass", "secret", "key", "token"]
                    .iter()
                    .any(|word| name.to_ascii_lowercase().contains(word)) =>
            {
                format!("{name}=***")
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{scheme}://{user}{place}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_wherever_they_stand() {
        let shown = [
            ("postgres://anna:s3cret@db:5432/chat", "postgres://anna:***@db:5432/chat"),
            ("postgres://anna:s3cr@et/@db/chat", "postgres://anna:***@db/chat"),
            ("postgres://anna:s3?cr#et@db/chat", "postgres://anna:***@db/chat"),
            ("postgres://anna@db/chat", "postgres://anna@db/chat"),
            (
                "postgres://db/chat?user=anna&password=s3cret&sslmode=require",
                "postgres://db/chat?user=anna&password=***&sslmode=require",
            ),
            ("postgres://db/chat?password=s3cret&options=a@b", "postgres://db:***@b"),
            ("redis://:s3cret@cache:6379/0", "redis://:***@cache:6379/0"),
            (
                "redis+sentinel://:s3cret@a:26379,b:26379/main",
                "redis+sentinel://:***@a:26379,b:26379/main",
            ),
        ];
        for (url, expected) in shown {
            assert_eq!(masked(url), expected);
            let server = ServerUrl(url.to_owned().into());
            assert!(
                !format!("{server} {server:?} {:?}", BusUrl::Redis(server.clone())).contains("s3cret"),
                "{url}"
            );
            assert_eq!(server.expose(), url);
        }
    }

    #[test]
    fn urls_of_files_are_relative_with_two_slashes_and_absolute_with_three() {
        assert_eq!(
            ObjectsUrl::parse("file://data/objects"),
            Ok(ObjectsUrl::File("data/objects".into()))
        );
        assert_eq!(
            ObjectsUrl::parse("file:///var/objects"),
            Ok(ObjectsUrl::File("/var/objects".into()))
        );
    }

    #[test]
    fn buckets_have_a_prefix_or_none() {
        let s3 = |bucket: &str, prefix: &str| {
            Ok(ObjectsUrl::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.to_owned(),
            })
        };
        assert_eq!(ObjectsUrl::parse("s3://files"), s3("files", ""));
        assert_eq!(ObjectsUrl::parse("s3://files/a/b/"), s3("files", "a/b"));
        assert!(ObjectsUrl::parse("s3://files/../b").is_err());
    }

    #[test]
    fn a_media_url_is_a_path_or_a_url_and_ends_with_a_slash() {
        for (text, kept) in [
            ("/media/", "/media/"),
            ("/media", "/media/"),
            ("/", "/"),
            ("https://platform.example.org/files", "https://platform.example.org/files/"),
            ("https://platform.example.org", "https://platform.example.org/"),
        ] {
            assert_eq!(media_url(text), Ok(kept.to_owned()));
        }
        for wrong in [
            "",
            "media/",
            "//evil.example/",
            "/a?b",
            "/a b/",
            "https://a.example/?b",
            "ftp://a.example/",
            "javascript:alert(1)",
        ] {
            assert!(media_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_kept_as_browsers_write_it() {
        assert_eq!(
            origin("HTTPS://Platform.Example.org:443/"),
            Ok("https://platform.example.org".to_owned())
        );
        assert_eq!(origin("http://localhost:5173"), Ok("http://localhost:5173".to_owned()));
        assert_eq!(origin("http://[::1]:80"), Ok("http://[::1]".to_owned()));
        assert_eq!(origin("https://мисол.uz"), Ok("https://xn--h1agbjo.uz".to_owned()));
        for wrong in [
            "*",
            "https://*.uz",
            "https://*",
            "https://a.example:*",
            "https://%2a.uz",
            "https://{tenant}.uz",
            "//platform.example.org",
            "platform.example.org:443",
            "",
            "platform.example.org",
            "https://a.example/path",
            "https://a.example?x",
            "https://anna@a.example",
            "null",
            "ftp://a.example",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_public_url_may_have_a_path() {
        assert_eq!(public_url("https://example.org/chat/"), Ok("https://example.org/chat".to_owned()));
        assert_eq!(public_url("http://localhost:8000"), Ok("http://localhost:8000".to_owned()));
        for wrong in [
            "/chat",
            "example.org",
            "ws://example.org",
            "https://example.org?a=b",
            "https://example.org#a",
            "https://a:b@example.org",
        ] {
            assert!(public_url(wrong).is_err(), "{wrong}");
        }
    }
}
