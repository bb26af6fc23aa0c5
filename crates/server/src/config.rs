//! The configuration: read once, checked as a whole, passed down by section.
//!
//! # How to add a …
//! - **setting**: a line with its comment in `config/default.toml`, and a line in the declaration of its [`section`] with the reader that checks it. A test
//!   compares the two.
//! - **adapter** chosen by a URL: a variant in [`address`]. The URL of a database is parsed by [`storage::StoreUrl`].

mod address;
mod auth;
mod aws;
mod limits;
mod platform;
mod reader;
mod section;
mod server;
mod source;
mod stores;
mod telemetry;
#[cfg(test)]
mod tests;

pub use address::{BusUrl, ObjectsUrl, ServerUrl, WebUrl};
pub use auth::{Algorithm, AuthConfig, KeySource};
pub use aws::AwsVariables;
pub use limits::{LimitsConfig, PolicyConfig, RateConfig};
pub use server::{CorsConfig, ServerConfig};
pub use source::Sources;
pub use stores::{BusConfig, DatabaseConfig, DirectoryConfig, DirectoryMode, ObjectsConfig, SearchConfig};
pub use telemetry::{LogConfig, LogFormat, TelemetryConfig};

use std::fmt;

use reader::{Read, Reader};

/// Makes a struct of sections, which reads and shows them all.
macro_rules! sections {
    (
        $(#[$meta:meta])*
        pub struct $Config:ident { $( $(#[$field_meta:meta])* pub $section:ident: $Section:ident, )+ }
    ) => {
        $(#[$meta])*
        pub struct $Config {
            $( $(#[$field_meta])* pub $section: $Section, )+
            /// The credentials of S3 that the environment offers. They are no settings.
            pub aws: AwsVariables,
        }

        impl $Config {
            /// Every section is read before the first `?`, so that the problems of all of them are known.
            fn read(reader: &mut Reader) -> Read<Self> {
                $( let $section = $Section::read(reader); )+
                Ok(Self { $( $section: $section?, )+ aws: AwsVariables::default() })
            }

            /// Every setting with its value, in the order of the reference.
            pub fn summary(&self) -> Vec<(&'static str, String)> {
                let mut lines = Vec::new();
                $( lines.extend(self.$section.summary()); )+
                lines
            }
        }
    };
}

sections! {
    /// All settings, checked. `Display` lists them without secrets, one a line.
    #[derive(Clone, Debug)]
    pub struct Config {
        /// Address, public URL and shutdown of the service.
        pub server: ServerConfig,
        /// The store, by its URL.
        pub database: DatabaseConfig,
        /// The bus between the nodes.
        pub bus: BusConfig,
        /// The object store, by its URL.
        pub objects: ObjectsConfig,
        /// The source of the directory: accounts, confessions and subscriptions.
        pub directory: DirectoryConfig,
        /// The checks of access tokens.
        pub auth: AuthConfig,
        /// The settings of the rules.
        pub policy: PolicyConfig,
        /// Limits of size and number.
        pub limits: LimitsConfig,
        /// Limits of messages, uploads and requests by the minute.
        pub rate: RateConfig,
        /// The index of the search.
        pub search: SearchConfig,
        /// Other origins whose pages may use the service.
        pub cors: CorsConfig,
        /// Format and level of the log.
        pub log: LogConfig,
        /// The collector of traces.
        pub telemetry: TelemetryConfig,
    }
}

/// The behaviour if `auth.secret` is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingSecret {
    /// The configuration is refused: signatures of the service must hold across restarts and nodes.
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
        let mut reader = Reader::new(values, unreadable, missing_secret);
        let read = Self::read(&mut reader).map(|config| Self {
            limits: config.limits.within_requests(),
            aws: sources.aws_variables(),
            ..config
        });
        if let Ok(config) = &read {
            platform::check(config, &mut reader);
            stores::check_objects(&config.objects, &config.aws, &mut reader);
            stores::check_bus(&config.bus, &mut reader);
            stores::check_search(config, &mut reader);
        }
        let problems = reader.finish();
        match read {
            Ok(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError { problems }),
        }
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (setting, value) in self.summary() {
            writeln!(f, "{setting} = {value}")?;
        }
        Ok(())
    }
}
