use async_trait::async_trait;

use super::StoreError;
use crate::time::Timestamp;

/// Work to be put into a queue. Its payload holds ids, never the text of a message: the worker asks for the facts of the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The queue, which decides who does the work.
    pub queue: String,
    /// The name of the work within its queue. The same work that is asked for again is one job.
    pub key: String,
    /// What the worker needs to know.
    pub payload: String,
    /// The earliest time at which it is done.
    pub due_at: Timestamp,
}

/// A job, in the hands of the worker who took it until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number in the store.
    pub id: i64,
    /// The queue from which it was taken.
    pub queue: String,
    /// The name of the work within its queue.
    pub key: String,
    /// What the worker needs to know.
    pub payload: String,
    /// The time since which it was due.
    pub due_at: Timestamp,
    /// How often it was taken, this time included.
    pub attempts: u32,
    /// The time until which nobody else gets it.
    pub leased_until: Timestamp,
}

/// What became of a job that its worker is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// As the worker has said.
    Stored,
    /// The same work was asked for again while it was done, so that the job waits for its next turn.
    Again,
    /// The lease had ended and another worker has the job, or it has gone: nothing was changed.
    Lost,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// It waits until it is due, for a worker, or for the end of the lease of one who has gone.
    Waiting,
    /// It has failed, and waits for its next attempt.
    Retrying,
    /// It was given up, and is kept so that an operator can see why.
    Failed,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Retrying, Self::Failed];

    /// The name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
        }
    }
}

/// How many jobs of a queue are in a state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobCount {
    /// The queue.
    pub queue: String,
    /// The state.
    pub state: JobState,
    /// The number of jobs, which is not 0.
    pub jobs: u64,
}

/// Work for later. A job is done at least once: a worker that is gone when its lease ends may have done it already, so doing it twice must have the effect of
/// doing it once.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Puts a job into its queue. If the work is waiting there already, it stays one job: with the earlier of both due times and the newer payload. Work that a
    /// worker has at this time is done again afterwards. A job that was given up begins anew.
    async fn put(&self, job: NewJob, now: Timestamp) -> Result<(), StoreError>;

    /// Takes jobs that are due and that no worker has, in the order in which they became due, at most `limit`. Until `until` nobody else gets them.
    async fn take(&self, queue: &str, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError>;

    /// Removes a job that its worker has done.
    async fn done(&self, job: &Job) -> Result<Settled, StoreError>;

    /// Gives a job back that failed, to be taken again from `due_at` on ([`crate::rules::backoff`]).
    async fn retry(&self, job: &Job, error: &str, due_at: Timestamp) -> Result<Settled, StoreError>;

    /// Gives a job up that failed too often. It is kept with its error until [`Self::purge`].
    async fn give_up(&self, job: &Job, error: &str, now: Timestamp) -> Result<Settled, StoreError>;

    /// Removes jobs that were given up before this time, at most 1,000 of them. Returns how many.
    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// How many jobs there are, ordered by queue and state.
    async fn job_counts(&self) -> Result<Vec<JobCount>, StoreError>;
}
