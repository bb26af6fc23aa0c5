use super::{Error, Messaging};
use crate::{
    event::{Body, Event},
    ports::ReadOutcome,
    receipt::{ReadRequest, ReadScope},
    rules::reading,
};

impl Messaging {
    /// Marks messages of a conversation as read. It has no effect on the reader's own messages.
    pub async fn mark_read(&self, request: ReadRequest) -> Result<ReadOutcome, Error> {
        let (clock, bus) = (self.ports.clock.clone(), self.ports.bus.clone());
        let decide = Box::new(move |facts| reading::decide(facts, &request, clock.now()));
        let on_commit = Box::new(move |read: &ReadOutcome| {
            if let Some(event) = read_event(read) {
                bus.publish(event);
            }
        });
        Ok(self.ports.receipts.mark_read(request, decide, on_commit).await??)
    }
}

/// The event for all participants; `None` if no message was newly read.
fn read_event(read: &ReadOutcome) -> Option<Event> {
    let mark = &read.mark;
    Some(Event {
        to: mark.participants.clone(),
        body: Body::Read {
            conversation: mark.conversation,
            message: read.message?,
            up_to: !matches!(mark.scope, ReadScope::One(_)),
            user: mark.reader.id,
            username: mark.reader.username.clone(),
            read_at: mark.at,
            summary: read.summary.clone().into(),
        },
    })
}
