//! The suite of [`crate::ports::Jobs`].

use super::Works;
use crate::{
    ports::{Job, JobCount, JobState, Jobs, NewJob, Settled},
    testing::{builders::at, join_all},
};

/// Runs the suite of [`crate::ports::Jobs`].
#[macro_export]
macro_rules! jobs_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            jobs: jobs_are_taken_when_they_are_due_in_the_order_of_due_times,
            a_queue_has_its_own_jobs,
            the_same_work_is_one_job_with_the_first_due_time,
            nobody_else_gets_a_job_until_its_lease_ends,
            a_worker_beyond_its_lease_changes_nothing,
            work_that_is_asked_for_while_it_is_done_is_done_again,
            a_failed_job_comes_back_when_it_is_due_again,
            a_job_that_was_given_up_is_kept_until_it_is_purged,
            a_job_that_was_given_up_begins_anew_when_it_is_asked_for,
            jobs_are_counted_by_queue_and_state,
            workers_at_the_same_time_take_each_job_once,
        );
    };
}

const PUSH: &str = "push";

fn job(key: &str, due: i64) -> NewJob {
    NewJob {
        queue: PUSH.to_owned(),
        key: key.to_owned(),
        payload: format!("{{\"of\": \"{key}\"}}"),
        due_at: at(due),
    }
}

async fn put(store: &impl Jobs, key: &str, due: i64) {
    store.put(job(key, due), at(0)).await.works();
}

/// Takes jobs for ten seconds.
async fn take(store: &impl Jobs, now: i64, limit: usize) -> Vec<Job> {
    store.take(PUSH, at(now), at(now + 10), limit).await.works()
}

async fn take_one(store: &impl Jobs, now: i64) -> Job {
    let mut taken = take(store, now, 10).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

fn keys(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.key.as_str()).collect()
}

/// A job that is due later waits, however many places there are.
pub async fn jobs_are_taken_when_they_are_due_in_the_order_of_due_times(store: &impl Jobs) {
    for (key, due) in [("c", 30), ("a", 10), ("d", 40), ("b", 20)] {
        put(store, key, due).await;
    }
    assert_eq!(take(store, 9, 10).await, []);
    let first = take(store, 30, 2).await;
    assert_eq!(keys(&first), ["a", "b"]);
    assert_eq!(
        (first[0].payload.as_str(), first[0].due_at, first[0].attempts),
        ("{\"of\": \"a\"}", at(10), 1)
    );
    assert_eq!(keys(&take(store, 30, 10).await), ["c"]);
    for job in &first {
        assert_eq!(store.done(job).await.works(), Settled::Stored);
    }
    assert_eq!(keys(&take(store, 60, 10).await), ["c", "d"], "the lease of c has ended");
}

/// Keys are unique within their queue.
pub async fn a_queue_has_its_own_jobs(store: &impl Jobs) {
    put(store, "a", 0).await;
    let elsewhere = NewJob {
        queue: "timer".to_owned(),
        ..job("a", 0)
    };
    store.put(elsewhere, at(0)).await.works();
    assert_eq!(keys(&take(store, 1, 10).await), ["a"]);
    let other = store.take("timer", at(1), at(9), 10).await.works();
    assert_eq!((keys(&other), other[0].queue.as_str()), (vec!["a"], "timer"));
    assert_eq!(store.take("nothing", at(1), at(9), 10).await.works(), []);
}

/// Whoever asks later neither delays it nor makes a second one.
pub async fn the_same_work_is_one_job_with_the_first_due_time(store: &impl Jobs) {
    put(store, "a", 10).await;
    let newer = NewJob {
        payload: "newer".to_owned(),
        ..job("a", 50)
    };
    store.put(newer, at(5)).await.works();
    let taken = take_one(store, 10).await;
    assert_eq!((taken.due_at, taken.payload.as_str()), (at(10), "newer"));
    assert_eq!(store.done(&taken).await.works(), Settled::Stored);
    assert_eq!(take(store, 100, 10).await, []);
    put(store, "b", 200).await;
    put(store, "b", 120).await;
    assert_eq!(take_one(store, 120).await.due_at, at(120));
}

/// The lease is the time that a worker has.
pub async fn nobody_else_gets_a_job_until_its_lease_ends(store: &impl Jobs) {
    put(store, "a", 0).await;
    let first = take_one(store, 1).await;
    assert_eq!(take(store, 10, 10).await, []);
    let second = take_one(store, 11).await;
    assert_eq!((second.id, second.attempts), (first.id, 2));
}

/// It may have been done, or be done again: the job belongs to whoever has the lease.
pub async fn a_worker_beyond_its_lease_changes_nothing(store: &impl Jobs) {
    put(store, "a", 0).await;
    let late = take_one(store, 1).await;
    let second = take_one(store, 20).await;
    assert_eq!(store.done(&late).await.works(), Settled::Lost);
    assert_eq!(store.retry(&late, "late", at(99)).await.works(), Settled::Lost);
    assert_eq!(store.give_up(&late, "late", at(99)).await.works(), Settled::Lost);
    assert_eq!(take(store, 21, 10).await, [], "the lease stands");
    assert_eq!(store.done(&second).await.works(), Settled::Stored);
    assert_eq!(store.done(&second).await.works(), Settled::Lost);
    assert_eq!(take(store, 100, 10).await, []);
}

/// The worker may have looked at the facts before they changed.
pub async fn work_that_is_asked_for_while_it_is_done_is_done_again(store: &impl Jobs) {
    put(store, "a", 0).await;
    let first = take_one(store, 5).await;
    put(store, "a", 0).await;
    assert_eq!(take(store, 6, 10).await, [], "it is being done");
    assert_eq!(store.done(&first).await.works(), Settled::Again);
    let second = take_one(store, 6).await;
    assert_eq!(second.attempts, 1);
    put(store, "a", 50).await;
    assert_eq!(store.retry(&second, "no answer", at(30)).await.works(), Settled::Again);
    assert_eq!(take(store, 49, 10).await, []);
    let third = take_one(store, 50).await;
    assert_eq!(store.done(&third).await.works(), Settled::Stored);
    assert_eq!(take(store, 100, 10).await, []);
}

/// Each attempt is counted.
pub async fn a_failed_job_comes_back_when_it_is_due_again(store: &impl Jobs) {
    put(store, "a", 0).await;
    let first = take_one(store, 1).await;
    assert_eq!(store.retry(&first, "no answer", at(5)).await.works(), Settled::Stored);
    assert_eq!(take(store, 4, 10).await, []);
    let second = take_one(store, 5).await;
    assert_eq!((second.attempts, second.due_at), (2, at(5)));
    assert_eq!(store.done(&second).await.works(), Settled::Stored);
}

/// An operator can see it for a while.
pub async fn a_job_that_was_given_up_is_kept_until_it_is_purged(store: &impl Jobs) {
    for key in ["a", "b"] {
        put(store, key, 0).await;
    }
    let taken = take(store, 1, 10).await;
    for (job, now) in taken.iter().zip([2, 3]) {
        assert_eq!(store.give_up(job, "gone for good", at(now)).await.works(), Settled::Stored);
    }
    assert_eq!(take(store, 100, 10).await, []);
    assert_eq!(store.purge(at(2)).await.works(), 0);
    assert_eq!(store.purge(at(3)).await.works(), 1);
    assert_eq!(store.purge(at(4)).await.works(), 1);
    assert_eq!(store.job_counts().await.works(), []);
}

/// What went wrong may be mended.
pub async fn a_job_that_was_given_up_begins_anew_when_it_is_asked_for(store: &impl Jobs) {
    put(store, "a", 0).await;
    let taken = take_one(store, 1).await;
    assert_eq!(store.give_up(&taken, "gone", at(2)).await.works(), Settled::Stored);
    put(store, "a", 50).await;
    assert_eq!(take(store, 49, 10).await, []);
    assert_eq!(take_one(store, 50).await.attempts, 1);
    assert_eq!(store.purge(at(99)).await.works(), 0);
}

/// Waiting, retried and given up jobs are told apart.
pub async fn jobs_are_counted_by_queue_and_state(store: &impl Jobs) {
    for key in ["a", "b", "c", "d"] {
        put(store, key, 0).await;
    }
    let elsewhere = NewJob {
        queue: "timer".to_owned(),
        ..job("a", 0)
    };
    store.put(elsewhere, at(0)).await.works();
    let taken = take(store, 1, 3).await;
    assert_eq!(store.retry(&taken[0], "no answer", at(90)).await.works(), Settled::Stored);
    assert_eq!(store.give_up(&taken[1], "gone", at(2)).await.works(), Settled::Stored);
    let count = |queue: &str, state, jobs| JobCount {
        queue: queue.to_owned(),
        state,
        jobs,
    };
    assert_eq!(
        store.job_counts().await.works(),
        [
            // One of them is being done.
            count(PUSH, JobState::Waiting, 2),
            count(PUSH, JobState::Retrying, 1),
            count(PUSH, JobState::Failed, 1),
            count("timer", JobState::Waiting, 1),
        ]
    );
}

/// No job is given to two workers, and none is forgotten.
pub async fn workers_at_the_same_time_take_each_job_once(store: &impl Jobs) {
    const JOBS: usize = 60;
    let numbers: Vec<String> = (0..JOBS).map(|number| format!("{number:02}")).collect();
    join_all(numbers.iter().map(|key| put(store, key, 0))).await;
    let work = async || {
        let mut mine = Vec::new();
        loop {
            let taken = take(store, 1, 4).await;
            if taken.is_empty() {
                return mine;
            }
            for job in taken {
                assert_eq!(store.done(&job).await.works(), Settled::Stored);
                mine.push(job.key);
            }
        }
    };
    let mut all = join_all((0..4).map(|_| work())).await.concat();
    // Where workers look at the same rows, one of them may have found none that was free.
    all.extend(work().await);
    all.sort();
    assert_eq!(all, numbers);
}
