use super::{Actor, Error, Messaging};
use crate::{
    conversation::{ListCounts, RowRequest},
    event::{Body, Event},
    facts::RowFacts,
    id::ConfessionId,
    ports::{Arranged, UnconfirmedAct},
    rules::arranging,
};

impl Messaging {
    /// Changes the row of a conversation in the actor's list, or decides whether a member still waits for an answer. Repeating an act changes nothing.
    pub async fn arrange(&self, request: RowRequest) -> Result<Arranged, Error> {
        let clock = self.ports.clock.clone();
        let (announcement, deciding, committed) = self.announcement().for_store();
        let decide = Box::new(move |facts: Option<RowFacts>| {
            let concerned = facts.as_ref().map(|facts| facts.base.conversation.participant_ids());
            let decided = arranging::decide(facts, request.act, clock.now());
            deciding.decided(
                concerned
                    .filter(|_| matches!(decided, Ok(Some(_))))
                    .map(|concerned| UnconfirmedAct {
                        actor: request.actor,
                        conversation: Some(request.conversation),
                        concerned,
                    }),
            );
            decided
        });
        let on_commit = Box::new(move |arranged: &Arranged| committed.publish(row_event(arranged)));
        Ok(announcement.answered(self.ports.conversations.arrange(request, decide, on_commit).await)??)
    }

    /// The number of conversations that each filter of the viewer's list has.
    pub async fn list_counts(&self, viewer: &Actor, within: Option<ConfessionId>) -> Result<ListCounts, Error> {
        Ok(self.ports.conversations.counts(viewer.id(), within).await?)
    }
}

/// The event for everybody whose rows were changed.
fn row_event(arranged: &Arranged) -> Event {
    Event {
        to: arranged.summary.unread.iter().map(|(user, _)| *user).collect(),
        body: Body::Arranged {
            summary: arranged.summary.clone().into(),
        },
    }
}
