//! `server.*` and `cors.*`: how clients reach the service.

use std::net::SocketAddr;

use super::{
    address,
    reader::{Read, Reader},
};

/// Where and how the service listens.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The address and port; port 0 takes any free one.
    pub bind: SocketAddr,
    /// The base of absolute URLs, without a slash at the end; where it is not set, each request says it.
    pub public_url: Option<String>,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long requests may take to finish after SIGTERM.
    pub shutdown_grace_seconds: u64,
}

impl ServerConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let bind = reader.text("server.bind", |text| {
            text.parse()
                .map_err(|_| format!("must be an address and a port such as 127.0.0.1:8000 or [::]:8000, not {text:?}"))
        });
        let public_url = reader.optional_text("server.public_url", address::public_url);
        let workers = reader.optional_number("server.workers", 1..=1024);
        let shutdown_grace_seconds = reader.number("server.shutdown_grace_seconds", 0..=3600);
        Ok(Self {
            bind: bind?,
            public_url: public_url?,
            workers: workers?.unwrap_or_else(cores),
            shutdown_grace_seconds: shutdown_grace_seconds?,
        })
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Which pages of other origins may use the service.
#[derive(Clone, Debug)]
pub struct CorsConfig {
    /// As browsers write them in `Origin`.
    pub allowed_origins: Vec<String>,
}

impl CorsConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        Ok(Self {
            allowed_origins: reader.list("cors.allowed_origins", address::origin)?,
        })
    }
}
