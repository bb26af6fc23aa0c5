//! Reads directory documents row by row: memory and time go into what is kept, whatever else the document holds, and reading ends with the last error
//! that is listed.

use std::{fmt, marker::PhantomData};

use domain::people::DirectoryDocument;
use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{DirectoryConfession, DirectorySubscription, DirectoryUser};
use crate::fields::{FieldErrors, Fields, Rejection};

/// Reads a document. A bad row names itself, as in `users[3].role`; unknown fields are ignored. A byte order mark of UTF-8, which editors of Windows write,
/// is passed over.
pub fn parse(body: &[u8]) -> Result<DirectoryDocument, Rejection> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    // Ignored values are not parsed in full, so the check for UTF-8 covers the whole text.
    let text = std::str::from_utf8(body).map_err(|error| not_utf8(body, error.valid_up_to()))?;
    if text.trim().is_empty() {
        return Err(Rejection::NotJson("The document is empty.".to_owned()));
    }
    let mut reading = Reading::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = OneOf(&mut reading).deserialize(&mut json).and_then(|()| json.end());
    match read {
        Err(error) if !reading.errors.is_full() => Err(not_json(&error)),
        _ if !reading.errors.is_empty() => Err(Rejection::Invalid(reading.errors)),
        _ => Ok(reading.document),
    }
}

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Says where the text ends to be JSON, and what is wrong there.
fn not_json(error: &serde_json::Error) -> Rejection {
    let (line, column) = (error.line(), error.column());
    match Rejection::of(error) {
        Rejection::InvalidJson => {
            let sentence = error.to_string();
            let reason = sentence
                .strip_suffix(&format!(" at line {line} column {column}"))
                .unwrap_or(&sentence);
            Rejection::NotJson(format!("The document is not valid JSON: line {line}, column {column}: {reason}."))
        }
        other => other,
    }
}

/// Says where the bytes end to be UTF-8, and what they are instead where that shows.
fn not_utf8(body: &[u8], valid: usize) -> Rejection {
    let begins = |mark: &[u8]| body.starts_with(mark);
    Rejection::NotJson(if begins(b"\xFF\xFE") || begins(b"\xFE\xFF") {
        "The document is in UTF-16: save it as UTF-8.".to_owned()
    } else {
        let before = &body[..valid];
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
        format!("The document is not UTF-8: line {line}, column {column} (in bytes): save it as UTF-8.")
    })
}

/// A type that can be read from a JSON value of any kind.
trait Read<'de>: Sized {
    type Value;

    /// A text, a number, a flag or null.
    fn scalar(self, value: Value) -> Self::Value;

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error>;

    fn object<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error>;
}

/// Reads a value by its kind.
struct OneOf<R>(R);

impl<'de, R: Read<'de>> DeserializeSeed<'de> for OneOf<R> {
    type Value = R::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<R::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: Read<'de>> Visitor<'de> for OneOf<R> {
    type Value = R::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<R::Value, E> {
        Ok(self.0.scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<R::Value, E> {
        Ok(self.0.scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<R::Value, E> {
        Ok(self.0.scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<R::Value, E> {
        Ok(self.0.scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<R::Value, E> {
        Ok(self.0.scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<R::Value, E> {
        Ok(self.0.scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<R::Value, A::Error> {
        self.0.list(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<R::Value, A::Error> {
        self.0.object(map)
    }
}

/// Notes what is wrong at a place of the document that has no ids.
fn add(errors: &mut FieldErrors, place: &str, reason: &str) {
    errors.add_row(place.to_owned(), reason.to_owned(), format!("{place}: {reason}"));
}

/// Goes past the rest of a list.
fn skip_list<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Goes past the rest of an object.
fn skip_object<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// The part of the document that was read so far.
#[derive(Default)]
struct Reading {
    document: DirectoryDocument,
    errors: FieldErrors,
    seen: [bool; 3],
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Section {
    Users,
    Confessions,
    Subscriptions,
    #[serde(other)]
    Unknown,
}

impl<'de> Read<'de> for &mut Reading {
    type Value = ();

    fn scalar(self, _: Value) {
        add(&mut self.errors, "body", "Must be a JSON object.");
    }

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        self.scalar(Value::Null);
        skip_list(seq)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Reading { document, errors, seen } = self;
        while let Some(section) = map.next_key()? {
            match section {
                Section::Users => map.next_value_seed(Rows::<DirectoryUser>::new("users", &mut seen[0], document, errors))?,
                Section::Confessions => {
                    map.next_value_seed(Rows::<DirectoryConfession>::new("confessions", &mut seen[1], document, errors))?;
                }
                Section::Subscriptions => {
                    map.next_value_seed(Rows::<DirectorySubscription>::new("subscriptions", &mut seen[2], document, errors))?;
                }
                Section::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// A row that can be read from the fields of a JSON object.
trait Row: Sized {
    /// The fields that tell which row is meant.
    const IDS: &'static [&'static str];

    /// The fields that are read; all of them are texts, numbers, flags or null.
    const FIELDS: &'static [&'static str];

    fn read(fields: &mut Fields) -> Self;

    /// Adds it to the document.
    fn put(self, document: &mut DirectoryDocument);
}

impl Row for DirectoryUser {
    const IDS: &'static [&'static str] = &["id"];

    const FIELDS: &'static [&'static str] = Self::FIELDS;

    fn read(fields: &mut Fields) -> Self {
        Self::from_fields(fields)
    }

    fn put(self, document: &mut DirectoryDocument) {
        self.add_to(document);
    }
}

impl Row for DirectoryConfession {
    const IDS: &'static [&'static str] = &["id"];

    const FIELDS: &'static [&'static str] = Self::FIELDS;

    fn read(fields: &mut Fields) -> Self {
        Self::from_fields(fields)
    }

    fn put(self, document: &mut DirectoryDocument) {
        document.confessions.push(self.into());
    }
}

impl Row for DirectorySubscription {
    const IDS: &'static [&'static str] = &["user_id", "confession_id"];

    const FIELDS: &'static [&'static str] = Self::FIELDS;

    fn read(fields: &mut Fields) -> Self {
        Self::from_fields(fields)
    }

    fn put(self, document: &mut DirectoryDocument) {
        document.subscriptions.push(self.into());
    }
}

/// A list of rows.
struct Rows<'a, T> {
    name: &'static str,
    seen: &'a mut bool,
    document: &'a mut DirectoryDocument,
    errors: &'a mut FieldErrors,
    of: PhantomData<T>,
}

impl<'a, T: Row> Rows<'a, T> {
    fn new(name: &'static str, seen: &'a mut bool, document: &'a mut DirectoryDocument, errors: &'a mut FieldErrors) -> Self {
        Self {
            name,
            seen,
            document,
            errors,
            of: PhantomData,
        }
    }

    fn refuse(self, reason: &str) {
        add(self.errors, self.name, reason);
    }

    fn take(&mut self, index: usize, values: Option<Map<String, Value>>) {
        let place = format!("{}[{index}]", self.name);
        let Some(values) = values else {
            add(self.errors, &place, "Must be an object.");
            return;
        };
        // The errors travel through the row and back, so that their number stays bounded over all rows.
        let mut fields = Fields::row(values, &place, T::IDS, std::mem::take(self.errors));
        let row = T::read(&mut fields);
        *self.errors = fields.into_errors();
        if self.errors.is_empty() {
            row.put(self.document);
        } else {
            // Nothing of the document will be used.
            *self.document = DirectoryDocument::default();
        }
    }
}

impl<'de, T: Row> DeserializeSeed<'de> for Rows<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if std::mem::replace(self.seen, true) {
            self.refuse("Must be given once.");
            IgnoredAny::deserialize(deserializer)?;
            return Ok(());
        }
        deserializer.deserialize_any(OneOf(self))
    }
}

impl<'de, T: Row> Read<'de> for Rows<'_, T> {
    type Value = ();

    fn scalar(self, value: Value) {
        // Null is as good as absent.
        if !value.is_null() {
            self.refuse("Must be a list.");
        }
    }

    fn list<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(values) = seq.next_element_seed(OneOf(RowValues::<T>(PhantomData)))? {
            self.take(index, values);
            if self.errors.is_full() {
                return Err(A::Error::custom("there are errors enough"));
            }
            index += 1;
        }
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.refuse("Must be a list.");
        skip_object(map)
    }
}

/// The known fields of a row; `None` where it is no object. Of a repeated field the last value counts.
struct RowValues<T>(PhantomData<T>);

impl<'de, T: Row> Read<'de> for RowValues<T> {
    type Value = Option<Map<String, Value>>;

    fn scalar(self, _: Value) -> Self::Value {
        None
    }

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        skip_list(seq).map(|()| None)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = map.next_key_seed(KnownName(T::FIELDS))? {
            if let Some(name) = name {
                values.insert(name.to_owned(), map.next_value_seed(OneOf(FieldValue))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(values))
    }
}

/// The name of a field, if it is one of these.
struct KnownName(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KnownName {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KnownName {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|known| *known == name))
    }
}

/// A value of a field. Lists and objects, which no field has, are kept empty.
struct FieldValue;

impl<'de> Read<'de> for FieldValue {
    type Value = Value;

    fn scalar(self, value: Value) -> Value {
        value
    }

    fn list<A: SeqAccess<'de>>(self, seq: A) -> Result<Value, A::Error> {
        skip_list(seq).map(|()| Value::Array(Vec::new()))
    }

    fn object<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        skip_object(map).map(|()| Value::Object(Map::new()))
    }
}

#[cfg(test)]
mod tests;
