//! The log and the traces: how they are set up, and what must not get into them.

mod json;
pub(crate) mod traces;

use std::{borrow::Cow, io::IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, filter_fn},
    fmt::format::JsonFields,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat, TelemetryConfig};
use traces::Traces;

/// Parameters of a query that are as good as a password.
const SECRET_PARAMETERS: [&str; 2] = ["token", "ticket"];

/// Where our own words come from.
const OURS: [&str; 6] = ["domain", "protocol", "realtime", "server", "storage", "suhbat"];

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

/// What is to be ended with the process.
#[must_use = "what was not sent yet is sent by `finish`"]
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<Traces>,
}

impl Telemetry {
    /// Sends what was not sent yet. Waits for a moment only.
    pub fn finish(self) {
        if let Some(traces) = self.traces {
            traces.finish();
        }
    }
}

/// Starts the log of this process, on standard error (standard output belongs to the answers of commands), and the traces, where they have somewhere to
/// go. Outside of a runtime: sending has its own.
pub fn init(log: &LogConfig, traces: &TelemetryConfig) -> Result<Telemetry, LogError> {
    let mut layers = vec![log_layer(log)?];
    let traces = match &traces.otlp_endpoint {
        Some(endpoint) => {
            let (traces, layer) = Traces::start(endpoint).map_err(LogError::Traces)?;
            layers.push(layer.with_filter(filter_fn(is_way)).boxed());
            Some(traces)
        }
        None => None,
    };
    tracing_subscriber::registry().with(layers).try_init()?;
    Ok(Telemetry { traces })
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

fn log_layer(log: &LogConfig) -> Result<BoxedLayer, LogError> {
    let filter = EnvFilter::builder().parse(&log.level)?;
    // The hint keeps what is disabled by its level free.
    let filter = filter.and(filter_fn(is_fit).with_max_level_hint(Level::TRACE));
    let terminal = std::io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(
        match log.format.unwrap_or(if terminal { LogFormat::Pretty } else { LogFormat::Json }) {
            LogFormat::Pretty => layer.with_ansi(terminal).with_filter(filter).boxed(),
            LogFormat::Json => layer
                .event_format(json::Flat)
                .fmt_fields(JsonFields::new())
                .with_filter(filter)
                .boxed(),
        },
    )
}

/// Below `info`, libraries tell what goes over the wire, tokens and messages included; nobody hears that, whatever `log.level` says.
///
/// That traces could not be sent is said by [`traces`], and seldom.
fn is_fit(metadata: &Metadata<'_>) -> bool {
    fits(metadata.target(), *metadata.level()) && metadata.name() != traces::EXPORT_ERROR
}

/// Traces hold our own spans and no lines of the log: what goes wrong below may tell more than is to leave the house.
fn is_way(metadata: &Metadata<'_>) -> bool {
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
    // The first name of what may be several after decoding: `url` splits at & only.
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
    fn libraries_do_not_tell_what_goes_over_the_wire() {
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
    fn all_else_stays_as_it_is() {
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
