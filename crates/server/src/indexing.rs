//! The index of the search: it follows the outbox, and what it and the store take for searches is measured.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    conversation::Conversation,
    id::{ConversationId, MessageId, UserId},
    message::Message,
    message_search::{Document, IndexChange, IndexQuery, IndexState, MessageText},
    messaging::{Built, Indexing},
    ports::{Consumer, ConsumerError, OutboxEntry, OutboxPlace, OutboxStart, SearchIndex, Searchable, StoreError, Tail},
    time::Timestamp,
};
use tokio::time::sleep;

use crate::{
    causes::with_causes,
    health::{Part, Probe},
    measure,
};

/// Lines about the building of an index are this far apart.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// An index that is being built for so long is named in `readyz`.
const TOLD_AFTER: Duration = Duration::from_secs(5);

/// An index that is whole is looked at again after so long: its file may have been replaced by a new one.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// The interval in which the lag is measured.
const MEASURED_EVERY: Duration = Duration::from_secs(15);

/// The consumer of the outbox that keeps the index. It also builds an index that is missing, a piece at a time.
pub(crate) struct Indexer {
    indexing: Indexing,
    is_building: AtomicBool,
    told: Mutex<Option<Instant>>,
    /// When the index was last seen to be whole.
    whole_at: Mutex<Option<Instant>>,
}

impl Indexer {
    /// The name of the consumer, and of the part in `readyz`.
    pub(crate) const NAME: &'static str = "search";

    pub(crate) fn new(indexing: Indexing) -> Self {
        Self {
            indexing,
            is_building: AtomicBool::new(false),
            told: Mutex::default(),
            whole_at: Mutex::default(),
        }
    }

    fn whole(&self) -> MutexGuard<'_, Option<Instant>> {
        self.whole_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, built: Built) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match built {
            Built::Whole => {
                if self.is_building.swap(false, Ordering::Relaxed) {
                    tracing::info!("the index of the search is whole");
                }
                *told = None;
            }
            Built::Below(below) => {
                self.is_building.store(true, Ordering::Relaxed);
                if told.is_none_or(|at| at.elapsed() >= TELL_EVERY) {
                    *told = Some(Instant::now());
                    tracing::info!(
                        below = below.0,
                        "the index of the search is being built; messages with ids below this are still to be taken in"
                    );
                }
            }
        }
    }
}

#[async_trait]
impl Consumer for Indexer {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn start(&self) -> OutboxStart {
        OutboxStart::Beginning
    }

    async fn begin(&self, position: OutboxPlace) -> Result<(), ConsumerError> {
        self.indexing.prepare(position).await?;
        Ok(())
    }

    async fn take(&self, entries: &[OutboxEntry]) -> Result<OutboxPlace, ConsumerError> {
        Ok(self.indexing.follow(entries).await?)
    }

    async fn go_on(&self) -> Result<bool, ConsumerError> {
        let is_fresh = self.whole().is_some_and(|at| at.elapsed() < LOOKED_AT_EVERY);
        if is_fresh {
            return Ok(false);
        }
        let built = self.indexing.build().await?;
        self.tell(built);
        *self.whole() = (built == Built::Whole).then(Instant::now);
        Ok(built != Built::Whole)
    }
}

/// Measures at intervals, and for ever, how far the index is behind.
#[expect(clippy::cast_precision_loss, reason = "counts are far smaller than 2^52")]
pub(crate) async fn measure_lag(indexing: Indexing) {
    loop {
        match indexing.lag().await {
            Ok(messages) => metrics::gauge!(measure::SEARCH_LAG).set(messages as f64),
            // The next time may do better; the consumer, and the log of the store, say more.
            Err(error) => tracing::debug!(%error, "the lag of the search could not be measured"),
        }
        sleep(MEASURED_EVERY).await;
    }
}

/// The parts of a search, each measured: `index`, `texts`, `tail` and `facts`.
pub(crate) struct Measured<P: ?Sized>(pub(crate) Arc<P>);

async fn measured<T>(phase: &'static str, work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    metrics::histogram!(measure::SEARCH_SECONDS, "phase" => phase).record(began.elapsed());
    done
}

#[async_trait]
impl SearchIndex for Measured<dyn SearchIndex> {
    async fn state(&self) -> Result<IndexState, StoreError> {
        self.0.state().await
    }

    async fn candidates(&self, query: IndexQuery) -> Result<Vec<MessageId>, StoreError> {
        measured("index", self.0.candidates(query)).await
    }

    async fn apply(&self, changes: Vec<IndexChange>, state: IndexState) -> Result<OutboxPlace, StoreError> {
        self.0.apply(changes, state).await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl Searchable for Measured<dyn Searchable> {
    async fn texts(&self, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<MessageText>, StoreError> {
        measured("texts", self.0.texts(viewer, ids)).await
    }

    async fn found(&self, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<(Message, Arc<Conversation>)>, StoreError> {
        measured("facts", self.0.found(viewer, ids)).await
    }

    async fn tail(&self, viewer: UserId, within: Option<ConversationId>, after: OutboxPlace, limit: u32) -> Result<Tail, StoreError> {
        measured("tail", self.0.tail(viewer, within, after, limit)).await
    }

    async fn first_since(&self, time: Timestamp) -> Result<Option<MessageId>, StoreError> {
        self.0.first_since(time).await
    }

    async fn documents(&self, ids: Vec<MessageId>) -> Result<Vec<Document>, StoreError> {
        self.0.documents(ids).await
    }

    async fn documents_below(&self, below: MessageId, limit: u32) -> Result<(Vec<Document>, Option<MessageId>), StoreError> {
        self.0.documents_below(below, limit).await
    }
}

/// The index in `readyz`: without it the service finds the newest messages only. One that is built in a moment, such as that of a new database, is not told.
pub(crate) fn part(index: Arc<dyn SearchIndex>) -> Part {
    let since: Arc<Mutex<Option<Instant>>> = Arc::default();
    let probe: Probe = Arc::new(move || {
        let (index, since) = (index.clone(), since.clone());
        Box::pin(async move {
            let state = index.state().await.map_err(|error| with_causes(&error))?;
            let is_whole = state.lexicon != 0 && state.unbuilt_below.is_none();
            let mut since = since.lock().unwrap_or_else(PoisonError::into_inner);
            if is_whole {
                *since = None;
            } else if since.get_or_insert_with(Instant::now).elapsed() >= TOLD_AFTER {
                return Err("the index is being built; older messages are not found yet".to_owned());
            }
            Ok(())
        })
    });
    Part::new(Indexer::NAME, probe)
}
