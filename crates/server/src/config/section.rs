//! Declares a section of the configuration once: the struct, how it is read, and how `check-config` shows it.

use std::{net::SocketAddr, ops::RangeInclusive};

use secrecy::SecretString;
use storage::StoreUrl;

use super::{
    address::{BusUrl, ObjectsUrl, WebUrl},
    auth::KeySource,
    reader::{Read, Reader, Reason},
};

/// Declares a section: each field is a setting of the same name.
///
/// - `name: Type = reader` names the function of `(&mut Reader, setting)` that reads and checks it, such as [`number`] or [`text`].
/// - `… } then check(a, b)` calls `check(&mut Reader, &Read<A>, &Read<B>)`, for conditions on several settings.
macro_rules! section {
    (
        $(#[$meta:meta])*
        pub struct $Section:ident in $name:literal {
            $( $(#[$field_meta:meta])* pub $field:ident: $Type:ty = $read:expr, )+
        }
        $(then $check:ident($($part:ident),+))?
    ) => {
        $(#[$meta])*
        pub struct $Section {
            $( $(#[$field_meta])* pub $field: $Type, )+
        }

        impl $Section {
            /// Reads every setting before the first `?`, so that all problems are known.
            pub(super) fn read(reader: &mut $crate::config::reader::Reader) -> $crate::config::reader::Read<Self> {
                $( let $field: $crate::config::reader::Read<$Type> = $crate::config::section::call(reader, concat!($name, ".", stringify!($field)), $read); )+
                $( $check(reader, $(&$part),+)?; )?
                Ok(Self { $( $field: $field?, )+ })
            }

            /// Every setting with its value, in the order of the fields.
            pub(super) fn summary(&self) -> Vec<(&'static str, String)> {
                vec![$( (concat!($name, ".", stringify!($field)), $crate::config::section::Show::show(&self.$field)), )+]
            }
        }
    };
}

pub(super) use section;

/// Lets the compiler infer the types of a reader that is a closure.
pub(super) fn call<T>(reader: &mut Reader, setting: &'static str, read: impl FnOnce(&mut Reader, &'static str) -> Read<T>) -> Read<T> {
    read(reader, setting)
}

/// A whole number in this range.
pub(super) fn number<T: TryFrom<i64>>(range: RangeInclusive<i64>) -> impl FnOnce(&mut Reader, &'static str) -> Read<T> {
    move |reader, setting| reader.number(setting, range)
}

/// A text that this function converts.
pub(super) fn text<T>(convert: impl FnOnce(&str) -> Result<T, Reason>) -> impl FnOnce(&mut Reader, &'static str) -> Read<T> {
    move |reader, setting| reader.text(setting, convert)
}

/// A text that this function converts, and that may be left out.
pub(super) fn optional<T>(convert: impl FnOnce(&str) -> Result<T, Reason>) -> impl FnOnce(&mut Reader, &'static str) -> Read<Option<T>> {
    move |reader, setting| reader.optional_text(setting, convert)
}

/// A list of texts that this function converts.
pub(super) fn list<T>(convert: impl Fn(&str) -> Result<T, Reason>) -> impl FnOnce(&mut Reader, &'static str) -> Read<Vec<T>> {
    move |reader, setting| reader.list(setting, convert)
}

/// Any text, as it is.
#[expect(clippy::unnecessary_wraps, reason = "a function for `text` and `optional`")]
pub(super) fn as_it_is(text: &str) -> Result<String, Reason> {
    Ok(text.to_owned())
}

/// One of the fixed values of this type.
pub(super) fn word<T: Words>(text: &str) -> Result<T, Reason> {
    T::ALL.iter().copied().find(|value| value.word() == text).ok_or_else(|| {
        let words: Vec<&str> = T::ALL.iter().map(|value| value.word()).collect();
        match words.split_last() {
            Some((last, [])) => format!("must be {last}, not {text:?}"),
            Some((last, others)) => format!("must be {} or {last}, not {text:?}", others.join(", ")),
            None => format!("cannot be {text:?}"),
        }
    })
}

/// A type with a few values, each of which has a word.
pub(super) trait Words: Copy + 'static {
    const ALL: &'static [Self];
    /// Shown where the setting is left out.
    const ABSENT: &'static str = NOT_SET;

    fn word(self) -> &'static str;
}

const NOT_SET: &str = "(not set)";

/// The text of a value in the list of settings. Secrets are only shown to be set.
pub(super) trait Show {
    const ABSENT: &'static str = NOT_SET;

    fn show(&self) -> String;
}

macro_rules! show_by_display {
    ($($Type:ty),+) => { $( impl Show for $Type {
        fn show(&self) -> String {
            self.to_string()
        }
    } )+ };
}

show_by_display!(
    bool, u32, u64, i64, usize, String, SocketAddr, StoreUrl, BusUrl, ObjectsUrl, WebUrl, KeySource
);

impl<T: Words> Show for T {
    const ABSENT: &'static str = T::ABSENT;

    fn show(&self) -> String {
        self.word().to_owned()
    }
}

impl Show for SecretString {
    fn show(&self) -> String {
        "(set, not shown)".to_owned()
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| T::ABSENT.to_owned(), Show::show)
    }
}

impl Show for Vec<String> {
    fn show(&self) -> String {
        if self.is_empty() {
            return NOT_SET.to_owned();
        }
        self.join(", ")
    }
}
