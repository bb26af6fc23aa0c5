//! Reads the named values of a request, wherever they come from: a JSON body, a socket frame, a form or a query string.
//!
//! A [`Fields`] goes through a request once and notes everything that is wrong with it, so that the answer names every bad field and not only the first.
//! Readers give a placeholder for a bad value; [`Fields::finish`] lets the result out only if no placeholder is in it.
//!
//! The shape of a request is declared once, with the macro `request!`: the struct, its schema and its reader come from the same lines.

mod declare;
mod lists;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use declare::FieldValue;
pub(crate) use declare::request;

use domain::{attachment::Voice, visible::shows_something};
use serde::Serialize;
use serde_json::{Map, Value};

/// More bad fields than this are not listed: the answer stays small for any request.
const MOST_ERRORS: usize = 50;

/// The errors of a request, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FieldErrors {
    fields: BTreeMap<String, Vec<String>>,
    /// Of a document: a sentence for each reason, in the order of the document, which names its row by place and ids.
    #[serde(skip)]
    rows: Vec<String>,
}

impl FieldErrors {
    /// Errors with a single reason.
    pub fn of(field: impl Into<String>, reason: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field.into(), reason.into());
        errors
    }

    /// Are there so many that no more are listed?
    pub(crate) fn is_full(&self) -> bool {
        self.fields.len() >= MOST_ERRORS
    }

    /// Adds a reason, unless there are many already.
    pub(crate) fn add(&mut self, field: String, reason: String) {
        self.note(field, reason, None);
    }

    /// Notes a reason about a row of a document, with the sentence that names the row.
    pub(crate) fn add_row(&mut self, field: String, reason: String, sentence: String) {
        self.note(field, reason, Some(sentence));
    }

    fn note(&mut self, field: String, reason: String, sentence: Option<String>) {
        if !self.is_full() || self.fields.contains_key(&field) {
            self.fields.entry(field).or_default().push(reason);
            self.rows.extend(sentence);
        }
    }

    /// True if no field is bad.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Is something wrong with this field?
    pub fn names(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// The first bad field, by name, and the first reason.
    pub fn first(&self) -> Option<(&str, &str)> {
        let (field, reasons) = self.fields.iter().next()?;
        Some((field.as_str(), reasons.first().map_or("", String::as_str)))
    }

    /// The faults of a document's rows: sentences that name each row by its place and ids, in the order of the document.
    pub fn rows(&self) -> &[String] {
        &self.rows
    }
}

/// A request that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is not JSON (a lone surrogate in a string is not, either).
    InvalidJson,
    /// A document is not JSON; the sentence gives the place and the reason.
    NotJson(String),
    /// The document is JSON, but of another type than required.
    Invalid(FieldErrors),
}

impl Rejection {
    /// The message of `serde_json` about a text.
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        // Well-formed JSON such as `1e999`, which only the message of serde_json distinguishes from malformed JSON.
        if error.to_string().starts_with("number out of range") {
            Self::field("body", "A number in it is out of range.")
        } else {
            Self::InvalidJson
        }
    }

    /// Refuses a request because of one field.
    pub fn field(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid(FieldErrors::of(name, reason))
    }
}

/// The named values of a request and the errors found in them.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    /// The prefix of each name in errors, such as `users[3].`.
    prefix: String,
    /// Of a row of a document: its place and ids, such as `users[3] (id 12)`.
    row: Option<String>,
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
            Err(error) => Err(Rejection::of(&error)),
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
            row: None,
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
        let (field, reason) = (format!("{}{name}", self.prefix), reason.into());
        match &self.row {
            Some(row) => {
                let sentence = format!("{row}: {name}: {reason}");
                self.errors.add_row(field, reason, sentence);
            }
            None => self.errors.add(field, reason),
        }
    }

    /// Is there a field of this name, be it null?
    pub(crate) fn is_given(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Refuses every field that has none of these names. A name that is too long to be repeated is refused as `body`.
    pub(crate) fn refuse_others(&mut self, known: &[&str], reason: &str) {
        const LONGEST_NAME: usize = 64;
        let others: Vec<String> = self.values.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        for name in others {
            let name = if name.chars().count() > LONGEST_NAME { "body" } else { &name };
            self.refuse(name, reason);
        }
    }

    /// Does this field have anything in it? Null, the empty string and the empty list are nothing.
    pub fn has_content(&self, name: &str) -> bool {
        fn has_content(value: &Value) -> bool {
            match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => items.iter().any(has_content),
                Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
            }
        }
        self.values.get(name).is_some_and(has_content)
    }

    /// Requires that an id, which the URL names already, is not another one in the body.
    pub(crate) fn set_id(&mut self, name: &str, id: i64) {
        if self.optional_id(&[name]).is_some_and(|other| other != id) {
            self.refuse(name, "Must be the id in the URL.");
        }
        self.values.insert(name.to_owned(), id.into());
    }

    /// A text that may be read without judging it: to repeat it in an answer about something else.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str()
    }

    /// A row of a list, whose errors are those of the whole document and name the row, as in `users[3].role`; in sentences it is named by its place and by
    /// the values under the names in `ids`. The errors are returned by [`Self::into_errors`].
    pub(crate) fn row(values: Map<String, Value>, place: &str, ids: &[&str], errors: FieldErrors) -> Self {
        let ids: Vec<String> = ids.iter().filter_map(|name| id_of_row(name, values.get(*name)?)).collect();
        let row = if ids.is_empty() {
            place.to_owned()
        } else {
            format!("{place} ({})", ids.join(", "))
        };
        Self {
            errors,
            row: Some(row),
            ..Self::of(values, format!("{place}."))
        }
    }

    /// The errors that were collected while reading.
    pub(crate) fn into_errors(self) -> FieldErrors {
        self.errors
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
        if value.is_none() && !names.iter().any(|name| self.failed(name)) {
            self.refuse(name, "This field is required.");
        }
        value
    }
}

/// The value that a row has under the name of an id, if it is short enough to be quoted.
fn id_of_row(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(format!("{name} {number}")),
        Value::String(text) if text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            Some(format!("{name} {text}"))
        }
        _ => None,
    }
}

/// Readers. If several names are given, the first is the proper one and the others are older spellings of it.
impl Fields {
    /// A value whose type decides how the field is read.
    pub fn read<T: FieldValue>(&mut self, names: &[&str]) -> T {
        T::read(self, names)
    }

    /// An id that may be absent: an integer or its digits in a string. The empty string is absent, as in forms.
    pub fn optional_id(&mut self, names: &[&str]) -> Option<i64> {
        let (name, integer) = self.take_integer(names)?;
        integer.map_err(|reason| self.refuse(name, reason.sentence())).ok()
    }

    /// A required id: an integer or its digits in a string.
    pub fn id(&mut self, names: &[&str]) -> i64 {
        let value = self.optional_id(names);
        self.required(names, value).unwrap_or_default()
    }

    /// A number from 1 that may be absent. What is too big for the type counts as its maximum: a page that far is empty all the same.
    pub fn optional_count(&mut self, names: &[&str]) -> Option<u32> {
        let (name, count) = self.take_integer(names)?;
        let reason = match count {
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

    /// A text that is empty or shows something, of at most so many characters and without NUL, that may be absent.
    pub fn optional_visible_line(&mut self, name: &str, most_chars: usize) -> Option<String> {
        let text = self.optional_line(name, most_chars)?;
        if text.is_empty() || shows_something(&text) {
            return Some(text);
        }
        self.refuse(name, "Must have a character that shows, or be empty.");
        None
    }

    /// A text that shows something, of at most so many characters and without NUL.
    pub fn line(&mut self, name: &str, most_chars: usize) -> String {
        let value = self.optional_line(name, most_chars);
        if value.as_deref().is_some_and(|text| !shows_something(text)) {
            self.refuse(name, "Must not be blank.");
        }
        self.required(&[name], value).unwrap_or_default()
    }

    /// The length and the waveform of a voice message, that may be absent: an object, or its JSON text as in forms. The empty string is absent.
    pub fn optional_voice(&mut self, names: &[&str]) -> Option<Voice> {
        let (name, value) = self.take_single(names)?;
        let voice = match value {
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => serde_json::from_str(&text).ok(),
            value => serde_json::from_value(value).ok(),
        };
        if voice.is_none() {
            let (longest, most, loudest) = (Voice::MAX_DURATION_MS, Voice::MAX_VALUES, Voice::LOUDEST);
            self.refuse(
                name,
                format!("Must be an object with duration_ms (1 to {longest}) and waveform (at most {most} integers from 0 to {loudest})."),
            );
        }
        voice
    }

    /// Yes or no, that may be absent: a boolean, or its name or digit as forms and query strings have them.
    pub fn optional_flag(&mut self, names: &[&str]) -> Option<bool> {
        let (name, value) = self.take_single(names)?;
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

    /// A required boolean, or its name or digit.
    pub fn flag(&mut self, names: &[&str]) -> bool {
        let value = self.optional_flag(names);
        self.required(names, value).unwrap_or_default()
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
