use std::sync::Arc;

use async_trait::async_trait;

use super::{Error, Messaging};
use crate::{
    event::{Body, Event},
    id::UserId,
    message::Message,
    ports::{Bus, Clock, Deliveries, Receipts, StoreError},
    receipt::{Delivered, DeliveryMark},
};

/// Writes delivery marks and publishes them to the senders.
#[derive(Clone)]
pub struct Marking {
    /// The storage of the marks.
    pub receipts: Arc<dyn Receipts>,
    /// Carries the news to the senders.
    pub bus: Arc<dyn Bus>,
    /// The source of the times of delivery.
    pub clock: Arc<dyn Clock>,
}

impl Marking {
    /// Stores many delivery marks at once, and publishes them to the senders.
    pub async fn deliver(&self, marks: Vec<DeliveryMark>) -> Result<(), StoreError> {
        if marks.is_empty() {
            return Ok(());
        }
        let bus = self.bus.clone();
        let on_commit = Box::new(move |news: &Vec<Delivered>| {
            for delivered in news {
                bus.publish(Event {
                    to: vec![delivered.sender],
                    body: Body::Delivered(*delivered),
                });
            }
        });
        self.receipts.mark_delivered(marks, self.clock.now(), on_commit).await?;
        Ok(())
    }
}

/// Ignores that messages were fetched, for callers whose reads are no delivery.
pub(super) struct Nowhere;

#[async_trait]
impl Deliveries for Nowhere {
    async fn fetched(&self, _: DeliveryMark) {}
}

impl Messaging {
    /// Stores many delivery marks at once, and publishes them to the senders.
    pub async fn deliver(&self, marks: Vec<DeliveryMark>) -> Result<(), Error> {
        let marking = Marking {
            receipts: self.ports.receipts.clone(),
            bus: self.ports.bus.clone(),
            clock: self.ports.clock.clone(),
        };
        Ok(marking.deliver(marks).await?)
    }

    /// Fetching counts as delivery: marks the messages that `reader` has just fetched, if any is new to them. The read succeeds even if the mark cannot be
    /// written now.
    pub(super) async fn fetched<'a>(&self, reader: UserId, messages: impl Iterator<Item = &'a Message>) {
        let newest = messages
            .filter(|message| message.sender.id != reader && !message.receipts.iter().any(|receipt| receipt.person.id == reader))
            .max_by_key(|message| message.id);
        if let Some(message) = newest {
            let mark = DeliveryMark {
                user: reader,
                conversation: message.conversation,
                up_to: message.id,
            };
            self.ports.deliveries.fetched(mark).await;
        }
    }
}
