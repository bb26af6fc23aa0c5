//! The one shape of every error response.

mod code;

use std::{borrow::Cow, time::Duration};

use domain::{denial::Denial, messaging, ports::Period};
use serde::Serialize;
use utoipa::ToSchema;

pub use code::Code;

use crate::{
    fields::{FieldErrors, Rejection},
    rest::Confession,
};

/// The kind of an error, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// A sentence for people.
    #[schema(value_type = String)]
    pub error: Cow<'static, str>,
    /// For machines.
    #[schema(inline = false)]
    pub code: Code,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Details, required = false, nullable = false)]
    pub details: Option<Box<Details>>,
}

/// More about an error. Which fields there are depends on its code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ErrorDetails)]
pub struct Details {
    /// With `invalid_request`: the reasons by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>, required = false, nullable = false)]
    pub fields: Option<FieldErrors>,
    /// With `invalid_request` for a directory document: what is wrong with its rows, in sentences that name each by its place and ids; at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, nullable = false)]
    pub rows: Vec<String>,
    /// With `confession_required`: those it could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Confession>, required = false, nullable = false)]
    pub candidates: Option<Vec<Confession<'static>>>,
    /// The number that was exceeded, where the failure is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<u64>,
    /// With `unavailable`: the part of the service that does not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, nullable = false)]
    pub part: Option<Cow<'static, str>>,
    /// With `rate_limited`: the whole seconds to wait, as in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after: Option<u64>,
    /// The request as it is named in the service's log: `X-Request-Id`; on a socket that of the handshake, a dot, and the number of the frame that is
    /// answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
}

impl ErrorBody {
    /// With the sentence that belongs to the code.
    pub fn new(code: Code) -> Self {
        Self::saying(code, code.summary())
    }

    /// With a sentence of its own.
    pub fn saying(code: Code, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self {
            error: sentence.into(),
            code,
            details: None,
        }
    }

    /// The HTTP status; fixed for each code by the contract.
    pub const fn status(&self) -> u16 {
        self.code.status()
    }

    fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }

    /// Names the request, as every HTTP answer does.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.details_mut().request_id = Some(id.into());
        self
    }

    /// Names the number that was exceeded.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.details_mut().limit = Some(limit);
        self
    }

    /// Names the time to wait: in whole seconds, rounded up, and one at least.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.details_mut().retry_after = Some(seconds.max(1));
        self
    }

    /// Names the part of the service that does not answer.
    #[must_use]
    pub fn with_part(mut self, part: impl Into<Cow<'static, str>>) -> Self {
        self.details_mut().part = Some(part.into());
        self
    }
}

impl From<&Denial> for ErrorBody {
    fn from(denial: &Denial) -> Self {
        let mut body = Self::saying(Code::from(denial), denial.to_string());
        match denial {
            Denial::ConfessionRequired(candidates) => {
                body.details_mut().candidates = Some(
                    candidates
                        .iter()
                        .map(|confession| Confession::from(confession).into_owned())
                        .collect(),
                );
            }
            Denial::TooManyParticipants(limit) | Denial::ContentTooLong(limit) => body.details_mut().limit = u64::try_from(*limit).ok(),
            _ => {}
        }
        body
    }
}

/// The cause of a failure belongs into the log; clients get the sentence of the code.
impl From<&messaging::Error> for ErrorBody {
    fn from(error: &messaging::Error) -> Self {
        match error {
            messaging::Error::Denied(denial) => Self::from(denial),
            messaging::Error::RateLimited { rate, retry_after } => {
                let body = match rate.per {
                    Period::Minute => Self::new(Code::from(error)),
                    Period::Day => Self::saying(
                        Code::from(error),
                        "You have sent as many files as one person may in a day; try again later.",
                    ),
                };
                body.with_retry_after(*retry_after).with_limit(rate.amount.get())
            }
            messaging::Error::Store(_) => Self::new(Code::from(error)),
            messaging::Error::Files(_) => Self::saying(Code::from(error), error.to_string()).with_part("objects"),
        }
    }
}

impl From<Rejection> for ErrorBody {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::InvalidJson => Self::new(Code::InvalidJson),
            Rejection::NotJson(sentence) => Self::saying(Code::InvalidJson, sentence),
            Rejection::Invalid(fields) => {
                let sentence = match fields.rows() {
                    [] => fields.first().map(|(name, reason)| format!("{name}: {reason}")),
                    [row] => Some(row.clone()),
                    [row, others @ ..] => Some(format!("{row} (and {} more; see details.rows)", others.len())),
                };
                let mut body = Self::saying(
                    Code::InvalidRequest,
                    sentence.map_or(Cow::Borrowed(Code::InvalidRequest.summary()), Cow::Owned),
                );
                let details = body.details_mut();
                details.rows = fields.rows().to_vec();
                details.fields = Some(fields);
                body
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use domain::{
        denial::{DenialCode, Kind},
        id::ConfessionId,
        people::Confession as Community,
        ports::{BlobError, StoreError, UniqueKey},
    };

    use super::{code::status, *};

    #[test]
    fn codes_of_denials_are_answered_with_the_status_of_their_kind() {
        for &code in DenialCode::ALL.iter().filter(|code| **code != DenialCode::AccountInactive) {
            let answered = Code::from(code);
            assert_eq!((answered.as_str(), answered.status()), (code.as_str(), status(code.kind())));
        }
        let inactive = ErrorBody::from(&Denial::AccountInactive);
        assert_eq!((inactive.code, inactive.status()), (Code::TokenInvalid, 401));
        assert_eq!(inactive.error, "This account is not active.");
    }

    #[test]
    fn a_failed_use_case_keeps_its_code_and_hides_the_cause() {
        let failures = [
            messaging::Error::Denied(Denial::NotSender),
            messaging::Error::Denied(Denial::AccountInactive),
            messaging::Error::RateLimited {
                rate: domain::ports::Rate {
                    amount: NonZeroU64::MIN,
                    per: Period::Minute,
                },
                retry_after: Duration::ZERO,
            },
            messaging::Error::Store(StoreError::Busy),
            messaging::Error::Store(StoreError::Failed("SELECT secret FROM /var/lib/db".into())),
            messaging::Error::Store(StoreError::Damaged("SELECT secret FROM /var/lib/db".into())),
            messaging::Error::Store(StoreError::Corrupt {
                table: "messaging_message",
                column: "seq",
            }),
            messaging::Error::Store(StoreError::Duplicate(UniqueKey::Other)),
            messaging::Error::Files(BlobError("SELECT secret FROM /var/lib/objects".into())),
        ];
        for error in failures {
            let body = ErrorBody::from(&error);
            assert_eq!(body.status(), status(error.kind()), "{error:?}");
            assert!(
                !body.error.contains("SELECT") && !body.error.contains("messaging_"),
                "{}",
                body.error
            );
        }
    }

    #[test]
    fn names_of_codes_are_unique_and_can_be_parsed_back() {
        for code in Code::all() {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert!(code.summary().ends_with(['.']) || code.summary().contains("details."), "{code}");
        }
    }

    #[test]
    fn statuses_are_those_of_the_contract() {
        let kinds = [
            Kind::Invalid,
            Kind::Unauthenticated,
            Kind::Forbidden,
            Kind::NotFound,
            Kind::Conflict,
            Kind::TooLarge,
            Kind::RateLimited,
            Kind::Unavailable,
            Kind::Internal,
        ];
        assert_eq!(kinds.map(status), [400, 401, 403, 404, 409, 413, 429, 503, 500]);
        assert_eq!((Code::MethodNotAllowed.status(), Code::UnsupportedFileType.status()), (405, 415));
    }

    #[test]
    fn body_without_details_has_none() {
        insta::assert_json_snapshot!(ErrorBody::new(Code::TokenExpired), @r#"
        {
          "error": "The token has expired.",
          "code": "token_expired"
        }
        "#);
    }

    #[test]
    fn body_lists_the_confessions_to_choose_from() {
        let community = Community {
            id: ConfessionId(3),
            name: "Baptists".into(),
            slug: "baptists".into(),
            admin: None,
        };
        insta::assert_json_snapshot!(ErrorBody::from(&Denial::ConfessionRequired(vec![community])).with_request_id("r-1"), @r#"
        {
          "error": "Say which confession the conversation is about.",
          "code": "confession_required",
          "details": {
            "candidates": [
              {
                "id": 3,
                "name": "Baptists",
                "slug": "baptists"
              }
            ],
            "request_id": "r-1"
          }
        }
        "#);
    }

    #[test]
    fn body_names_the_bad_fields() {
        insta::assert_json_snapshot!(ErrorBody::from(Rejection::field("conversation", "This field is required.")), @r#"
        {
          "error": "conversation: This field is required.",
          "code": "invalid_request",
          "details": {
            "fields": {
              "conversation": [
                "This field is required."
              ]
            }
          }
        }
        "#);
    }

    #[test]
    fn time_to_wait_is_in_whole_seconds_rounded_up_and_at_least_one() {
        let seconds = |micros| {
            let body = ErrorBody::new(Code::RateLimited).with_retry_after(Duration::from_micros(micros));
            body.details.and_then(|details| details.retry_after)
        };
        let waits = [0, 1, 999_999, 1_000_000, 1_000_001, 9_500_000];
        assert_eq!(waits.map(seconds), [1, 1, 1, 1, 2, 10].map(Some));
    }

    #[test]
    fn body_names_the_limit() {
        insta::assert_json_snapshot!(ErrorBody::from(&Denial::ContentTooLong(10_000)), @r#"
        {
          "error": "The text is longer than 10000 characters.",
          "code": "content_too_long",
          "details": {
            "limit": 10000
          }
        }
        "#);
    }
}
