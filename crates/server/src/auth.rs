//! Authentication: access tokens of the platform, and tickets for sockets.
//!
//! # How to add a …
//! - **check** of a claim: in [`claims`], with a [`TokenError`] of its own, so that the log gives the reason for each refusal.
//! - **form of keys**: a variant of `config::KeySource`, and how it is loaded in [`keys`].

mod claims;
mod keys;
mod mint;
mod refresh;
#[cfg(test)]
mod samples;
mod signature;
mod ticket;
mod verifier;

use domain::{denial::Kind, id::UserId, time::Timestamp};

pub use keys::{KeyError, check_keys};
pub use mint::{MintError, mint};
pub use ticket::TicketIssuer;
pub use verifier::Verifier;

/// The verified claims of a token. Whether its user exists and is active is looked up at the time of the act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The user of the token.
    pub user: UserId,
    /// The token's `exp`. The token is accepted for [`LEEWAY_SECONDS`] longer.
    pub expires_at: Timestamp,
    /// Permissions of the token besides messaging, such as `directory`.
    pub scopes: Vec<String>,
}

impl Claims {
    /// Does the token's `scope` hold this word?
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// The tolerated difference between the clocks of the platform and of the service, in seconds.
pub const LEEWAY_SECONDS: i64 = 5;

/// The reasons to refuse a credential. Only the log names the fault of an invalid token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// There is no token.
    #[error("Sign in first: the request carries no access token.")]
    NotAuthenticated,
    /// It was valid once.
    #[error("The access token has expired.")]
    TokenExpired,
    /// It is not a valid access token, or not of an active user.
    #[error("The access token is not valid.")]
    TokenInvalid,
    /// Whether a ticket was used cannot be found out now.
    #[error("Signing in is not possible at the moment.")]
    Unavailable,
}

impl AuthError {
    /// The machine code of the error body.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not_authenticated",
            Self::TokenExpired => "token_expired",
            Self::TokenInvalid => "token_invalid",
            Self::Unavailable => "unavailable",
        }
    }

    /// The class of the failure, which decides the status of the answer.
    pub const fn kind(self) -> Kind {
        match self {
            Self::NotAuthenticated | Self::TokenExpired | Self::TokenInvalid => Kind::Unauthenticated,
            Self::Unavailable => Kind::Unavailable,
        }
    }
}

/// The token of an `Authorization` header. Another scheme than `Bearer` is no token at all, nor is `Bearer` alone; several words are an invalid one.
pub fn bearer(header: &str) -> Result<&str, AuthError> {
    let mut words = header.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), more) if scheme.eq_ignore_ascii_case("bearer") => match more {
            None => Ok(token),
            Some(_) => Err(AuthError::TokenInvalid),
        },
        _ => Err(AuthError::NotAuthenticated),
    }
}

/// The fault of an invalid token, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum TokenError {
    #[error("it is longer than a token may be")]
    TooLong,
    #[error("it is not made like a token")]
    Malformed,
    #[error("it is signed in another way than auth.algorithm says")]
    Algorithm,
    #[error("it names a key that is not in the key set")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it has no expiry that can be read")]
    NoExpiry,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYetValid,
    #[error("it is not an access token")]
    TokenType,
    #[error("its issuer is not auth.issuer")]
    Issuer,
    #[error("auth.audience is not in its audience")]
    Audience,
    #[error("it names no user")]
    User,
    #[error("it is a ticket that was used before")]
    Used,
}

impl From<TokenError> for AuthError {
    fn from(flaw: TokenError) -> Self {
        if flaw == TokenError::Expired {
            Self::TokenExpired
        } else {
            Self::TokenInvalid
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_a_bearer_header_is_found() {
        assert_eq!(bearer("Bearer a.b.c"), Ok("a.b.c"));
        assert_eq!(bearer("bearer  a.b.c "), Ok("a.b.c"));
    }

    #[test]
    fn another_scheme_is_no_token_and_a_broken_header_an_invalid_one() {
        for header in ["", " ", "Basic YTpi", "Token a.b.c", "a.b.c", "Bearer:a.b.c", "Bearer", "Bearer "] {
            assert_eq!(bearer(header), Err(AuthError::NotAuthenticated), "{header}");
        }
        assert_eq!(bearer("Bearer a.b.c d.e.f"), Err(AuthError::TokenInvalid));
    }

    #[test]
    fn a_scope_is_a_whole_word() {
        let claims = Claims {
            user: UserId(1),
            expires_at: Timestamp(0),
            scopes: vec!["directory".to_owned()],
        };
        assert!(claims.has_scope("directory"));
        assert!(!claims.has_scope("direct"));
    }
}
