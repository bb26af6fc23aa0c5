//! Turns of people: each person has only so many at once, whatever the number of connections, and others do not wait for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::id::UserId;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The turns of all people. Clones share them.
#[derive(Clone)]
pub(crate) struct Turns {
    each: usize,
    wait: Duration,
    people: Arc<People>,
}

/// The people who have a turn or wait for one.
#[derive(Default)]
struct People(Mutex<HashMap<UserId, Arc<Semaphore>>>);

impl People {
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turns {
    /// Each person has `each` turns at once; a request waits for one no longer than `wait`.
    pub(crate) fn new(each: usize, wait: Duration) -> Self {
        Self {
            each,
            wait,
            people: Arc::default(),
        }
    }

    /// A turn of this person, in the order of asking; `None` if none became free in time.
    pub(crate) async fn take(&self, person: UserId) -> Option<Turn> {
        let turns = self
            .people
            .lock()
            .entry(person)
            .or_insert_with(|| Arc::new(Semaphore::new(self.each)))
            .clone();
        // Made before waiting, so that a request that is dropped while it waits leaves nothing behind.
        let mut turn = Turn {
            person,
            turns,
            permit: None,
            people: self.people.clone(),
        };
        let permit = timeout(self.wait, turn.turns.clone().acquire_owned()).await;
        turn.permit = Some(permit.ok()?.ok()?);
        Some(turn)
    }

    /// The number of people who have a turn or wait for one.
    #[cfg(test)]
    pub(crate) fn people(&self) -> usize {
        self.people.lock().len()
    }
}

/// A turn, until it is dropped.
pub(crate) struct Turn {
    person: UserId,
    turns: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    people: Arc<People>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.permit = None;
        let mut people = self.people.lock();
        // The map's and this one: no other request has a turn or waits for one.
        if Arc::strong_count(&self.turns) == 2 {
            people.remove(&self.person);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::Pin};

    use futures_util::poll;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const ONE: UserId = UserId(1);
    const OTHER: UserId = UserId(2);

    async fn is_pending(future: &mut (impl Future + Unpin)) -> bool {
        poll!(Pin::new(future)).is_pending()
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_with_all_turns_taken_waits_and_others_do_not() {
        let turns = Turns::new(2, 10 * SECOND);
        let (first, second) = (turns.take(ONE).await, turns.take(ONE).await);
        assert!(first.is_some() && second.is_some());
        let mut third = Box::pin(turns.take(ONE));
        assert!(is_pending(&mut third).await);
        assert!(turns.take(OTHER).await.is_some());
        tokio::time::advance(9 * SECOND).await;
        assert!(is_pending(&mut third).await);
        drop(first);
        assert!(third.await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_does_not_become_free_in_time_is_none() {
        let turns = Turns::new(1, 10 * SECOND);
        let first = turns.take(ONE).await;
        assert!(turns.take(ONE).await.is_none());
        assert_eq!(turns.people(), 1, "the first turn is still held");
        drop(first);
        assert_eq!(turns.people(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_dropped_while_it_waits_passes_its_turn_on() {
        let turns = Turns::new(1, 10 * SECOND);
        let first = turns.take(ONE).await;
        let (mut dropped, mut third) = (Box::pin(turns.take(ONE)), Box::pin(turns.take(ONE)));
        assert!(is_pending(&mut dropped).await && is_pending(&mut third).await);
        drop(dropped);
        drop(first);
        assert!(third.await.is_some());
        assert_eq!(turns.people(), 0, "people without a turn are forgotten");
    }
}
