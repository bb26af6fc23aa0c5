//! `suhbat health`: asks the running service of this configuration whether it is ready.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use super::commands::{Error, answer, block_on, quiet_config};
use crate::causes;

/// Longer than `readyz` takes: it waits two seconds for a part.
const PATIENCE: Duration = Duration::from_secs(4);

/// Prints the answer of `readyz`, or of `healthz` with `alive`. Fails unless the answer is 200.
pub(super) fn health(file: Option<&Path>, alive: bool) -> Result<(), Error> {
    let config = quiet_config(file)?;
    let path = if alive { "healthz" } else { "readyz" };
    let url = format!("http://{}/{path}", local(config.server.bind));
    let (status, body) = block_on(ask(&url)).map_err(|error| Error::NoAnswer(url.clone(), causes::of_request(error)))?;
    answer(body.trim_end())?;
    if status.is_success() {
        Ok(())
    } else {
        Err(Error::NotReady(url, status.as_u16()))
    }
}

async fn ask(url: &str) -> Result<(reqwest::StatusCode, String), reqwest::Error> {
    // A proxy of the environment is not meant for the own machine.
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let response = client.get(url).send().await?;
    Ok((response.status(), response.text().await?))
}

/// The address at which a service that listens on `bind` is reached from its own machine.
fn local(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_the_loopback_address() {
        for (bind, local_address) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:8000", "[::1]:8000"),
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("10.0.0.7:80", "10.0.0.7:80"),
        ] {
            assert_eq!(local(bind.parse().unwrap()).to_string(), local_address);
        }
    }
}
