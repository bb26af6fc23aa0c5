//! The log and the traces: their setup, and the data that must not get into them.

mod json;
mod repeats;
pub(crate) mod traces;

use std::{
    borrow::Cow,
    io::IsTerminal as _,
    sync::{OnceLock, atomic::AtomicUsize, atomic::Ordering},
};

use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, filter_fn},
    fmt::{format::JsonFields, writer::BoxMakeWriter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    config::{LogConfig, LogFormat, TelemetryConfig},
    measure,
};
use repeats::{Repeats, Sparing};
use traces::Traces;

/// Parameters of a query that are as good as a password.
const SECRET_PARAMETERS: [&str; 2] = ["token", "ticket"];

/// The targets of our own log lines and spans.
const OURS: [&str; 9] = [
    "domain", "lexicon", "media", "protocol", "realtime", "server", "storage", "suhbat", "uploads",
];

/// The log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `log.level` makes no sense.
    #[error("log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// There is one already.
    #[error("the log was set up before: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
    /// Traces cannot be sent.
    #[error("telemetry.otlp_endpoint: {0}")]
    Traces(String),
}

/// The ways of lines to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// In the caller's thread, which waits: for commands.
    AtOnce,
    /// Through a queue of [`QUEUED`] lines and a thread of their own: for the service, which must not block if its log is not read. Lines that
    /// find the queue full are lost and counted, and repeated faults are logged once a second.
    Queued,
}

/// The number of lines that may wait for the reader of the log; some megabytes.
const QUEUED: usize = 16_384;

/// Of the queue of this process.
static LOST: OnceLock<ErrorCounter> = OnceLock::new();
static FAULTS: OnceLock<Repeats> = OnceLock::new();

/// The exporters that must be ended with the process.
#[must_use = "what was not sent yet is sent by `finish`"]
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<Traces>,
    queue: Option<WorkerGuard>,
}

impl Telemetry {
    /// Sends the remaining spans. Waits for a moment only.
    pub fn finish(self) {
        if let Some(traces) = self.traces {
            traces.finish();
        }
        drop(self.queue);
    }
}

/// Logs and counts the suppressed lines: to be called each second.
pub(crate) fn tell_omitted() {
    static TOLD: AtomicUsize = AtomicUsize::new(0);
    if let Some(counter) = LOST.get() {
        let lost = counter.dropped_lines();
        metrics::counter!(measure::LOST_LINES).absolute(lost as u64);
        let news = lost.saturating_sub(TOLD.swap(lost, Ordering::Relaxed));
        if news > 0 {
            tracing::warn!(lines = news, "lines of the log were lost; nobody read them in time");
        }
    }
    if let Some(faults) = FAULTS.get() {
        faults.log_counts();
    }
}

/// Starts the log of this process, on standard error (standard output belongs to the answers of commands), and the traces, where they have somewhere to
/// go. Outside of a runtime: sending has its own.
pub fn init(log: &LogConfig, traces: &TelemetryConfig, lines: Lines) -> Result<Telemetry, LogError> {
    let (layer, queue) = log_layer(log, lines)?;
    let mut layers = vec![layer];
    let traces = match &traces.otlp_endpoint {
        Some(endpoint) => {
            let (traces, layer) = Traces::start(endpoint.expose()).map_err(LogError::Traces)?;
            layers.push(layer.with_filter(filter_fn(is_trace_span)).boxed());
            Some(traces)
        }
        None => None,
    };
    tracing_subscriber::registry().with(layers).try_init()?;
    Ok(Telemetry { traces, queue })
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

fn log_layer(log: &LogConfig, lines: Lines) -> Result<(BoxedLayer, Option<WorkerGuard>), LogError> {
    let filter = EnvFilter::builder().parse(&log.level)?;
    // The hint keeps spans and lines that their level disables free of cost.
    let filter = filter.and(filter_fn(is_fit).with_max_level_hint(Level::TRACE));
    let (writer, queue, faults) = match lines {
        Lines::AtOnce => (BoxMakeWriter::new(std::io::stderr), None, None),
        Lines::Queued => {
            let queue = NonBlockingBuilder::default()
                .buffered_lines_limit(QUEUED)
                .lossy(true)
                .thread_name("log");
            let (writer, guard) = queue.finish(std::io::stderr());
            let _ = LOST.set(writer.error_counter());
            (
                BoxMakeWriter::new(writer),
                Some(guard),
                Some(FAULTS.get_or_init(Repeats::default).clone()),
            )
        }
    };
    let terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(writer).log_internal_errors(false);
    let layer = match log.format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json }) {
        LogFormat::Pretty => layer
            .with_ansi(terminal)
            .event_format(Sparing {
                format: tracing_subscriber::fmt::format(),
                faults,
            })
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => layer
            .event_format(Sparing {
                format: json::Flat,
                faults,
            })
            .fmt_fields(JsonFields::new())
            .with_filter(filter)
            .boxed(),
    };
    Ok((layer, queue))
}

/// Below `info`, libraries log the bytes on the wire, tokens and messages included; those lines are dropped at any `log.level`.
///
/// Failed exports of traces are logged by [`traces`], and seldom.
fn is_fit(metadata: &Metadata<'_>) -> bool {
    fits(metadata.target(), *metadata.level()) && metadata.name() != traces::EXPORT_ERROR
}

/// Traces hold our own spans and no lines of the log: lines about failures may hold more than a collector should get.
fn is_trace_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= Level::DEBUG && fits(metadata.target(), Level::TRACE)
}

fn fits(target: &str, level: Level) -> bool {
    level <= Level::INFO || OURS.contains(&target.split("::").next().unwrap_or(target))
}

/// A URI fit for the log: the values of `token` and `ticket` in its query are gone, however the names are escaped.
pub fn redacted(uri: &str) -> Cow<'_, str> {
    let Some((path, query)) = uri.split_once('?') else {
        return Cow::Borrowed(uri);
    };
    if !query.split(['&', ';']).any(is_secret) {
        return Cow::Borrowed(uri);
    }
    let query: String = query
        .split_inclusive(['&', ';'])
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret(pair) => {
                let end = if value.ends_with(['&', ';']) {
                    &value[value.len() - 1..]
                } else {
                    ""
                };
                Cow::Owned(format!("{name}=***{end}"))
            }
            _ => Cow::Borrowed(pair),
        })
        .collect();
    Cow::Owned(format!("{path}?{query}"))
}

fn is_secret(pair: &str) -> bool {
    let Some((name, _)) = pair.split_once('=') else { return false };
    // The first name of possibly several after decoding: `url` splits at & only.
    let name = url::form_urlencoded::parse(name.as_bytes())
        .next()
        .map(|(name, _)| name.trim().to_ascii_lowercase())
        .unwrap_or_default();
    SECRET_PARAMETERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_do_not_log_payloads() {
        for target in ["server", "server::http::request_id", "storage::sqlite", "suhbat"] {
            assert!(fits(target, Level::TRACE), "{target}");
        }
        for target in [
            "actix_http::h1::dispatcher",
            "log",
            "hyper_util::client",
            "tungstenite::protocol",
            "servers",
        ] {
            assert!(fits(target, Level::INFO), "{target}");
            assert!(!fits(target, Level::DEBUG) && !fits(target, Level::TRACE), "{target}");
        }
    }

    #[test]
    fn tokens_and_tickets_are_taken_out_of_a_uri() {
        let cases = [
            ("/ws/?token=eyJ.abc.def", "/ws/?token=***"),
            ("/ws/chat/7/?ticket=eyJ.abc.def&x=1", "/ws/chat/7/?ticket=***&x=1"),
            ("/ws/?a=b&token=one&token=two", "/ws/?a=b&token=***&token=***"),
            ("/ws/?TOKEN=one;ticket=two", "/ws/?TOKEN=***;ticket=***"),
            ("/ws/?%74oken=one", "/ws/?%74oken=***"),
            ("/ws/?token=one=two?token=three", "/ws/?token=***"),
            ("/ws/?token=", "/ws/?token=***"),
        ];
        for (uri, expected) in cases {
            assert_eq!(redacted(uri), expected);
        }
    }

    #[test]
    fn other_parts_of_a_uri_are_kept() {
        for uri in [
            "/",
            "/api/messaging/messages/?conversation=7&before=9",
            "/ws/?token",
            "/ws/?tokens=3&q=token",
            "/ws/?",
            "/a;token=b",
        ] {
            assert!(matches!(redacted(uri), Cow::Borrowed(same) if same == uri), "{uri}");
        }
    }
}
