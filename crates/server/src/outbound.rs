//! Requests that the service makes itself.

use std::error::Error as _;

/// Why one failed, fit for the log: without the URL, whose query may be a secret, and with the causes, since the error itself says only that something
/// failed.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
