use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{event::Event, ports::Bus};

/// Keeps published events. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct FakeBus {
    events: Arc<Mutex<Vec<Event>>>,
}

impl FakeBus {
    /// All events published since the last [`FakeBus::take`], in order.
    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// Returns the same events, and removes them.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bus for FakeBus {
    fn publish(&self, event: Event) {
        self.lock().push(event);
    }
}
