//! The fault [`SeededFault::PublishBeforeCommit`], which the chaos suite has to find.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ports::{OnCommit, SendOutcome},
    seeded::SeededFault,
};

use super::{Outcomes, Request};

/// The time between the publication and the commit. Without it a crash hardly ever comes between the two.
const BETWEEN: Duration = Duration::from_millis(30);

/// What is to happen after the commit, and happens before it.
#[derive(Clone, Default)]
pub(crate) struct Early(Arc<Mutex<Option<OnCommit<SendOutcome>>>>);

impl Request {
    /// Takes what is to happen after the commit, if the process has the fault.
    pub(super) fn take_early(&mut self, on_commit: OnCommit<SendOutcome>) -> OnCommit<SendOutcome> {
        if !SeededFault::PublishBeforeCommit.is_chosen() {
            return on_commit;
        }
        self.early = Early(Arc::new(Mutex::new(Some(on_commit))));
        Box::new(|_| ())
    }
}

/// Publishes what is not committed yet.
pub(super) async fn publish_early(requests: &[Request], outcomes: &Outcomes) {
    if !SeededFault::PublishBeforeCommit.is_chosen() {
        return;
    }
    for (request, outcome) in requests.iter().zip(outcomes) {
        let early = request.early.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(early), Ok(Ok(sent))) = (early, outcome) {
            early(sent);
        }
    }
    tokio::time::sleep(BETWEEN).await;
}
