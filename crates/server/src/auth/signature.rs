//! The signature of a token: by which algorithm, with which key.

use jsonwebtoken::{Validation, errors::ErrorKind};

use super::{TokenError, claims::Payload, keys::Keys};
use crate::config::Algorithm;

/// Longer tokens are refused before anything is read of them, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// The checks that are the same for all tokens of one kind: the signature and its algorithm.
pub(super) struct SignatureVerifier {
    algorithm: jsonwebtoken::Algorithm,
    validation: Validation,
}

impl SignatureVerifier {
    /// Times and claims are checked by us: with the injected clock, and by section 2 of the contract.
    pub(super) fn new(algorithm: jsonwebtoken::Algorithm) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self { algorithm, validation }
    }

    /// The `kid` of a token that could be valid.
    pub(super) fn kid(&self, token: &str) -> Result<Option<String>, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::TooLong);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != self.algorithm {
            return Err(TokenError::Algorithm);
        }
        // `crit` lists extensions that the verifier must understand, and this one understands none (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        Ok(header.kid)
    }

    /// The payload of a token, if one of the keys has signed it.
    pub(super) fn payload(&self, token: &str, keys: &Keys) -> Result<Payload, TokenError> {
        let kid = self.kid(token)?;
        let mut flaw = TokenError::UnknownKey;
        for key in keys.candidates(kid.as_deref()) {
            match jsonwebtoken::decode::<Payload>(token, key, &self.validation) {
                Ok(token) => return Ok(token.claims),
                Err(error) => {
                    flaw = if matches!(error.kind(), ErrorKind::InvalidSignature) {
                        TokenError::Signature
                    } else {
                        TokenError::Malformed
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
