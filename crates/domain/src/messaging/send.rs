use std::sync::Arc;

use super::{Error, Messaging};
use crate::{
    change::Change,
    event::{Body, Event},
    facts::SendingFacts,
    message::{ChangeKind, NewMessage},
    ports::{Budget, SendOutcome, UnconfirmedAct},
    rules::sending::{self, Sending},
};

impl Messaging {
    /// Sends a message. Repeating a `client_id` returns the first message, so a client may retry whenever it is in doubt.
    ///
    /// The message is counted before anything is looked up, so that a flood costs next to nothing; hence repeats and refused messages count too.
    pub async fn send(&self, message: NewMessage) -> Result<SendOutcome, Error> {
        self.admit(message.sender, Budget::Messages).await?;
        self.send_admitted(message).await
    }

    /// Sends a message that was counted before.
    pub(super) async fn send_admitted(&self, message: NewMessage) -> Result<SendOutcome, Error> {
        let message = Arc::new(message);
        let (policy, clock) = (self.ports.policy.clone(), self.ports.clock.clone());
        let (announcement, deciding, committed) = self.announcement().for_store();
        let asked = message.clone();
        #[cfg(feature = "seeded-faults")]
        let looked_up = self.look_up_early(&message).await?;
        let decide = Box::new(move |facts: Option<SendingFacts>| {
            #[cfg(feature = "seeded-faults")]
            let facts = looked_up.replace(facts);
            let concerned = facts.as_ref().map(|facts| facts.base.conversation.participant_ids());
            let decided = sending::decide(facts, &asked, &policy, clock.now());
            deciding.decided(
                concerned
                    .filter(|_| matches!(decided, Ok(Sending::New(_))))
                    .map(|concerned| UnconfirmedAct {
                        actor: asked.sender,
                        conversation: Some(asked.conversation),
                        concerned,
                    }),
            );
            decided
        });
        let on_commit = Box::new(move |outcome: &SendOutcome| {
            if let SendOutcome::New(change) = outcome {
                committed.publish(message_event(ChangeKind::Sent, change));
            }
        });
        Ok(announcement.answered(self.ports.messages.send(message, decide, on_commit).await)??)
    }
}

#[cfg(feature = "seeded-faults")]
mod seeded {
    use super::{Arc, Error, Messaging, NewMessage};
    use crate::{
        facts::SendingFacts,
        id::{ConversationId, MessageId},
        seeded::SeededFault,
    };

    /// What was found under the `client_id` before the transaction, if the process has this fault.
    pub(super) struct LookedUp {
        has_fault: bool,
        already: Option<(ConversationId, MessageId)>,
    }

    impl LookedUp {
        pub(super) fn replace(&self, facts: Option<SendingFacts>) -> Option<SendingFacts> {
            if !self.has_fault {
                return facts;
            }
            facts.map(|facts| SendingFacts {
                already: self.already,
                ..facts
            })
        }
    }

    impl Messaging {
        pub(super) async fn look_up_early(&self, message: &Arc<NewMessage>) -> Result<LookedUp, Error> {
            let has_fault = SeededFault::ClientIdOutsideTransaction.is_chosen();
            let facts = if has_fault {
                self.ports.messages.facts_to_send(message.clone()).await?
            } else {
                None
            };
            let already = facts.and_then(|facts| facts.already);
            Ok(LookedUp { has_fault, already })
        }
    }
}

/// The event for all participants about a message that was sent or changed.
pub(super) fn message_event(kind: ChangeKind, change: &Change) -> Event {
    Event {
        to: change.summary.unread.iter().map(|(user, _)| *user).collect(),
        body: Body::Message {
            kind,
            message: change.message.clone(),
            summary: change.summary.clone(),
        },
    }
}
