//! What is called when this process has appended entries to the outbox.

use std::sync::{PoisonError, RwLock};

use domain::ports::Wake;

#[derive(Default)]
pub(crate) struct Wakes(RwLock<Vec<Wake>>);

impl Wakes {
    pub(crate) fn add(&self, wake: Wake) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(wake);
    }

    pub(crate) fn wake(&self) {
        for wake in self.0.read().unwrap_or_else(PoisonError::into_inner).iter() {
            wake();
        }
    }
}
