//! Connecting to the server. The negotiation of TLS is done here and not by the driver, so that the stream below or above TLS is one of ours, in which the codes
//! of errors are noted.

use std::{convert::Infallible, future::poll_fn, io, path::PathBuf, pin::Pin};

use diesel::result::ConnectionError;
use diesel_async::AsyncPgConnection;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::UnixStream,
};
use tokio_postgres::{
    Client, NoTls, Socket,
    config::{SslMode, SslNegotiation},
    error::SqlState,
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::either::Either;

use super::{
    address::Address,
    tls::{Mode, TlsError},
    watched::{LastError, Watched},
};

/// Asks the server whether it offers TLS (<https://www.postgresql.org/docs/current/protocol-message-formats.html>, `SSLRequest`).
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server cannot be reached or refuses.
    #[error("{}", advice(.0))]
    Refused(#[source] tokio_postgres::Error),
    /// There is no Unix socket, or nobody listens at it.
    #[error("cannot reach the PostgreSQL server: check the host and the port in its URL, and whether the server runs")]
    NoSocket(#[source] io::Error),
    /// The settings of every session were refused.
    #[error("the PostgreSQL server refuses the settings of a session")]
    Session(#[source] ConnectionError),
    /// Nothing happened for so long that the attempt was given up.
    #[error("the PostgreSQL server does not answer: check the host and the port in its URL, and whether the server runs")]
    TimedOut,
}

/// What the operator has to do.
fn advice(error: &tokio_postgres::Error) -> &'static str {
    let Some(code) = error.code() else {
        let source = std::error::Error::source(error);
        return match source.and_then(|source| source.downcast_ref::<TlsFailure>()) {
            Some(TlsFailure::NotOffered) => {
                "the PostgreSQL server does not offer TLS: turn it on (ssl = on), or set another sslmode in its URL"
            }
            Some(TlsFailure::Handshake(_)) => {
                "no TLS connection to the PostgreSQL server: check its certificate, and sslmode and sslrootcert in its URL"
            }
            _ => "cannot reach the PostgreSQL server: check the host and the port in its URL, and whether the server runs",
        };
    };
    match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "the PostgreSQL server lets this user not in: check the user and the password in its URL, and pg_hba.conf on the server"
        }
        SqlState::INVALID_CATALOG_NAME => "the PostgreSQL server has no such database: make it (`createdb NAME`), or correct database.url",
        SqlState::TOO_MANY_CONNECTIONS => {
            "the PostgreSQL server takes no more connections: raise its max_connections, or lower database.pool_size of the services on it"
        }
        SqlState::CANNOT_CONNECT_NOW => "the PostgreSQL server is starting or stopping: try again in a moment",
        SqlState::PROTOCOL_VIOLATION if names_startup_parameter(error) => {
            "PgBouncer refuses the settings of a session: add `ignore_startup_parameters = options` to its settings (docs/operations.md, \"PgBouncer\")"
        }
        _ => "the PostgreSQL server refuses the connection",
    }
}

/// The texts of `PgBouncer` are not translated.
fn names_startup_parameter(error: &tokio_postgres::Error) -> bool {
    error
        .as_db_error()
        .is_some_and(|error| error.message().contains("startup parameter"))
}

impl ConnectError {
    /// Whether the server is there, and may take a connection a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Refused(error) => matches!(error.code(), Some(&(SqlState::TOO_MANY_CONNECTIONS | SqlState::CANNOT_CONNECT_NOW))),
            Self::TimedOut => true,
            Self::NoSocket(_) | Self::Session(_) => false,
        }
    }
}

/// Makes connections to one database.
pub(super) struct Connector {
    address: Address,
    tls: MakeRustlsConnect,
}

impl Connector {
    /// Reads the certificates that the address names.
    pub(super) async fn new(address: Address) -> Result<Self, TlsError> {
        let tls = address.tls.clone();
        let tls = tokio::task::spawn_blocking(move || tls.connector())
            .await
            .map_err(|_| TlsError::Interrupted)??;
        Ok(Self { address, tls })
    }

    /// A new connection, which a task on the current runtime drives until it is dropped.
    pub(super) async fn connect(&self) -> Result<(AsyncPgConnection, LastError), ConnectError> {
        let last_error = LastError::default();
        let client = match self.address.socket() {
            Some(path) => self.over_socket(path, &last_error).await,
            None => self.over_tcp(&last_error).await,
        };
        let connection = AsyncPgConnection::try_from(client?).await.map_err(ConnectError::Session)?;
        Ok((connection, last_error))
    }

    async fn over_socket(&self, path: PathBuf, last_error: &LastError) -> Result<Client, ConnectError> {
        let stream = UnixStream::connect(&path).await.map_err(ConnectError::NoSocket)?;
        let (client, connection) = self
            .address
            .config
            .connect_raw(Watched::new(stream, last_error.clone()), NoTls)
            .await
            .map_err(ConnectError::Refused)?;
        drive(connection);
        Ok(client)
    }

    async fn over_tcp(&self, last_error: &LastError) -> Result<Client, ConnectError> {
        let mut config = self.address.config.clone();
        // For the driver each of our streams is one with TLS, begun without a question to the server.
        config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
        let negotiator = Negotiator {
            mode: self.address.tls.mode,
            tls: self.tls.clone(),
            last_error: last_error.clone(),
        };
        let (client, connection) = config.connect(negotiator).await.map_err(ConnectError::Refused)?;
        drive(connection);
        Ok(client)
    }
}

/// Drives a connection until it ends. Its notices say nothing that an operator has to know, and nobody asks for its notifications.
fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let Err(error) = message {
                tracing::debug!(%error, "a connection to the database was cut off");
                break;
            }
        }
    });
}

/// Why there is no TLS, or no answer to the question for it.
#[derive(Debug, thiserror::Error)]
enum TlsFailure {
    #[error("the server offers no TLS")]
    NotOffered,
    #[error("the server did not answer as a PostgreSQL server does")]
    Unclear,
    #[error(transparent)]
    Stream(io::Error),
    #[error(transparent)]
    Handshake(io::Error),
}

type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;
type Handshake = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;

impl TlsStream for Watched<Either<Socket, Encrypted>> {
    fn channel_binding(&self) -> ChannelBinding {
        match self.stream() {
            Either::Left(_) => ChannelBinding::none(),
            Either::Right(encrypted) => encrypted.channel_binding(),
        }
    }
}

/// Begins streams with or without TLS, as the mode and the server want it.
struct Negotiator {
    mode: Mode,
    tls: MakeRustlsConnect,
    last_error: LastError,
}

impl MakeTlsConnect<Socket> for Negotiator {
    type Stream = Watched<Either<Socket, Encrypted>>;
    type TlsConnect = Negotiation;
    type Error = Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<Negotiation, Infallible> {
        Ok(Negotiation {
            mode: self.mode,
            handshake: MakeTlsConnect::<Socket>::make_tls_connect(&mut self.tls, host)?,
            last_error: self.last_error.clone(),
        })
    }
}

struct Negotiation {
    mode: Mode,
    handshake: Handshake,
    last_error: LastError,
}

impl Negotiation {
    async fn negotiate(self, mut socket: Socket) -> Result<Watched<Either<Socket, Encrypted>>, TlsFailure> {
        let stream = if self.mode == Mode::Disable {
            Either::Left(socket)
        } else {
            socket.write_all(&TLS_REQUEST).await.map_err(TlsFailure::Stream)?;
            socket.flush().await.map_err(TlsFailure::Stream)?;
            // Not one byte more may be read: it would be unencrypted, and taken for encrypted.
            match socket.read_u8().await.map_err(TlsFailure::Stream)? {
                b'S' => Either::Right(self.handshake.connect(socket).await.map_err(TlsFailure::Handshake)?),
                b'N' if self.mode == Mode::Prefer => Either::Left(socket),
                b'N' => return Err(TlsFailure::NotOffered),
                _ => return Err(TlsFailure::Unclear),
            }
        };
        Ok(Watched::new(stream, self.last_error))
    }
}

impl TlsConnect<Socket> for Negotiation {
    type Stream = Watched<Either<Socket, Encrypted>>;
    type Error = TlsFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, TlsFailure>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(self.negotiate(socket))
    }
}
