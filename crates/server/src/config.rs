//! The configuration: read once, checked as a whole, passed down by section.
//!
//! # How to add a …
//! - **setting**: a line with its comment in `config/default.toml`, a field in the struct of its section, one call of the [`reader`] there, one line
//!   in [`summary`]. Tests compare the four.
//! - **adapter** chosen by a URL: a variant in [`address`], and its line in [`support`] goes.

mod address;
mod auth;
mod observe;
mod reader;
mod rules;
mod server;
mod source;
mod stores;
mod summary;
mod support;
#[cfg(test)]
mod tests;

pub use address::{BusUrl, DatabaseUrl, ObjectsUrl, ServerUrl};
pub use auth::{Algorithm, AuthConfig, KeySource};
pub use observe::{LogConfig, LogFormat, TelemetryConfig};
pub use rules::{LimitsConfig, PolicyConfig, RateConfig};
pub use server::{CorsConfig, ServerConfig};
pub use source::Sources;
pub use stores::{BusConfig, DatabaseConfig, DirectoryConfig, DirectoryMode, ObjectsConfig};

use reader::{Read, Reader};

/// All settings, checked. `Display` lists them without secrets, one a line.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where and how the service listens.
    pub server: ServerConfig,
    /// Where rows are kept.
    pub database: DatabaseConfig,
    /// How nodes tell each other what happened.
    pub bus: BusConfig,
    /// Where files are kept.
    pub objects: ObjectsConfig,
    /// Where people, confessions and subscriptions come from.
    pub directory: DirectoryConfig,
    /// How access tokens are checked.
    pub auth: AuthConfig,
    /// What an operator may set about the rules.
    pub policy: PolicyConfig,
    /// How much is accepted.
    pub limits: LimitsConfig,
    /// How often something may be done. Read and checked, not yet enforced.
    pub rate: RateConfig,
    /// Which pages of other origins may use the service.
    pub cors: CorsConfig,
    /// What the log looks like.
    pub log: LogConfig,
    /// Where traces go.
    pub telemetry: TelemetryConfig,
}

/// What happens where `auth.secret` is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSecret {
    /// The configuration is refused: what the service signs must hold across restarts and nodes.
    Refused,
    /// A random one is made up: for the demo, and for commands that sign nothing.
    MadeUp,
}

/// Everything that is wrong with the configuration, a sentence each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct ConfigError {
    /// At least one. They never quote a secret.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads and checks all settings. All problems are reported at once.
    pub fn load(sources: &Sources, missing_secret: MissingSecret) -> Result<Self, ConfigError> {
        let (values, unreadable) = sources.layers();
        let mut reader = Reader::new(values, unreadable);
        let read = Self::read(&mut reader, missing_secret);
        if let Ok(config) = &read {
            support::check(config, &mut reader);
        }
        let problems = reader.finish();
        match read {
            Ok(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError { problems }),
        }
    }

    /// Every section is read before the first `?`, so that the problems of all of them are known.
    fn read(reader: &mut Reader, missing_secret: MissingSecret) -> Read<Self> {
        let server = ServerConfig::read(reader);
        let database = DatabaseConfig::read(reader);
        let bus = BusConfig::read(reader);
        let objects = ObjectsConfig::read(reader);
        let directory = DirectoryConfig::read(reader);
        let auth = AuthConfig::read(reader, missing_secret);
        let policy = PolicyConfig::read(reader);
        let limits = LimitsConfig::read(reader);
        let rate = RateConfig::read(reader);
        let cors = CorsConfig::read(reader);
        let log = LogConfig::read(reader);
        let telemetry = TelemetryConfig::read(reader);
        Ok(Self {
            server: server?,
            database: database?,
            bus: bus?,
            objects: objects?,
            directory: directory?,
            auth: auth?,
            policy: policy?,
            limits: limits?,
            rate: rate?,
            cors: cors?,
            log: log?,
            telemetry: telemetry?,
        })
    }
}
