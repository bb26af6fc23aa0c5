//! `server.*` and `cors.*`: how clients reach the service.

use std::net::SocketAddr;

use super::{
    address,
    reader::{Read, Reader, Reason},
    section::{list, number, optional, section, text},
};

section! {
    /// Address, public URL and shutdown of the service.
    #[derive(Clone, Debug)]
    pub struct ServerConfig in "server" {
        /// The address and port; port 0 takes any free one.
        pub bind: SocketAddr = text(socket_addr),
        /// The base of absolute URLs, without a slash at the end; if not set, the host of each request.
        pub public_url: Option<String> = optional(address::public_url),
        /// Threads that serve requests.
        pub workers: usize = workers,
        /// Seconds that running requests have to finish after SIGTERM.
        pub shutdown_grace_seconds: u64 = number(0..=3600),
    }
}

fn socket_addr(text: &str) -> Result<SocketAddr, Reason> {
    text.parse()
        .map_err(|_| format!("must be an address and a port such as 127.0.0.1:8000 or [::]:8000, not {text:?}"))
}

/// One for each core by default.
fn workers(reader: &mut Reader, setting: &'static str) -> Read<usize> {
    let workers = reader.optional_number(setting, 1..=1024)?;
    Ok(workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)))
}

section! {
    /// Other origins whose pages may use the service.
    #[derive(Clone, Debug)]
    pub struct CorsConfig in "cors" {
        /// As browsers write them in `Origin`.
        pub allowed_origins: Vec<String> = list(address::origin),
    }
}
