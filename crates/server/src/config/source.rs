//! The sources of settings, and their order of precedence.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::aws::AwsVariables;

/// The reference of all settings, which is also where their defaults come from.
pub(super) const DEFAULTS: &str = include_str!("../../../../config/default.toml");
/// The name of the layer of environment variables, as errors show it.
pub(super) const ENVIRONMENT: &str = "environment";

const PREFIX: &str = "SUHBAT__";
/// Read if it exists.
const LOCAL: &str = "config/default.toml";

/// The sources of settings: the built-in defaults, files, environment variables. Later files override earlier ones, and variables override files.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

impl Sources {
    /// The built-in defaults only.
    pub fn none() -> Self {
        Self::default()
    }

    /// The sources for a process of the service: `config/default.toml` in the working folder if it exists, this file, the environment.
    pub fn of_process(file: Option<&Path>) -> Self {
        let mut sources = Self::none();
        if Path::new(LOCAL).exists() {
            sources = sources.with_file(LOCAL);
        }
        if let Some(file) = file {
            sources = sources.with_file(file);
        }
        #[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
        sources.variables.extend(std::env::vars_os());
        sources
    }

    /// And this file, which must be there.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push(path.into());
        self
    }

    /// And this environment variable; those that do not start with `SUHBAT__` have no meaning.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// And this setting (`section.key`), as if its environment variable were set.
    #[must_use]
    pub fn with_setting(self, setting: &str, value: impl Into<OsString>) -> Self {
        self.with_variable(variable_of(setting), value)
    }

    /// The variables of the environment that S3 credentials may be in.
    pub(super) fn aws_variables(&self) -> AwsVariables {
        AwsVariables::of(&self.variables)
    }

    /// All layers on top of each other, and a sentence for each that cannot be read.
    pub(super) fn layers(&self) -> (Figment, Vec<String>) {
        let mut problems = Vec::new();
        let files = self
            .files
            .iter()
            .map(|path| (path.display().to_string(), std::fs::read_to_string(path)));
        let built_in = ("the built-in defaults".to_owned(), Ok(DEFAULTS.to_owned()));
        let mut values = Figment::new();
        for (name, text) in std::iter::once(built_in).chain(files) {
            let settings = text.map_err(|error| unreadable(&error)).and_then(|text| parse(&text));
            match settings {
                Ok(settings) => values = values.merge(Layer { name, settings }),
                Err(reason) => problems.push(format!("{name} cannot be read: {reason}.")),
            }
        }
        let environment = Layer {
            name: ENVIRONMENT.to_owned(),
            settings: self.variables(&mut problems),
        };
        (values.merge(environment), problems)
    }

    /// Values stay text; the reader of a setting knows its type.
    fn variables(&self, problems: &mut Vec<String>) -> Dict {
        let mut sections: Map<String, Dict> = Map::new();
        for (name, value) in &self.variables {
            let Some(setting) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            let Some(value) = value.to_str() else {
                problems.push(format!("{PREFIX}{setting} in the environment is not UTF-8."));
                continue;
            };
            match setting.to_ascii_lowercase().split_once("__") {
                Some((section, key)) if !section.is_empty() && !key.is_empty() => {
                    sections
                        .entry(section.to_owned())
                        .or_default()
                        .insert(key.to_owned(), Value::from(value));
                }
                _ => problems.push(format!(
                    "{PREFIX}{setting} in the environment is not a setting; the names are {PREFIX}SECTION__KEY."
                )),
            }
        }
        sections
            .into_iter()
            .map(|(section, settings)| (section, Value::from(settings)))
            .collect()
    }
}

/// The environment variable of a setting.
pub(super) fn variable_of(setting: &str) -> String {
    format!("{PREFIX}{}", setting.replace('.', "__").to_ascii_uppercase())
}

/// The system's own reason, which for a text in another encoding is only that it is not valid.
fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

/// The message of the parser without the line that it would quote: a secret may stand there.
fn parse(text: &str) -> Result<Dict, String> {
    <Toml as Format>::from_str(text).map_err(|error| {
        let message = error.message().replace('\n', "; ");
        match error.span() {
            Some(span) => format!("line {}: {message}", text[..span.start.min(text.len())].matches('\n').count() + 1),
            None => message,
        }
    })
}

struct Layer {
    name: String,
    settings: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.settings.clone())]))
    }
}
