use std::fmt::Write as _;

use crate::denial::{DenialCode, Kind};

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "invalid",
        Kind::Unauthenticated => "unauthenticated",
        Kind::Forbidden => "forbidden",
        Kind::NotFound => "not found",
        Kind::Conflict => "conflict",
        Kind::TooLarge => "too large",
        Kind::RateLimited => "rate limited",
        Kind::Unavailable => "unavailable",
        Kind::Internal => "internal",
    }
}

/// The section about denials.
pub(super) fn section() -> String {
    let mut text =
        "## Refusals\n\nEvery code with its kind of failure; the API documents give the HTTP status. `{0}` stands for the limit of the \
        policy.\n\n| code | kind | sentence |\n| --- | --- | --- |\n"
            .to_owned();
    for &code in DenialCode::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{code}` | {} | {} |", name(code.kind()), code.sentence());
    }
    text
}
