use super::{Error, Messaging};
use crate::{
    event::{Body, Event},
    id::UserId,
    message::Message,
    receipt::{Delivered, DeliveryMark},
};

impl Messaging {
    /// Notes that devices have messages, many at once, and tells the senders.
    pub async fn deliver(&self, marks: Vec<DeliveryMark>) -> Result<(), Error> {
        if marks.is_empty() {
            return Ok(());
        }
        let bus = self.bus.clone();
        let announce = Box::new(move |news: &Vec<Delivered>| {
            for delivered in news {
                bus.publish(Event {
                    to: vec![delivered.sender],
                    body: Body::Delivered(*delivered),
                });
            }
        });
        self.receipts.mark_delivered(marks, self.clock.now(), announce).await?;
        Ok(())
    }

    /// Fetching counts as delivery: marks what `reader` has just fetched, if there is anything new in it.
    pub(super) async fn fetched<'a>(&self, reader: UserId, messages: impl Iterator<Item = &'a Message>) -> Result<(), Error> {
        let newest = messages
            .filter(|message| message.sender.id != reader && !message.receipts.iter().any(|receipt| receipt.person.id == reader))
            .max_by_key(|message| message.id);
        match newest {
            Some(message) => {
                self.deliver(vec![DeliveryMark {
                    user: reader,
                    conversation: message.conversation,
                    up_to: message.id,
                }])
                .await
            }
            None => Ok(()),
        }
    }
}
