//! Bounded queues to threads; pushing waits without blocking the caller's thread.

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

/// Waits for a permit for at most `wait`, and then fails as busy.
pub(super) async fn acquire(permits: &Arc<Semaphore>, wait: Duration) -> Result<OwnedSemaphorePermit, StoreError> {
    match permits.clone().try_acquire_owned() {
        Ok(permit) => Ok(permit),
        Err(TryAcquireError::Closed) => Err(failed("the store is closed")),
        Err(TryAcquireError::NoPermits) => match timeout(wait, permits.clone().acquire_owned()).await {
            Ok(permit) => permit.map_err(|_| failed("the store is closed")),
            Err(_) => Err(StoreError::Busy),
        },
    }
}

/// An entry of the queue.
pub(super) enum Slot<J> {
    /// A job, the permit for its place in the queue, and the time at which it was pushed.
    Work(J, OwnedSemaphorePermit, Instant),
    /// The thread that takes this entry ends.
    Stop,
}

/// The sending half of the queue.
pub(super) struct Queue<J> {
    sender: Sender<Slot<J>>,
    places: Arc<Semaphore>,
    wait: Duration,
}

impl<J> Queue<J> {
    /// A queue with `capacity` places for `threads`. While it is full, pushing waits for at most `wait`.
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

    /// Queues a job, in the order of calls.
    pub(super) async fn push(&self, job: J) -> Result<(), StoreError> {
        let since = Instant::now();
        let place = acquire(&self.places, self.wait).await?;
        // There is a place for every permit, so this neither blocks nor fails while the threads live.
        self.sender
            .try_send(Slot::Work(job, place, since))
            .map_err(|_| failed("the store is closed"))
    }

    /// Refuses new jobs, and stops this many threads after the waiting ones. A second call does nothing.
    pub(super) fn close(&self, threads: usize) {
        if self.places.is_closed() {
            return;
        }
        self.places.close();
        for _ in 0..threads {
            // Sending fails only if a thread has ended already.
            if self.sender.try_send(Slot::Stop).is_err() {
                tracing::error!("a storage thread has ended before its time");
            }
        }
    }
}
