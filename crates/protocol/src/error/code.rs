use std::borrow::Cow;

use domain::{
    denial::{Denial, DenialCode, Kind},
    messaging,
    ports::StoreError,
};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// The HTTP status of each kind of failure.
pub(super) const fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::Conflict => 409,
        Kind::TooLarge => 413,
        Kind::RateLimited => 429,
        Kind::Internal => 500,
        Kind::Unavailable => 503,
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $status:expr;)+) => {
        /// Every machine code that an error can carry, over HTTP and over sockets.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
            /// A rule of the domain denies it.
            Denied(DenialCode),
        }

        impl Code {
            /// All codes but those of denials.
            const OWN: &[Self] = &[$(Self::$variant,)+];

            /// The code as it is written in answers, such as `not_found`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Denied(code) => code.as_str(),
                }
            }

            /// The sentence for people, where there is no other.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim(),)+
                    Self::Denied(code) => summary(code),
                }
            }

            /// The HTTP status of an answer with this code.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)+
                    Self::Denied(code) => status(code.kind()),
                }
            }
        }
    };
}

codes! {
    /// The request is not valid JSON.
    InvalidJson = "invalid_json", status(Kind::Invalid);
    /// Something is missing in the request, or is of the wrong kind; `details.fields` names it.
    InvalidRequest = "invalid_request", status(Kind::Invalid);
    /// There is no frame of this type.
    UnknownType = "unknown_type", status(Kind::Invalid);
    /// You are not signed in.
    NotAuthenticated = "not_authenticated", status(Kind::Unauthenticated);
    /// The token has expired.
    TokenExpired = "token_expired", status(Kind::Unauthenticated);
    /// The token is not valid.
    TokenInvalid = "token_invalid", status(Kind::Unauthenticated);
    /// The token lacks the scope that this needs.
    ScopeRequired = "scope_required", status(Kind::Forbidden);
    /// Sockets from this origin are not allowed.
    OriginNotAllowed = "origin_not_allowed", status(Kind::Forbidden);
    /// There is nothing at this address.
    NotFound = "not_found", status(Kind::NotFound);
    /// There is no such file.
    AttachmentNotFound = "attachment_not_found", status(Kind::NotFound);
    /// This address does not take this method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The request's body did not arrive in time.
    RequestTimeout = "request_timeout", 408;
    /// The request is too big.
    PayloadTooLarge = "payload_too_large", status(Kind::TooLarge);
    /// The message has too many files.
    TooManyFiles = "too_many_files", status(Kind::TooLarge);
    /// The picture has too many pixels.
    ImageTooLarge = "image_too_large", status(Kind::TooLarge);
    /// Files of this type are not accepted.
    UnsupportedFileType = "unsupported_file_type", 415;
    /// The file has no such range of bytes.
    RangeNotSatisfiable = "range_not_satisfiable", 416;
    /// You ask too often; try again in a moment.
    RateLimited = "rate_limited", status(Kind::RateLimited);
    /// The service cannot answer just now; try again in a moment.
    Unavailable = "unavailable", status(Kind::Unavailable);
    /// Something went wrong on our side.
    Internal = "internal_error", status(Kind::Internal);
}

/// The sentence of a denial without its number or list.
const fn summary(code: DenialCode) -> &'static str {
    match code {
        DenialCode::ConfessionRequired => "Say which confession the conversation is about; `details.candidates` lists those it could be.",
        DenialCode::TooManyParticipants => "The conversation would have too many participants.",
        DenialCode::ContentTooLong => "The text is too long.",
        DenialCode::ClientIdConflict => "This `client_id` belongs to a message in another conversation.",
        code => code.sentence(),
    }
}

impl Code {
    /// All codes: those of the protocol, then those of denials.
    pub fn all() -> impl Iterator<Item = Self> {
        let denials = DenialCode::ALL.iter().filter(|code| **code != DenialCode::AccountInactive);
        Self::OWN.iter().copied().chain(denials.map(|code| Self::Denied(*code)))
    }

    /// The code that is written so.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|code| code.as_str() == name)
    }
}

impl From<DenialCode> for Code {
    fn from(code: DenialCode) -> Self {
        match code {
            // An account that is missing or inactive is answered like a token that is not valid.
            DenialCode::AccountInactive => Self::TokenInvalid,
            code => Self::Denied(code),
        }
    }
}

impl From<&Denial> for Code {
    fn from(denial: &Denial) -> Self {
        denial.code().into()
    }
}

impl From<&messaging::Error> for Code {
    fn from(error: &messaging::Error) -> Self {
        match error {
            messaging::Error::Denied(denial) => Self::from(denial),
            messaging::Error::RateLimited { .. } => Self::RateLimited,
            messaging::Error::Store(error) => Self::from(error),
            messaging::Error::Files(_) => Self::Unavailable,
        }
    }
}

impl From<&StoreError> for Code {
    fn from(error: &StoreError) -> Self {
        match error.kind() {
            Kind::Unavailable => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let list: Vec<String> = Self::all()
            .map(|code| format!("- `{code}` ({}): {}", code.status(), code.summary()))
            .collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::all().map(Self::as_str)))
            .description(Some(format!(
                "What went wrong, for machines, with the HTTP status that goes with it.\n\n{}",
                list.join("\n")
            )))
            .into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "ErrorCode".into()
    }
}
