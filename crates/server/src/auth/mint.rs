//! Makes access tokens as the platform would: for development, tests and the demo.

use domain::{id::UserId, time::Timestamp};
use jsonwebtoken::{EncodingKey, Header};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use crate::config::{Algorithm, AuthConfig};

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// Only the platform can sign.
    #[error("tokens can be made with HS256 only: with {0} (auth.algorithm) only the platform has the private key")]
    Asymmetric(Algorithm),
    /// The signature could not be made.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// An access token of this user that expires so many seconds after `now`, with this `scope`.
pub fn mint(auth: &AuthConfig, user: UserId, ttl_seconds: i64, scope: Option<&str>, now: Timestamp) -> Result<String, MintError> {
    if auth.algorithm != Algorithm::Hs256 {
        return Err(MintError::Asymmetric(auth.algorithm));
    }
    let mut claims = Map::new();
    claims.insert("token_type".to_owned(), json!("access"));
    claims.insert("user_id".to_owned(), json!(user.0));
    claims.insert("iat".to_owned(), json!(now.seconds()));
    claims.insert("exp".to_owned(), json!(now.seconds().saturating_add(ttl_seconds)));
    claims.insert("jti".to_owned(), json!(crate::random::id()));
    for (name, value) in [("iss", auth.issuer.as_deref()), ("aud", auth.audience.as_deref()), ("scope", scope)] {
        if let Some(value) = value {
            claims.insert(name.to_owned(), Value::from(value));
        }
    }
    let key = EncodingKey::from_secret(auth.secret.expose_secret().as_bytes());
    Ok(jsonwebtoken::encode(&Header::default(), &claims, &key)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::testing::fakes::FixedClock;

    use super::*;
    use crate::auth::{Verifier, samples};

    #[tokio::test]
    async fn a_minted_token_is_accepted_until_it_expires() {
        let auth = samples::auth(&[("auth.issuer", "platform"), ("auth.audience", "suhbat")]);
        let verifier = Verifier::new(&auth, Arc::new(FixedClock::new(samples::NOW))).await.unwrap();
        let token = mint(&auth, UserId(7), 60, Some("directory"), samples::NOW).unwrap();
        let claims = verifier.verify(&token, samples::NOW).unwrap();
        assert_eq!((claims.user, claims.expires_at), (UserId(7), samples::NOW.plus_seconds(60)));
        assert!(claims.has_scope("directory"));
        assert!(verifier.verify(&token, samples::NOW.plus_seconds(66)).is_err());
    }

    #[test]
    fn without_the_private_key_no_token_is_made() {
        let auth = samples::auth(&[("auth.algorithm", "RS256"), ("auth.public_key", samples::RSA.public)]);
        let refused = mint(&auth, UserId(7), 60, None, samples::NOW).unwrap_err().to_string();
        assert_eq!(
            refused,
            "tokens can be made with HS256 only: with RS256 (auth.algorithm) only the platform has the private key"
        );
    }
}
