use super::{Error, Messaging};
use crate::{
    event::{Body, Event},
    ports::{ReadOutcome, UnconfirmedAct},
    receipt::{ReadRequest, ReadScope},
    rules::reading,
};

impl Messaging {
    /// Marks messages of a conversation as read. It has no effect on the reader's own messages.
    pub async fn mark_read(&self, request: ReadRequest) -> Result<ReadOutcome, Error> {
        let clock = self.ports.clock.clone();
        let (announcement, deciding, committed) = self.announcement().for_store();
        let decide = Box::new(move |facts| {
            let decided = reading::decide(facts, &request, clock.now());
            deciding.decided(decided.as_ref().ok().map(|mark| UnconfirmedAct {
                actor: mark.reader.id,
                conversation: Some(mark.conversation),
                concerned: mark.participants.clone(),
            }));
            decided
        });
        let on_commit = Box::new(move |read: &ReadOutcome| {
            if let Some(event) = read_event(read) {
                committed.publish(event);
            }
        });
        Ok(announcement.answered(self.ports.receipts.mark_read(request, decide, on_commit).await)??)
    }
}

/// The event for all participants; if no message was newly read, that of the reader's row, or `None` if that stays too.
fn read_event(read: &ReadOutcome) -> Option<Event> {
    let mark = &read.mark;
    if read.message.is_none() && read.was_marked_unread {
        return Some(Event {
            to: vec![mark.reader.id],
            body: Body::Arranged {
                summary: read.summary.clone().into(),
            },
        });
    }
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
