//! Every answer names its request, so that a person's report can be found in the logs.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{HeaderName, HeaderValue},
    },
    middleware::Next,
};
use tracing::Instrument as _;

use crate::{measure, random, telemetry::traces};

/// The header that carries it, in both directions.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task answers, if it answers one.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Gives the request an id (a given one of sane form is kept), logs and measures it.
pub(crate) async fn track<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let id = request
        .headers()
        .get(&HEADER)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_sane(id))
        .map_or_else(random::id, str::to_owned);
    let started = Instant::now();
    let method = request.method().clone();
    let traced = traces::enabled();
    let span = tracing::info_span!(
        "request",
        otel.name = traced.then(|| format!("{} {}", known(&method), request.match_pattern().as_deref().unwrap_or("unmatched"))),
        otel.kind = traced.then_some("server"),
        request.id = %id,
        http.method = %method,
        http.path = request.path()
    );
    if traced {
        traces::continue_from(request.headers(), &span);
    }
    let unanswered = Unanswered(Some(method.clone()));
    let response = CURRENT.scope(id.clone(), next.call(request)).instrument(span.clone()).await;
    unanswered.answered();
    let mut response = response?;

    let status = response.status();
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let elapsed = started.elapsed();
    let labels = [
        ("method", known(&method).to_owned()),
        ("route", route.trim_end_matches('/').to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!(measure::REQUESTS, &labels).increment(1);
    metrics::histogram!(measure::REQUEST_SECONDS, &labels[..2]).record(elapsed.as_secs_f64());
    span.in_scope(|| {
        tracing::debug!(
            http.status = status.as_u16(),
            elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
    });

    if traced {
        traces::answered(&span, route, status);
    }

    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

/// Dropped with the future of a request whose client leaves before the answer, which it counts.
struct Unanswered(Option<Method>);

impl Unanswered {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(method) = &self.0 {
            metrics::counter!(measure::ABANDONED, "method" => known(method).to_owned()).increment(1);
        }
    }
}

/// For labels, which must be few: anybody can make up methods.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => method.as_str(),
        _ => "other",
    }
}

/// Short, and nothing that could break a log line or a header.
fn is_sane(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_ids_are_kept() {
        assert!(is_sane("3f2c-9.a_b:1"));
        for bad in ["", "a b", "a\nb", "é", "<x>", &"x".repeat(129)] {
            assert!(!is_sane(bad), "{bad:?}");
        }
    }
}
