use std::fmt;

use deadpool_redis::{
    PoolError, Runtime, Timeouts, cluster,
    redis::{
        AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion, PushInfo, RedisError,
        RedisResult, TlsCertificates, TlsMode,
        cluster::ClusterClientBuilder,
        sentinel::{SentinelClientBuilder, SentinelServerType},
    },
    sentinel,
};

use super::link::Connection;
use std::time::Duration;

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections that the pool keeps. One is enough for all tasks, since commands of many share it; the others replace broken ones.
const POOL_SIZE: usize = 4;

/// Where Redis is: one server, sentinels that name the present one, or the nodes of a cluster.
#[derive(Clone)]
pub struct RedisAddress {
    kind: Kind,
    /// The servers, sentinels or nodes, each with the account and the database.
    nodes: Vec<ConnectionInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Single,
    Sentinel { service: String },
    Cluster,
}

/// Why an address cannot be used. The sentence never quotes a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(String);

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisAddress({self})")
    }
}

/// Without the account.
impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, node) in self.nodes.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{}", node.addr())?;
        }
        if let Kind::Sentinel { service } = &self.kind {
            write!(f, "/{service}")?;
        }
        Ok(())
    }
}

impl RedisAddress {
    /// Parses `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/SERVICE[/DATABASE]` or
    /// `redis+cluster://[USER:PASSWORD@]HOST[:PORT],…`; with `rediss` the connections have TLS. `authority` is the certificate of the authority (PEM) that is
    /// trusted instead of those of the operating system.
    pub fn parse(url: &str, authority: Option<Vec<u8>>) -> Result<Self, AddressError> {
        let error = |text: &str| AddressError(text.to_owned());
        let (scheme, rest) = url.split_once("://").ok_or_else(|| error("is no URL"))?;
        let (protocol, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        let (account, place) = rest.rsplit_once('@').map_or(("", rest), |(account, place)| (account, place));
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let (kind, database) = match kind {
            "" => (Kind::Single, path),
            "cluster" if path.is_empty() => (Kind::Cluster, ""),
            "cluster" => return Err(error("names a database, and a cluster has one only")),
            "sentinel" => {
                let (service, database) = path.split_once('/').unwrap_or((path, ""));
                if service.is_empty() {
                    return Err(error(
                        "must name the service that the sentinels watch: redis+sentinel://HOST,HOST/SERVICE",
                    ));
                }
                let service = service.to_owned();
                (Kind::Sentinel { service }, database)
            }
            _ => return Err(error("must begin with redis://, rediss://, redis+sentinel:// or redis+cluster://")),
        };
        if hosts.contains(['?', '#']) || path.contains(['?', '#']) {
            return Err(error("cannot have parameters"));
        }
        if kind == Kind::Single && hosts.contains(',') {
            return Err(error("names several hosts; begin it with redis+sentinel:// or redis+cluster://"));
        }
        if authority.is_some() && (protocol != "rediss" || kind != Kind::Single) {
            return Err(error(
                "goes without bus.ca_file, which is for rediss://HOST only; sentinels and clusters trust the authorities of the operating system",
            ));
        }
        let port = if matches!(kind, Kind::Sentinel { .. }) { ":26379" } else { "" };
        let at = if account.is_empty() { "" } else { "@" };
        let mut nodes = Vec::new();
        for host in hosts.split(',') {
            let port = if has_port(host) { "" } else { port };
            let node = format!("{protocol}://{account}{at}{host}{port}/{database}?protocol=resp3");
            let node = node
                .into_connection_info()
                .map_err(|_| error("must be redis://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password escaped"))?;
            nodes.push(node);
        }
        if let (Some(root_cert), Some(node)) = (authority, nodes.first_mut()) {
            // The library takes a file without any certificate, and then trusts nobody.
            if !String::from_utf8_lossy(&root_cert).contains("-----BEGIN CERTIFICATE-----") {
                return Err(error("has a bus.ca_file that is no certificate in PEM"));
            }
            let certificates = TlsCertificates {
                client_tls: None,
                root_cert: Some(root_cert),
            };
            let client =
                Client::build_with_tls(node.clone(), certificates).map_err(|_| error("has a bus.ca_file that is no certificate in PEM"))?;
            *node = client.get_connection_info().clone();
        }
        Ok(Self { kind, nodes })
    }

    /// Whether channels are spread over the nodes of a cluster.
    pub(crate) fn is_cluster(&self) -> bool {
        self.kind == Kind::Cluster
    }

    /// A connection that hands pushed messages to `receive`, which must not block.
    pub(crate) async fn subscribe(&self, receive: impl Fn(PushInfo) + Clone + Send + Sync + 'static) -> RedisResult<Connection> {
        let receive = move |push: PushInfo| {
            receive(push);
            Ok::<(), std::convert::Infallible>(())
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_push_sender(receive.clone());
        match &self.kind {
            Kind::Single => {
                let client = Client::open(self.first()?.clone())?;
                let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
                Ok(Connection::Single(connection))
            }
            Kind::Sentinel { service } => {
                let mut builder = SentinelClientBuilder::new(
                    self.nodes.iter().map(|node| node.addr().clone()),
                    service,
                    SentinelServerType::Master,
                )?
                .set_client_to_redis_protocol(ProtocolVersion::RESP3)
                .set_client_to_redis_db(self.first()?.redis_settings().db());
                if let Some(username) = self.first()?.redis_settings().username() {
                    builder = builder.set_client_to_redis_username(username);
                }
                if let Some(password) = self.first()?.redis_settings().password() {
                    builder = builder.set_client_to_redis_password(password);
                }
                if self.has_tls() {
                    builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
                }
                let connection = builder.build()?.get_async_connection_with_config(&config).await?;
                Ok(Connection::Single(connection))
            }
            Kind::Cluster => {
                let client = ClusterClientBuilder::new(self.nodes.clone())
                    .use_protocol(ProtocolVersion::RESP3)
                    .connection_timeout(CONNECT_TIMEOUT)
                    .response_timeout(RESPONSE_TIMEOUT)
                    .push_sender(receive)
                    .build()?;
                Ok(Connection::Cluster(client.get_async_connection().await?))
            }
        }
    }

    fn first(&self) -> RedisResult<&ConnectionInfo> {
        self.nodes
            .first()
            .ok_or_else(|| RedisError::from(std::io::Error::other("no address")))
    }

    fn has_tls(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.addr(), ConnectionAddr::TcpTls { .. }))
    }

    /// A pool of connections for commands.
    pub(super) fn pool(&self) -> RedisResult<Pool> {
        let timeouts = Timeouts {
            wait: Some(CONNECT_TIMEOUT),
            create: Some(CONNECT_TIMEOUT),
            recycle: Some(CONNECT_TIMEOUT),
        };
        macro_rules! pool {
            ($Pool:ty, $manager:expr) => {
                <$Pool>::builder($manager)
                    .max_size(POOL_SIZE)
                    .timeouts(timeouts)
                    .runtime(Runtime::Tokio1)
                    .build()
                    .map_err(|error| RedisError::from(std::io::Error::other(error)))?
            };
        }
        Ok(match &self.kind {
            Kind::Single => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECT_TIMEOUT))
                    .set_response_timeout(Some(RESPONSE_TIMEOUT));
                let manager = deadpool_redis::Manager::new_with_config(self.first()?.clone(), config)?;
                Pool::Single(pool!(deadpool_redis::Pool, manager))
            }
            Kind::Sentinel { service } => {
                let sentinels: Vec<ConnectionAddr> = self.nodes.iter().map(|node| node.addr().clone()).collect();
                let server = sentinel::SentinelNodeConnectionInfo {
                    tls_mode: self.has_tls().then_some(sentinel::TlsMode::Secure),
                    redis_connection_info: Some(account_of(self.first()?)),
                };
                let manager = sentinel::Manager::new(sentinels, service.clone(), Some(server), sentinel::SentinelServerType::Master)?;
                Pool::Sentinel(pool!(sentinel::Pool, manager))
            }
            Kind::Cluster => Pool::Cluster(pool!(cluster::Pool, cluster::Manager::new(self.nodes.clone(), false)?)),
        })
    }
}

fn account_of(node: &ConnectionInfo) -> deadpool_redis::RedisConnectionInfo {
    let account = node.redis_settings();
    deadpool_redis::RedisConnectionInfo {
        db: account.db(),
        username: account.username().map(str::to_owned),
        password: account.password().map(str::to_owned),
        protocol: deadpool_redis::ProtocolVersion::RESP3,
    }
}

/// An IPv6 address in brackets has colons of its own.
fn has_port(host: &str) -> bool {
    host.rsplit_once(']').map_or(host, |(_, after)| after).contains(':')
}

/// The pool of each kind.
#[derive(Clone)]
pub(super) enum Pool {
    Single(deadpool_redis::Pool),
    Sentinel(sentinel::Pool),
    Cluster(cluster::Pool),
}

impl Pool {
    /// A connection that answered lately. The pool shares it with whoever asks next, which is what multiplexed connections are for.
    pub(super) async fn connection(&self) -> Result<Connection, PoolError> {
        Ok(match self {
            Self::Single(pool) => Connection::Single((*pool.get().await?).clone()),
            Self::Sentinel(pool) => Connection::Single((*pool.get().await?).clone()),
            Self::Cluster(pool) => Connection::Cluster((*pool.get().await?).clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        match RedisAddress::parse(url, None) {
            Ok(address) => address.to_string(),
            Err(error) => format!("! {error}"),
        }
    }

    #[test]
    fn addresses_of_every_kind_are_read() {
        for (url, address) in [
            ("redis://cache", "cache:6379"),
            ("redis://suhbat:p%40ss@cache:7000/3", "cache:7000"),
            ("rediss://:secret@cache.example.org", "cache.example.org:6379"),
            ("redis+sentinel://one,two:5000/main", "one:26379,two:5000/main"),
            ("redis+cluster://u:p@one:7000,two:7001", "one:7000,two:7001"),
        ] {
            assert_eq!(shown(url), address, "{url}");
        }
        let account = RedisAddress::parse("redis://suhbat:p%40ss@cache:7000/3", None).unwrap();
        let account = account.nodes[0].redis_settings();
        assert_eq!(
            (account.username(), account.password(), account.db()),
            (Some("suhbat"), Some("p@ss"), 3)
        );
        assert_eq!(account.protocol(), ProtocolVersion::RESP3);
    }

    #[test]
    fn an_address_that_makes_no_sense_is_refused_without_its_password() {
        for url in [
            "redis://u:secret@one,two",
            "redis://u:secret@one/x",
            "redis://u:secret@one?db=1",
            "redis+sentinel://u:secret@one",
            "redis+cluster://u:secret@one/2",
            "redis+other://u:secret@one",
            "redis://u:secret@one:port",
        ] {
            let shown = shown(url);
            assert!(shown.starts_with("! ") && !shown.contains("secret"), "{url}: {shown}");
        }
        assert!(RedisAddress::parse("redis://one", Some(Vec::new())).is_err());
        assert!(RedisAddress::parse("rediss://one", Some(b"no certificate".to_vec())).is_err());
    }
}
