//! The URL of a database server: what the driver understands of it, and the settings of TLS, of which the driver knows fewer than libpq.

use std::{path::PathBuf, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode, SslNegotiation},
};

use super::tls::{Mode, Tls};

/// How long the server of an idle connection may be silent before it is asked whether it is still there, and between further questions.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
/// How long data that was sent may stay unconfirmed before the connection counts as broken.
const UNCONFIRMED: Duration = Duration::from_secs(20);
/// The driver's own default, which means that the URL does not set it.
const UNSET_KEEPALIVE_IDLE: Duration = Duration::from_hours(2);

/// Where a server is, and how to connect to it.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: Tls,
}

const MALFORMED: &str =
    "must be postgres://USER:PASSWORD@HOST/NAME, with %-escapes for special characters of the parts (%40 for @, %2F for /)";

impl Address {
    /// Parses a URL. The error never quotes it, since it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
        let (url, tls) = without_tls(url)?;
        let mut config: Config = url.parse().map_err(|_| {
            if url.contains('?') {
                "has a parameter that is unknown or has an unusable value; the most useful ones are sslmode, sslrootcert, connect_timeout, application_name, \
                 target_session_attrs and options, and docs/operations.md explains them"
            } else {
                MALFORMED
            }
        })?;
        let is_unix = |host: &Host| !matches!(host, Host::Tcp(_));
        match config.get_hosts() {
            [] => return Err("must name the host of the server, such as postgres://USER:PASSWORD@HOST/NAME"),
            [_] => {}
            hosts if hosts.iter().any(is_unix) => return Err("names several hosts, one of them a Unix socket: name the socket alone"),
            _ => {}
        }
        config.ssl_mode(SslMode::Disable).ssl_negotiation(SslNegotiation::Postgres);
        if config.get_keepalives_idle() == UNSET_KEEPALIVE_IDLE {
            config.keepalives_idle(KEEPALIVE_IDLE);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_interval(KEEPALIVE_INTERVAL);
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(KEEPALIVE_RETRIES);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNCONFIRMED);
        }
        if config.get_application_name().is_none() {
            config.application_name("suhbat");
        }
        Ok(Self { config, tls })
    }

    /// Adds a setting of the session, as the server takes it when a connection begins. Settings of the URL win.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let given = self.config.get_options().unwrap_or_default();
        self.config.options(format!("-c {name}={value} {given}").trim_end().to_owned());
    }

    /// The folder of the Unix socket, if the server is reached by one.
    pub(super) fn socket(&self) -> Option<PathBuf> {
        match self.config.get_hosts() {
            [Host::Unix(folder)] => {
                let port = self.config.get_ports().first().copied().unwrap_or(5432);
                Some(folder.join(format!(".s.PGSQL.{port}")))
            }
            _ => None,
        }
    }
}

/// Separates `sslmode` and `sslrootcert` from a URL.
fn without_tls(url: &str) -> Result<(String, Tls), &'static str> {
    let mut tls = Tls {
        mode: Mode::Prefer,
        root: None,
    };
    // As the driver does it: a password may hold a question mark, and ends at the first @.
    let place = url.find('@').unwrap_or(0);
    let Some(query) = url[place..].find('?').map(|at| place + at) else {
        return Ok((url.to_owned(), tls));
    };
    let mut kept = Vec::new();
    for pair in url[query + 1..].split('&') {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => {
                tls.mode = match mode {
                    "disable" => Mode::Disable,
                    "prefer" => Mode::Prefer,
                    "require" => Mode::Require,
                    "verify-ca" => Mode::VerifyCa,
                    "verify-full" => Mode::VerifyFull,
                    _ => return Err("has an unknown sslmode: disable, prefer, require, verify-ca and verify-full are known"),
                };
            }
            Some(("sslrootcert", path)) => {
                let path = percent_decode_str(path)
                    .decode_utf8()
                    .map_err(|_| "has an sslrootcert that is not UTF-8")?;
                tls.root = Some(path.as_ref().into());
            }
            _ => kept.push(pair),
        }
    }
    let mut rest = url[..query].to_owned();
    if !kept.is_empty() {
        rest.push('?');
        rest.push_str(&kept.join("&"));
    }
    Ok((rest, tls))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_set_as_with_libpq_and_preferred_by_default() {
        for (url, mode, root) in [
            ("postgres://anna:p?ss@db/chat", Mode::Prefer, None),
            ("postgres://db/chat?sslmode=disable", Mode::Disable, None),
            (
                "postgres://anna@db/chat?application_name=x&sslmode=verify-full&sslrootcert=%2Fetc%2Froot%20ca.pem",
                Mode::VerifyFull,
                Some("/etc/root ca.pem"),
            ),
            (
                "postgres://db/chat?sslrootcert=system&sslmode=verify-ca&connect_timeout=1",
                Mode::VerifyCa,
                Some("system"),
            ),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!((address.tls.mode, address.tls.root), (mode, root.map(Into::into)), "{url}");
            assert_eq!(address.config.get_dbname(), Some("chat"));
        }
    }

    #[test]
    fn parameters_of_the_url_go_before_our_own() {
        let mut address = Address::parse(
            "postgres://db/chat?application_name=chat&keepalives_idle=5&options=-c%20statement_timeout%3D1s&target_session_attrs=read-write",
        )
        .unwrap();
        address.set("statement_timeout", "10000");
        assert_eq!(address.config.get_application_name(), Some("chat"));
        assert_eq!(address.config.get_keepalives_idle(), Duration::from_secs(5));
        // Of two options of the same name the server takes the last.
        assert_eq!(
            address.config.get_options(),
            Some("-c statement_timeout=10000 -c statement_timeout=1s")
        );
        let plain = Address::parse("postgres://db/chat").unwrap();
        assert_eq!(plain.config.get_application_name(), Some("suhbat"));
        assert_eq!(plain.config.get_keepalives_idle(), KEEPALIVE_IDLE);
    }

    #[test]
    fn a_unix_socket_is_a_folder_as_the_host() {
        let address = Address::parse("postgres://anna@%2Frun%2Fpostgresql/chat").unwrap();
        assert_eq!(address.socket(), Some("/run/postgresql/.s.PGSQL.5432".into()));
        assert_eq!(Address::parse("postgres://db/chat").unwrap().socket(), None);
    }

    #[test]
    fn an_unusable_url_is_refused_without_showing_it() {
        for (url, words) in [
            ("postgres:///chat", "must name the host"),
            ("postgres://anna:s3cret@db:port/chat", "must be postgres://"),
            ("postgres://anna:s3cret@db/chat?sslmode=allow", "unknown sslmode"),
            ("postgres://anna:s3cret@db/chat?s3cret=1", "has a parameter that is unknown"),
            ("postgres://anna:s3cret@%2Frun,db/chat", "names several hosts"),
        ] {
            let refused = Address::parse(url).unwrap_err();
            assert!(refused.contains(words) && !refused.contains("s3cret"), "{url}: {refused}");
        }
    }
}
