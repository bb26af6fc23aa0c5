use async_trait::async_trait;

use super::store::FakeStore;
use crate::{
    ports::{Job, JobCount, JobState, Jobs, NewJob, Settled, StoreError},
    time::Timestamp,
};

/// A stored job.
#[derive(Clone, Debug)]
pub(super) struct JobRow {
    job: Job,
    is_leased: bool,
    failed: Option<(Timestamp, String)>,
}

impl JobRow {
    fn state(&self) -> JobState {
        match self {
            Self { failed: Some(_), .. } => JobState::Failed,
            Self { job, is_leased: false, .. } if job.attempts > 0 => JobState::Retrying,
            _ => JobState::Waiting,
        }
    }
}

impl FakeStore {
    /// Settles a job that this worker still has: removes it, or changes it. Work that was asked for again waits for its next turn.
    fn settle(&self, job: &Job, change: Option<&dyn Fn(&mut JobRow)>) -> Result<Settled, StoreError> {
        let mut state = self.state()?;
        let is_held = |row: &&mut JobRow| {
            let held = &row.job;
            row.is_leased && (held.id, held.attempts, held.leased_until) == (job.id, job.attempts, job.leased_until)
        };
        let Some(row) = state.jobs.iter_mut().find(is_held) else {
            return Ok(Settled::Lost);
        };
        row.is_leased = false;
        if row.job.due_at != job.due_at {
            row.job.attempts = 0;
            return Ok(Settled::Again);
        }
        match change {
            Some(change) => change(row),
            None => state.jobs.retain(|row| row.job.id != job.id),
        }
        Ok(Settled::Stored)
    }
}

#[async_trait]
impl Jobs for FakeStore {
    async fn put(&self, new: NewJob, _: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let NewJob {
            queue,
            key,
            payload,
            due_at,
        } = new;
        let same = state.jobs.iter_mut().find(|row| row.job.queue == queue && row.job.key == key);
        if let Some(row) = same {
            row.job.payload = payload;
            if row.failed.take().is_some() {
                row.job.attempts = 0;
                row.job.due_at = due_at;
            } else if row.is_leased {
                row.job.due_at = due_at.max(row.job.due_at.plus_micros(1));
            } else {
                row.job.due_at = row.job.due_at.min(due_at);
            }
        } else {
            state.job_ids += 1;
            let job = Job {
                id: state.job_ids,
                queue,
                key,
                payload,
                due_at,
                attempts: 0,
                leased_until: Timestamp(0),
            };
            state.jobs.push(JobRow {
                job,
                is_leased: false,
                failed: None,
            });
        }
        Ok(())
    }

    async fn take(&self, queue: &str, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        let mut state = self.state()?;
        let is_free = |row: &&mut JobRow| {
            row.failed.is_none() && row.job.queue == queue && row.job.due_at <= now && !(row.is_leased && row.job.leased_until > now)
        };
        let mut due: Vec<&mut JobRow> = state.jobs.iter_mut().filter(is_free).collect();
        due.sort_by_key(|row| (row.job.due_at, row.job.id));
        let take = |row: &mut JobRow| {
            row.is_leased = true;
            row.job.leased_until = until;
            row.job.attempts += 1;
            row.job.clone()
        };
        Ok(due.into_iter().take(limit).map(take).collect())
    }

    async fn done(&self, job: &Job) -> Result<Settled, StoreError> {
        self.settle(job, None)
    }

    async fn retry(&self, job: &Job, error: &str, due_at: Timestamp) -> Result<Settled, StoreError> {
        let _ = error;
        self.settle(job, Some(&|row| row.job.due_at = due_at))
    }

    async fn give_up(&self, job: &Job, error: &str, now: Timestamp) -> Result<Settled, StoreError> {
        self.settle(job, Some(&|row| row.failed = Some((now, error.to_owned()))))
    }

    async fn purge(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let jobs = state.jobs.len();
        state.jobs.retain(|row| row.failed.as_ref().is_none_or(|(at, _)| *at >= before));
        Ok((jobs - state.jobs.len()) as u64)
    }

    async fn job_counts(&self) -> Result<Vec<JobCount>, StoreError> {
        let state = self.state()?;
        let mut counts: Vec<JobCount> = Vec::new();
        for row in &state.jobs {
            let (queue, state) = (&row.job.queue, row.state());
            match counts.iter_mut().find(|count| count.queue == *queue && count.state == state) {
                Some(count) => count.jobs += 1,
                None => counts.push(JobCount {
                    queue: queue.clone(),
                    state,
                    jobs: 1,
                }),
            }
        }
        counts.sort();
        Ok(counts)
    }
}
