//! Threads that look at files.

use std::{io, sync::Arc, thread};

use crossbeam_channel::Sender;
use tokio::sync::{Semaphore, oneshot};

use super::IntakeError;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads of their own, which take turns. The blocking pool has hundreds, and the allocator keeps for each what its largest picture took.
pub(super) struct Workers {
    /// The threads end when this is gone.
    jobs: Sender<Job>,
    /// One for each thread. Held until the work is done, also when nobody waits for it any more.
    turns: Arc<Semaphore>,
}

impl Workers {
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let count = count.max(1);
        let (jobs, queue) = crossbeam_channel::bounded::<Job>(count);
        for number in 0..count {
            let queue = queue.clone();
            let thread = thread::Builder::new().name(format!("files-{number}"));
            thread.spawn(move || queue.iter().for_each(|job| job()))?;
        }
        Ok(Self {
            jobs,
            turns: Arc::new(Semaphore::new(count)),
        })
    }

    /// Does this work when it is its turn. A file on which it panics is one that cannot be read.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, IntakeError> {
        let turn = self.turns.clone().acquire_owned().await.expect("turns are never closed");
        let (answer, done) = oneshot::channel();
        let job = move || {
            // A panic would end the thread; the dropped answer tells of it.
            if let Some(outcome) = crate::media::guarded(work) {
                // Nobody waits where the request is gone; the work cleans up behind itself.
                drop(answer.send(outcome));
            }
            drop(turn);
        };
        // There is room for every turn, so this does not block.
        drop(self.jobs.send(Box::new(job)));
        done.await.unwrap_or_else(|_| {
            tracing::error!("looking at a file panicked");
            Err(IntakeError::Type("it cannot be read"))
        })
    }

    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.turns.available_permits()
    }
}
