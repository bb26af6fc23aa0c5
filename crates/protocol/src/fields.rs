//! Reads the named values of a request, wherever they come from: a JSON body, a socket frame, a form or a query string.
//!
//! A [`Fields`] goes through a request once and notes everything that is wrong with it, so that the answer names every bad field and not only the first.
//! Readers give a placeholder for a bad value; [`Fields::finish`] lets the result out only if no placeholder is in it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// More bad fields than this are not listed: the answer stays small whatever was sent.
const MOST_ERRORS: usize = 50;

/// What is wrong with which field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(BTreeMap<String, Vec<String>>);

impl FieldErrors {
    /// One bad field.
    pub fn of(field: impl Into<String>, reason: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field.into(), reason.into());
        errors
    }

    /// Notes a reason, unless there are many already.
    fn add(&mut self, field: String, reason: String) {
        if self.0.len() < MOST_ERRORS || self.0.contains_key(&field) {
            self.0.entry(field).or_default().push(reason);
        }
    }

    /// Nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is something wrong with this field?
    pub fn names(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The first bad field, by name, and the first reason.
    pub fn first(&self) -> Option<(&str, &str)> {
        self.0
            .iter()
            .next()
            .map(|(field, reasons)| (field.as_str(), reasons.first().map_or("", String::as_str)))
    }
}

/// A request that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is not JSON (a lone surrogate in a string is not, either).
    InvalidJson,
    /// It is JSON, but not what was asked for.
    Invalid(FieldErrors),
}

impl Rejection {
    /// One bad field.
    pub fn field(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid(FieldErrors::of(name, reason))
    }
}

/// The named values of a request and what was found wrong with them.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    /// What stands before each name in errors, such as `users[3].`.
    prefix: String,
    /// Repeated names are lists, and single readers take the last of them.
    repeats: bool,
    errors: FieldErrors,
}

impl Fields {
    /// Of a JSON text. Of a repeated key the last value counts; unknown keys are ignored.
    pub fn parse(body: &[u8]) -> Result<Self, Rejection> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(values)) => Ok(Self::of(values, String::new())),
            Ok(_) => Err(Rejection::field("body", "Must be a JSON object.")),
            // Well-formed JSON such as `1e999`, which serde_json tells from the malformed kind by its words only.
            Err(error) if error.to_string().starts_with("number out of range") => {
                Err(Rejection::field("body", "A number in it is out of range."))
            }
            Err(_) => Err(Rejection::InvalidJson),
        }
    }

    /// Of a form or a query string, decoded.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut values = Map::new();
        for (name, value) in pairs {
            if let Value::Array(all) = values.entry(name.into()).or_insert_with(|| Value::Array(Vec::new())) {
                all.push(Value::String(value.into()));
            }
        }
        Self {
            repeats: true,
            ..Self::of(values, String::new())
        }
    }

    fn of(values: Map<String, Value>, prefix: String) -> Self {
        Self {
            values,
            prefix,
            repeats: false,
            errors: FieldErrors::default(),
        }
    }

    /// Lets the value out if nothing was found wrong.
    pub fn finish<T>(self, value: T) -> Result<T, Rejection> {
        if self.errors.is_empty() {
            Ok(value)
        } else {
            Err(Rejection::Invalid(self.errors))
        }
    }

    /// Was something found wrong with this field?
    pub fn failed(&self, name: &str) -> bool {
        self.errors.names(&format!("{}{name}", self.prefix))
    }

    /// Notes that a field is bad.
    pub fn refuse(&mut self, name: &str, reason: impl Into<String>) {
        self.errors.add(format!("{}{name}", self.prefix), reason.into());
    }

    /// A text that may be read without judging it: to repeat it in an answer about something else.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    /// A list of objects, each read by `row`; an absent list is empty. Errors name the row, as in `users[3].role`.
    pub fn rows<T>(&mut self, name: &str, mut row: impl FnMut(&mut Fields) -> T) -> Vec<T> {
        let Some(value) = self.take(&[name]) else { return Vec::new() };
        let Value::Array(items) = value.1 else {
            self.refuse(name, "Must be a list.");
            return Vec::new();
        };
        let mut rows = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let Value::Object(values) = item else {
                self.refuse(&format!("{name}[{index}]"), "Must be an object.");
                continue;
            };
            // The errors travel through the row and back, so that their number stays bounded over all rows.
            let mut fields = Self::of(values, format!("{}{name}[{index}].", self.prefix));
            fields.errors = std::mem::take(&mut self.errors);
            rows.push(row(&mut fields));
            self.errors = fields.errors;
        }
        rows
    }

    /// The first of these names that has a value, and the value; null is none.
    fn take<'n>(&mut self, names: &[&'n str]) -> Option<(&'n str, Value)> {
        names.iter().find_map(|&name| match self.values.remove(name)? {
            Value::Null => None,
            value => Some((name, value)),
        })
    }

    /// Like [`Self::take`], but the last one of a repeated name.
    fn take_single<'n>(&mut self, names: &[&'n str]) -> Option<(&'n str, Value)> {
        match self.take(names)? {
            (name, Value::Array(mut all)) if self.repeats => Some((name, all.pop()?)),
            single => Some(single),
        }
    }

    /// The first of these names that has a value, and the integer in it. The empty string is none, as in forms.
    fn take_integer<'n>(&mut self, names: &[&'n str]) -> Option<(&'n str, Result<i64, NoInteger>)> {
        let (name, value) = self.take_single(names)?;
        let is_empty = value.as_str().is_some_and(|text| text.trim().is_empty());
        (!is_empty).then(|| (name, integer(&value)))
    }

    fn required<T>(&mut self, names: &[&str], value: Option<T>) -> Option<T> {
        let name = names.first().copied().unwrap_or_default();
        // A value that was there and bad is not missing too.
        let bad_already = names.iter().any(|name| self.failed(name));
        if value.is_none() && !bad_already {
            self.refuse(name, "This field is required.");
        }
        value
    }
}

/// Readers. Where several names are given, the first is the proper one and the others are older spellings of it.
impl Fields {
    /// An id that may be absent: an integer or its digits in a string. The empty string is absent, as in forms.
    pub fn optional_id(&mut self, names: &[&str]) -> Option<i64> {
        let (name, integer) = self.take_integer(names)?;
        integer.map_err(|reason| self.refuse(name, reason.sentence())).ok()
    }

    /// An id.
    pub fn id(&mut self, names: &[&str]) -> i64 {
        let value = self.optional_id(names);
        self.required(names, value).unwrap_or_default()
    }

    /// A list of at least one id.
    pub fn ids(&mut self, names: &[&str]) -> Vec<i64> {
        let Some((name, value)) = self.take(names) else {
            self.required::<()>(names, None);
            return Vec::new();
        };
        let Value::Array(items) = value else {
            self.refuse(name, "Must be a list of ids.");
            return Vec::new();
        };
        if items.is_empty() {
            self.refuse(name, "Must not be empty.");
        }
        let read: Result<Vec<i64>, String> = items
            .iter()
            .enumerate()
            .map(|(index, item)| integer(item).map_err(|reason| format!("Item {index}: {}", reason.sentence())))
            .collect();
        read.unwrap_or_else(|reason| {
            self.refuse(name, reason);
            Vec::new()
        })
    }

    /// A number from 1 that may be absent. What is too big for the type counts as its maximum: a page that far is empty all the same.
    pub fn optional_count(&mut self, name: &str) -> Option<u32> {
        let reason = match self.take_integer(&[name])?.1 {
            Ok(count @ 1..) => return Some(u32::try_from(count).unwrap_or(u32::MAX)),
            Err(NoInteger::TooLarge) => return Some(u32::MAX),
            Ok(_) | Err(NoInteger::TooSmall) => "Must be at least 1.",
            Err(reason) => reason.sentence(),
        };
        self.refuse(name, reason);
        None
    }

    /// A text of any length, kept as it is, that may be absent.
    pub fn optional_text(&mut self, names: &[&str]) -> Option<String> {
        match self.take_single(names)? {
            (_, Value::String(text)) => Some(text),
            (name, _) => {
                self.refuse(name, "Must be a string.");
                None
            }
        }
    }

    /// A text of any length, kept as it is.
    pub fn text(&mut self, names: &[&str]) -> String {
        let value = self.optional_text(names);
        self.required(names, value).unwrap_or_default()
    }

    /// A text of at most so many characters and without NUL, that may be absent.
    pub fn optional_line(&mut self, name: &str, most_chars: usize) -> Option<String> {
        let text = self.optional_text(&[name])?;
        if text.contains('\0') {
            self.refuse(name, "Must not contain NUL.");
        } else if text.len() > most_chars && text.chars().count() > most_chars {
            self.refuse(name, format!("Must have at most {most_chars} characters."));
        } else {
            return Some(text);
        }
        None
    }

    /// A text that is not blank, of at most so many characters and without NUL.
    pub fn line(&mut self, name: &str, most_chars: usize) -> String {
        let value = self.optional_line(name, most_chars);
        if value.as_deref().is_some_and(|text| text.trim().is_empty()) {
            self.refuse(name, "Must not be blank.");
        }
        self.required(&[name], value).unwrap_or_default()
    }

    /// Yes or no, that may be absent: a boolean, or its name or digit as forms and query strings have them.
    pub fn optional_flag(&mut self, name: &str) -> Option<bool> {
        let (name, value) = self.take_single(&[name])?;
        let flag = match &value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.is_empty() => return None,
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if flag.is_none() {
            self.refuse(name, "Must be true or false.");
        }
        flag
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str) -> bool {
        let value = self.optional_flag(name);
        self.required(&[name], value).unwrap_or_default()
    }
}

/// Why a value is no integer that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoInteger {
    Another,
    TooSmall,
    TooLarge,
}

impl NoInteger {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Another => "Must be an integer.",
            Self::TooSmall | Self::TooLarge => "Out of range.",
        }
    }
}

/// The integer in a value: a JSON number without fraction, or digits in a string.
fn integer(value: &Value) -> Result<i64, NoInteger> {
    /// The integers up to here are exact in a JSON number that was written as a float, such as `5.0`.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Ok(integer),
            (None, Some(float)) if float.fract() != 0.0 => Err(NoInteger::Another),
            (None, Some(float)) if float.abs() <= EXACT => format!("{float:.0}").parse().map_err(|_| NoInteger::Another),
            (None, Some(float)) if float < 0.0 => Err(NoInteger::TooSmall),
            _ => Err(NoInteger::TooLarge),
        },
        Value::String(text) => text.trim().parse::<i64>().map_err(|error| match error.kind() {
            std::num::IntErrorKind::PosOverflow => NoInteger::TooLarge,
            std::num::IntErrorKind::NegOverflow => NoInteger::TooSmall,
            _ => NoInteger::Another,
        }),
        _ => Err(NoInteger::Another),
    }
}

#[cfg(test)]
mod tests;
