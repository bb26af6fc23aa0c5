//! The threads that process files, and the order in which senders get them.

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use crossbeam_channel::Sender;
use domain::id::UserId;
use tokio::sync::oneshot;

use crate::error::UploadError;

/// Gauge: files that wait for a worker thread.
pub const FILES_WAITING: &str = "suhbat_files_waiting";

/// Registers the description of [`FILES_WAITING`] with the installed recorder.
pub fn describe_metrics() {
    metrics::describe_gauge!(FILES_WAITING, metrics::Unit::Count, "Files waiting for a worker thread.");
}

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads. The blocking pool has hundreds, and the allocator keeps for each of them the memory of its largest image.
///
/// Threads are granted round-robin by sender: each sender has a queue, and the queues are served in a circle. With several threads, one sender never holds all of them,
/// so a sender's costly files delay only that sender.
pub(crate) struct Workers {
    /// Dropping the sender ends the threads.
    jobs: Sender<Job>,
    turns: Arc<Turns>,
}

impl Workers {
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let count = count.max(1);
        let (jobs, queue) = crossbeam_channel::bounded::<Job>(count);
        for number in 0..count {
            let queue = queue.clone();
            let thread = thread::Builder::new().name(format!("files-{number}"));
            thread.spawn(move || queue.iter().for_each(|job| job()))?;
        }
        Ok(Self {
            jobs,
            turns: Arc::new(Turns::new(count)),
        })
    }

    /// Runs this work of a user on a thread, when it is the user's turn. Work that panics refuses the file as unreadable.
    ///
    /// The work stays in the returned future until it has a thread, so dropping the future removes it from the queue. The slots of uploads bound the number of futures.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        user: UserId,
        work: impl FnOnce() -> Result<T, UploadError> + Send + 'static,
    ) -> Result<T, UploadError> {
        let turn = self.turns.acquire(user).await;
        let (answer, done) = oneshot::channel();
        let job = move || {
            // A panic must not end the thread. It drops `answer`, which is how the caller learns of it.
            let outcome = media::catch_panic(work);
            drop(turn);
            if let Some(outcome) = outcome {
                // The receiver is gone if the request is; dropping the outcome deletes its temporary file.
                drop(answer.send(outcome));
            }
        };
        // The channel has room for one job per turn, so this does not block.
        drop(self.jobs.send(Box::new(job)));
        done.await.unwrap_or_else(|_| {
            tracing::error!("processing an uploaded file panicked");
            Err(UploadError::Type("it cannot be read"))
        })
    }

    #[cfg(test)]
    pub(crate) fn free(&self) -> usize {
        self.turns.state().free
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.turns.state().waiting()
    }
}

/// The turns that are held, and the queues of senders that wait for one.
struct Turns {
    /// Turns that one user can hold at once.
    max_per_user: usize,
    state: Mutex<State>,
}

struct State {
    /// The number of idle threads.
    free: usize,
    /// Turns held by each user; only users who hold any.
    working: HashMap<UserId, usize>,
    /// The queue of each user who waits, oldest request first. The user at the front is next.
    waiting: VecDeque<(UserId, VecDeque<oneshot::Sender<Turn>>)>,
}

impl State {
    fn waiting(&self) -> usize {
        self.waiting
            .iter()
            .map(|(_, requests)| requests.iter().filter(|request| !request.is_closed()).count())
            .sum()
    }
}

/// The right to use a thread. Held until the work is done, even if its request is gone.
struct Turn {
    user: UserId,
    /// None once the turn was revoked, so that dropping it releases nothing.
    turns: Option<Arc<Turns>>,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.release(self.user);
        }
    }
}

impl Turns {
    fn new(threads: usize) -> Self {
        Self {
            max_per_user: threads.saturating_sub(1).max(1),
            state: Mutex::new(State {
                free: threads,
                working: HashMap::new(),
                waiting: VecDeque::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, so the state is consistent even if the lock is poisoned.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn acquire(self: &Arc<Self>, user: UserId) -> Turn {
        let (request, given) = oneshot::channel();
        {
            let mut state = self.state();
            let queue = state.waiting.iter_mut().find(|(who, _)| *who == user);
            if let Some((_, requests)) = queue {
                // Forget requests whose futures were dropped.
                requests.retain(|request| !request.is_closed());
                requests.push_back(request);
            } else {
                state.waiting.push_back((user, VecDeque::from([request])));
            }
            self.grant(&mut state);
        }
        given
            .await
            .expect("a request leaves the queue only with a turn, or after its future was dropped")
    }

    fn release(self: &Arc<Self>, user: UserId) {
        let mut state = self.state();
        state.free += 1;
        if let Some(held) = state.working.get_mut(&user) {
            *held -= 1;
            if *held == 0 {
                state.working.remove(&user);
            }
        }
        self.grant(&mut state);
    }

    /// Grants the idle threads to the next users in the circle.
    fn grant(self: &Arc<Self>, state: &mut State) {
        while state.free > 0 {
            let may_work = |(user, _): &(UserId, _)| state.working.get(user).is_none_or(|held| *held < self.max_per_user);
            let Some(next) = state.waiting.iter().position(may_work) else {
                break;
            };
            let Some((user, mut requests)) = state.waiting.remove(next) else {
                break;
            };
            let is_given = requests.pop_front().is_some_and(|request| {
                let turn = Turn {
                    user,
                    turns: Some(self.clone()),
                };
                // If the future of the request is gone, the turn comes back. It is revoked: releasing it would lock the state again, and nothing was counted yet.
                request.send(turn).map_err(|mut turn| turn.turns = None).is_ok()
            });
            if is_given {
                state.free -= 1;
                *state.working.entry(user).or_default() += 1;
            }
            if requests.is_empty() {
                continue;
            }
            if is_given {
                state.waiting.push_back((user, requests));
            } else {
                state.waiting.insert(next, (user, requests));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
        metrics::gauge!(FILES_WAITING).set(state.waiting() as f64);
    }
}

#[cfg(test)]
mod tests;
