//! Threads that look at files.

use std::{io, sync::Arc};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::{Semaphore, oneshot};

use super::IntakeError;

/// A few threads of their own, which take turns. The blocking pool has hundreds, and the allocator keeps for each what its largest picture took.
pub(super) struct Workers {
    pool: ThreadPool,
    /// One for each thread. Held until the work is done, also when nobody waits for it any more.
    turns: Arc<Semaphore>,
}

impl Workers {
    pub(super) fn start(count: usize) -> Result<Self, ThreadPoolBuildError> {
        let count = count.max(1);
        let pool = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("files-{number}"));
        Ok(Self {
            pool: pool.build()?,
            turns: Arc::new(Semaphore::new(count)),
        })
    }

    /// Does this work when it is its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, IntakeError> {
        let closed = |_| IntakeError::Waiting(io::Error::other("the service is shutting down"));
        let turn = self.turns.clone().acquire_owned().await.map_err(closed)?;
        let (answer, done) = oneshot::channel();
        self.pool.spawn(move || {
            // A panic would end the process; the dropped answer tells of it.
            if let Some(outcome) = crate::media::guarded(work) {
                // Nobody waits where the request is gone; the work cleans up behind itself.
                drop(answer.send(outcome));
            }
            drop(turn);
        });
        done.await
            .map_err(|_| IntakeError::Waiting(io::Error::other("looking at the file panicked")))?
    }

    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.turns.available_permits()
    }
}
