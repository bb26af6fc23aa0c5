//! Handing work to threads: bounded, and waiting without blocking the one who hands over.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};
use domain::ports::StoreError;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError},
    time::timeout,
};

use crate::error::failed;

/// What a thread finds in its queue.
pub(super) enum Slot<J> {
    /// Work, the place that it takes until it is taken out, and since when it waits.
    Work(J, OwnedSemaphorePermit, Instant),
    /// Nothing comes after this.
    Stop,
}

/// The side of those who hand over.
pub(super) struct Queue<J> {
    sender: Sender<Slot<J>>,
    places: Arc<Semaphore>,
    wait: Duration,
}

impl<J> Queue<J> {
    /// A queue with so many places, and `threads` that will take from it. Whoever finds it full waits for at most `wait`.
    pub(super) fn new(capacity: usize, threads: usize, wait: Duration) -> (Self, Receiver<Slot<J>>) {
        let (sender, receiver) = crossbeam_channel::bounded(capacity + threads);
        (
            Self {
                sender,
                places: Arc::new(Semaphore::new(capacity)),
                wait,
            },
            receiver,
        )
    }

    /// Hands over, in the order of calls.
    pub(super) async fn push(&self, job: J) -> Result<(), StoreError> {
        let since = Instant::now();
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(TryAcquireError::Closed) => return Err(failed("the store is closed")),
            Err(TryAcquireError::NoPermits) => match timeout(self.wait, self.places.clone().acquire_owned()).await {
                Ok(place) => place.map_err(|_| failed("the store is closed"))?,
                Err(_) => return Err(StoreError::Busy),
            },
        };
        // There is a place for every permit, so this neither blocks nor fails while the threads live.
        self.sender
            .try_send(Slot::Work(job, place, since))
            .map_err(|_| failed("the store is closed"))
    }

    /// Takes no more work, and stops so many threads after what is waiting. Does nothing the second time.
    pub(super) fn close(&self, threads: usize) {
        if self.places.is_closed() {
            return;
        }
        self.places.close();
        for _ in 0..threads {
            // Fails only if a thread is gone already.
            if self.sender.try_send(Slot::Stop).is_err() {
                tracing::error!("a storage thread has ended before its time");
            }
        }
    }
}
