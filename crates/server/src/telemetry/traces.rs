//! OpenTelemetry traces, sent to a collector by OTLP over HTTP. Off unless `telemetry.otlp_endpoint` is set.
//!
//! Spans wait in a bounded queue for a thread of their own, which sends them in batches. A collector that is slow or away costs the spans that do not
//! fit, and nothing else.

mod collector;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use actix_web::http::{StatusCode, header::HeaderMap};
use opentelemetry::{
    KeyValue,
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Status, TracerProvider as _},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::Registry;
use url::Url;

use collector::Collector;

/// The log message of the library for a batch that could not be sent: every few seconds while the collector is away.
pub(super) const EXPORT_ERROR: &str = "BatchSpanProcessor.ExportError";

/// The most spans that wait; at the busiest, those of about a second.
const QUEUE: usize = 16_384;
/// The most spans that are sent together.
const BATCH: usize = 1_024;
/// The interval in which gathered spans are sent.
const INTERVAL: Duration = Duration::from_secs(2);
/// The time that the end of the process waits for the last spans.
const LAST: Duration = Duration::from_secs(3);

/// Whether traces are exported: data that only they need is not collected otherwise.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether traces are taken.
pub(crate) fn enabled() -> bool {
    TAKEN.load(Ordering::Relaxed)
}

/// Spans on their way out.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to send spans to this collector; the layer gathers them.
    pub(super) fn start(endpoint: &Url) -> Result<(Self, OpenTelemetryLayer<Registry, SdkTracer>), String> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new()?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(of_traces(endpoint))
            .build()
            .map_err(|error| error.to_string())?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(INTERVAL)
            .build();
        let resource = Resource::builder_empty().with_attributes([
            KeyValue::new("service.name", "suhbat"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ]);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            // A caller that sends a trace context has decided already.
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
            .with_resource(resource.build())
            .build();
        // Threads and source lines are of no use to an operator.
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("suhbat"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false);
        TAKEN.store(true, Ordering::Relaxed);
        Ok((Self(provider), layer))
    }

    /// Sends the waiting spans. Not longer than a moment, so that a collector that is away does not hold up the end.
    pub(super) fn finish(self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The endpoint is that of the collector, as everywhere in OpenTelemetry; one may name that of traces itself too.
fn of_traces(endpoint: &Url) -> String {
    let base = endpoint.as_str().trim_end_matches('/');
    if base.ends_with("/v1/traces") {
        base.to_owned()
    } else {
        format!("{base}/v1/traces")
    }
}

/// Makes the span a part of the trace that a request brings along (W3C `traceparent`), if it does. To be called before the span has children.
pub(crate) fn continue_from(headers: &HeaderMap, span: &Span) {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    // Fails where the span is disabled, and then there is nothing to continue.
    let _ = span.set_parent(parent);
}

/// Records in the span the facts about an answer that only traces hold.
pub(crate) fn answered(span: &Span, route: String, status: StatusCode) {
    span.set_attribute("http.route", route);
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.set_status(Status::error(""));
    }
}

/// Without `tracestate`, which any client can fill with text for the traces.
struct HeaderExtractor<'a>(&'a HeaderMap);

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then(|| self.0.get(key)?.to_str().ok()).flatten()
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_go_to_their_path_below_the_collector() {
        for (endpoint, url) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://collector.example/otlp/", "https://collector.example/otlp/v1/traces"),
            ("https://collector.example/v1/traces", "https://collector.example/v1/traces"),
        ] {
            assert_eq!(of_traces(&endpoint.parse().unwrap()), url);
        }
    }
}
