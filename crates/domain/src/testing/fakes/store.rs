use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::state::State;
use crate::ports::StoreError;

/// Directory, conversations, messages and receipts in memory. Clones share them. Keeps only what was said and done; every number that an adapter keeps
/// for speed (unread counts, `last_seq`, previews, marks) is worked out from that when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct FakeStore {
    state: Arc<Mutex<State>>,
}

impl FakeStore {
    /// From now on everything fails as [`StoreError::Busy`] and changes nothing, or works again.
    pub fn fail_with_busy(&self, busy: bool) {
        self.lock().busy = busy;
    }

    /// The state, unless the store is to fail.
    pub(super) fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let state = self.lock();
        if state.busy { Err(StoreError::Busy) } else { Ok(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
