//! Settings as the JSON objects that both databases keep.

use std::collections::BTreeMap;

use domain::settings::{ConfessionSettings, Language, PersonSettings, Unread};
use serde_json::Value;

use crate::error::CorruptValueError;

pub(crate) const PEOPLE: &str = "messaging_user_settings";
pub(crate) const CONFESSIONS: &str = "messaging_confession_settings";

/// The keys of an object, with the JSON texts of their values.
fn keys(text: &str, table: &'static str) -> Result<Unread, CorruptValueError> {
    let keys: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|_| CorruptValueError { table, column: "settings" })?;
    Ok(keys.into_iter().map(|(key, value)| (key, value.to_string())).collect())
}

/// The object with these keys, whose values are JSON texts.
fn object(keys: &BTreeMap<&str, &str>) -> String {
    let members: Vec<String> = keys.iter().map(|(key, value)| format!("{}:{value}", Value::from(*key))).collect();
    format!("{{{}}}", members.join(","))
}

fn borrowed(unread: &Unread) -> BTreeMap<&str, &str> {
    unread.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// Reads the settings of a person.
pub(crate) fn person(text: &str) -> Result<PersonSettings, CorruptValueError> {
    let mut unread = keys(text, PEOPLE)?;
    let tag = unread
        .get(PersonSettings::LANGUAGE)
        .and_then(|value| serde_json::from_str::<String>(value).ok());
    let language = tag.as_deref().and_then(Language::parse);
    if language.is_some() {
        unread.remove(PersonSettings::LANGUAGE);
    }
    Ok(PersonSettings { language, unread })
}

/// The text of the settings of a person.
pub(crate) fn person_text(settings: &PersonSettings) -> String {
    let language = settings.language.map(|language| format!("\"{}\"", language.as_str()));
    let mut keys = borrowed(&settings.unread);
    if let Some(language) = &language {
        keys.insert(PersonSettings::LANGUAGE, language);
    }
    object(&keys)
}

/// Reads the settings of a confession.
pub(crate) fn confession(text: &str) -> Result<ConfessionSettings, CorruptValueError> {
    Ok(ConfessionSettings {
        unread: keys(text, CONFESSIONS)?,
    })
}

/// The text of the settings of a confession.
pub(crate) fn confession_text(settings: &ConfessionSettings) -> String {
    object(&borrowed(&settings.unread))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_written_again() {
        for text in [
            "{}",
            r#"{"language":"uz-Cyrl"}"#,
            r#"{"language":"kaa"}"#,
            r#"{"language":7}"#,
            r#"{"a \"b\"":{"a":1,"z":[1.5,-9007199254740993,null]},"language":"ru","push":"\u0000"}"#,
        ] {
            assert_eq!(person_text(&person(text).unwrap()), text);
            assert_eq!(confession_text(&confession(text).unwrap()), text);
        }
        assert_eq!(person(r#"{"language":"ru"}"#).unwrap().language, Some(Language::Russian));
        assert_eq!(person(r#"{"language":"RU"}"#).unwrap().language, None);
    }

    #[test]
    fn what_is_no_object_is_corrupt() {
        for text in ["", "[]", "null", "{\"a\"}"] {
            assert_eq!(person(text).unwrap_err().table, PEOPLE, "{text}");
            assert_eq!(confession(text).unwrap_err().table, CONFESSIONS, "{text}");
        }
    }
}
