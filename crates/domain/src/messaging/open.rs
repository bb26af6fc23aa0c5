use std::collections::HashSet;

use super::{Error, Messaging, active};
use crate::{
    event::{Body, Event},
    id::{ConfessionId, UserId},
    ports::Opened,
    rules::opening::{self, Opening},
};

/// Whom somebody wants to talk with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// At least one; doubles count once.
    pub targets: Vec<UserId>,
    /// What it is to be about.
    pub confession: Option<ConfessionId>,
}

impl Messaging {
    /// Opens a conversation, or finds the one that exists.
    pub async fn open(&self, actor: UserId, request: OpenRequest) -> Result<Opened, Error> {
        let mut targets = request.targets;
        let mut seen = HashSet::new();
        targets.retain(|target| seen.insert(*target));
        // More are refused, whoever they are; nothing is looked up for them.
        targets.truncate(self.policy.max_participants);
        let facts = self
            .conversations
            .facts_to_open(actor, &targets, request.confession)
            .await?
            .ok_or(Error::AccountInactive)?;
        active(&facts.actor)?;
        let new = match opening::decide(&facts, &self.policy, self.clock.now())? {
            Opening::Existing(id) => return Ok(Opened::Existing(id)),
            Opening::New(new) => new,
        };
        let (bus, to) = (self.bus.clone(), new.participants.clone());
        let announce = Box::new(move |opened: &Opened| {
            if let Opened::New(inbox) = opened {
                bus.publish(Event {
                    to,
                    body: Body::Opened {
                        inbox: inbox.clone().into(),
                    },
                });
            }
        });
        Ok(self.conversations.open(new, announce).await?)
    }
}
