use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use super::state::State;
use crate::{
    ports::{OnCommit, StoreError},
    time::Timestamp,
};

/// Directory, conversations, messages and receipts in memory. Clones share them. Keeps only the stored acts; every number that an adapter keeps
/// for speed (unread counts, `last_seq`, previews, marks) is computed from them when it is needed.
#[derive(Clone, Debug, Default)]
pub struct FakeStore {
    state: Arc<Mutex<State>>,
    newest: Arc<AtomicI64>,
}

impl FakeStore {
    /// Makes every call fail with [`StoreError::Busy`] and change nothing, or work again.
    pub fn fail_with_busy(&self, busy: bool) {
        self.lock().busy = busy;
    }

    /// Makes every act that stores something fail with [`StoreError::Failed`] after it was stored, as if the connection broke before the answer; or work again.
    pub fn lose_answers(&self, lost: bool) {
        self.lock().loses_answers = lost;
    }

    /// The newest time of all stored acts. Takes no lock, since a rule asks for the time while the state is locked.
    pub fn newest_time(&self) -> Timestamp {
        Timestamp(self.newest.load(Ordering::Relaxed))
    }

    /// Whether the directory has neither people nor confessions.
    pub fn is_without_directory(&self) -> bool {
        let state = self.lock();
        state.people.is_empty() && state.confessions.is_empty()
    }

    /// The state; an error if the store is to fail.
    pub(super) fn state(&self) -> Result<Locked<'_>, StoreError> {
        let state = self.lock();
        if state.busy { Err(StoreError::Busy) } else { Ok(state) }
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked {
            state: self.state.lock().unwrap_or_else(PoisonError::into_inner),
            newest: &self.newest,
        }
    }
}

/// The locked state. Its newest time is noted when the lock is released.
pub(super) struct Locked<'s> {
    state: MutexGuard<'s, State>,
    newest: &'s AtomicI64,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Locked<'_> {
    /// The answer of an act that stored something: what it did is announced, unless the answer is to be lost.
    pub(super) fn committed<T>(&self, outcome: T, on_commit: OnCommit<T>) -> Result<T, StoreError> {
        if self.loses_answers {
            return Err(StoreError::Failed("the connection broke before the answer".into()));
        }
        on_commit(&outcome);
        Ok(outcome)
    }

    /// The same, of an act that has appended entries to the outbox if `has_entry`.
    pub(super) fn appended<T>(&self, outcome: T, has_entry: bool, on_commit: OnCommit<T>) -> Result<T, StoreError> {
        let answer = self.committed(outcome, on_commit);
        if has_entry {
            self.wakes.iter().for_each(|wake| wake());
        }
        answer
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.newest.store(self.state.newest_time().0, Ordering::Relaxed);
    }
}
