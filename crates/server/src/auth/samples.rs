//! Keys and settings for the tests of this module. The keys protect nothing.

use domain::time::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};

use crate::config::{AuthConfig, Config, MissingSecret, Sources};

pub(super) const NOW: Timestamp = Timestamp(1_750_000_000_000_000);
pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Both halves in PEM.
pub(super) struct Pair {
    pub(super) algorithm: Algorithm,
    pub(super) private: &'static str,
    pub(super) public: &'static str,
}

macro_rules! pair {
    ($algorithm:expr, $name:literal) => {
        Pair {
            algorithm: $algorithm,
            private: include_str!(concat!("../../../../tests/keys/", $name, ".pem")),
            public: include_str!(concat!("../../../../tests/keys/", $name, ".pub.pem")),
        }
    };
}

pub(super) const RSA: Pair = pair!(Algorithm::RS256, "rsa");
pub(super) const EC: Pair = pair!(Algorithm::ES256, "p256");
pub(super) const ED: Pair = pair!(Algorithm::EdDSA, "ed25519");

/// Another key on P-256.
pub(super) const OTHER_EC: Pair = Pair {
    algorithm: Algorithm::ES256,
    private: "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFgw9Ip8oE1bzyoSe
EFRR60t+9pcEyDT1qL3/JYHLVNuhRANCAAQ06y1tY75dkqvAMuWNrYGE9ozpmsQF
grrU/CCcKVqYyiwAWFy0i4j4Bqvd3D4zNZ40j0y7iIqBY1IqxYgFKUIM
-----END PRIVATE KEY-----",
    public: "",
};

pub(super) const P384_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE9t17AqVQkIAFlhV9oFEnxYXqjec5lDzf
mjAvb3wF2/Jv7m9u4JwIEygLkStT+Ci7kF0NjwZTB7Rfnofme0F7KoelR1Se1z/F
0kRYii81UGaCFyT68MGFxAvbCI4ZhUUt
-----END PUBLIC KEY-----";

pub(super) const RSA_1024_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCz+oUpm/mTkjqy8UFoIf9MN+B9
0E+gAio5dZieVALqbA4wHlncCEQrp+B2hCMXe0lL08y2hzmTxnuqV3RunOIPBySm
kKTp1fT1QxGlhnZbkgp7xUAixLFFv8hOQJKSTkpbTqkP2cC5FwKgUans0CpPOvHb
vXA1t2AqDr+l50RNtQIDAQAB
-----END PUBLIC KEY-----";

pub(super) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUYgybHJR3TFq0M8+5XbbSR63T9DcwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjIyMTI4NTJaGA8yMTI2MTAyOTIxMjg1Mlow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMsPsIO8ov3c
3DUhan/Q1byit1WA5mQ9QjvA+oBZHXfogjGaRmkjPh130YffS8QT5i7YydvHl1d1
IZkQvcH0Oa2jUzBRMB0GA1UdDgQWBBQyV2CiWuzbEPYJ461o9YJ+wMlbSDAfBgNV
HSMEGDAWgBQyV2CiWuzbEPYJ461o9YJ+wMlbSDAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIHqOo9Aj8KC3MFeaOWtmZvM605Z4/EMNbg/fjAWufm9P
AiEA1ywz3cmziz0Qi6yhKHHRjq9Ou6ouhiVzqnkbsIyxmo4=
-----END CERTIFICATE-----";

impl Pair {
    pub(super) fn key(&self) -> EncodingKey {
        let pem = self.private.as_bytes();
        match self.algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem),
            Algorithm::ES256 => EncodingKey::from_ec_pem(pem),
            _ => EncodingKey::from_ed_pem(pem),
        }
        .unwrap()
    }

    /// The public half as one key of a set.
    pub(super) fn jwk(&self, kid: Option<&str>) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key(), self.algorithm).unwrap();
        jwk.common.key_id = kid.map(str::to_owned);
        serde_json::to_value(jwk).unwrap()
    }

    pub(super) fn sign(&self, kid: Option<&str>, claims: &Value) -> String {
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(self.algorithm)
        };
        jsonwebtoken::encode(&header, claims, &self.key()).unwrap()
    }
}

/// Signed with the shared secret.
pub(super) fn sign(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

/// The claims of a good token of user 5.
pub(super) fn claims() -> Value {
    json!({ "token_type": "access", "exp": NOW.seconds() + 300, "user_id": 5 })
}

pub(super) fn auth(settings: &[(&str, &str)]) -> AuthConfig {
    let sources = Sources::none().with_setting("auth.secret", SECRET);
    let sources = settings
        .iter()
        .fold(sources, |sources, (setting, value)| sources.with_setting(setting, *value));
    Config::load(&sources, MissingSecret::Refused).unwrap().auth
}
