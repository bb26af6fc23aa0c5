//! Checks access tokens.

use std::sync::{Arc, PoisonError, RwLock};

use domain::{ports::Clock, time::Timestamp};

use super::{
    AuthError, Claims, KeyError, TokenError,
    claims::{self, ClaimRequirements},
    keys::Keys,
    refresh::{Current, RefreshInterval, Refresher},
    signature::{SignatureVerifier, of},
};
use crate::config::{Algorithm, AuthConfig, KeySource};

/// Checks access tokens by the configuration: one algorithm, these keys, these demands.
pub struct Verifier {
    signatures: SignatureVerifier,
    demands: ClaimRequirements,
    keys: Current,
    refresher: Option<Refresher>,
    clock: Arc<dyn Clock>,
    cheap: bool,
}

impl Verifier {
    /// Loads the keys, wherever they are. Those of a key set are read again now and then, as long as the verifier lives.
    pub async fn new(auth: &AuthConfig, clock: Arc<dyn Clock>) -> Result<Self, KeyError> {
        Self::with_pace(auth, clock, RefreshInterval::default()).await
    }

    pub(super) async fn with_pace(auth: &AuthConfig, clock: Arc<dyn Clock>, pace: RefreshInterval) -> Result<Self, KeyError> {
        let keys = Keys::load(auth).await?;
        if keys.is_empty() {
            return Err(KeyError::NoKey(auth.algorithm));
        }
        let keys: Current = Arc::new(RwLock::new(Arc::new(keys)));
        let changes = matches!(auth.keys(), KeySource::JwksFile(_) | KeySource::JwksUrl(_));
        let refresher = changes.then(|| Refresher::start(auth.clone(), keys.clone(), pace));
        let demands = ClaimRequirements {
            issuer: auth.issuer.clone(),
            audience: auth.audience.clone(),
        };
        Ok(Self {
            signatures: SignatureVerifier::new(of(auth.algorithm)),
            demands,
            keys,
            refresher,
            clock,
            cheap: auth.algorithm == Algorithm::Hs256,
        })
    }

    /// Does a check take microseconds? Those with public keys take long enough to deserve a thread of their own.
    pub fn is_cheap(&self) -> bool {
        self.cheap
    }

    /// Checks a token, off the async threads where that takes long. A key that is unknown so far is looked for first.
    pub async fn authenticate(self: &Arc<Self>, token: String) -> Result<Claims, AuthError> {
        if let Some(refresher) = &self.refresher
            && self.names_unknown_key(&token)
        {
            refresher.refreshed().await;
        }
        let now = self.clock.now();
        if self.is_cheap() {
            return self.verify(&token, now);
        }
        let verifier = self.clone();
        tokio::task::spawn_blocking(move || verifier.verify(&token, now))
            .await
            .unwrap_or_else(|fault| {
                tracing::error!(%fault, "the check of a token was lost");
                Err(AuthError::Unavailable)
            })
    }

    /// Checks a token against the keys that are known now. If its key is not, it is looked for in the background.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, AuthError> {
        self.examine(token, now).map_err(|flaw| {
            tracing::debug!(reason = %flaw, "a token was refused");
            if flaw == TokenError::UnknownKey
                && let Some(refresher) = &self.refresher
            {
                refresher.request_refresh();
            }
            flaw.into()
        })
    }

    pub(super) fn examine(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let payload = self.signatures.payload(token, &self.keys())?;
        claims::check(&payload, &self.demands, now)
    }

    fn names_unknown_key(&self, token: &str) -> bool {
        self.signatures
            .kid(token)
            .is_ok_and(|kid| self.keys().candidates(kid.as_deref()).next().is_none())
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests;
