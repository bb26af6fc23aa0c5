//! The URL of a database, which chooses its adapter.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// A database that this program can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `sqlite://PATH`: this file, by the embedded database.
    Sqlite(PathBuf),
    /// `postgres://USER:PASSWORD@HOST/NAME`: this database of a PostgreSQL server.
    Postgres(ServerUrl),
    /// `memory:`: the fakes of the domain, which forget everything at the end.
    #[cfg(feature = "testing")]
    Memory,
}

/// The URL of a database server, which may hold a password: it is shown without it.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// The whole URL, for the driver alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Without password and parameters. A password may hold any character, so that everything before the last `@` but the user's name is left out.
impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", ""));
        let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let user = user.split([':', '/', '?', '#']).next().unwrap_or_default();
        let place = place.split(['?', '#']).next().unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        write!(f, "{scheme}://{user}{at}{place}")
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

/// Why a text is no [`StoreUrl`], as the rest of a sentence that begins with the setting's name. It never quotes the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(&'static str);

impl FromStr for StoreUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        if text == "memory:" {
            return memory();
        }
        match text.split_once("://") {
            Some(("sqlite", path)) => file(path),
            Some(("postgres" | "postgresql", server)) if !server.is_empty() && !server.contains(char::is_whitespace) => {
                crate::postgres::check_url(text).map_err(BadUrl)?;
                Ok(StoreUrl::Postgres(ServerUrl(text.to_owned())))
            }
            _ => Err(BadUrl("must be sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME")),
        }
    }
}

/// A path has neither a query nor a fragment, which would silently become a part of the file's name.
fn file(path: &str) -> Result<StoreUrl, BadUrl> {
    if path.is_empty() || path.ends_with('/') || path.contains(['?', '#', '\0']) {
        return Err(BadUrl(
            "must name a file after sqlite://, such as sqlite://data/suhbat.db (sqlite:///… for an absolute path)",
        ));
    }
    Ok(StoreUrl::Sqlite(path.into()))
}

#[cfg(feature = "testing")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it is an error")]
fn memory() -> Result<StoreUrl, BadUrl> {
    Ok(StoreUrl::Memory)
}

#[cfg(not(feature = "testing"))]
fn memory() -> Result<StoreUrl, BadUrl> {
    Err(BadUrl(
        "names the store in memory, which only tests have, since it keeps nothing; sqlite://PATH works",
    ))
}

impl StoreUrl {
    /// The file of an embedded database; `None` for every other kind.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
            #[cfg(feature = "testing")]
            Self::Memory => None,
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
            #[cfg(feature = "testing")]
            Self::Memory => f.write_str("memory:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_relative_with_two_slashes_and_absolute_with_three() {
        for (text, path) in [
            ("sqlite://data/suhbat.db", "data/suhbat.db"),
            ("sqlite:///var/suhbat.db", "/var/suhbat.db"),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.file(), Some(Path::new(path)));
            assert_eq!(url.to_string(), text);
        }
        for text in ["sqlite://", "sqlite://data/", "sqlite://a?b", "sqlite://a#b"] {
            let refused = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(refused.starts_with("must name a file"), "{text}: {refused}");
        }
    }

    #[test]
    fn a_refused_url_is_never_quoted() {
        for (text, sentence) in [
            ("postgres://", "must be sqlite://PATH or"),
            ("mysql://anna:s3cret@db/chat", "must be sqlite://PATH or"),
            ("", "must be sqlite://PATH or"),
            ("sqlite:data.db", "must be sqlite://PATH or"),
            ("memory:x", "must be sqlite://PATH or"),
        ] {
            let refused = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(refused.starts_with(sentence) && !refused.contains("s3cret"), "{text}: {refused}");
        }
    }

    #[test]
    fn the_password_of_a_server_is_never_shown() {
        for (text, shown) in [
            ("postgres://anna:s3cret@db:5432/chat", "postgres://anna@db:5432/chat"),
            ("postgresql://anna:s3?cr#et/@x@db/chat", "postgresql://anna@db/chat"),
            ("postgres://db/chat?user=anna&password=s3cret", "postgres://db/chat"),
            ("postgres://db/chat?password=s3cret&options=a@b", "postgres://db@b"),
            (
                "postgres://anna@%2Frun%2Fpostgresql/chat",
                "postgres://anna@%2Frun%2Fpostgresql/chat",
            ),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("s3cret"), "{url:?}");
            assert_eq!(url.file(), None);
        }
    }

    #[test]
    fn only_tests_have_the_store_in_memory() {
        let parsed = "memory:".parse::<StoreUrl>().map(|url| url.to_string());
        if cfg!(feature = "testing") {
            assert_eq!(parsed, Ok("memory:".to_owned()));
        } else {
            assert!(parsed.unwrap_err().to_string().starts_with("names the store in memory"));
        }
    }
}
