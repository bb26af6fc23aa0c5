//! The keys that signatures are checked with, and where they are read.

use std::{path::Path, time::Duration};

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::{
    causes,
    config::{Algorithm, AuthConfig, KeySource},
};

/// Why the keys cannot be used. Never quotes one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file of keys that cannot be read.
    #[error("{setting}: {path} cannot be read: {source}")]
    File {
        /// The name of the setting that holds the URL or the path of the keys.
        setting: &'static str,
        /// As the setting names it.
        path: String,
        /// From the operating system.
        source: std::io::Error,
    },
    /// The text is not a public key for the algorithm.
    #[error("auth.public_key must hold {0} in PEM (BEGIN PUBLIC KEY)")]
    Pem(&'static str),
    /// The text is the wrong half of the key.
    #[error("auth.public_key holds a private key; the service needs, and should have, the public one only")]
    Private,
    /// The key set did not come.
    #[error("auth.jwks: {0} cannot be fetched: {1}")]
    Fetch(String, String),
    /// The text of `auth.jwks` is no JWKS.
    #[error("auth.jwks is not a JSON Web Key Set: {0}")]
    Jwks(String),
    /// It is one, but of no use.
    #[error("auth.jwks holds no key for {0}")]
    NoKey(Algorithm),
}

/// Keys beyond this number are not looked at: a token without `kid` is tried with each.
const MOST_KEYS: usize = 32;
/// A key set is some kilobytes.
const MOST_BYTES: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);
/// 2048 bits, in the characters of base64url.
const RSA_MODULUS_CHARS: usize = 342;
/// 2048 bits, with the frame around them.
const RSA_DER_BYTES: usize = 268;

/// All of them for one algorithm.
#[derive(Clone, Debug)]
pub(super) struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    key: DecodingKey,
}

impl Keys {
    /// Loads the keys from the source that the configuration names.
    pub(super) async fn load(auth: &AuthConfig) -> Result<Self, KeyError> {
        match auth.keys() {
            KeySource::Secret => Ok(Self::of(
                auth.secrets()
                    .map(|secret| DecodingKey::from_secret(secret.expose_secret().as_bytes())),
            )),
            KeySource::Pem(text) => pem(text, auth.algorithm).map(Self::one),
            KeySource::PemFile(path) => pem(&read("auth.public_key", path).await?, auth.algorithm).map(Self::one),
            KeySource::JwksFile(path) => key_set(&read("auth.jwks", path).await?, auth.algorithm),
            KeySource::JwksUrl(url) => key_set(&fetch(url.expose()).await?, auth.algorithm),
        }
    }

    fn one(key: DecodingKey) -> Self {
        Self::of([key])
    }

    /// Keys without names.
    pub(super) fn of(keys: impl IntoIterator<Item = DecodingKey>) -> Self {
        Self(keys.into_iter().map(|key| Key { id: None, key }).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that a token with this `kid` may be signed with: the one it names, else those that have no name; all of them without `kid`.
    pub(super) fn candidates(&self, kid: Option<&str>) -> impl Iterator<Item = &DecodingKey> {
        let named = kid.is_some() && self.0.iter().any(|key| key.id.as_deref() == kid);
        let fits = move |key: &&Key| kid.is_none() || if named { key.id.as_deref() == kid } else { key.id.is_none() };
        self.0.iter().filter(fits).map(|key| &key.key)
    }
}

/// Looks at keys that are here; a key set behind a URL is left for the start.
pub async fn check_keys(auth: &AuthConfig) -> Result<(), KeyError> {
    if matches!(auth.keys(), KeySource::JwksUrl(_)) {
        return Ok(());
    }
    let keys = Keys::load(auth).await?;
    if keys.is_empty() {
        Err(KeyError::NoKey(auth.algorithm))
    } else {
        Ok(())
    }
}

async fn read(setting: &'static str, path: &Path) -> Result<String, KeyError> {
    tokio::fs::read_to_string(path).await.map_err(|source| KeyError::File {
        setting,
        path: path.display().to_string(),
        source,
    })
}

/// No redirects: keys come from the operator's URL, or not at all.
async fn fetch(url: &Url) -> Result<String, KeyError> {
    // The query of the URL may hold a secret, so errors show only the origin and the path.
    let failed = |reason: String| KeyError::Fetch(format!("{}{}", url.origin().ascii_serialization(), url.path()), reason);
    let unreachable = |error: reqwest::Error| failed(causes::of_request(error));
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(unreachable)?;
    let mut answer = client.get(url.clone()).send().await.map_err(unreachable)?;
    if answer.status() != reqwest::StatusCode::OK {
        return Err(failed(format!("the answer is {}", answer.status())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            return Err(failed(format!("the answer is longer than {MOST_BYTES} bytes")));
        }
    }
    String::from_utf8(body).map_err(|_| failed("the answer is not UTF-8".to_owned()))
}

fn pem(text: &str, algorithm: Algorithm) -> Result<DecodingKey, KeyError> {
    if text.contains("PRIVATE KEY") {
        return Err(KeyError::Private);
    }
    let (wanted, key, fits): (_, _, fn(usize) -> bool) = match algorithm {
        // A secret has no PEM; the configuration does not let it come here.
        Algorithm::Hs256 => return Err(KeyError::NoKey(algorithm)),
        Algorithm::Rs256 => (
            "an RSA public key of at least 2048 bits",
            DecodingKey::from_rsa_pem(text.as_bytes()),
            |bytes| bytes >= RSA_DER_BYTES,
        ),
        Algorithm::Es256 => (
            "an EC public key on the curve P-256",
            DecodingKey::from_ec_pem(text.as_bytes()),
            |bytes| bytes == 65,
        ),
        Algorithm::EdDsa => ("an Ed25519 public key", DecodingKey::from_ed_pem(text.as_bytes()), |bytes| {
            bytes == 32
        }),
    };
    // The reader would look into a certificate and take the first thing that might be a key.
    let key = key.ok().filter(|_| !text.contains("CERTIFICATE"));
    key.filter(|key| key.try_get_as_bytes().is_ok_and(|bytes| fits(bytes.len())))
        .ok_or(KeyError::Pem(wanted))
}

/// Keys for other uses and of unknown kinds are left out, as RFC 7517 wants. The set may turn out to be empty.
fn key_set(text: &str, algorithm: Algorithm) -> Result<Keys, KeyError> {
    #[derive(serde::Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set = serde_json::from_str(text).map_err(|error| KeyError::Jwks(error.to_string()))?;
    let keys = set
        .keys
        .into_iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key).ok())
        .filter(|key| is_for(key, algorithm));
    let keys = keys.filter_map(|key| {
        Some(Key {
            key: DecodingKey::from_jwk(&key).ok()?,
            id: key.common.key_id,
        })
    });
    Ok(Keys(keys.take(MOST_KEYS).collect()))
}

fn is_for(key: &Jwk, algorithm: Algorithm) -> bool {
    let signs = key
        .common
        .public_key_use
        .as_ref()
        .is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let agrees = key.common.key_algorithm.is_none_or(|stated| stated.to_string() == algorithm.name());
    let fits = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::RSA(rsa), Algorithm::Rs256) => rsa.n.len() >= RSA_MODULUS_CHARS,
        (AlgorithmParameters::EllipticCurve(curve), Algorithm::Es256) => curve.curve == EllipticCurve::P256,
        (AlgorithmParameters::OctetKeyPair(pair), Algorithm::EdDsa) => pair.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    signs && agrees && fits
}
