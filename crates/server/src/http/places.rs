//! Places for requests that bring files: so many at once, since each holds memory, and of one person only some, so that nobody takes all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::id::UserId;

/// Clones share them.
#[derive(Clone)]
pub(crate) struct Places {
    /// How many there are.
    all: usize,
    /// How many one person may have.
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
pub(crate) enum Full {
    /// All are taken.
    Everywhere,
    /// This person has as many as one may have.
    ForYou {
        /// So many.
        each: usize,
    },
}

impl Places {
    pub(crate) fn new(all: usize, each: usize) -> Self {
        Self {
            all,
            each,
            taken: Arc::default(),
        }
    }

    /// Takes a place until it is dropped.
    pub(crate) fn take(&self, person: UserId) -> Result<Place, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.by.get(&person).is_some_and(|places| *places >= self.each) {
            return Err(Full::ForYou { each: self.each });
        }
        if taken.all >= self.all {
            return Err(Full::Everywhere);
        }
        taken.all += 1;
        *taken.by.entry(person).or_default() += 1;
        Ok(Place {
            person,
            taken: self.taken.clone(),
        })
    }
}

/// One of them.
pub(crate) struct Place {
    person: UserId,
    taken: Arc<Mutex<Taken>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(places) = taken.by.get_mut(&self.person) {
            *places -= 1;
            if *places == 0 {
                taken.by.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_and_what_is_given_back_is_free_again() {
        let places = Places::new(3, 2);
        let full = |person| places.take(UserId(person)).err();
        let mut first: Vec<_> = (0..2).map(|_| places.take(UserId(1)).ok()).collect();
        assert_eq!(full(1), Some(Full::ForYou { each: 2 }));
        let second = places.take(UserId(2)).ok();
        assert_eq!(full(3), Some(Full::Everywhere));
        first.pop();
        assert_eq!(full(3), None);
        assert_eq!(full(1), None);
        drop((first, second));
        assert!(places.taken.lock().is_ok_and(|taken| taken.all == 0 && taken.by.is_empty()));
    }
}
