//! Slots for requests with files: a limited number at once, since each holds memory, and a smaller number for each person.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::id::UserId;

/// Limits how many uploads run at once. Clones share the slots.
#[derive(Clone)]
pub(crate) struct UploadSlots {
    /// The number of slots.
    all: usize,
    /// The most slots of one person.
    each: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by: HashMap<UserId, usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotsExhausted {
    ForAll,
    /// This person has as many as one may have.
    PerUser {
        /// The number of slots that one user may hold.
        each: usize,
    },
}

impl UploadSlots {
    pub(crate) fn new(all: usize, each: usize) -> Self {
        Self {
            all,
            each,
            taken: Arc::default(),
        }
    }

    /// Takes a place until it is dropped.
    pub(crate) fn take(&self, person: UserId) -> Result<UploadSlot, SlotsExhausted> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by.get(&person).is_some_and(|upload_slots| *upload_slots >= self.each) {
            return Err(SlotsExhausted::PerUser { each: self.each });
        }
        if taken.all >= self.all {
            return Err(SlotsExhausted::ForAll);
        }
        taken.all += 1;
        *taken.by.entry(person).or_default() += 1;
        Ok(UploadSlot {
            person,
            taken: self.taken.clone(),
        })
    }
}

/// Held by an upload in progress; dropping it frees the slot.
pub(crate) struct UploadSlot {
    person: UserId,
    taken: Arc<Mutex<Taken>>,
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(upload_slots) = taken.by.get_mut(&self.person) {
            *upload_slots -= 1;
            if *upload_slots == 0 {
                taken.by.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_takes_all_slots_and_released_slots_are_free_again() {
        let upload_slots = UploadSlots::new(3, 2);
        let full = |person| upload_slots.take(UserId(person)).err();
        let mut first: Vec<_> = (0..2).map(|_| upload_slots.take(UserId(1)).ok()).collect();
        assert_eq!(full(1), Some(SlotsExhausted::PerUser { each: 2 }));
        let second = upload_slots.take(UserId(2)).ok();
        assert_eq!(full(3), Some(SlotsExhausted::ForAll));
        first.pop();
        assert_eq!(full(3), None);
        assert_eq!(full(1), None);
        drop((first, second));
        assert!(upload_slots.taken.lock().is_ok_and(|taken| taken.all == 0 && taken.by.is_empty()));
    }
}
