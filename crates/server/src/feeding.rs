//! The tasks that change the directory and publish the changes: those that come over HTTP, and those that `suhbat import` makes beside the service.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    messaging::{DirectoryFeeding, Unpublished},
    people::{DirectoryDocument, Subscription},
    ports::{ImportOutcome, RosterEntry, StoreError},
};
use storage::{DirectoryTurns, OpenError};
use tokio::{
    task::JoinError,
    time::{MissedTickBehavior, interval},
};

use crate::causes::with_causes;

/// Why a change of the directory was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedingError {
    /// The store failed to write the document, or to read the changes.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The other nodes could not be kept from changing the directory meanwhile.
    #[error(transparent)]
    Turn(#[from] OpenError),
    /// The task that made it ended before its time; whether the change was stored is unknown.
    #[error("the change was cut off")]
    Interrupted(#[from] JoinError),
}

/// Feeds the directory. Changes are made and published one at a time over all nodes, each in a task of its own. Clones share the turns.
#[derive(Clone)]
pub(crate) struct FeedingTasks {
    feeding: DirectoryFeeding,
    turns: Arc<DirectoryTurns>,
    /// The last attempt to read the notes of imports failed.
    notes_fail: Arc<AtomicBool>,
}

impl FeedingTasks {
    pub(crate) fn new(feeding: DirectoryFeeding, turns: DirectoryTurns) -> Self {
        Self {
            feeding,
            turns: Arc::new(turns),
            notes_fail: Arc::default(),
        }
    }

    /// Imports a document, and publishes its changes; also when the caller leaves meanwhile.
    pub(crate) async fn import(&self, document: DirectoryDocument) -> Result<ImportOutcome, FeedingError> {
        self.spawn(move |feeding| async move { feeding.import(document).await }).await
    }

    /// Ends a subscription, and publishes the change; also when the caller leaves meanwhile.
    pub(crate) async fn unfollow(&self, subscription: Subscription) -> Result<(), FeedingError> {
        self.spawn(move |feeding| async move { Ok(((), feeding.unfollow(subscription).await?)) })
            .await
    }

    /// All active accounts, by id.
    pub(crate) async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.feeding.roster().await
    }

    /// Publishes the changes of imports beside the service, at intervals and for ever.
    pub(crate) async fn announce_imports(self, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.publish_imports().await;
        }
    }

    async fn publish_imports(&self) {
        let turn = match self.turns.take().await {
            Ok(turn) => turn,
            Err(error) => return self.log_notes(Some(&error)),
        };
        let unpublished = self.feeding.publish_imports().await;
        turn.end().await;
        self.log(&unpublished);
    }

    /// Makes a change when it is its turn.
    async fn spawn<T, C>(&self, change: impl FnOnce(DirectoryFeeding) -> C + Send + 'static) -> Result<T, FeedingError>
    where
        T: Send + 'static,
        C: Future<Output = Result<(T, Unpublished), StoreError>> + Send + 'static,
    {
        let tasks = self.clone();
        let changing = tokio::spawn(async move {
            let turn = tasks.turns.take().await?;
            let changed = change(tasks.feeding.clone()).await;
            turn.end().await;
            let (outcome, unpublished) = changed?;
            tasks.log(&unpublished);
            Ok(outcome)
        });
        changing.await?
    }

    /// Failures to read the notes are logged once until reading works again.
    fn log_notes(&self, failure: Option<&(dyn Error + 'static)>) {
        let failed_before = self.notes_fail.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            None if failed_before => tracing::info!("the changes of imports can be read again"),
            Some(error) if !failed_before => {
                let error = with_causes(error);
                tracing::warn!(
                    error,
                    "the changes of imports could not be read; they are announced when this works again"
                );
            }
            _ => {}
        }
    }

    fn log(&self, unpublished: &Unpublished) {
        self.log_notes(unpublished.notes.as_ref().map(|error| -> &(dyn Error + 'static) { error }));
        if let Some(error) = &unpublished.changes {
            let error = with_causes(error);
            tracing::error!(error, "open sockets could not be told of a change of the directory");
        }
    }
}

#[cfg(test)]
mod tests;
