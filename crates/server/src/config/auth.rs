//! `auth.*`: how access tokens are checked, and what the service signs with.

use std::{fmt, path::PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    MissingSecret, address,
    reader::{Read, Reader, Reason},
};

/// Shorter secrets can be guessed.
const SECRET_BYTES: usize = 32;

/// How access tokens are checked.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Pinned: a token signed in any other way is refused.
    pub algorithm: Algorithm,
    /// Signs links and tickets; with HS256 it is also what the platform signs its tokens with.
    pub secret: SecretString,
    /// What signatures are checked with.
    pub keys: KeySource,
    /// Where set, tokens must carry it as `iss`.
    pub issuer: Option<String>,
    /// Where set, tokens must carry it in `aud`.
    pub audience: Option<String>,
}

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// RSA, PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// What signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `auth.secret`.
    Secret,
    /// This public key in PEM.
    Pem(String),
    /// The public key in this PEM file.
    PemFile(PathBuf),
    /// The key set in this file.
    JwksFile(PathBuf),
    /// The key set at this URL.
    JwksUrl(Url),
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    /// As in `alg` of a token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == text)
            .ok_or_else(|| format!("must be HS256, RS256, ES256 or EdDSA, not {text:?}"))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AuthConfig {
    pub(super) fn read(reader: &mut Reader, missing_secret: MissingSecret) -> Read<Self> {
        let algorithm = reader.text("auth.algorithm", Algorithm::parse);
        let secret = read_secret(reader, missing_secret);
        let public_key = reader.optional_text("auth.public_key", public_key);
        let jwks = reader.optional_text("auth.jwks", jwks);
        let issuer = reader.optional_text("auth.issuer", |text| Ok(text.to_owned()));
        let audience = reader.optional_text("auth.audience", |text| Ok(text.to_owned()));
        let (algorithm, public_key, jwks) = (algorithm?, public_key?, jwks?);
        let keys = match (algorithm, public_key, jwks) {
            (Algorithm::Hs256, None, None) => Ok(KeySource::Secret),
            (Algorithm::Hs256, Some(_), _) => Err(unused(reader, "auth.public_key")),
            (Algorithm::Hs256, None, Some(_)) => Err(unused(reader, "auth.jwks")),
            (_, Some(_), Some(_)) => Err(reader.problem("auth.jwks", "and auth.public_key are both set; choose one")),
            (_, Some(key), None) | (_, None, Some(key)) => Ok(key),
            (_, None, None) => {
                let reason = format!("is {algorithm}, which needs auth.public_key or auth.jwks");
                Err(reader.problem("auth.algorithm", &reason))
            }
        };
        Ok(Self {
            algorithm,
            secret: secret?,
            keys: keys?,
            issuer: issuer?,
            audience: audience?,
        })
    }
}

fn read_secret(reader: &mut Reader, missing_secret: MissingSecret) -> Read<SecretString> {
    match (reader.secret("auth.secret")?, missing_secret) {
        (Some(secret), _) if secret.expose_secret().len() < SECRET_BYTES => {
            let reason = format!("is shorter than {SECRET_BYTES} bytes and could be guessed");
            Err(reader.problem("auth.secret", &reason))
        }
        (Some(secret), _) => Ok(secret),
        (None, MissingSecret::MadeUp) => Ok(format!("{:032x}{:032x}", crate::random::bits(), crate::random::bits()).into()),
        (None, MissingSecret::Refused) => {
            let reason = format!("is missing: set a text of at least {SECRET_BYTES} bytes (only the demo, --demo, makes one up)");
            Err(reader.problem("auth.secret", &reason))
        }
    }
}

fn unused(reader: &mut Reader, setting: &str) -> super::reader::Reported {
    reader.problem(
        setting,
        "is set, but auth.algorithm is HS256, which checks signatures with auth.secret",
    )
}

fn public_key(text: &str) -> Result<KeySource, Reason> {
    if text.contains("PRIVATE KEY") {
        return Err("holds a private key; the service needs, and should have, the public one only".to_owned());
    }
    // Environments that allow no line breaks write them as \n.
    Ok(if text.contains("-----BEGIN") {
        KeySource::Pem(text.replace("\\n", "\n"))
    } else {
        KeySource::PemFile(text.into())
    })
}

fn jwks(text: &str) -> Result<KeySource, Reason> {
    if text.contains("://") {
        address::endpoint(text).map(KeySource::JwksUrl)
    } else {
        Ok(KeySource::JwksFile(text.into()))
    }
}
