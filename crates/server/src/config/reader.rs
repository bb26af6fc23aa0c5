//! Takes settings out of the layers, and remembers everything that is wrong with them.

use std::{collections::BTreeSet, ops::RangeInclusive};

use figment::{
    Figment, Profile, Provider as _,
    value::{Dict, Tag, Value},
};
use secrecy::SecretString;

use super::{
    MissingSecret,
    source::{ENVIRONMENT, variable_of},
};

/// Stands in for a value that makes no sense; the problem is noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

pub(super) type Read<T> = Result<T, Reported>;

/// A reason completes the sentence "(the setting) …": "must be …".
pub(super) type Reason = String;

pub(super) struct Reader {
    values: Figment,
    known: BTreeSet<&'static str>,
    problems: Vec<String>,
    missing_secret: MissingSecret,
}

impl Reader {
    pub(super) fn new(values: Figment, problems: Vec<String>, missing_secret: MissingSecret) -> Self {
        Self {
            values,
            known: BTreeSet::new(),
            problems,
            missing_secret,
        }
    }

    pub(super) fn missing_secret(&self) -> MissingSecret {
        self.missing_secret
    }

    /// The text of a setting that must have one, converted.
    pub(super) fn text<T>(&mut self, setting: &'static str, convert: impl FnOnce(&str) -> Result<T, Reason>) -> Read<T> {
        let value = self.optional_text(setting, convert)?;
        self.present(setting, value)
    }

    /// A text that need not be there.
    pub(super) fn optional_text<T>(&mut self, setting: &'static str, convert: impl FnOnce(&str) -> Result<T, Reason>) -> Read<Option<T>> {
        self.value(setting, |value| match value.as_str() {
            None => Err("must be a text, in quotes".to_owned()),
            Some("") => Err("is empty; to do without it, leave it out".to_owned()),
            Some(text) => convert(text),
        })
    }

    /// A text that must not be shown.
    pub(super) fn secret(&mut self, setting: &'static str) -> Read<Option<SecretString>> {
        self.optional_text(setting, |text| Ok(text.to_owned().into()))
    }

    /// A whole number in this range.
    pub(super) fn number<T: TryFrom<i64>>(&mut self, setting: &'static str, range: RangeInclusive<i64>) -> Read<T> {
        let value = self.optional_number(setting, range)?;
        self.present(setting, value)
    }

    /// A whole number in this range that need not be there.
    pub(super) fn optional_number<T: TryFrom<i64>>(&mut self, setting: &'static str, range: RangeInclusive<i64>) -> Read<Option<T>> {
        self.value(setting, |value| {
            let number = match value {
                Value::String(_, text) => text.trim().parse().ok(),
                Value::Num(_, number) => number
                    .to_i128()
                    .or_else(|| i128::try_from(number.to_u128()?).ok())
                    .and_then(|number| i64::try_from(number).ok()),
                _ => None,
            };
            number
                .filter(|number| range.contains(number))
                .and_then(|number| T::try_from(number).ok())
                .ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A boolean, or its name as text.
    pub(super) fn flag(&mut self, setting: &'static str) -> Read<bool> {
        let value = self.value(setting, |value| match value {
            Value::Bool(_, flag) => Ok(*flag),
            Value::String(_, text) if text == "true" => Ok(true),
            Value::String(_, text) if text == "false" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        })?;
        self.present(setting, value)
    }

    /// A list of texts, or one text with commas.
    pub(super) fn list<T>(&mut self, setting: &'static str, convert: impl Fn(&str) -> Result<T, Reason>) -> Read<Vec<T>> {
        let value = self.value(setting, |value| match value {
            Value::String(_, text) => text
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty())
                .map(&convert)
                .collect(),
            Value::Array(_, entries) => entries
                .iter()
                .map(|entry| {
                    entry
                        .as_str()
                        .ok_or_else(|| "must be a list of texts, each in quotes".to_owned())
                        .and_then(&convert)
                })
                .collect(),
            _ => Err("must be a list of texts".to_owned()),
        })?;
        self.present(setting, value)
    }

    /// Notes that a setting makes no sense, as a sentence that names it and where it was set.
    pub(super) fn problem(&mut self, setting: &str, reason: &str) -> Reported {
        let place = self
            .values
            .find_value(setting)
            .ok()
            .and_then(|value| self.place(setting, value.tag()));
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        self.problems.push(format!("{setting}{place} {reason}."));
        Reported
    }

    /// The faults of the configuration, unknown settings included.
    pub(super) fn finish(mut self) -> Vec<String> {
        let layers = self.values.data().unwrap_or_default();
        for (section, value) in layers.get(&Profile::Default).into_iter().flatten() {
            match value {
                Value::Dict(_, settings) => self.find_unknown(section, settings),
                _ if self.sections().any(|known| known == section) => {
                    self.problem(section, &format!("must be a section, [{section}]"));
                }
                _ => self.unknown_section(section, value.tag()),
            }
        }
        self.problems
    }

    fn find_unknown(&mut self, section: &str, settings: &Dict) {
        let known: Vec<&str> = self
            .known
            .iter()
            .filter_map(|known| known.strip_prefix(section)?.strip_prefix('.'))
            .collect();
        if known.is_empty() {
            // Name it by its first setting, where it has one: an environment variable has no section alone.
            let (setting, tag) = settings.iter().next().map_or_else(
                || (section.to_owned(), Tag::Default),
                |(key, value)| (format!("{section}.{key}"), value.tag()),
            );
            return self.unknown_section(&setting, tag);
        }
        let known = known.join(", ");
        for (key, value) in settings {
            let setting = format!("{section}.{key}");
            if !self.known.contains(setting.as_str()) {
                let place = self
                    .place(&setting, value.tag())
                    .map(|place| format!(" ({place})"))
                    .unwrap_or_default();
                self.problems
                    .push(format!("{setting}{place} is not a setting; {section} has {known}."));
            }
        }
    }

    fn unknown_section(&mut self, setting: &str, tag: Tag) {
        let place = self.place(setting, tag).map(|place| format!(" ({place})")).unwrap_or_default();
        let sections: Vec<&str> = self.sections().collect::<BTreeSet<_>>().into_iter().collect();
        let sections = sections.join(", ");
        self.problems
            .push(format!("{setting}{place} is not a setting; the sections are {sections}."));
    }

    fn sections(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().filter_map(|setting| setting.split('.').next())
    }

    fn place(&self, setting: &str, tag: Tag) -> Option<String> {
        let name = self.values.get_metadata(tag)?.name.to_string();
        Some(if name == ENVIRONMENT {
            format!("{} in the environment", variable_of(setting))
        } else {
            name
        })
    }

    fn value<T>(&mut self, setting: &'static str, convert: impl FnOnce(&Value) -> Result<T, Reason>) -> Read<Option<T>> {
        self.known.insert(setting);
        match self.values.find_value(setting) {
            Err(_) => Ok(None),
            Ok(value) => convert(&value).map(Some).map_err(|reason| self.problem(setting, &reason)),
        }
    }

    /// Only a section that is no section hides a default, and that is reported once for all of its settings.
    fn present<T>(&mut self, setting: &str, value: Option<T>) -> Read<T> {
        let section = setting.split('.').next().unwrap_or(setting);
        match value {
            Some(value) => Ok(value),
            None if self.values.find_value(section).is_ok_and(|section| section.as_dict().is_none()) => Err(Reported),
            None => Err(self.problem(setting, "is missing")),
        }
    }
}
