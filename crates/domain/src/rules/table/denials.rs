use std::fmt::Write as _;

use crate::denial::{Denial, Kind};

/// Every refusal; [`next`] does not compile without a new one.
pub(super) fn all() -> Vec<Denial> {
    std::iter::successors(Some(Denial::NotSubscribed), next).collect()
}

fn next(denial: &Denial) -> Option<Denial> {
    Some(match denial {
        Denial::NotSubscribed => Denial::NotConfessionAdmin,
        Denial::NotConfessionAdmin => Denial::ConfessionRequired(Vec::new()),
        Denial::ConfessionRequired(_) => Denial::NotAnAdmin,
        Denial::NotAnAdmin => Denial::OneAdminAtATime,
        Denial::OneAdminAtATime => Denial::AdminsOnly,
        Denial::AdminsOnly => Denial::TooManyParticipants(50),
        Denial::TooManyParticipants(_) => Denial::OutreachNotAllowed,
        Denial::OutreachNotAllowed => Denial::CannotMessageSelf,
        Denial::CannotMessageSelf => Denial::UserNotFound,
        Denial::UserNotFound => Denial::UserInactive,
        Denial::UserInactive => Denial::ConfessionNotFound,
        Denial::ConfessionNotFound => Denial::ConversationNotFound,
        Denial::ConversationNotFound => Denial::MessageNotFound,
        Denial::MessageNotFound => Denial::NotSender,
        Denial::NotSender => Denial::EditWindowClosed,
        Denial::EditWindowClosed => Denial::MessageDeleted,
        Denial::MessageDeleted => Denial::NotPinAuthority,
        Denial::NotPinAuthority => Denial::InvalidReply,
        Denial::InvalidReply => Denial::EmptyMessage,
        Denial::EmptyMessage => Denial::ContentTooLong(10_000),
        Denial::ContentTooLong(_) => Denial::InvalidContent,
        Denial::InvalidContent => Denial::ClientIdConflict,
        Denial::ClientIdConflict => return None,
    })
}

const fn status(kind: Kind) -> u16 {
    match kind {
        Kind::Invalid => 400,
        Kind::Unauthenticated => 401,
        Kind::Forbidden => 403,
        Kind::NotFound => 404,
        Kind::Conflict => 409,
        Kind::TooLarge => 413,
        Kind::RateLimited => 429,
        Kind::Unavailable => 503,
        Kind::Internal => 500,
    }
}

/// The chapter about refusals.
pub(super) fn section() -> String {
    let mut text = "## Refusals\n\nEvery code with its HTTP status. Limits in sentences are those of the default policy.\n\n\
        | code | HTTP | sentence |\n| --- | --- | --- |\n"
        .to_owned();
    for denial in all() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{}` | {} | {denial} |", denial.code(), status(denial.kind()));
    }
    text
}
