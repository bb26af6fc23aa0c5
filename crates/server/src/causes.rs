//! An error with everything that caused it, for operators: in the log, in `/readyz`, and at the end of a command.

use std::error::Error;

/// The error and its causes, from the outermost to the innermost, with colons between. A cause whose text the error above it repeats is left out, and so is
/// the number by which SQLite repeats its own message.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut above = error.to_string();
    let mut text = above.clone();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !above.contains(&cause) && !cause.starts_with("Error code ") {
            text = format!("{}: {cause}", text.trim_end_matches('.'));
        }
        above = cause;
        source = error.source();
    }
    text
}

/// Why a request of the service itself failed, fit for the log: without the URL, whose query may be a secret, and with the causes.
pub(crate) fn of_request(error: reqwest::Error) -> String {
    with_causes(&error.without_url())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("the file cannot be read")]
        Silent(#[source] io::Error),
        #[error("the file cannot be read: {0}")]
        Telling(#[source] io::Error),
        #[error("Nothing was done.")]
        Nested(#[source] Box<Outer>),
    }

    #[test]
    fn each_cause_is_printed_once() {
        let cause = || io::Error::new(io::ErrorKind::PermissionDenied, "no permission");
        let table = [
            (Outer::Silent(cause()), "the file cannot be read: no permission"),
            (Outer::Telling(cause()), "the file cannot be read: no permission"),
            (
                Outer::Nested(Box::new(Outer::Telling(cause()))),
                "Nothing was done: the file cannot be read: no permission",
            ),
            (
                Outer::Nested(Box::new(Outer::Silent(cause()))),
                "Nothing was done: the file cannot be read: no permission",
            ),
        ];
        for (error, text) in table {
            assert_eq!(with_causes(&error), text);
        }
    }
}
