use std::sync::{Arc, Mutex, PoisonError};

use crate::ports::{Unconfirmed, UnconfirmedAct};

/// Keeps unconfirmed acts, and tells nobody. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct FakeUnconfirmed(Arc<Mutex<Vec<UnconfirmedAct>>>);

impl FakeUnconfirmed {
    /// The acts that were noted since the last call, in order.
    pub fn take(&self) -> Vec<UnconfirmedAct> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Unconfirmed for FakeUnconfirmed {
    fn note(&self, act: UnconfirmedAct) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(act);
    }
}
