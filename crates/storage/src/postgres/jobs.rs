//! Jobs: work for later, taken by lease.

use async_trait::async_trait;
use diesel::{
    pg::data_types::PgTimestamp,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    ports::{Job, JobCount, JobState, Jobs, NewJob, Settled, StoreError},
    time::Timestamp,
};

use super::{
    Connection, Outcome, Postgres,
    rows::{count, sql_time, time},
    statement::statement,
};
use crate::error::{CorruptValueError, Result};

/// The most jobs that one purge removes.
const PURGED: i64 = 1_000;

/// Puts a job, or changes the one with the same key. A job that a worker has gets another due time, by which its end notices that there is more to do.
struct Put {
    queue: String,
    key: String,
    payload: String,
    due_at: PgTimestamp,
    now: PgTimestamp,
}

statement! {
    Put:
    "INSERT INTO messaging_job AS j (queue, key, payload, due_at, created_at) VALUES (", queue: Text, ", ", key: Text, ", ", payload: Text,
    ", ", due_at: Timestamptz, ", ", now: Timestamptz, ") \
     ON CONFLICT (queue, key) DO UPDATE SET payload = excluded.payload, \
        due_at = CASE WHEN j.failed_at IS NOT NULL THEN excluded.due_at \
            WHEN j.leased_until IS NOT NULL THEN greatest(excluded.due_at, j.due_at + interval '1 microsecond') \
            ELSE least(j.due_at, excluded.due_at) END, \
        attempts = CASE WHEN j.failed_at IS NULL THEN j.attempts ELSE 0 END, failed_at = NULL"
}

/// Takes jobs that are due and that no worker has. What another worker looks at in this moment is left to it.
struct Take {
    queue: String,
    now: PgTimestamp,
    until: PgTimestamp,
    limit: i64,
}

statement! {
    Take -> (BigInt, Text, Text, Text, Timestamptz, BigInt):
    "UPDATE messaging_job j SET attempts = j.attempts + 1, leased_until = ", until: Timestamptz,
    " FROM (SELECT d.id FROM messaging_job d CROSS JOIN (SELECT ", now: Timestamptz, "::timestamptz AS at) present \
        WHERE d.queue = ", queue: Text, " AND d.due_at <= present.at AND d.failed_at IS NULL \
            AND (d.leased_until IS NULL OR d.leased_until <= present.at) \
        ORDER BY d.due_at, d.id LIMIT ", limit: BigInt, " FOR UPDATE OF d SKIP LOCKED) due \
     WHERE j.id = due.id RETURNING j.id, j.queue, j.key, j.payload, j.due_at, j.attempts"
}

type DueRow = (i64, String, String, String, PgTimestamp, i64);

fn job((id, queue, key, payload, due_at, attempts): DueRow, leased_until: Timestamp) -> std::result::Result<Job, CorruptValueError> {
    Ok(Job {
        id,
        queue,
        key,
        payload,
        due_at: time(due_at),
        attempts: attempts.try_into().map_err(|_| CorruptValueError {
            table: "messaging_job",
            column: "attempts",
        })?,
        leased_until,
    })
}

/// Removes a job that its worker still has, and that was not asked for again.
struct Done {
    id: i64,
    attempts: i64,
    leased_until: PgTimestamp,
    due_at: PgTimestamp,
}

statement! {
    Done:
    "DELETE FROM messaging_job WHERE id = ", id: BigInt, " AND attempts = ", attempts: BigInt, " AND leased_until = ", leased_until: Timestamptz,
    " AND due_at = ", due_at: Timestamptz,
}

/// Gives such a job back until another time, or up.
struct Failure {
    error: String,
    again: Option<PgTimestamp>,
    failed_at: Option<PgTimestamp>,
    id: i64,
    attempts: i64,
    leased_until: PgTimestamp,
    due_at: PgTimestamp,
}

statement! {
    Failure:
    "UPDATE messaging_job SET leased_until = NULL, last_error = ", error: Text, ", failed_at = ", failed_at: Nullable<Timestamptz>,
    ", due_at = coalesce(", again: Nullable<Timestamptz>, ", due_at) WHERE id = ", id: BigInt, " AND attempts = ", attempts: BigInt,
    " AND leased_until = ", leased_until: Timestamptz, " AND due_at = ", due_at: Timestamptz,
}

/// Gives a job back that was asked for again.
struct Again {
    id: i64,
    attempts: i64,
    leased_until: PgTimestamp,
}

statement! {
    Again:
    "UPDATE messaging_job SET leased_until = NULL, attempts = 0 WHERE id = ", id: BigInt, " AND attempts = ", attempts: BigInt,
    " AND leased_until = ", leased_until: Timestamptz,
}

struct Purge {
    before: PgTimestamp,
    limit: i64,
}

statement! {
    Purge:
    "DELETE FROM messaging_job WHERE id IN (SELECT j.id FROM messaging_job j WHERE j.failed_at < ", before: Timestamptz,
    " ORDER BY j.failed_at LIMIT ", limit: BigInt, " FOR UPDATE SKIP LOCKED)"
}

struct Counts;

statement! {
    Counts -> (Text, Bool, Bool, BigInt):
    "SELECT j.queue, j.failed_at IS NOT NULL, j.failed_at IS NULL AND j.leased_until IS NULL AND j.attempts > 0, count(*) \
     FROM messaging_job j GROUP BY 1, 2, 3"
}

/// What the worker of a job has to say of it.
#[derive(Clone)]
enum End {
    Done,
    Retry(String, Timestamp),
    GiveUp(String, Timestamp),
}

/// Settles a job that its worker still has. Where its due time is another one than the worker knows, the work was asked for again meanwhile.
async fn settle(connection: &mut Connection, job: &Job, end: End) -> Result<Outcome<Settled>> {
    let (id, attempts) = (job.id, i64::from(job.attempts));
    let (leased_until, due_at) = (sql_time(job.leased_until), sql_time(job.due_at));
    let failed = |error, again, failed_at| Failure {
        error,
        again,
        failed_at,
        id,
        attempts,
        leased_until,
        due_at,
    };
    let settled = match end {
        End::Done => {
            let done = Done {
                id,
                attempts,
                leased_until,
                due_at,
            };
            done.execute(connection).await?
        }
        End::Retry(error, again) => failed(error, Some(sql_time(again)), None).execute(connection).await?,
        End::GiveUp(error, now) => failed(error, None, Some(sql_time(now))).execute(connection).await?,
    };
    if settled > 0 {
        return Ok(Outcome::Keep(Settled::Stored));
    }
    let again = Again {
        id,
        attempts,
        leased_until,
    };
    Ok(match again.execute(connection).await? {
        0 => Outcome::Discard(Settled::Lost),
        _ => Outcome::Keep(Settled::Again),
    })
}

fn counted((queue, has_failed, is_retried, jobs): (String, bool, bool, i64)) -> std::result::Result<JobCount, CorruptValueError> {
    Ok(JobCount {
        queue,
        state: match (has_failed, is_retried) {
            (true, _) => JobState::Failed,
            (false, true) => JobState::Retrying,
            (false, false) => JobState::Waiting,
        },
        jobs: count(jobs, "messaging_job", "count")?,
    })
}

impl Postgres {
    async fn settle(&self, job: &Job, end: End) -> std::result::Result<Settled, StoreError> {
        let job = job.clone();
        self.write(move |connection| {
            let (job, end) = (job.clone(), end.clone());
            Box::pin(async move { Ok(Ok(settle(connection, &job, end).await?)) })
        })
        .await
    }
}

#[async_trait]
impl Jobs for Postgres {
    async fn put(&self, job: NewJob, now: Timestamp) -> std::result::Result<(), StoreError> {
        self.write(move |connection| {
            let put = Put {
                queue: job.queue.clone(),
                key: job.key.clone(),
                payload: job.payload.clone(),
                due_at: sql_time(job.due_at),
                now: sql_time(now),
            };
            Box::pin(async move {
                put.execute(connection).await?;
                Ok(Ok(Outcome::Keep(())))
            })
        })
        .await
    }

    async fn take(&self, queue: &str, now: Timestamp, until: Timestamp, limit: usize) -> std::result::Result<Vec<Job>, StoreError> {
        let queue = queue.to_owned();
        let mut jobs = self
            .write(move |connection| {
                let take = Take {
                    queue: queue.clone(),
                    now: sql_time(now),
                    until: sql_time(until),
                    limit: i64::try_from(limit).unwrap_or(i64::MAX),
                };
                Box::pin(async move {
                    let rows: Vec<DueRow> = take.load(connection).await?;
                    let jobs = rows.into_iter().map(|row| job(row, until));
                    let jobs: Vec<Job> = jobs.collect::<std::result::Result<_, _>>()?;
                    Ok(Ok(if jobs.is_empty() {
                        Outcome::Discard(jobs)
                    } else {
                        Outcome::Keep(jobs)
                    }))
                })
            })
            .await?;
        // An update returns its rows in no particular order.
        jobs.sort_by_key(|job| (job.due_at, job.id));
        Ok(jobs)
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
        self.write(move |connection| {
            let purge = Purge {
                before: sql_time(before),
                limit: PURGED,
            };
            Box::pin(async move { Ok(Ok(Outcome::Keep(purge.execute(connection).await? as u64))) })
        })
        .await
    }

    async fn job_counts(&self) -> std::result::Result<Vec<JobCount>, StoreError> {
        self.read_once(|mut connection| {
            Box::pin(async move {
                let rows: Vec<(String, bool, bool, i64)> = Counts.load(&mut connection).await?;
                let mut counts: Vec<JobCount> = rows.into_iter().map(counted).collect::<std::result::Result<_, _>>()?;
                counts.sort();
                Ok(counts)
            })
        })
        .await
    }
}
