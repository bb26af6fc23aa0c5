//! Gathers proofs of delivery from all sockets of this node and writes them together.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    denial::Kind,
    id::{ConversationId, MessageId, UserId},
    messaging::Messaging,
    receipt::DeliveryMark,
};
use tokio::sync::Notify;

use crate::measure::{UseCase, observed};

/// The most (user, conversation) pairs that wait. Beyond that, marks are dropped and counted: the next mark of the same pair covers them.
const MAX_WAITING: usize = 65_536;
/// The most marks that are written at once, so that other writers do not wait for long.
const MAX_WRITTEN: usize = 512;
/// How long to wait after the store has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// What devices have proven to have and storage does not know yet.
#[derive(Debug, Default)]
pub struct DeliveryGathering {
    marks: Mutex<HashMap<(UserId, ConversationId), MessageId>>,
    added: Notify,
}

impl DeliveryGathering {
    /// Notes a proof. Never waits.
    pub fn add(&self, mark: DeliveryMark) {
        let mut marks = self.lock();
        merge(&mut marks, mark);
        drop(marks);
        self.added.notify_one();
    }

    /// Writes what has gathered every now and then, for ever.
    pub async fn run(&self, messaging: &Messaging, gather: Duration) {
        loop {
            self.added.notified().await;
            tokio::time::sleep(gather).await;
            while !self.write(messaging).await {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Writes what has gathered. False if the store is unavailable; then nothing is lost.
    pub async fn write(&self, messaging: &Messaging) -> bool {
        loop {
            let marks = self.take();
            if marks.is_empty() {
                return true;
            }
            let Err(error) = observed(UseCase::Deliver, messaging.deliver(marks.clone())).await else {
                continue;
            };
            tracing::warn!(error = %error, marks = marks.len(), "delivery marks could not be written");
            if error.kind() == Kind::Unavailable {
                let mut waiting = self.lock();
                for mark in marks {
                    merge(&mut waiting, mark);
                }
                return false;
            }
        }
    }

    fn take(&self) -> Vec<DeliveryMark> {
        let mut marks = self.lock();
        if marks.len() <= MAX_WRITTEN {
            return std::mem::take(&mut *marks).into_iter().map(mark).collect();
        }
        let keys: Vec<_> = marks.keys().take(MAX_WRITTEN).copied().collect();
        keys.into_iter().filter_map(|key| marks.remove_entry(&key)).map(mark).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(UserId, ConversationId), MessageId>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark(((user, conversation), up_to): ((UserId, ConversationId), MessageId)) -> DeliveryMark {
    DeliveryMark { user, conversation, up_to }
}

fn merge(marks: &mut HashMap<(UserId, ConversationId), MessageId>, mark: DeliveryMark) {
    let key = (mark.user, mark.conversation);
    if marks.len() >= MAX_WAITING && !marks.contains_key(&key) {
        metrics::counter!("suhbat_delivery_marks_dropped_total").increment(1);
        return;
    }
    let newest = marks.entry(key).or_insert(mark.up_to);
    *newest = mark.up_to.max(*newest);
}
