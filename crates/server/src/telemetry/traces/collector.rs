//! The export of batches to the collector, and the log lines about its failures.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::{self, Runtime};

use crate::causes;

/// A collector that takes longer loses the batch.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A collector that is away is spoken of once in so long.
const SELDOM: Duration = Duration::from_mins(10);

/// The way to the collector, for the one thread that sends.
#[derive(Debug)]
pub(super) struct Collector {
    client: reqwest::Client,
    /// Of its own: that thread blocks on sending, and the service's runtimes have better things to do.
    runtime: Runtime,
    outage: Mutex<Outage>,
}

impl Collector {
    pub(super) fn new() -> Result<Self, String> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // Nobody watches over a connection between two batches.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(causes::of_request)?;
        Ok(Self {
            client,
            runtime,
            outage: Mutex::default(),
        })
    }

    async fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, reqwest::Error> {
        let (parts, body) = request.into_parts();
        let answer = self
            .client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body)
            .send()
            .await?
            .error_for_status()?;
        let status = answer.status();
        let mut response = Response::new(answer.bytes().await?);
        *response.status_mut() = status;
        Ok(response)
    }

    fn outage(&self) -> std::sync::MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HttpClient for Collector {
    /// Called on the thread that sends, which is in no runtime.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        match self.runtime.block_on(self.post(request)) {
            Ok(response) => {
                if let Some(batches) = self.outage().ended() {
                    tracing::info!(batches, "traces reach the collector again");
                }
                Ok(response)
            }
            Err(error) => {
                let reason = causes::of_request(error);
                if let Some(batches) = self.outage().went_on(Instant::now()) {
                    tracing::warn!(reason, batches, "traces do not reach the collector; they are lost");
                }
                Err(reason.into())
            }
        }
    }
}

/// Since when nothing arrives.
#[derive(Debug, Default)]
struct Outage {
    lost: u64,
    last_logged: Option<Instant>,
}

impl Outage {
    /// A batch was lost. Returns the number of lost batches if it is time to log it.
    fn went_on(&mut self, now: Instant) -> Option<u64> {
        self.lost += 1;
        if self
            .last_logged
            .is_some_and(|last_logged| now.saturating_duration_since(last_logged) < SELDOM)
        {
            return None;
        }
        self.last_logged = Some(now);
        Some(self.lost)
    }

    /// A batch arrived: how many were lost before, if any.
    fn ended(&mut self) -> Option<u64> {
        let Self { lost, last_logged } = std::mem::take(self);
        last_logged.map(|_| lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_logged_at_once_then_rarely_and_when_it_ends() {
        let (mut outage, start) = (Outage::default(), Instant::now());
        assert_eq!(outage.ended(), None);
        assert_eq!(outage.went_on(start), Some(1));
        assert_eq!(outage.went_on(start + Duration::from_secs(2)), None);
        assert_eq!(outage.went_on(start + SELDOM), Some(3));
        assert_eq!(outage.ended(), Some(3));
        assert_eq!(outage.ended(), None);
        assert_eq!(outage.went_on(start + SELDOM + Duration::from_secs(1)), Some(1));
    }
}
