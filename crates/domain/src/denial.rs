//! Denials, the refusals of the rules, and their codes.

use crate::people::Confession;

/// The kind of a failure, which decides the HTTP status and whether a client may repeat the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is invalid and would be for anybody: 400.
    Invalid,
    /// The request does not come from a known account: 401.
    Unauthenticated,
    /// A rule forbids the act: 403.
    Forbidden,
    /// The object does not exist, or this person may not know that it exists: 404.
    NotFound,
    /// The request conflicts with stored data: 409.
    Conflict,
    /// The request or a file in it is too large: 413.
    TooLarge,
    /// The person exceeded a rate limit: 429.
    RateLimited,
    /// The service cannot answer for the moment, and trying again later may help: 503.
    Unavailable,
    /// An internal error of the service: 500.
    Internal,
}

macro_rules! denials {
    ($($(#[doc = $doc:literal])+ $variant:ident $(($detail:ty))? = $code:literal, $kind:ident, $sentence:literal;)+) => {
        /// A refusal by one of the rules. Its text is a sentence for people.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Denial {
            $($(#[doc = $doc])+ #[error($sentence)] $variant $(($detail))?,)+
        }

        impl Denial {
            /// The code of this denial.
            pub const fn code(&self) -> DenialCode {
                match self {
                    $(Self::$variant { .. } => DenialCode::$variant,)+
                }
            }
        }

        /// The machine codes of denials. They are part of the contract and never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
        pub enum DenialCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl DenialCode {
            /// All codes, in the order of their declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code as it is written in answers, such as `not_subscribed`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The kind of failure, which decides the HTTP status.
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$kind,)+
                }
            }

            /// The sentence of the denial, with `{0}` in place of a number.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                }
            }
        }
    };
}

denials! {
    /// Section 2: the account of the person who acts is missing or no longer active.
    AccountInactive = "token_invalid", Unauthenticated, "This account is not active.";
    /// R1, R6: the member has no subscription to the confession.
    NotSubscribed = "not_subscribed", Forbidden, "You do not follow this confession.";
    /// R1, R6: the person written to does not administer the confession.
    NotConfessionAdmin = "not_confession_admin", Forbidden, "This person does not administer the confession.";
    /// R1: the target administers several confessions that the member follows.
    ConfessionRequired(Vec<Confession>) = "confession_required", Invalid, "Say which confession the conversation is about.";
    /// R1: a member named a target who is not an admin.
    NotAnAdmin = "not_an_admin", Forbidden, "Members can write to admins only.";
    /// R2: a member named several targets.
    OneAdminAtATime = "one_admin_at_a_time", Invalid, "Members write to one admin at a time.";
    /// R2: several targets are allowed among admins and superadmins only.
    AdminsOnly = "admins_only", Invalid, "Conversations with several people are for admins only.";
    /// R2: more participants than the policy allows; the number is the policy's limit.
    TooManyParticipants(usize) = "too_many_participants", Invalid, "A conversation can have at most {0} participants.";
    /// R3: the policy does not allow this admin to write to this member first.
    OutreachNotAllowed = "outreach_not_allowed", Forbidden, "You may not start a conversation with this member.";
    /// R5: the actor is among the targets.
    CannotMessageSelf = "cannot_message_self", Forbidden, "You cannot write to yourself.";
    /// R5: a target has no account.
    UserNotFound = "user_not_found", NotFound, "There is no such person.";
    /// R5: the account of a target is deactivated.
    UserInactive = "user_inactive", Forbidden, "This person's account is not active.";
    /// The request names a confession that does not exist.
    ConfessionNotFound = "confession_not_found", NotFound, "There is no such confession.";
    /// R7: the conversation does not exist, or the actor is not a participant.
    ConversationNotFound = "conversation_not_found", NotFound, "There is no such conversation.";
    /// R7: the message does not exist, or the actor is not a participant of its conversation.
    MessageNotFound = "message_not_found", NotFound, "There is no such message.";
    /// R8, R9: only the sender may edit or delete a message.
    NotSender = "not_sender", Forbidden, "Only the sender may do this.";
    /// R8: the edit window of the message is over.
    EditWindowClosed = "edit_window_closed", Forbidden, "The message can no longer be edited.";
    /// R8, R10: a tombstone cannot be edited or pinned.
    MessageDeleted = "message_deleted", Forbidden, "The message has been deleted.";
    /// R21: only an admin or superadmin who takes part may decide whether a member still waits.
    NotStaff = "not_staff", Forbidden, "Only admins may do this.";
    /// R10: the actor administers neither the confession nor the platform.
    NotPinAuthority = "not_pin_authority", Forbidden, "Only the admin of the confession may pin messages.";
    /// R11: the answered message is deleted or in another conversation.
    InvalidReply = "invalid_reply", Invalid, "The message that this answers is not in the conversation, or has been deleted.";
    /// R12: the message has neither visible text nor a file.
    EmptyMessage = "empty_message", Invalid, "A message needs text or a file.";
    /// R12: the content is too long; the number is the policy's limit in scalar values.
    ContentTooLong(usize) = "content_too_long", Invalid, "The text is longer than {0} characters.";
    /// R12: the content contains NUL.
    InvalidContent = "invalid_content", Invalid, "The text holds a character that is not allowed.";
    /// The query of a search has no word of two letters.
    QueryTooShort = "query_too_short", Invalid, "Type at least two letters of a word.";
    /// The query of a search has too many characters or words.
    QueryTooLong = "query_too_long", Invalid, "A search can have at most 200 characters and 8 words.";
    /// Section 9.8: what the request asks for is switched off, as `features` of `config/` says.
    FeatureOff = "feature_off", Forbidden, "This is switched off here.";
    /// Section 4.3: the `client_id` was used for a message of another conversation.
    ClientIdConflict = "client_id_conflict", Conflict, "This client_id belongs to a message in another conversation.";
}

impl std::fmt::Display for DenialCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
