//! How the rules refuse.

use crate::people::Confession;

/// What kind of failure an error is: decides the HTTP status and what a client may do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request makes no sense as it stands: 400.
    Invalid,
    /// Nobody is known to be asking: 401.
    Unauthenticated,
    /// A rule says no: 403.
    Forbidden,
    /// There is no such thing, or none for this person: 404.
    NotFound,
    /// It collides with what is there: 409.
    Conflict,
    /// It is too big: 413.
    TooLarge,
    /// Too often: 429.
    RateLimited,
    /// Try again later: 503.
    Unavailable,
    /// A fault of ours: 500.
    Internal,
}

/// A refusal by one of the rules R1 to R13. The text is for people, [`Denial::code`] for machines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// R1, R6.
    #[error("You do not follow this confession.")]
    NotSubscribed,
    /// R1, R6.
    #[error("This person does not administer the confession.")]
    NotConfessionAdmin,
    /// R1: the target administers several confessions that the member follows.
    #[error("Say which confession the conversation is about.")]
    ConfessionRequired(Vec<Confession>),
    /// R1.
    #[error("Members can write to admins only.")]
    NotAnAdmin,
    /// R2.
    #[error("Members write to one admin at a time.")]
    OneAdminAtATime,
    /// R2.
    #[error("Conversations with several people are for admins only.")]
    AdminsOnly,
    /// R2.
    #[error("A conversation can have at most {0} participants.")]
    TooManyParticipants(usize),
    /// R3.
    #[error("You may not start a conversation with this member.")]
    OutreachNotAllowed,
    /// R5.
    #[error("You cannot write to yourself.")]
    CannotMessageSelf,
    /// R5.
    #[error("There is no such person.")]
    UserNotFound,
    /// R5.
    #[error("This person's account is not active.")]
    UserInactive,
    /// A confession that does not exist was named.
    #[error("There is no such confession.")]
    ConfessionNotFound,
    /// R7.
    #[error("There is no such conversation.")]
    ConversationNotFound,
    /// R7.
    #[error("There is no such message.")]
    MessageNotFound,
    /// R8, R9.
    #[error("Only the sender may do this.")]
    NotSender,
    /// R8.
    #[error("The message can no longer be edited.")]
    EditWindowClosed,
    /// R8, R10.
    #[error("The message has been deleted.")]
    MessageDeleted,
    /// R10.
    #[error("Only the admin of the confession may pin messages.")]
    NotPinAuthority,
    /// R11.
    #[error("The message that this answers is not in the conversation, or has been deleted.")]
    InvalidReply,
    /// R12.
    #[error("A message needs text or a file.")]
    EmptyMessage,
    /// R12.
    #[error("The text is longer than {0} characters.")]
    ContentTooLong(usize),
    /// R12.
    #[error("The text holds a character that is not allowed.")]
    InvalidContent,
    /// Section 4.3: the `client_id` was used for a message of another conversation.
    #[error("This client_id belongs to a message in another conversation.")]
    ClientIdConflict,
}

impl Denial {
    /// The stable machine code of the contract.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSubscribed => "not_subscribed",
            Self::NotConfessionAdmin => "not_confession_admin",
            Self::ConfessionRequired(_) => "confession_required",
            Self::NotAnAdmin => "not_an_admin",
            Self::OneAdminAtATime => "one_admin_at_a_time",
            Self::AdminsOnly => "admins_only",
            Self::TooManyParticipants(_) => "too_many_participants",
            Self::OutreachNotAllowed => "outreach_not_allowed",
            Self::CannotMessageSelf => "cannot_message_self",
            Self::UserNotFound => "user_not_found",
            Self::UserInactive => "user_inactive",
            Self::ConfessionNotFound => "confession_not_found",
            Self::ConversationNotFound => "conversation_not_found",
            Self::MessageNotFound => "message_not_found",
            Self::NotSender => "not_sender",
            Self::EditWindowClosed => "edit_window_closed",
            Self::MessageDeleted => "message_deleted",
            Self::NotPinAuthority => "not_pin_authority",
            Self::InvalidReply => "invalid_reply",
            Self::EmptyMessage => "empty_message",
            Self::ContentTooLong(_) => "content_too_long",
            Self::InvalidContent => "invalid_content",
            Self::ClientIdConflict => "client_id_conflict",
        }
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::ConfessionRequired(_)
            | Self::OneAdminAtATime
            | Self::AdminsOnly
            | Self::TooManyParticipants(_)
            | Self::InvalidReply
            | Self::EmptyMessage
            | Self::ContentTooLong(_)
            | Self::InvalidContent => Kind::Invalid,
            Self::UserNotFound | Self::ConfessionNotFound | Self::ConversationNotFound | Self::MessageNotFound => Kind::NotFound,
            Self::ClientIdConflict => Kind::Conflict,
            Self::NotSubscribed
            | Self::NotConfessionAdmin
            | Self::NotAnAdmin
            | Self::OutreachNotAllowed
            | Self::CannotMessageSelf
            | Self::UserInactive
            | Self::NotSender
            | Self::EditWindowClosed
            | Self::MessageDeleted
            | Self::NotPinAuthority => Kind::Forbidden,
        }
    }
}
