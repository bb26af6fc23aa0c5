//! Throwaway servers for tests, which need nothing of this workspace: so that tests of its crates and tests of the whole service use the same ones.
#![expect(clippy::missing_panics_doc, reason = "a test that fails panics")]

mod redis;

use std::net::TcpListener;

pub use redis::{RedisServer, cli};

/// A port of this machine that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}
