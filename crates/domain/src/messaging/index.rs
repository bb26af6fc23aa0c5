use std::{collections::BTreeSet, sync::Arc};

use crate::{
    id::{MessageId, UserId},
    message_search::{Document, IndexChange, IndexEntry, IndexState},
    ports::{OutboxEntry, OutboxPlace, SearchIndex, Searchable, StoreError},
};

/// The messages that are taken in at once while an index is built.
const BUILT_AT_ONCE: u32 = 500;

/// The bound of the messages that a new index lacks.
const EVERYTHING: MessageId = MessageId(i64::MAX);

/// Keeps the index of the search up to date, and builds it where it is missing or made by another version of the lexicon. One task at a time may use it.
#[derive(Clone)]
pub struct Indexing {
    /// The stored messages.
    pub searchable: Arc<dyn Searchable>,
    /// The index.
    pub index: Arc<dyn SearchIndex>,
}

/// How far the building of an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// All messages are taken in.
    Whole,
    /// The messages below this id are still to be taken in.
    Below(MessageId),
}

impl Indexing {
    /// Prepares for following the outbox after `position`, the place up to which the consumer has followed. If the index has not followed so far, it was lost or
    /// restored, and entries of the outbox may be gone; then it is built again, as after a change of the lexicon. Returns the state.
    pub async fn prepare(&self, position: OutboxPlace) -> Result<IndexState, StoreError> {
        let mut state = self.current().await?;
        if state.followed < position {
            state.followed = position;
            state.unbuilt_below = Some(EVERYTHING);
        }
        self.index.apply(Vec::new(), state).await?;
        Ok(state)
    }

    /// Takes in the messages that these entries of the outbox name, in their present state. Entries that it has followed already do no harm. Returns the place
    /// up to which the index would have followed after a power cut.
    pub async fn follow(&self, entries: &[OutboxEntry]) -> Result<OutboxPlace, StoreError> {
        let mut state = self.current().await?;
        state.followed = entries.iter().map(|entry| entry.place).fold(state.followed, OutboxPlace::max);
        let ids: BTreeSet<MessageId> = entries.iter().map(|entry| entry.message).collect();
        let documents = self.searchable.documents(ids.iter().copied().collect()).await?;
        let mut gone = ids;
        for document in &documents {
            gone.remove(&document.text.id);
        }
        let mut changes = put(&documents);
        changes.extend(gone.into_iter().map(IndexChange::Remove));
        self.index.apply(changes, state).await
    }

    /// The state; that of an index which has to be built, if it is new or made by another version of the lexicon.
    async fn current(&self) -> Result<IndexState, StoreError> {
        let state = self.index.state().await?;
        if state.lexicon == lexicon::VERSION {
            return Ok(state);
        }
        Ok(IndexState {
            lexicon: lexicon::VERSION,
            unbuilt_below: Some(EVERYTHING),
            ..state
        })
    }

    /// How many messages the index may lack: entries of the outbox that it has not followed (edits and deletions too), and, while it is built, messages that are
    /// still to be taken in.
    pub async fn lag(&self) -> Result<u64, StoreError> {
        let state = self.current().await?;
        // Nobody's messages are looked through, only counted.
        let tail = self.searchable.tail(UserId(0), None, state.followed, 0).await?;
        Ok(tail.entries + unbuilt(&*self.searchable, &state).await?)
    }

    /// Takes in older messages, newest first, if the index is not whole. It goes on where it stopped, after a restart too.
    pub async fn build(&self) -> Result<Built, StoreError> {
        let mut state = self.current().await?;
        let Some(below) = state.unbuilt_below else {
            return Ok(Built::Whole);
        };
        let (documents, lowest) = self.searchable.documents_below(below, BUILT_AT_ONCE).await?;
        state.unbuilt_below = lowest;
        self.index.apply(put(&documents), state).await?;
        Ok(lowest.map_or(Built::Whole, Built::Below))
    }
}

/// The number of messages that are still to be taken in, by their ids, which have few gaps.
pub(super) async fn unbuilt(searchable: &dyn Searchable, state: &IndexState) -> Result<u64, StoreError> {
    let Some(below) = state.unbuilt_below else { return Ok(0) };
    let newest = if below == EVERYTHING {
        searchable.documents_below(below, 1).await?.1.map_or(0, |newest| newest.0)
    } else {
        below.0
    };
    Ok(u64::try_from(newest).unwrap_or(0))
}

fn put(documents: &[Document]) -> Vec<IndexChange> {
    documents
        .iter()
        .map(|document| IndexChange::Put(IndexEntry::of(document)))
        .collect()
}
