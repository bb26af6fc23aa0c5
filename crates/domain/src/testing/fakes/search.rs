use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    state::{Row, State},
    store::FakeStore,
};
use crate::{
    conversation::Conversation,
    id::{ConversationId, MessageId, UserId},
    message::Message,
    message_search::{Document, IndexChange, IndexEntry, IndexQuery, IndexState, MessageText, NamedFile},
    ports::{OutboxKind, OutboxPlace, SearchIndex, Searchable, StoreError, Tail},
    time::Timestamp,
};

impl State {
    fn text(&self, row: &Row) -> MessageText {
        let file = |file: &crate::attachment::Attachment| NamedFile {
            id: file.id,
            name: file.file_name.clone(),
            file_type: file.file_type,
        };
        MessageText {
            id: row.id,
            conversation: row.conversation,
            confession: self.rooms.get(&row.conversation).and_then(|room| room.confession),
            sender: row.sender,
            created_at: row.created_at,
            content: row.content.clone(),
            files: row.attachments.iter().map(file).collect(),
        }
    }

    fn document(&self, row: &Row) -> Document {
        Document {
            text: self.text(row),
            participants: self
                .rooms
                .get(&row.conversation)
                .map(|room| room.participants.clone())
                .unwrap_or_default(),
        }
    }
}

#[async_trait]
impl Searchable for FakeStore {
    async fn texts(&self, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<MessageText>, StoreError> {
        let state = self.state()?;
        let rows = ids.iter().filter_map(|id| state.messages.get(id));
        let may_read = |row: &&Row| !row.is_deleted && state.takes_part(row.conversation, viewer);
        Ok(rows.filter(may_read).map(|row| state.text(row)).collect())
    }

    async fn found(&self, viewer: UserId, ids: Vec<MessageId>) -> Result<Vec<(Message, Arc<Conversation>)>, StoreError> {
        let state = self.state()?;
        let rows = ids.iter().filter_map(|id| state.messages.get(id));
        rows.filter(|row| state.takes_part(row.conversation, viewer))
            .map(|row| Ok((state.message(row)?, Arc::new(state.conversation(row.conversation)?))))
            .collect()
    }

    async fn tail(&self, viewer: UserId, within: Option<ConversationId>, after: OutboxPlace, limit: u32) -> Result<Tail, StoreError> {
        let state = self.state()?;
        let behind: Vec<_> = state.outbox.iter().filter(|entry| entry.place > after).collect();
        let messages: BTreeSet<MessageId> = behind
            .iter()
            .filter(|entry| entry.kind != OutboxKind::Deleted && state.takes_part(entry.conversation, viewer))
            .filter(|entry| within.is_none_or(|within| entry.conversation == within))
            .rev()
            .take(limit as usize)
            .map(|entry| entry.message)
            .collect();
        Ok(Tail {
            messages: messages.into_iter().rev().collect(),
            entries: behind.len() as u64,
        })
    }

    async fn first_since(&self, time: Timestamp) -> Result<Option<MessageId>, StoreError> {
        let state = self.state()?;
        Ok(state.messages.values().find(|row| row.created_at >= time).map(|row| row.id))
    }

    async fn documents(&self, ids: Vec<MessageId>) -> Result<Vec<Document>, StoreError> {
        let state = self.state()?;
        let rows = ids.iter().filter_map(|id| state.messages.get(id));
        Ok(rows.filter(|row| !row.is_deleted).map(|row| state.document(row)).collect())
    }

    async fn documents_below(&self, below: MessageId, limit: u32) -> Result<(Vec<Document>, Option<MessageId>), StoreError> {
        let state = self.state()?;
        let rows: Vec<&Row> = state
            .messages
            .range(..below)
            .rev()
            .map(|(_, row)| row)
            .take(limit as usize)
            .collect();
        let lowest = rows.last().map(|row| row.id).filter(|_| rows.len() >= limit as usize);
        let documents = rows.into_iter().filter(|row| !row.is_deleted).map(|row| state.document(row));
        Ok((documents.collect(), lowest))
    }
}

/// An index in memory, which looks at each entry.
#[derive(Clone, Debug, Default)]
pub struct FakeIndex {
    entries: Arc<Mutex<(BTreeMap<MessageId, IndexEntry>, IndexState)>>,
}

impl FakeIndex {
    fn lock(&self) -> MutexGuard<'_, (BTreeMap<MessageId, IndexEntry>, IndexState)> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SearchIndex for FakeIndex {
    async fn state(&self) -> Result<IndexState, StoreError> {
        Ok(self.lock().1)
    }

    async fn candidates(&self, query: IndexQuery) -> Result<Vec<MessageId>, StoreError> {
        let entries = self.lock();
        let fitting = entries.0.values().rev().filter(|entry| entry.fits(&query));
        Ok(fitting.map(|entry| entry.id).take(query.limit as usize).collect())
    }

    async fn apply(&self, changes: Vec<IndexChange>, state: IndexState) -> Result<OutboxPlace, StoreError> {
        let mut entries = self.lock();
        for change in changes {
            match change {
                IndexChange::Put(entry) => drop(entries.0.insert(entry.id, entry)),
                IndexChange::Remove(id) => drop(entries.0.remove(&id)),
            }
        }
        entries.1 = state;
        Ok(state.followed)
    }
}
