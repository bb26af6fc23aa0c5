//! Transactions: how they begin and end, and how often they are run.

use std::{
    future::Future,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use diesel_async::{AnsiTransactionManager, RunQueryDsl as _, SimpleAsyncConnection as _, TransactionManager as _};
use domain::ports::{Decided, StoreError};

use futures_util::{join, try_join};

use super::{Connection, Inner, Outcome, Work, error, pool::Taken, statement::statement};
use crate::{
    error::{AdapterError, Result},
    measure,
};

/// How often an act is run at most, where another transaction is in its way each time.
const ATTEMPTS: u32 = 8;

impl Inner {
    /// Runs the work in a transaction, and again where another transaction was in its way.
    pub(super) async fn transact<T, W>(&self, work: &W) -> Result<Decided<Outcome<T>>>
    where
        T: Send,
        W: for<'c> Fn(&'c mut Connection) -> Work<'c, Decided<Outcome<T>>> + Send + Sync,
    {
        self.repeat(|| self.attempt(work)).await
    }

    /// Runs work that begins the transaction with its first statements ([`begin_with`]) and, if it keeps something, commits it with its last ones
    /// ([`commit_with`]): two round trips less for each transaction. It is run again where another transaction was in its way.
    pub(super) async fn transact_in_few_trips<T, W>(&self, work: &W) -> Result<Outcome<T>>
    where
        T: Send,
        W: for<'c> Fn(&'c Taken) -> Work<'c, Outcome<T>> + Send + Sync,
    {
        self.repeat(|| self.attempt_in_few_trips(work)).await
    }

    async fn repeat<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut attempts = 1;
        loop {
            match attempt().await {
                Err(AdapterError(error)) if attempts < ATTEMPTS && error::another_was_in_the_way(&error) => {
                    metrics::counter!(measure::RETRIES).increment(1);
                    tracing::debug!(%error, attempts, "another transaction was in the way");
                    attempts += 1;
                }
                Err(AdapterError(error)) => {
                    let error = if error::another_was_in_the_way(&error) {
                        StoreError::Busy
                    } else {
                        error
                    };
                    if matches!(error, StoreError::Failed(_) | StoreError::Damaged(_)) {
                        tracing::error!(%error, source = ?std::error::Error::source(&error), "a transaction failed");
                        self.last_write_failed.store(true, Ordering::Relaxed);
                    }
                    return Err(AdapterError(error));
                }
                done => return done,
            }
        }
    }

    async fn attempt<T, W>(&self, work: &W) -> Result<Decided<Outcome<T>>>
    where
        T: Send,
        W: for<'c> Fn(&'c mut Connection) -> Work<'c, Decided<Outcome<T>>> + Send + Sync,
    {
        let mut connection = self.connection().await?;
        let began = Instant::now();
        AnsiTransactionManager::begin_transaction(&mut *connection).await?;
        let done = work(&mut connection).await.map_err(|fault| connection.explain(fault));
        let keep = matches!(done, Ok(Ok(Outcome::Keep(_))));
        let ending = Instant::now();
        let ended = end(&mut connection, keep).await.map_err(|fault| connection.explain(fault));
        if keep {
            metrics::histogram!(measure::SYNC_SECONDS).record(ending.elapsed());
        }
        // An error of the work says more than the error of its end.
        let done = done?;
        ended?;
        if keep {
            self.note_kept(began.elapsed());
        }
        Ok(done)
    }

    async fn attempt_in_few_trips<T, W>(&self, work: &W) -> Result<Outcome<T>>
    where
        T: Send,
        W: for<'c> Fn(&'c Taken) -> Work<'c, Outcome<T>> + Send + Sync,
    {
        let connection = self.connection().await?;
        let began = Instant::now();
        let done = work(&connection).await.map_err(|fault| connection.explain(fault));
        if matches!(done, Ok(Outcome::Keep(_))) {
            self.note_kept(began.elapsed());
        }
        if connection.in_transaction() {
            let undone = connection.end("ROLLBACK").await;
            // An error of the work says more than the error of its end.
            let done = done?;
            undone?;
            return Ok(done);
        }
        done
    }

    fn note_kept(&self, after: Duration) {
        metrics::histogram!(measure::COMMIT_SECONDS).record(after);
        self.last_write_failed.store(false, Ordering::Relaxed);
    }
}

impl Taken {
    /// Ends the transaction that [`begin_with`] began; if it cannot be ended, the connection goes to nobody else.
    pub(super) async fn end(&self, statement: &'static str) -> Result<()> {
        let mut shared: &Connection = self;
        shared.batch_execute(statement).await.map_err(|fault| self.explain(fault.into()))?;
        self.set_in_transaction(false);
        Ok(())
    }
}

/// Commits the transaction, or undoes it.
async fn end(connection: &mut Connection, keep: bool) -> Result<()> {
    if keep {
        AnsiTransactionManager::commit_transaction(connection).await?;
    } else {
        AnsiTransactionManager::rollback_transaction(connection).await?;
    }
    Ok(())
}

/// Begins a transaction with this statement, and sends these with it, without waiting for an answer between.
pub(super) async fn begin_with<T>(connection: &Taken, statement: &'static str, first: impl Future<Output = Result<T>>) -> Result<T> {
    connection.set_in_transaction(true);
    let mut shared = &**connection;
    let begin = async { Ok(shared.batch_execute(statement).await?) };
    // Statements are sent in the order in which their futures are polled for the first time.
    let ((), first) = try_join!(begin, first)?;
    Ok(first)
}

/// Commits the transaction together with its last statements, in one round trip. If one of them fails, the server undoes the transaction. `last` has to send all
/// of its statements when it is polled for the first time: one that waited for the answer to another would be carried out after the commit.
pub(super) async fn commit_with(connection: &Taken, last: impl Future<Output = Result<()>>) -> Result<()> {
    let mut shared = &**connection;
    let mut ending = Instant::now();
    let last = async {
        let done = last.await;
        ending = Instant::now();
        done
    };
    // Both are waited for, so that the transaction has ended in any case.
    let (last, committed) = join!(last, Commit.execute(&mut shared));
    connection.set_in_transaction(false);
    last?;
    committed?;
    metrics::histogram!(measure::SYNC_SECONDS).record(ending.elapsed());
    Ok(())
}

/// Prepared as the statements before it are: while one of them is prepared, later ones wait, which keeps their order.
struct Commit;

statement! {
    Commit:
    "COMMIT"
}
