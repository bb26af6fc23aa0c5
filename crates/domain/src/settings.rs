//! The settings that people and confessions have here, beside what the platform knows of them.
//!
//! A store keeps them as one JSON object each. What this version cannot read in it, a key or a value of a later version, is kept as it is ([`Unread`]).

use std::collections::BTreeMap;

/// A language of the page, of pushes, and of whatever else the service words itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Language {
    /// Uzbek in Latin letters.
    #[cfg_attr(feature = "serde", serde(rename = "uz"))]
    Uzbek,
    /// Uzbek in Cyrillic letters.
    #[cfg_attr(feature = "serde", serde(rename = "uz-Cyrl"))]
    UzbekCyrillic,
    /// Russian.
    #[cfg_attr(feature = "serde", serde(rename = "ru"))]
    Russian,
    /// English.
    #[cfg_attr(feature = "serde", serde(rename = "en"))]
    English,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 4] = [Self::Uzbek, Self::UzbekCyrillic, Self::Russian, Self::English];

    /// The tag on the wire and in the stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uzbek => "uz",
            Self::UzbekCyrillic => "uz-Cyrl",
            Self::Russian => "ru",
            Self::English => "en",
        }
    }

    /// Reads the tag on the wire and in the stores, exactly as it is written there.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == tag)
    }

    /// The language that the platform has for a person. Its tags may be in other case and name a region, such as `en-US`, which makes no difference here.
    pub fn of_platform(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
        let mut parts = tag.split('-');
        match (parts.next()?, parts.next()) {
            // The platform's column has room for five characters.
            ("uz", Some(script)) if script.starts_with("cy") => Some(Self::UzbekCyrillic),
            ("uz", _) => Some(Self::Uzbek),
            ("ru", _) => Some(Self::Russian),
            ("en", _) => Some(Self::English),
            _ => None,
        }
    }
}

/// Keys whose values this version cannot read, each with the JSON text of its value.
pub type Unread = BTreeMap<String, String>;

/// The settings of a person. The default is that of somebody who has set nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonSettings {
    /// The language that the person has chosen here; `None` for the platform's.
    pub language: Option<Language>,
    /// What a later version has stored.
    pub unread: Unread,
}

impl PersonSettings {
    /// The key of [`Self::language`].
    pub const LANGUAGE: &'static str = "language";
}

/// The settings of a person and what applies where they have set nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonSettingsView {
    /// What the person has set.
    pub settings: PersonSettings,
    /// The language that the platform has for the person: in its own database, or in the last document that named the account.
    pub platform_language: Option<Language>,
}

impl PersonSettingsView {
    /// The language in which the person is addressed; `None` if nobody has said.
    pub fn language(&self) -> Option<Language> {
        self.settings.language.or(self.platform_language)
    }
}

/// What a person changes in their settings. `None` leaves a setting as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PersonSettingsChange {
    /// Another language; `Some(None)` for the platform's.
    pub language: Option<Option<Language>>,
}

/// The settings of a confession. This version knows none by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfessionSettings {
    /// What a later version has stored.
    pub unread: Unread,
}

/// What an admin changes in the settings of a confession: nothing in this version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfessionSettingsChange;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_they_are_written() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.as_str()), Some(language));
        }
        for tag in ["", "UZ", "uz-cyrl", "ru-RU", "de"] {
            assert_eq!(Language::parse(tag), None, "{tag}");
        }
    }

    #[test]
    fn tags_of_the_platform_may_name_a_region_or_a_script() {
        for (tag, language) in [
            ("uz", Some(Language::Uzbek)),
            ("uz-lat", Some(Language::Uzbek)),
            ("uz-cy", Some(Language::UzbekCyrillic)),
            ("uz_Cyrl", Some(Language::UzbekCyrillic)),
            ("RU", Some(Language::Russian)),
            ("en-US", Some(Language::English)),
            ("de", None),
            ("", None),
        ] {
            assert_eq!(Language::of_platform(tag), language, "{tag}");
        }
    }
}
