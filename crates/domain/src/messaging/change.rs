use std::sync::Arc;

use super::{Error, Messaging, send::message_event};
use crate::{
    denial::Denial,
    facts::MessageFacts,
    id::{ConversationId, MessageId, UserId},
    message::{ChangeKind, Message, Update},
    policy::Policy,
    ports::{ChangeOutcome, UnconfirmedAct},
    rules::{access::is_active, deleting, editing, pinning},
    time::Timestamp,
};

/// The outcome of pinning or unpinning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The message in its present state; [`Message::withheld`] for a superadmin who does not take part.
    pub message: Arc<Message>,
    /// Whether the actor is a participant. If not, the actor is a superadmin, and the act must be logged.
    pub takes_part: bool,
}

/// A request to change a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageTarget {
    /// The account that the token names.
    pub actor: UserId,
    /// The message to change.
    pub message: MessageId,
    /// If a conversation is named, the message must be in it: a socket acts in its own conversation only.
    pub within: Option<ConversationId>,
}

impl MessageTarget {
    /// A message of any conversation.
    pub const fn anywhere(actor: UserId, message: MessageId) -> Self {
        Self {
            actor,
            message,
            within: None,
        }
    }
}

impl Messaging {
    /// Replaces the content of a message.
    pub async fn edit(&self, target: MessageTarget, content: String) -> Result<Arc<Message>, Error> {
        let edited = self
            .change(target, ChangeKind::Edited, move |facts, policy, now| {
                editing::decide(facts, &content, policy, now).map(Some)
            })
            .await?;
        Ok(edited.message)
    }

    /// Makes a message a tombstone. Repeating it succeeds and changes nothing.
    pub async fn delete(&self, target: MessageTarget) -> Result<Arc<Message>, Error> {
        let deleted = self
            .change(target, ChangeKind::Deleted, |facts, _, now| deleting::decide(facts, now))
            .await?;
        Ok(deleted.message)
    }

    /// Pins or unpins a message. Repeating it succeeds and changes nothing. A superadmin outside the conversation may do it, and does not see the content.
    pub async fn pin(&self, target: MessageTarget, pinned: bool) -> Result<Pinned, Error> {
        let Pinned { message, takes_part } = self
            .change(target, ChangeKind::Pinned, move |facts, _, now| pinning::decide(facts, pinned, now))
            .await?;
        let message = if takes_part {
            message
        } else {
            Arc::new(Arc::unwrap_or_clone(message).withheld())
        };
        Ok(Pinned { message, takes_part })
    }

    /// The message as it stands after the change that `rule` allows, and whether the actor takes part in its conversation.
    async fn change<R>(&self, target: MessageTarget, kind: ChangeKind, rule: R) -> Result<Pinned, Error>
    where
        R: Fn(&MessageFacts, &Policy, Timestamp) -> Result<Option<Update>, Denial> + Send + 'static,
    {
        let MessageTarget { actor, message, within } = target;
        let (policy, clock) = (self.ports.policy.clone(), self.ports.clock.clone());
        let (announcement, deciding, committed) = self.announcement().for_store();
        let decide = Box::new(move |facts: Option<MessageFacts>| {
            let facts = facts.ok_or(Denial::MessageNotFound)?;
            is_active(&facts.actor)?;
            if within.is_some_and(|conversation| conversation != facts.conversation.id) {
                return Err(Denial::MessageNotFound);
            }
            let decided = rule(&facts, &policy, clock.now());
            deciding.decided(matches!(decided, Ok(Some(_))).then(|| UnconfirmedAct {
                actor,
                conversation: Some(facts.conversation.id),
                concerned: facts.conversation.participant_ids(),
            }));
            decided
        });
        let on_commit = Box::new(move |outcome: &ChangeOutcome| {
            if let ChangeOutcome::Done(change) = outcome {
                committed.publish(message_event(kind, change));
            }
        });
        Ok(
            match announcement.answered(self.ports.messages.change(actor, message, decide, on_commit).await)?? {
                ChangeOutcome::Done(change) => Pinned {
                    takes_part: change.summary.unread.iter().any(|(user, _)| *user == actor),
                    message: change.message,
                },
                ChangeOutcome::Unchanged(facts) => Pinned {
                    takes_part: facts.takes_part,
                    message: Arc::new(facts.message),
                },
            },
        )
    }
}
