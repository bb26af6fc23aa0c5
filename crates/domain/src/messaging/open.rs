use std::collections::HashSet;

use super::{Error, Messaging};
use crate::{
    conversation::OpenRequest,
    denial::Denial,
    event::{Body, Event},
    facts::OpeningFacts,
    ports::{Opened, UnconfirmedAct},
    rules::opening::{self, Opening},
};

impl Messaging {
    /// Opens a conversation, or finds the one that exists.
    pub async fn open(&self, mut request: OpenRequest) -> Result<Opened, Error> {
        let mut seen = HashSet::new();
        request.targets.retain(|target| seen.insert(*target));
        // Requests with too many targets are refused, whoever the targets are; so the rest need not be looked up.
        request.targets.truncate(self.ports.policy.max_participants);
        let (policy, clock) = (self.ports.policy.clone(), self.ports.clock.clone());
        let (announcement, deciding, committed) = self.announcement().for_store();
        let decide = Box::new(move |facts: Option<OpeningFacts>| {
            let facts = facts.ok_or(Denial::AccountInactive)?;
            let decided = opening::decide(&facts, &policy, clock.now());
            deciding.decided(matches!(decided, Ok(Opening::New(_))).then(|| UnconfirmedAct {
                actor: facts.actor.id,
                conversation: None,
                concerned: facts.targets.iter().map(|target| target.id).chain([facts.actor.id]).collect(),
            }));
            decided
        });
        let on_commit = Box::new(move |opened: &Opened| {
            if let Opened::New(summary) = opened {
                committed.publish(Event {
                    to: summary.unread.iter().map(|(user, _)| *user).collect(),
                    body: Body::Opened {
                        summary: summary.clone().into(),
                    },
                });
            }
        });
        Ok(announcement.answered(self.ports.conversations.open(request, decide, on_commit).await)??)
    }
}
