use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{
    state::{Row, Stamps, State},
    store::FakeStore,
};
use crate::{
    facts::ReadingFacts,
    id::{ConversationId, MessageId, UserId},
    messaging::Marking,
    ports::{Decide, Decided, Deliveries, OnCommit, ReadOutcome, Receipts, StoreError},
    receipt::{Delivered, DeliveryMark, ReadMark, ReadRequest, ReadScope},
    time::Timestamp,
};

impl State {
    fn reading_facts(&self, request: &ReadRequest) -> Result<Option<ReadingFacts>, StoreError> {
        let home = |id: MessageId| self.messages.get(&id).map(|row| row.conversation);
        let named = match request.scope() {
            ReadScope::One(id) => Some(home(id)),
            ReadScope::UpTo(_) | ReadScope::All => None,
        };
        let Some(conversation) = request.conversation().or(named.flatten()) else {
            return Ok(None);
        };
        let Some(base) = self.facts(conversation, request.actor())? else {
            return Ok(None);
        };
        Ok(Some(ReadingFacts {
            base,
            includes_message: named.is_none_or(|home| home == Some(conversation)),
        }))
    }

    /// The messages that this participant can still mark.
    fn markable(&self, conversation: ConversationId, user: UserId) -> impl Iterator<Item = &Row> {
        let takes_part = self.takes_part(conversation, user);
        self.of_others(conversation, user).filter(move |row| takes_part && !row.is_deleted)
    }

    fn read(&mut self, mark: &ReadMark) -> Option<MessageId> {
        let meant = |id: MessageId| match mark.scope {
            ReadScope::One(one) => id == one,
            ReadScope::UpTo(last) => id <= last,
            ReadScope::All => true,
        };
        let unread = self
            .markable(mark.conversation, mark.reader.id)
            .map(|row| row.id)
            .filter(|id| meant(*id) && !self.is_read(*id, mark.reader.id));
        let ids: Vec<MessageId> = unread.collect();
        for id in &ids {
            let stamps = self.receipts.entry((*id, mark.reader.id)).or_insert(Stamps {
                delivered_at: mark.at,
                read_at: None,
            });
            stamps.read_at = Some(mark.at);
        }
        ids.last().copied()
    }

    /// Marks messages as delivered; returns the newest newly delivered message of each sender.
    fn deliver(&mut self, mark: DeliveryMark, at: Timestamp) -> BTreeMap<UserId, MessageId> {
        let new = |row: &&Row| row.id <= mark.up_to && !self.receipts.contains_key(&(row.id, mark.user));
        let delivered: Vec<_> = self
            .markable(mark.conversation, mark.user)
            .filter(new)
            .map(|row| (row.sender, row.id))
            .collect();
        for (_, id) in &delivered {
            self.receipts.insert(
                (*id, mark.user),
                Stamps {
                    delivered_at: at,
                    read_at: None,
                },
            );
        }
        delivered.into_iter().collect()
    }
}

#[async_trait]
impl Receipts for FakeStore {
    async fn mark_read(
        &self,
        request: ReadRequest,
        decide: Decide<Option<ReadingFacts>, ReadMark>,
        on_commit: OnCommit<ReadOutcome>,
    ) -> Result<Decided<ReadOutcome>, StoreError> {
        let mut state = self.state()?;
        let mark = match decide(state.reading_facts(&request)?) {
            Ok(mark) => mark,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let message = state.read(&mark);
        let row = state.arranged.get_mut(&(mark.conversation, mark.reader.id));
        let was_marked_unread = row.is_some_and(|row| std::mem::take(&mut row.is_marked_unread));
        let read = ReadOutcome {
            message,
            was_marked_unread,
            summary: state.summary(mark.conversation, &[mark.reader.id])?,
            mark,
        };
        if message.is_some() || was_marked_unread {
            return Ok(Ok(state.committed(read, on_commit)?));
        }
        Ok(Ok(read))
    }

    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        on_commit: OnCommit<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError> {
        let mut state = self.state()?;
        let mut newest = BTreeMap::new();
        for mark in marks {
            for (sender, message) in state.deliver(mark, at) {
                // Messages newly delivered by a later mark are newer.
                newest.insert((mark.conversation, sender, mark.user), message);
            }
        }
        let news = |((conversation, sender, user), message)| Delivered {
            conversation,
            sender,
            user,
            message,
            delivered_at: at,
        };
        let mut news: Vec<Delivered> = newest.into_iter().map(news).collect();
        news.sort_by_key(|delivered| delivered.message);
        if !news.is_empty() {
            on_commit(&news);
        }
        Ok(news)
    }
}

/// Writes each mark at once; one that cannot be written is dropped.
#[derive(Clone)]
pub struct FakeDeliveries(Marking);

impl FakeDeliveries {
    /// A fake that writes marks with `marking`.
    pub fn new(marking: Marking) -> Self {
        Self(marking)
    }
}

#[async_trait]
impl Deliveries for FakeDeliveries {
    async fn fetched(&self, mark: DeliveryMark) {
        // Readers do not get the failure of a mark.
        drop(self.0.deliver(vec![mark]).await);
    }
}
