use domain::{id::UserId, time::Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

/// The secret that signs the tokens of test services.
pub const SECRET: &str = "a secret for tests, long enough to be one";

/// A token to be minted, with claims as the platform would set them.
#[derive(Clone, Debug)]
pub struct Token {
    claims: Map<String, Value>,
}

impl Token {
    /// An access token for this user that lasts an hour from `now`.
    pub fn access(user: UserId, now: Timestamp) -> Self {
        let claims = json!({ "token_type": "access", "user_id": user.0, "iat": now.seconds(), "exp": now.seconds() + 3600, "jti": "0123456789abcdef" });
        let Value::Object(claims) = claims else {
            unreachable!("written as an object")
        };
        Self { claims }
    }

    /// Sets a claim, or takes it out with null.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => self.claims.remove(name),
            value => self.claims.insert(name.to_owned(), value),
        };
        self
    }

    /// Signed with the tests' secret.
    pub fn mint(&self) -> String {
        self.signed(Algorithm::HS256, &EncodingKey::from_secret(SECRET.as_bytes()))
    }

    /// Signed in another way.
    pub fn signed(&self, algorithm: Algorithm, key: &EncodingKey) -> String {
        jsonwebtoken::encode(&Header::new(algorithm), &self.claims, key).expect("claims that can be signed")
    }

    /// Signed in another way, naming the key.
    pub fn signed_by(&self, algorithm: Algorithm, key: &EncodingKey, kid: &str) -> String {
        let header = Header {
            kid: Some(kid.to_owned()),
            ..Header::new(algorithm)
        };
        jsonwebtoken::encode(&header, &self.claims, key).expect("claims that can be signed")
    }
}
