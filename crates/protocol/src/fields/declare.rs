//! The declaration of requests: their struct, schema and reader in one place.

use domain::{
    attachment::Voice,
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::ClientId,
};

use super::Fields;

/// A type of fields. A required one refuses a field that is missing; `Option` takes null and absence for `None`.
pub trait FieldValue: Sized {
    /// Reads the first of these names that has a value. If the value is bad, records the error and returns a placeholder.
    fn read(fields: &mut Fields, names: &[&str]) -> Self;
}

/// Makes fields of the id types of the domain, single and in lists.
macro_rules! ids {
    ($($Id:ident),+) => { $(
        impl FieldValue for $Id {
            fn read(fields: &mut Fields, names: &[&str]) -> Self {
                Self(fields.id(names))
            }
        }

        impl FieldValue for Option<$Id> {
            fn read(fields: &mut Fields, names: &[&str]) -> Self {
                fields.optional_id(names).map($Id)
            }
        }

        impl FieldValue for Vec<$Id> {
            fn read(fields: &mut Fields, names: &[&str]) -> Self {
                fields.ids(names).into_iter().map($Id).collect()
            }
        }
    )+ };
}

ids!(UserId, ConfessionId, ConversationId, MessageId);

impl FieldValue for String {
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        fields.text(names)
    }
}

impl FieldValue for Option<String> {
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        fields.optional_text(names)
    }
}

impl FieldValue for Option<ClientId> {
    /// The empty string is none, as in forms.
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        let text = fields.optional_line(names.first()?, ClientId::MAX_CHARS)?;
        ClientId::new(&text)
    }
}

impl FieldValue for Option<Voice> {
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        fields.optional_voice(names)
    }
}

impl FieldValue for bool {
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        fields.flag(names)
    }
}

impl FieldValue for Option<bool> {
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        fields.optional_flag(names)
    }
}

/// A number from 1.
impl FieldValue for Option<u32> {
    fn read(fields: &mut Fields, names: &[&str]) -> Self {
        fields.optional_count(names)
    }
}

/// Declares a request once: gives the struct (or the enum, whose variants are chosen by the caller), and the reader that names all bad fields at once.
///
/// - `name: Type` is read by the [`FieldValue`] of its type, under the field's own name.
/// - `name: Type | "older"` is read under the older spelling too.
/// - `name: Type = reader` is read by a function of `(&mut Fields, name)`, if the type alone does not decide it.
/// - `… } then check` after a struct calls its method `check(&self, &mut Fields)`, for conditions on several fields.
macro_rules! request {
    (
        $(#[$meta:meta])*
        pub struct $Request:ident {
            $( $(#[$field_meta:meta])* pub $field:ident: $Type:ty $(| $older:literal)* $(= $reader:path)?, )+
        }
        $(then $check:ident)?
    ) => {
        $(#[$meta])*
        pub struct $Request {
            $( $(#[$field_meta])* pub $field: $Type, )+
        }

        impl $Request {
            /// The names of the fields, without older spellings.
            pub const FIELDS: &'static [&'static str] = &[$( stringify!($field) ),+];

            /// Reads a body, a form or a query string.
            pub fn read(mut fields: $crate::fields::Fields) -> Result<Self, $crate::fields::Rejection> {
                let request = Self::from_fields(&mut fields);
                $( request.$check(&mut fields); )?
                fields.finish(request)
            }

            /// Reads the fields, and records their errors.
            pub(crate) fn from_fields(fields: &mut $crate::fields::Fields) -> Self {
                Self { $( $field: $crate::fields::request!(@read fields, $field [$($older)*] $($reader)?), )+ }
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $Request:ident by $Type:ident {
            $( $(#[$variant_meta:meta])* $Variant:ident {
                $( $(#[$field_meta:meta])* $field:ident: $Field:ty $(| $older:literal)*, )*
            }, )+
        }
    ) => {
        $(#[$meta])*
        pub enum $Request {
            $( $(#[$variant_meta])* $Variant { $( $(#[$field_meta])* $field: $Field, )* }, )+
        }

        impl $Request {
            /// Reads the fields of a variant, and records their errors.
            fn from_fields(variant: $Type, fields: &mut $crate::fields::Fields) -> Self {
                match variant {
                    $( $Type::$Variant => Self::$Variant {
                        $( $field: $crate::fields::request!(@read fields, $field [$($older)*]), )*
                    }, )+
                }
            }
        }
    };
    (@read $fields:ident, $field:ident [$($older:literal)*]) => {
        $fields.read(&[stringify!($field) $(, $older)*])
    };
    (@read $fields:ident, $field:ident [] $reader:path) => {
        $reader($fields, stringify!($field))
    };
}

pub(crate) use request;
