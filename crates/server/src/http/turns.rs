//! Turns for requests that cost much: each person has only so many at once, whatever the number of connections, and others do not wait for them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::id::UserId;
use protocol::error::{Code, ErrorBody};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::error::ApiError;

/// Searches of one person that run at once.
const SEARCHES: usize = 1;
/// The time that a search waits for the one before it.
const SEARCH_WAIT: Duration = Duration::from_secs(2);

/// Turns of each person. Clones share them.
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
    /// For reads that look at many rows: contacts and searches.
    pub(crate) fn of_searches() -> Self {
        Self::new(SEARCHES, SEARCH_WAIT)
    }

    /// So many at once for each person; a request waits no longer than `wait`.
    fn new(each: usize, wait: Duration) -> Self {
        Self {
            each,
            wait,
            people: Arc::default(),
        }
    }

    /// A turn of this person, in the order of asking; 429 if none comes in time.
    pub(crate) async fn take(&self, person: UserId) -> Result<Turn, ApiError> {
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
        match timeout(self.wait, turn.turns.clone().acquire_owned()).await {
            Ok(Ok(permit)) => {
                turn.permit = Some(permit);
                Ok(turn)
            }
            Ok(Err(_)) => Err(ApiError::unavailable("service")),
            Err(_) => Err(ErrorBody::saying(Code::RateLimited, "Your earlier searches are still running.")
                .with_retry_after(Duration::from_secs(1))
                .into()),
        }
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
    use std::{
        future::{Future, poll_fn},
        task::Poll,
    };

    use super::*;

    const ONE: UserId = UserId(1);
    const OTHER: UserId = UserId(2);

    async fn is_pending(future: &mut (impl Future + Unpin)) -> bool {
        poll_fn(|context| Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())).await
    }

    #[tokio::test(start_paused = true)]
    async fn one_person_waits_for_a_turn_and_others_do_not() {
        let turns = Turns::of_searches();
        let first = turns.take(ONE).await.ok();
        let mut second = Box::pin(turns.take(ONE));
        assert!(is_pending(&mut second).await);
        assert!(turns.take(OTHER).await.is_ok());
        drop(first);
        assert!(second.await.is_ok());
        assert!(turns.people.lock().is_empty(), "nothing is left behind");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_does_not_come_in_time_is_429() {
        let turns = Turns::of_searches();
        let first = turns.take(ONE).await.ok();
        let refused = turns.take(ONE).await.err();
        assert_eq!(refused.map(|error| error.code()), Some("rate_limited"));
        assert_eq!(turns.people.lock().len(), 1);
        drop(first);
        assert!(turns.people.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_dropped_while_it_waits_passes_its_turn_on() {
        let turns = Turns::of_searches();
        let first = turns.take(ONE).await.ok();
        let (mut dropped, mut third) = (Box::pin(turns.take(ONE)), Box::pin(turns.take(ONE)));
        assert!(is_pending(&mut dropped).await && is_pending(&mut third).await);
        drop(dropped);
        drop(first);
        assert!(third.await.is_ok());
        assert!(turns.people.lock().is_empty());
    }
}
