//! Jobs: work for later, taken by lease.

use async_trait::async_trait;
use domain::{
    ports::{Job, JobCount, JobState, Jobs, NewJob, Settled, StoreError},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    Sqlite,
    rows::{Query, query, row, run},
    writer::Outcome,
};
use crate::error::Result;

/// The most jobs that one purge removes.
const PURGED: i64 = 1_000;

/// Puts a job, or changes the one with the same key. A job that a worker has gets another due time, by which its end notices that there is more to do.
/// Parameters: queue, key, payload, due time, present time.
const PUT: &str = "INSERT INTO messaging_job (queue, key, payload, due_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (queue, key) DO UPDATE SET payload = excluded.payload,
         due_at = CASE WHEN failed_at IS NOT NULL THEN excluded.due_at
             WHEN leased_until IS NOT NULL THEN max(excluded.due_at, due_at + 1) ELSE min(due_at, excluded.due_at) END,
         attempts = CASE WHEN failed_at IS NULL THEN attempts ELSE 0 END, failed_at = NULL";

row!(
    struct DueJob of messaging_job {
        id: i64,
        queue: String,
        key: String,
        payload: String,
        due_at: Timestamp,
        attempts: u32,
    }
);

/// Jobs that are due and that no worker has. Parameters: queue, present time, number.
pub(super) const SELECT_DUE: Query<DueJob> = query!(
    DueJob as "j",
    "FROM messaging_job j
     WHERE j.queue = ?1 AND j.due_at <= ?2 AND j.failed_at IS NULL AND (j.leased_until IS NULL OR j.leased_until <= ?2)
     ORDER BY j.due_at, j.id LIMIT ?3"
);

/// Removes jobs that were given up. Parameters: the time, their number.
pub(super) const PURGE: &str = "DELETE FROM messaging_job WHERE id IN
     (SELECT j.id FROM messaging_job j WHERE j.failed_at < ?1 ORDER BY j.failed_at LIMIT ?2)";

row!(
    struct Count of messaging_job {
        queue: String,
        has_failed: bool = "j.failed_at IS NOT NULL",
        is_retried: bool = "j.failed_at IS NULL AND j.leased_until IS NULL AND j.attempts > 0",
        jobs: u64 = "count(*)",
    }
);

const COUNTS: Query<Count> = query!(Count as "j", "FROM messaging_job j GROUP BY 1, 2, 3");

fn take(connection: &Connection, queue: &str, now: Timestamp, until: Timestamp, limit: i64) -> Result<Outcome<Vec<Job>>> {
    let due = SELECT_DUE.all(connection, params![queue, now.0, limit])?;
    if due.is_empty() {
        return Ok(Outcome::Discard(Vec::new()));
    }
    let mut taken = Vec::with_capacity(due.len());
    for job in due {
        run(
            connection,
            "UPDATE messaging_job SET leased_until = ?2, attempts = attempts + 1 WHERE id = ?1",
            [job.id, until.0],
        )?;
        taken.push(Job {
            id: job.id,
            queue: job.queue,
            key: job.key,
            payload: job.payload,
            due_at: job.due_at,
            attempts: job.attempts + 1,
            leased_until: until,
        });
    }
    Ok(Outcome::Keep(taken))
}

/// What the worker of a job has to say of it.
enum End {
    Done,
    Retry(String, Timestamp),
    GiveUp(String, Timestamp),
}

/// Settles a job that its worker still has. Where its due time is another one than the worker knows, the work was asked for again meanwhile.
fn settle(connection: &Connection, job: &Job, end: &End) -> Result<Outcome<Settled>> {
    const HELD: &str = "id = ?1 AND attempts = ?2 AND leased_until = ?3";
    let (id, attempts, leased_until, due_at) = (job.id, job.attempts, job.leased_until.0, job.due_at.0);
    let settled = match end {
        End::Done => run(
            connection,
            &format!("DELETE FROM messaging_job WHERE {HELD} AND due_at = ?4"),
            params![id, attempts, leased_until, due_at],
        )?,
        End::Retry(error, again) => run(
            connection,
            &format!("UPDATE messaging_job SET leased_until = NULL, last_error = ?5, due_at = ?6 WHERE {HELD} AND due_at = ?4"),
            params![id, attempts, leased_until, due_at, error, again.0],
        )?,
        End::GiveUp(error, now) => run(
            connection,
            &format!("UPDATE messaging_job SET leased_until = NULL, last_error = ?5, failed_at = ?6 WHERE {HELD} AND due_at = ?4"),
            params![id, attempts, leased_until, due_at, error, now.0],
        )?,
    };
    if settled > 0 {
        return Ok(Outcome::Keep(Settled::Stored));
    }
    let again = run(
        connection,
        &format!("UPDATE messaging_job SET leased_until = NULL, attempts = 0 WHERE {HELD}"),
        params![id, attempts, leased_until],
    )?;
    Ok(match again {
        0 => Outcome::Discard(Settled::Lost),
        _ => Outcome::Keep(Settled::Again),
    })
}

fn counts(connection: &Connection) -> Result<Vec<JobCount>> {
    let rows = COUNTS.all(connection, [])?.into_iter();
    let mut counts: Vec<JobCount> = rows
        .map(|row| JobCount {
            queue: row.queue,
            state: match (row.has_failed, row.is_retried) {
                (true, _) => JobState::Failed,
                (false, true) => JobState::Retrying,
                (false, false) => JobState::Waiting,
            },
            jobs: row.jobs,
        })
        .collect();
    counts.sort();
    Ok(counts)
}

impl Sqlite {
    async fn settle(&self, job: &Job, end: End) -> std::result::Result<Settled, StoreError> {
        let job = job.clone();
        self.write(None, move |connection| settle(connection, &job, &end)).await
    }
}

#[async_trait]
impl Jobs for Sqlite {
    async fn put(&self, job: NewJob, now: Timestamp) -> std::result::Result<(), StoreError> {
        self.write(None, move |connection| {
            run(connection, PUT, params![job.queue, job.key, job.payload, job.due_at.0, now.0])?;
            Ok(Outcome::Keep(()))
        })
        .await
    }

    async fn take(&self, queue: &str, now: Timestamp, until: Timestamp, limit: usize) -> std::result::Result<Vec<Job>, StoreError> {
        let (queue, limit) = (queue.to_owned(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.write(None, move |connection| take(connection, &queue, now, until, limit))
            .await
    }

    async fn done(&self, job: &Job) -> std::result::Result<Settled, StoreError> {
        self.settle(job, End::Done).await
    }

    async fn retry(&self, job: &Job, error: &str, due_at: Timestamp) -> std::result::Result<Settled, StoreError> {
        self.settle(job, End::Retry(error.to_owned(), due_at)).await
    }

    async fn give_up(&self, job: &Job, error: &str, now: Timestamp) -> std::result::Result<Settled, StoreError> {
        self.settle(job, End::GiveUp(error.to_owned(), now)).await
    }

    async fn purge(&self, before: Timestamp) -> std::result::Result<u64, StoreError> {
        self.write(None, move |connection| {
            let purged = run(connection, PURGE, [before.0, PURGED])? as u64;
            Ok(if purged == 0 { Outcome::Discard(0) } else { Outcome::Keep(purged) })
        })
        .await
    }

    async fn job_counts(&self) -> std::result::Result<Vec<JobCount>, StoreError> {
        self.scan(counts).await
    }
}
