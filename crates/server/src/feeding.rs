//! Changes of the directory, and announcing them to the people who are online: those that come over HTTP, and those that `suhbat import` makes beside the
//! service.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    feeding::DirectoryChanges,
    messaging::Messaging,
    people::{DirectoryDocument, Subscription},
    ports::{DirectoryWriter, ImportOutcome, RosterEntry, StoreError},
};
use tokio::{
    sync::Mutex,
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
    /// The task that made it ended before its time; whether the change was stored is unknown.
    #[error("the change was cut off")]
    Interrupted(#[from] JoinError),
}

/// Feeds the directory. Changes are made and announced one at a time, as [`Messaging::directory_changed`] wants it. Clones share the turn.
#[derive(Clone)]
pub(crate) struct DirectoryFeeding {
    directory: Arc<dyn DirectoryWriter>,
    messaging: Messaging,
    turn: Arc<Mutex<()>>,
    /// The last attempt to take a note failed.
    notes_fail: Arc<AtomicBool>,
}

impl DirectoryFeeding {
    /// Changes this directory, and announces by these use cases.
    pub(crate) fn new(directory: Arc<dyn DirectoryWriter>, messaging: Messaging) -> Self {
        Self {
            directory,
            messaging,
            turn: Arc::default(),
            notes_fail: Arc::default(),
        }
    }

    /// Imports a document, and announces its changes; also when the caller leaves meanwhile.
    pub(crate) async fn import(&self, document: DirectoryDocument) -> Result<ImportOutcome, FeedingError> {
        let directory = self.directory.clone();
        let import = async move { directory.import(document).await };
        self.change(import, |outcome| match outcome {
            ImportOutcome::Done(changes) => changes.clone(),
            ImportOutcome::Rejected(_) => DirectoryChanges::default(),
        })
        .await
    }

    /// Ends a subscription, and announces the change; also when the caller leaves meanwhile.
    pub(crate) async fn unfollow(&self, subscription: Subscription) -> Result<(), FeedingError> {
        let directory = self.directory.clone();
        let unfollow = async move { directory.unfollow(subscription).await };
        self.change(unfollow, DirectoryChanges::clone).await.map(drop)
    }

    /// All active accounts, by id.
    pub(crate) async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.directory.roster().await
    }

    /// Announces the changes of imports beside the service, at intervals and for ever.
    pub(crate) async fn announce_imports(self, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.announce_noted().await;
        }
    }

    async fn announce_noted(&self) {
        let _turn = self.turn.lock().await;
        let changes = self.noted().await;
        self.announce(&changes).await;
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl Future<Output = Result<T, StoreError>> + Send + 'static,
        changes: fn(&T) -> DirectoryChanges,
    ) -> Result<T, FeedingError> {
        let feeding = self.clone();
        let changing = tokio::spawn(async move {
            let _turn = feeding.turn.lock().await;
            let outcome = change.await?;
            // Imports that were not announced before this change are announced with it.
            let mut made = feeding.noted().await;
            made.extend(changes(&outcome));
            feeding.announce(&made).await;
            Ok(outcome)
        });
        changing.await?
    }

    /// The changes that imports have recorded, merged into one. After a failure, those read until then; the rest is read the next time.
    async fn noted(&self) -> DirectoryChanges {
        let mut changes = DirectoryChanges::default();
        loop {
            match self.directory.take_note().await {
                Ok(note) => {
                    if self.notes_fail.swap(false, Ordering::Relaxed) {
                        tracing::info!("the changes of imports can be read again");
                    }
                    match note {
                        Some(note) => changes.extend(note),
                        None => return changes,
                    }
                }
                Err(error) => {
                    if !self.notes_fail.swap(true, Ordering::Relaxed) {
                        let error = with_causes(&error);
                        tracing::warn!(
                            error,
                            "the changes of imports could not be read; they are announced when this works again"
                        );
                    }
                    return changes;
                }
            }
        }
    }

    async fn announce(&self, changes: &DirectoryChanges) {
        if changes.is_empty() {
            return;
        }
        if let Err(error) = self.messaging.directory_changed(changes).await {
            let error = with_causes(&error);
            tracing::error!(error, "open sockets could not be told of a change of the directory");
        }
    }
}

#[cfg(test)]
mod tests;
