use std::borrow::Cow;

use domain::{
    denial::{Denial, Kind},
    messaging,
    ports::StoreError,
};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// The HTTP status of each kind of failure.
pub const fn status(kind: Kind) -> u16 {
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
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// What it means, in a sentence for people.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim(),)+
                }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)+
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

    /// You do not follow this confession.
    NotSubscribed = "not_subscribed", status(Kind::Forbidden);
    /// This person does not administer the confession.
    NotConfessionAdmin = "not_confession_admin", status(Kind::Forbidden);
    /// Say which confession the conversation is about; `details.candidates` lists those it could be.
    ConfessionRequired = "confession_required", status(Kind::Invalid);
    /// Members can write to admins only.
    NotAnAdmin = "not_an_admin", status(Kind::Forbidden);
    /// Members write to one admin at a time.
    OneAdminAtATime = "one_admin_at_a_time", status(Kind::Invalid);
    /// Conversations with several people are for admins only.
    AdminsOnly = "admins_only", status(Kind::Invalid);
    /// The conversation would have too many participants.
    TooManyParticipants = "too_many_participants", status(Kind::Invalid);
    /// You may not start a conversation with this member.
    OutreachNotAllowed = "outreach_not_allowed", status(Kind::Forbidden);
    /// You cannot write to yourself.
    CannotMessageSelf = "cannot_message_self", status(Kind::Forbidden);
    /// There is no such person.
    UserNotFound = "user_not_found", status(Kind::NotFound);
    /// This person's account is not active.
    UserInactive = "user_inactive", status(Kind::Forbidden);
    /// There is no such confession.
    ConfessionNotFound = "confession_not_found", status(Kind::NotFound);
    /// There is no such conversation.
    ConversationNotFound = "conversation_not_found", status(Kind::NotFound);
    /// There is no such message.
    MessageNotFound = "message_not_found", status(Kind::NotFound);
    /// Only the sender may do this.
    NotSender = "not_sender", status(Kind::Forbidden);
    /// The message can no longer be edited.
    EditWindowClosed = "edit_window_closed", status(Kind::Forbidden);
    /// The message has been deleted.
    MessageDeleted = "message_deleted", status(Kind::Forbidden);
    /// Only the admin of the confession may pin messages.
    NotPinAuthority = "not_pin_authority", status(Kind::Forbidden);
    /// The message that this answers is not in the conversation, or has been deleted.
    InvalidReply = "invalid_reply", status(Kind::Invalid);
    /// A message needs text or a file.
    EmptyMessage = "empty_message", status(Kind::Invalid);
    /// The text is too long.
    ContentTooLong = "content_too_long", status(Kind::Invalid);
    /// The text holds a character that is not allowed.
    InvalidContent = "invalid_content", status(Kind::Invalid);
    /// This `client_id` belongs to a message in another conversation.
    ClientIdConflict = "client_id_conflict", status(Kind::Conflict);
}

impl Code {
    /// The code with this name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl From<&Denial> for Code {
    fn from(denial: &Denial) -> Self {
        match denial {
            Denial::NotSubscribed => Self::NotSubscribed,
            Denial::NotConfessionAdmin => Self::NotConfessionAdmin,
            Denial::ConfessionRequired(_) => Self::ConfessionRequired,
            Denial::NotAnAdmin => Self::NotAnAdmin,
            Denial::OneAdminAtATime => Self::OneAdminAtATime,
            Denial::AdminsOnly => Self::AdminsOnly,
            Denial::TooManyParticipants(_) => Self::TooManyParticipants,
            Denial::OutreachNotAllowed => Self::OutreachNotAllowed,
            Denial::CannotMessageSelf => Self::CannotMessageSelf,
            Denial::UserNotFound => Self::UserNotFound,
            Denial::UserInactive => Self::UserInactive,
            Denial::ConfessionNotFound => Self::ConfessionNotFound,
            Denial::ConversationNotFound => Self::ConversationNotFound,
            Denial::MessageNotFound => Self::MessageNotFound,
            Denial::NotSender => Self::NotSender,
            Denial::EditWindowClosed => Self::EditWindowClosed,
            Denial::MessageDeleted => Self::MessageDeleted,
            Denial::NotPinAuthority => Self::NotPinAuthority,
            Denial::InvalidReply => Self::InvalidReply,
            Denial::EmptyMessage => Self::EmptyMessage,
            Denial::ContentTooLong(_) => Self::ContentTooLong,
            Denial::InvalidContent => Self::InvalidContent,
            Denial::ClientIdConflict => Self::ClientIdConflict,
        }
    }
}

impl From<&messaging::Error> for Code {
    fn from(error: &messaging::Error) -> Self {
        match error {
            messaging::Error::Denied(denial) => Self::from(denial),
            messaging::Error::AccountInactive => Self::TokenInvalid,
            messaging::Error::RateLimited { .. } => Self::RateLimited,
            messaging::Error::Store(StoreError::Busy | StoreError::Failed(_)) | messaging::Error::Files(_) => Self::Unavailable,
            messaging::Error::Store(StoreError::Corrupt { .. } | StoreError::Duplicate(_)) => Self::Internal,
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
        let list: Vec<String> = Self::ALL
            .iter()
            .map(|code| format!("- `{code}` ({}): {}", code.status(), code.summary()))
            .collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
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
