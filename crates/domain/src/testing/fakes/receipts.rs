use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{
    state::{Row, Stamps, State},
    store::FakeStore,
};
use crate::{
    id::{ConversationId, MessageId, UserId},
    ports::{Announce, ReadMark, ReadScope, Receipts, StoreError, WasRead},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};

impl State {
    /// The messages that somebody can still mark.
    fn markable(&self, conversation: ConversationId, user: UserId) -> impl Iterator<Item = &Row> {
        let takes_part = self.takes_part(conversation, user);
        self.of_others(conversation, user).filter(move |row| takes_part && !row.is_deleted)
    }

    fn read(&mut self, mark: ReadMark) -> Option<MessageId> {
        let meant = |id: MessageId| match mark.scope {
            ReadScope::One(one) => id == one,
            ReadScope::UpTo(last) => id <= last,
            ReadScope::All => true,
        };
        let unread = self
            .markable(mark.conversation, mark.user)
            .map(|row| row.id)
            .filter(|id| meant(*id) && !self.is_read(*id, mark.user));
        let ids: Vec<MessageId> = unread.collect();
        for id in &ids {
            let stamps = self.receipts.entry((*id, mark.user)).or_insert(Stamps {
                delivered_at: mark.at,
                read_at: None,
            });
            stamps.read_at = Some(mark.at);
        }
        ids.last().copied()
    }

    /// The newest message of each sender that is newly delivered.
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
    async fn mark_read(&self, mark: ReadMark, announce: Announce<WasRead>) -> Result<WasRead, StoreError> {
        let mut state = self.state()?;
        let message = state.read(mark);
        let read = WasRead {
            message,
            inbox: state.inbox(mark.conversation, &[mark.user])?,
        };
        if message.is_some() {
            announce(&read);
        }
        Ok(read)
    }

    async fn mark_delivered(
        &self,
        marks: Vec<DeliveryMark>,
        at: Timestamp,
        announce: Announce<Vec<Delivered>>,
    ) -> Result<Vec<Delivered>, StoreError> {
        let mut state = self.state()?;
        let mut newest = BTreeMap::new();
        for mark in marks {
            for (sender, message) in state.deliver(mark, at) {
                // What a later mark newly delivers is newer.
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
            announce(&news);
        }
        Ok(news)
    }
}
