//! The failures that routes have in common, for the OpenAPI document.

use protocol::error::ErrorBody;
use utoipa::IntoResponses;

/// The errors that every route behind a token can answer with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) enum CommonErrors {
    /// No token (`not_authenticated`), an expired one (`token_expired`), or one that is not accepted (`token_invalid`).
    #[response(status = 401)]
    Unauthenticated(ErrorBody),
    /// Too often, or 16 answers are on their way to this person and none was read within 10 s (`rate_limited`); `Retry-After` says when to come back.
    #[response(status = 429)]
    RateLimited(ErrorBody),
    /// A fault of the service (`internal_error`).
    #[response(status = 500)]
    Internal(ErrorBody),
    /// A part of the service does not answer (`unavailable`); `Retry-After` says when to come back.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

/// Malformed (`invalid_json`, `invalid_request`), or against R1, R2, R11 or R12 (`confession_required`, `one_admin_at_a_time`, `admins_only`,
/// `too_many_participants`, `invalid_reply`, `empty_message`, `content_too_long`, `invalid_content`).
#[derive(IntoResponses)]
#[response(status = 400)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct BadRequest(ErrorBody);

/// Denied by a rule; `code` says which.
#[derive(IntoResponses)]
#[response(status = 403)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct Forbidden(ErrorBody);

/// There is no such thing, or none for this person (`conversation_not_found`, `message_not_found`, `attachment_not_found`, `user_not_found`, `confession_not_found`).
#[derive(IntoResponses)]
#[response(status = 404)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct NotFound(ErrorBody);

/// The directory is the platform's (`method_not_allowed`): it is read in its own tables, and not written here.
#[derive(IntoResponses)]
#[response(status = 405)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct DirectoryReadOnly(ErrorBody);

/// The `client_id` belongs to a message of another conversation (`client_id_conflict`).
#[derive(IntoResponses)]
#[response(status = 409)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct Conflict(ErrorBody);

/// The request's body did not arrive in time (`request_timeout`).
#[derive(IntoResponses)]
#[response(status = 408)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct RequestTimeout(ErrorBody);

/// The request is too large (`payload_too_large`); `details.limit` says how much it may be.
#[derive(IntoResponses)]
#[response(status = 413)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct TooLarge(ErrorBody);

/// The request or one of its files is too large (`payload_too_large`), a message has too many files (`too_many_files`), or a picture too many pixels
/// (`image_too_large`); `details.limit` says how much it may be.
#[derive(IntoResponses)]
#[response(status = 413)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct FilesTooLarge(ErrorBody);

/// A file's type is not accepted (`unsupported_file_type`).
#[derive(IntoResponses)]
#[response(status = 415)]
#[expect(dead_code, reason = "only the derived documentation is used")]
pub(super) struct UnsupportedFile(ErrorBody);
