//! Reads that run until the store ends them.

use std::{
    future::{Future, poll_fn},
    task::Poll,
};

use tempfile::TempDir;

use super::*;

/// A query that never ends.
const ENDLESS: &str = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT COUNT(*) FROM numbers";

fn endless(connection: &Connection) -> error::Result<i64> {
    Ok(connection.query_row(ENDLESS, [], |row| row.get(0))?)
}

fn open(change: impl FnOnce(&mut SqliteConfig)) -> (Sqlite, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = SqliteConfig {
        readers: 1,
        ..SqliteConfig::at(folder.path().join("suhbat.db"))
    };
    change(&mut config);
    (Sqlite::open(config).unwrap(), folder)
}

/// Starts the work and waits until it runs on a thread; then it can be dropped.
async fn begun<T>(reading: impl Future<Output = T>, runs: tokio::sync::oneshot::Receiver<()>) -> impl Future<Output = T> {
    let mut reading = Box::pin(reading);
    let first = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context).is_pending())).await;
    assert!(first, "answered at once");
    runs.await.unwrap();
    reading
}

async fn answers(store: &Sqlite) {
    let one = store.read(|connection| Ok(connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(one.await.unwrap(), 1);
}

#[tokio::test]
async fn a_read_ends_when_its_caller_leaves_and_the_thread_serves_the_next() {
    let (store, _folder) = open(|_| ());
    for _ in 0..3 {
        let (running, runs) = tokio::sync::oneshot::channel();
        let reading = store.read(move |connection| {
            running.send(()).unwrap();
            endless(connection)
        });
        drop(begun(reading, runs).await);
        answers(&store).await;
    }
}

#[tokio::test]
async fn a_read_that_takes_too_long_fails_as_busy_and_the_thread_serves_the_next() {
    let (store, _folder) = open(|config| config.longest_read = Duration::from_millis(50));
    assert!(matches!(store.read(endless).await, Err(StoreError::Busy)));
    answers(&store).await;
}

#[tokio::test]
async fn ending_one_read_does_not_end_others() {
    let (store, _folder) = open(|config| config.readers = 2);
    let (running, runs) = tokio::sync::oneshot::channel();
    let abandoned = store.read(move |connection| {
        running.send(()).unwrap();
        endless(connection)
    });
    let abandoned = begun(abandoned, runs).await;
    let numbers =
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000) SELECT COUNT(*) FROM numbers";
    let (running, runs) = tokio::sync::oneshot::channel();
    let kept = store.read(move |connection| {
        running.send(()).unwrap();
        Ok(connection.query_row(numbers, [], |row| row.get::<_, i64>(0))?)
    });
    let kept = begun(kept, runs).await;
    drop(abandoned);
    assert_eq!(kept.await.unwrap(), 100_000);
}

#[tokio::test]
async fn scans_leave_threads_to_other_reads() {
    let (store, _folder) = open(|config| config.readers = 4);
    let mut scans = Vec::new();
    for _ in 0..2 {
        let (running, runs) = tokio::sync::oneshot::channel();
        let scan = store.scan(move |connection| {
            running.send(()).unwrap();
            endless(connection)
        });
        scans.push(begun(scan, runs).await);
    }
    let mut waiting = Box::pin(store.scan(|_| Ok(())));
    let is_pending = poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending())).await;
    assert!(is_pending, "a third scan runs");
    answers(&store).await;
    scans.pop();
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_scan_that_waits_for_too_long_fails_as_busy() {
    let (store, _folder) = open(|config| config.wait = Duration::from_millis(50));
    let (running, runs) = tokio::sync::oneshot::channel();
    let scan = store.scan(move |connection| {
        running.send(()).unwrap();
        endless(connection)
    });
    let scan = begun(scan, runs).await;
    assert!(matches!(store.scan(|_| Ok(())).await, Err(StoreError::Busy)));
    drop(scan);
    answers(&store).await;
}

#[tokio::test]
async fn a_closed_store_runs_no_scan() {
    let (store, _folder) = open(|_| ());
    store.close();
    assert!(matches!(store.scan(|_| Ok(())).await, Err(StoreError::Failed(_))));
}
