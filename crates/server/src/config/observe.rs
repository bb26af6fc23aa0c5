//! `log.*` and `telemetry.*`: what can be seen of the service from outside.

use tracing_subscriber::{EnvFilter, filter::LevelFilter};
use url::Url;

use super::{
    address,
    reader::{Read, Reader, Reason},
};

/// What the log looks like.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// Where it is not set: pretty on a terminal, else JSON.
    pub format: Option<LogFormat>,
    /// A level, or directives such as `info,storage=debug`.
    pub level: String,
}

/// For whom the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines: one JSON object a line.
    Json,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        let format = reader.optional_text("log.format", |text| match text {
            "pretty" => Ok(LogFormat::Pretty),
            "json" => Ok(LogFormat::Json),
            _ => Err(format!("must be pretty or json, not {text:?}")),
        });
        let level = reader.text("log.level", level);
        Ok(Self {
            format: format?,
            level: level?,
        })
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

/// Where traces go.
#[derive(Clone, Debug, Default)]
pub struct TelemetryConfig {
    /// OTLP over HTTP; where it is not set, nowhere.
    pub otlp_endpoint: Option<Url>,
}

impl TelemetryConfig {
    pub(super) fn read(reader: &mut Reader) -> Read<Self> {
        Ok(Self {
            otlp_endpoint: reader.optional_text("telemetry.otlp_endpoint", address::endpoint)?,
        })
    }
}
