//! Tickets: browsers put one into the address of a socket instead of a token.

use std::sync::Arc;

use domain::{
    id::UserId,
    ports::{Clock, Tickets},
    time::Timestamp,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{AuthError, Claims, LEEWAY_SECONDS, TokenError, keys::Keys, signature::SignatureVerifier};
use crate::config::AuthConfig;

/// The lifetime of a ticket.
const TICKET_SECONDS: u64 = 30;
/// Tickets are signed with a key of their own, so that no ticket passes for a token, nor a token for a ticket, whatever their claims.
const PURPOSE: &[u8] = b"suhbat: tickets for sockets, version 1";

/// Gives out tickets, and takes each back once. Works with every `auth.algorithm`, on every node that has the same `auth.secret`.
pub struct TicketIssuer {
    signing: EncodingKey,
    keys: Keys,
    signatures: SignatureVerifier,
    clock: Arc<dyn Clock>,
    used: Arc<dyn Tickets>,
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    token_type: String,
    jti: String,
    user_id: i64,
    /// The expiry of the ticket, in seconds, as in any token.
    exp: i64,
    /// The expiry of the token for which the ticket stands, in microseconds.
    token_exp: i64,
    scope: Vec<String>,
}

const TOKEN_TYPE: &str = "ws_ticket";

impl TicketIssuer {
    /// `used` remembers over all nodes which tickets were used.
    ///
    /// # Panics
    /// Never: HMAC takes any key and any text.
    pub fn new(auth: &AuthConfig, clock: Arc<dyn Clock>, used: Arc<dyn Tickets>) -> Self {
        let key = |secret: &SecretString| {
            let secret = EncodingKey::from_secret(secret.expose_secret().as_bytes());
            jsonwebtoken::crypto::sign(PURPOSE, &secret, Algorithm::HS256).expect("HMAC takes any key and any text")
        };
        Self {
            signing: EncodingKey::from_secret(key(&auth.secret).as_bytes()),
            signatures: SignatureVerifier::new(Algorithm::HS256),
            keys: Keys::of(auth.secrets().map(|secret| DecodingKey::from_secret(key(secret).as_bytes()))),
            clock,
            used,
        }
    }

    /// A ticket for a token with these claims, and its lifetime in seconds.
    pub fn issue(&self, claims: &Claims) -> Result<(String, u64), AuthError> {
        let ticket = Ticket {
            token_type: TOKEN_TYPE.to_owned(),
            jti: crate::random::id(),
            user_id: claims.user.0,
            exp: self.clock.now().seconds() + TICKET_SECONDS.cast_signed(),
            token_exp: claims.expires_at.0,
            scope: claims.scopes.clone(),
        };
        let ticket = jsonwebtoken::encode(&Header::default(), &ticket, &self.signing).map_err(|error| {
            tracing::error!(%error, "a ticket could not be signed");
            AuthError::Unavailable
        })?;
        Ok((ticket, TICKET_SECONDS))
    }

    /// Takes a ticket: once, in its time, and only while the token is good for which it stands.
    pub async fn redeem(&self, ticket: &str) -> Result<Claims, AuthError> {
        let refused = |flaw: TokenError| {
            tracing::debug!(reason = %flaw, "a ticket was refused");
            AuthError::from(flaw)
        };
        let now = self.clock.now();
        let ticket = self.read(ticket, now).map_err(refused)?;
        let first = self
            .used
            .redeem(&ticket.jti, Timestamp(0).plus_seconds(ticket.exp), now)
            .await
            .map_err(|error| {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "whether a ticket was used cannot be found out");
                AuthError::Unavailable
            })?;
        if !first {
            return Err(refused(TokenError::Used));
        }
        Ok(Claims {
            user: UserId(ticket.user_id),
            expires_at: Timestamp(ticket.token_exp),
            scopes: ticket.scope,
        })
    }

    fn read(&self, ticket: &str, now: Timestamp) -> Result<Ticket, TokenError> {
        let payload = self.signatures.payload(ticket, &self.keys)?;
        let ticket: Ticket = serde_json::from_value(payload.into()).map_err(|_| TokenError::Malformed)?;
        if ticket.token_type != TOKEN_TYPE {
            return Err(TokenError::TokenType);
        }
        let token_ends = Timestamp(ticket.token_exp).plus_seconds(LEEWAY_SECONDS);
        if now >= Timestamp(0).plus_seconds(ticket.exp) || now >= token_ends {
            return Err(TokenError::Expired);
        }
        Ok(ticket)
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use domain::{
        ports::StoreError,
        testing::fakes::{FakeTickets, FixedClock},
    };

    use super::*;
    use crate::auth::{Verifier, samples};

    struct Set {
        clock: FixedClock,
        issuer: TicketIssuer,
    }

    fn set() -> Set {
        let clock = FixedClock::new(samples::NOW);
        let issuer = TicketIssuer::new(&samples::auth(&[]), Arc::new(clock.clone()), Arc::new(FakeTickets::default()));
        Set { clock, issuer }
    }

    fn claims() -> Claims {
        Claims {
            user: UserId(5),
            expires_at: samples::NOW.plus_seconds(300),
            scopes: vec!["directory".to_owned()],
        }
    }

    #[tokio::test]
    async fn a_ticket_is_taken_once_and_stands_for_its_token() {
        let Set { issuer, .. } = set();
        let (ticket, expires_in) = issuer.issue(&claims()).unwrap();
        assert_eq!(expires_in, 30);
        assert_eq!(issuer.redeem(&ticket).await, Ok(claims()));
        assert_eq!(issuer.redeem(&ticket).await, Err(AuthError::TokenInvalid));
    }

    #[tokio::test]
    async fn two_tickets_of_one_token_are_two() {
        let Set { issuer, .. } = set();
        let (one, other) = (issuer.issue(&claims()).unwrap().0, issuer.issue(&claims()).unwrap().0);
        assert_eq!(issuer.redeem(&one).await, Ok(claims()));
        assert_eq!(issuer.redeem(&other).await, Ok(claims()));
    }

    #[tokio::test]
    async fn a_ticket_is_good_for_thirty_seconds() {
        let Set { clock, issuer } = set();
        let (one, other) = (issuer.issue(&claims()).unwrap().0, issuer.issue(&claims()).unwrap().0);
        clock.advance_micros(29_999_999);
        assert_eq!(issuer.redeem(&one).await, Ok(claims()));
        clock.advance_micros(1);
        assert_eq!(issuer.redeem(&other).await, Err(AuthError::TokenExpired));
    }

    #[tokio::test]
    async fn a_ticket_does_not_outlive_its_token() {
        let Set { clock, issuer } = set();
        let expiring = Claims {
            expires_at: samples::NOW.plus_seconds(2),
            ..claims()
        };
        let (one, other) = (issuer.issue(&expiring).unwrap().0, issuer.issue(&expiring).unwrap().0);
        clock.advance_micros(6_999_999);
        assert_eq!(
            issuer.redeem(&one).await.map(|claims| claims.expires_at),
            Ok(expiring.expires_at),
            "the leeway is that of tokens"
        );
        clock.advance_micros(1);
        assert_eq!(issuer.redeem(&other).await, Err(AuthError::TokenExpired));
    }

    #[tokio::test]
    async fn tickets_and_tokens_cannot_pass_for_each_other() {
        let Set { clock, issuer } = set();
        let verifier = Verifier::new(&samples::auth(&[]), Arc::new(clock)).await.unwrap();
        let (ticket, _) = issuer.issue(&claims()).unwrap();
        assert_eq!(verifier.examine(&ticket, samples::NOW), Err(TokenError::Signature));
        let mut forged = samples::claims();
        forged["token_type"] = TOKEN_TYPE.into();
        forged["jti"] = "x".into();
        forged["token_exp"] = claims().expires_at.0.into();
        forged["scope"] = serde_json::json!([]);
        assert_eq!(issuer.redeem(&samples::sign(&forged)).await, Err(AuthError::TokenInvalid));
        for nonsense in ["", "made-up", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(issuer.redeem(nonsense).await, Err(AuthError::TokenInvalid), "{nonsense}");
        }
    }

    #[tokio::test]
    async fn tickets_work_whatever_tokens_are_signed_with_and_on_every_node_with_the_secret() {
        let auth = samples::auth(&[("auth.algorithm", "RS256"), ("auth.public_key", samples::RSA.public)]);
        let node = || TicketIssuer::new(&auth, Arc::new(FixedClock::new(samples::NOW)), Arc::new(FakeTickets::default()));
        let (ticket, _) = node().issue(&claims()).unwrap();
        assert_eq!(node().redeem(&ticket).await, Ok(claims()));
    }

    #[tokio::test]
    async fn without_a_ticket_store_no_ticket_is_accepted() {
        struct Broken;
        #[async_trait]
        impl Tickets for Broken {
            async fn redeem(&self, _: &str, _: Timestamp, _: Timestamp) -> Result<bool, StoreError> {
                Err(StoreError::Busy)
            }
        }
        let issuer = TicketIssuer::new(&samples::auth(&[]), Arc::new(FixedClock::new(samples::NOW)), Arc::new(Broken));
        let (ticket, _) = issuer.issue(&claims()).unwrap();
        assert_eq!(issuer.redeem(&ticket).await, Err(AuthError::Unavailable));
    }
}
