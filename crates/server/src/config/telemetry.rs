//! `log.*` and `telemetry.*`: the log and the traces.

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{
    address::{self, WebUrl},
    reader::Reason,
    section::{Words, optional, section, text, word},
};

section! {
    /// Format and level of the log.
    #[derive(Clone, Debug)]
    pub struct LogConfig in "log" {
        /// If not set: pretty on a terminal, else JSON.
        pub format: Option<LogFormat> = optional(word),
        /// A level, or directives such as `info,storage=debug`.
        pub level: String = text(level),
    }
}

/// The reader of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Readable lines with colours, for a terminal.
    Pretty,
    /// For machines: one JSON object a line.
    Json,
}

impl Words for LogFormat {
    const ABSENT: &'static str = "(pretty on a terminal, else json)";
    const ALL: &'static [Self] = &[Self::Pretty, Self::Json];

    fn word(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
        }
    }
}

/// The filter takes a word that is no level for the name of a module, and would then show nothing of all others.
fn level(text: &str) -> Result<String, Reason> {
    let words_are_levels = text
        .split(',')
        .map(str::trim)
        .all(|directive| directive.contains(['=', '[', ':']) || directive.parse::<LevelFilter>().is_ok());
    if words_are_levels && EnvFilter::builder().parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!(
        "must be error, warn, info, debug, trace or off, or directives such as info,storage=debug, not {text:?}"
    ))
}

section! {
    /// The collector of OpenTelemetry traces.
    #[derive(Clone, Debug, Default)]
    pub struct TelemetryConfig in "telemetry" {
        /// The URL of the collector, OTLP over HTTP; if not set, no traces are made.
        pub otlp_endpoint: Option<WebUrl> = optional(address::endpoint),
    }
}
