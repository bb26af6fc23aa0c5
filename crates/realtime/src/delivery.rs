//! Gathers proofs of delivery from all sockets and all readers of this node and writes them together.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    denial::Kind,
    id::{ConversationId, MessageId, UserId},
    ports::Deliveries,
    receipt::DeliveryMark,
};
use tokio::sync::{Notify, oneshot};

use crate::observed::Observed;

/// The most (user, conversation) pairs that wait. Beyond that, marks are dropped and counted: the next mark of the same pair covers them.
const MAX_WAITING: usize = 65_536;
/// The most marks that are written at once, so that other writers do not wait for long.
const MAX_WRITTEN: usize = 512;
/// How long to wait after the store has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The proven delivery marks that are not stored yet.
#[derive(Debug)]
pub struct DeliveryGathering {
    waiting: Mutex<Waiting>,
    added: Notify,
    /// Wakes the task that writes, because a reader waits.
    urged: Notify,
    /// The longest time that a reader waits for its mark to be written.
    patience: Duration,
}

#[derive(Debug, Default)]
struct Waiting {
    marks: HashMap<(UserId, ConversationId), MessageId>,
    /// The readers that wait for their mark; each is woken when all of these marks are written.
    readers: Vec<oneshot::Sender<()>>,
}

impl DeliveryGathering {
    /// Readers wait for their marks to be written for at most `patience`.
    pub fn new(patience: Duration) -> Self {
        Self {
            waiting: Mutex::default(),
            added: Notify::new(),
            urged: Notify::new(),
            patience,
        }
    }

    /// Notes a proof. Never waits.
    pub fn add(&self, mark: DeliveryMark) {
        merge(&mut self.lock().marks, mark);
        self.added.notify_one();
    }

    /// Once there is a mark, gathers more for `gather` or until a reader waits, and writes them. Never returns.
    pub async fn run(&self, messaging: &Observed, gather: Duration) {
        loop {
            self.added.notified().await;
            tokio::select! {
                () = tokio::time::sleep(gather) => {}
                () = self.urged.notified() => {}
            }
            while !self.write(messaging).await {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Writes the gathered marks. False if the store is unavailable; the marks are kept then.
    pub async fn write(&self, messaging: &Observed) -> bool {
        loop {
            let (marks, readers) = self.take();
            if marks.is_empty() {
                return true;
            }
            let Err(error) = messaging.deliver(marks.clone()).await else {
                for reader in readers {
                    // A reader that has timed out has dropped its receiver.
                    let _ = reader.send(());
                }
                continue;
            };
            tracing::warn!(error = %error, marks = marks.len(), "delivery marks could not be written");
            if error.kind() == Kind::Unavailable {
                let mut waiting = self.lock();
                for mark in marks {
                    merge(&mut waiting.marks, mark);
                }
                return false;
            }
        }
    }

    fn take(&self) -> (Vec<DeliveryMark>, Vec<oneshot::Sender<()>>) {
        let mut waiting = self.lock();
        if waiting.marks.len() <= MAX_WRITTEN {
            let Waiting { marks, readers } = std::mem::take(&mut *waiting);
            return (marks.into_iter().map(mark).collect(), readers);
        }
        let keys: Vec<_> = waiting.marks.keys().take(MAX_WRITTEN).copied().collect();
        let marks = keys
            .into_iter()
            .filter_map(|key| waiting.marks.remove_entry(&key))
            .map(mark)
            .collect();
        // The marks of the readers may be among those that are written later.
        (marks, Vec::new())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Deliveries for DeliveryGathering {
    async fn fetched(&self, mark: DeliveryMark) {
        let (reader, written) = oneshot::channel();
        {
            let mut waiting = self.lock();
            merge(&mut waiting.marks, mark);
            waiting.readers.push(reader);
        }
        self.added.notify_one();
        self.urged.notify_one();
        // The client gets its messages whether the mark was written, failed or took too long.
        drop(tokio::time::timeout(self.patience, written).await);
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

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// No task writes the marks, as if the store hung or were not there.
    #[tokio::test(start_paused = true)]
    async fn a_reader_waits_no_longer_than_its_patience() {
        let gathering = DeliveryGathering::new(Duration::from_millis(10));
        let began = Instant::now();
        let mark = DeliveryMark {
            user: UserId(1),
            conversation: ConversationId(1),
            up_to: MessageId(1),
        };
        gathering.fetched(mark).await;
        assert_eq!(began.elapsed().as_millis() / 2, 5, "about ten milliseconds");
        let (marks, _) = gathering.take();
        assert_eq!(marks, [mark], "the mark is written later");
    }
}
