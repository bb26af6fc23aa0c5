use async_trait::async_trait;

use super::{state::State, store::FakeStore};
use crate::{
    id::{ConversationId, MessageId, UserId},
    message::ChangeKind,
    ports::{Claim, ConsumerLag, Outbox, OutboxEntry, OutboxKind, OutboxPlace, OutboxStart, Passed, StoreError, TRIMMED, Wake},
    time::Timestamp,
};

/// What is stored of a consumer.
#[derive(Clone, Debug)]
pub(super) struct ConsumerRow {
    position: OutboxPlace,
    generation: i64,
    /// Who has it, and until when.
    lease: Option<(String, Timestamp)>,
}

impl State {
    /// Appends the entry of a change, if it has one.
    pub(super) fn note(&mut self, change: ChangeKind, conversation: ConversationId, message: MessageId, actor: UserId, at: Timestamp) {
        if let Some(kind) = OutboxKind::of(change) {
            self.outbox_ids += 1;
            self.outbox.push_back(OutboxEntry {
                place: place(self.outbox_ids),
                kind,
                conversation,
                message,
                actor,
                at,
            });
        }
    }

    fn behind(&self, place: OutboxPlace) -> impl Iterator<Item = &OutboxEntry> {
        self.outbox.iter().filter(move |entry| entry.place > place)
    }
}

fn place(id: i64) -> OutboxPlace {
    OutboxPlace { transaction: 0, id }
}

#[async_trait]
impl Outbox for FakeStore {
    async fn claim(
        &self,
        consumer: &str,
        holder: &str,
        start: OutboxStart,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let mut state = self.state()?;
        let position = match start {
            OutboxStart::Beginning => OutboxPlace::default(),
            OutboxStart::End => place(state.outbox_ids),
        };
        let row = state.consumers.entry(consumer.to_owned()).or_insert(ConsumerRow {
            position,
            generation: 0,
            lease: None,
        });
        match &row.lease {
            Some((other, ends)) if other != holder && *ends > now => return Ok(None),
            Some((before, _)) if before == holder => {}
            _ => row.generation += 1,
        }
        row.lease = Some((holder.to_owned(), until));
        Ok(Some(Claim {
            consumer: consumer.to_owned(),
            position: row.position,
            generation: row.generation,
        }))
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let row = state.consumers.get_mut(&claim.consumer);
        if let Some(row) = row.filter(|row| row.generation == claim.generation) {
            row.lease = None;
        }
        Ok(())
    }

    async fn read(&self, after: OutboxPlace, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        Ok(self.state()?.behind(after).take(limit).cloned().collect())
    }

    async fn pass(&self, claim: &Claim, position: OutboxPlace) -> Result<Passed, StoreError> {
        let mut state = self.state()?;
        let row = state.consumers.get_mut(&claim.consumer);
        Ok(match row.filter(|row| row.generation == claim.generation) {
            Some(row) => {
                row.position = row.position.max(position);
                Passed::Stored
            }
            None => Passed::Fenced,
        })
    }

    async fn trim(&self) -> Result<u64, StoreError> {
        let mut state = self.state()?;
        let passed = state.consumers.values().map(|row| row.position).min();
        let mut removed = 0;
        while removed < TRIMMED
            && state.outbox.len() > 1
            && let Some(oldest) = state.outbox.front()
            && passed.is_none_or(|passed| oldest.place <= passed)
        {
            state.outbox.pop_front();
            removed += 1;
        }
        Ok(removed)
    }

    async fn lag(&self) -> Result<Vec<ConsumerLag>, StoreError> {
        let state = self.state()?;
        let lag = |(name, row): (&String, &ConsumerRow)| ConsumerLag {
            consumer: name.clone(),
            position: row.position,
            entries: ConsumerLag::MOST.min(state.behind(row.position).count() as u64),
            oldest: state.behind(row.position).next().map(|entry| entry.at),
        };
        Ok(state.consumers.iter().map(lag).collect())
    }

    fn wake_on_append(&self, wake: Wake) {
        self.lock().wakes.push(wake);
    }
}
