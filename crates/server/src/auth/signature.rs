//! The signature of a token: by which algorithm, with which key.

use jsonwebtoken::{Validation, errors::ErrorKind};

use super::{Flaw, claims::Payload, keys::Keys};
use crate::config::Algorithm;

/// Longer tokens are refused before anything is read of them, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// What all tokens of one kind have in common.
pub(super) struct Rules {
    algorithm: jsonwebtoken::Algorithm,
    validation: Validation,
}

impl Rules {
    /// Times and claims are checked by us: with the injected clock, and as the contract says.
    pub(super) fn new(algorithm: jsonwebtoken::Algorithm) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self { algorithm, validation }
    }

    /// The `kid` of a token that could be valid.
    pub(super) fn kid(&self, token: &str) -> Result<Option<String>, Flaw> {
        if token.len() > LONGEST_TOKEN {
            return Err(Flaw::TooLong);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Flaw::Malformed)?;
        if header.alg != self.algorithm {
            return Err(Flaw::Algorithm);
        }
        // It says that something must be understood which is not (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(Flaw::Malformed);
        }
        Ok(header.kid)
    }

    /// What a token says, if one of the keys has signed it.
    pub(super) fn payload(&self, token: &str, keys: &Keys) -> Result<Payload, Flaw> {
        let kid = self.kid(token)?;
        let mut flaw = Flaw::UnknownKey;
        for key in keys.candidates(kid.as_deref()) {
            match jsonwebtoken::decode::<Payload>(token, key, &self.validation) {
                Ok(token) => return Ok(token.claims),
                Err(error) => {
                    flaw = if matches!(error.kind(), ErrorKind::InvalidSignature) {
                        Flaw::Signature
                    } else {
                        Flaw::Malformed
                    }
                }
            }
        }
        Err(flaw)
    }
}

pub(super) const fn of(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}
