//! `auth.*`: the checks of access tokens, and the secret that the service signs with.

use std::{fmt, path::PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    MissingSecret,
    address::{self, WebUrl},
    reader::{Read, Reader, Reason, Reported},
    section::{Words, as_it_is, optional, section, text, word},
};

/// Shorter secrets can be guessed.
const SECRET_BYTES: usize = 32;

section! {
    /// The checks of access tokens.
    #[derive(Clone, Debug)]
    pub struct AuthConfig in "auth" {
        /// Pinned: a token signed in any other way is refused.
        pub algorithm: Algorithm = text(word),
        /// Signs links and tickets; with HS256 the platform signs its tokens with the same secret.
        pub secret: SecretString = secret,
        /// What was signed with this is accepted too: the secret before the last change, or, before a change, the next one.
        pub previous_secret: Option<SecretString> = optional_secret,
        /// Must not be set with HS256.
        pub public_key: Option<KeySource> = optional(public_key),
        /// Must not be set with HS256.
        pub jwks: Option<KeySource> = optional(jwks),
        /// If set, tokens must carry it as `iss`.
        pub issuer: Option<String> = optional(as_it_is),
        /// If set, tokens must carry it in `aud`.
        pub audience: Option<String> = optional(as_it_is),
    }
    then keys_fit(algorithm, public_key, jwks)
}

/// The algorithm that signs the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256: the key is a secret that the platform shares.
    Hs256,
    /// RSA, PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// `EdDSA` with a key of the curve Ed25519.
    EdDsa,
}

/// The source of the keys that verify signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The shared secret of `auth.secret`.
    Secret,
    /// This public key in PEM.
    Pem(String),
    /// The public key in this PEM file.
    PemFile(PathBuf),
    /// The key set in this file.
    JwksFile(PathBuf),
    /// The key set at this URL.
    JwksUrl(WebUrl),
}

impl Algorithm {
    /// As in `alg` of a token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl Words for Algorithm {
    const ALL: &'static [Self] = &[Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    fn word(self) -> &'static str {
        self.name()
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret => f.write_str("auth.secret"),
            Self::Pem(_) => f.write_str("(inline)"),
            Self::PemFile(path) | Self::JwksFile(path) => path.display().fmt(f),
            Self::JwksUrl(url) => url.fmt(f),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AuthConfig {
    /// The secrets whose signatures are accepted. The first one signs.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        std::iter::once(&self.secret).chain(&self.previous_secret)
    }

    /// The source of the keys that verify signatures.
    pub fn keys(&self) -> &KeySource {
        self.public_key.as_ref().or(self.jwks.as_ref()).unwrap_or(&KeySource::Secret)
    }
}

fn secret(reader: &mut Reader, setting: &'static str) -> Read<SecretString> {
    match (optional_secret(reader, setting)?, reader.missing_secret()) {
        (Some(secret), _) => Ok(secret),
        (None, MissingSecret::MadeUp) => Ok(format!("{:032x}{:032x}", crate::random::bits(), crate::random::bits()).into()),
        (None, MissingSecret::Refused) => {
            let reason = format!("is missing: set a text of at least {SECRET_BYTES} bytes (only the demo, --demo, makes one up)");
            Err(reader.problem(setting, &reason))
        }
    }
}

/// A secret that may be left out.
fn optional_secret(reader: &mut Reader, setting: &'static str) -> Read<Option<SecretString>> {
    match reader.secret(setting)? {
        Some(secret) if secret.expose_secret().len() < SECRET_BYTES => {
            let reason = format!("is shorter than {SECRET_BYTES} bytes and could be guessed");
            Err(reader.problem(setting, &reason))
        }
        secret => Ok(secret),
    }
}

/// HS256 needs the secret alone, and every other algorithm one of the two key sources.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "checks of a section take references")]
fn keys_fit(
    reader: &mut Reader,
    algorithm: &Read<Algorithm>,
    public_key: &Read<Option<KeySource>>,
    jwks: &Read<Option<KeySource>>,
) -> Read<()> {
    let (Ok(algorithm), Ok(public_key), Ok(jwks)) = (algorithm, public_key, jwks) else {
        return Err(Reported);
    };
    let needs_secret = *algorithm == Algorithm::Hs256;
    let unused = "is set, but auth.algorithm is HS256, which checks signatures with auth.secret";
    match (public_key, jwks) {
        (Some(_), _) if needs_secret => Err(reader.problem("auth.public_key", unused)),
        (None, Some(_)) if needs_secret => Err(reader.problem("auth.jwks", unused)),
        (Some(_), Some(_)) => Err(reader.problem("auth.jwks", "and auth.public_key are both set; choose one")),
        (None, None) if !needs_secret => {
            let reason = format!("is {algorithm}, which needs auth.public_key or auth.jwks");
            Err(reader.problem("auth.algorithm", &reason))
        }
        _ => Ok(()),
    }
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
