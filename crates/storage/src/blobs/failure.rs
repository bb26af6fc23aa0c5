//! What the object store failed at, in words for the operator.

use std::error::Error as StdError;

use domain::ports::BlobError;
use object_store::{
    Error,
    client::{HttpError, HttpErrorKind},
};

use crate::measure;

/// A failure of an S3 server whose reason is known. The source has the server's own words.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
struct Explained {
    sentence: &'static str,
    source: Error,
}

/// Counts a failure by its operation, and wraps the error. Its message may contain paths, so it is for the log only.
pub(super) fn failed(doing: &'static str) -> impl Fn(Error) -> BlobError {
    move |error| {
        metrics::counter!(measure::OBJECT_FAILURES, "operation" => doing).increment(1);
        BlobError(explained(error))
    }
}

/// The error with a sentence that says what to do about it, where that is known.
fn explained(error: Error) -> Box<dyn StdError + Send + Sync> {
    match sentence(&error) {
        Some(sentence) => Box::new(Explained { sentence, source: error }),
        None => Box::new(error),
    }
}

/// Whether the object does not exist. A bucket that does not exist is a failure instead: it says nothing about its objects.
pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && code(&words(error)) != Some("NoSuchBucket")
}

fn sentence(error: &Error) -> Option<&'static str> {
    let words = words(error);
    if let Some(sentence) = code(&words).and_then(of_code) {
        return Some(sentence);
    }
    // The address at which cloud machines find their credentials.
    if words.contains("169.254.169.254") || words.contains("169.254.170.2") {
        return Some(
            "there are no credentials for the S3 server: objects.access_key and objects.secret_key are not set, the environment has none (AWS_ACCESS_KEY_ID), \
             and this machine offers none",
        );
    }
    // Answers to HEAD have no body, so only their status is known.
    if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
        return Some("the S3 server refuses the credentials, or they do not allow this operation");
    }
    if words.contains("certificate") {
        return Some("the certificate of the S3 server is not trusted: see objects.ca_file");
    }
    if words.contains("301 Moved Permanently") || words.contains("Received redirect") {
        return Some(WRONG_REGION);
    }
    match causes(error).find_map(|cause| cause.downcast_ref::<HttpError>())?.kind() {
        HttpErrorKind::Connect => Some("the S3 server cannot be reached: check objects.endpoint, objects.region and the network"),
        HttpErrorKind::Timeout => Some("the S3 server does not answer in time"),
        HttpErrorKind::Request | HttpErrorKind::Interrupted => Some("the connection to the S3 server was interrupted"),
        _ => None,
    }
}

const WRONG_REGION: &str = "the bucket is in another region than objects.region says, or behind another objects.endpoint";

/// What an error code of S3 means for the settings.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "NoSuchBucket" => "the bucket does not exist: check objects.url and objects.endpoint",
        "InvalidAccessKeyId" => "the S3 server does not know the access key: check objects.access_key",
        "SignatureDoesNotMatch" => "the secret key does not belong to the access key: check objects.secret_key",
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => "the credentials do not allow this operation on the bucket",
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => "the session token of the credentials is not valid any more",
        "RequestTimeTooSkewed" => "the clock of this machine differs too much from the clock of the S3 server",
        "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError"
        | "PermanentRedirect"
        | "TemporaryRedirect"
        | "IllegalLocationConstraintException" => WRONG_REGION,
        "SlowDown" | "ServiceUnavailable" | "RequestLimitExceeded" | "ThrottlingException" => {
            "the S3 server takes no more requests at the moment"
        }
        "QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage" => "the S3 server has no room left",
        _ => return None,
    })
}

/// The code in the body of an S3 error, which the library gives as text alone.
fn code(words: &str) -> Option<&str> {
    Some(words.split_once("<Code>")?.1.split_once("</Code>")?.0)
}

/// The error and everything that caused it.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let first: &(dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |cause: &&(dyn StdError + 'static)| (*cause).source())
}

fn words(error: &Error) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
