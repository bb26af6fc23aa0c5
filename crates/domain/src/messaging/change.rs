use std::sync::Arc;

use super::{Error, Messaging, active};
use crate::{
    denial::Denial,
    event::{Body, Event},
    facts::MessageFacts,
    id::{ConversationId, MessageId, UserId},
    message::{ChangeKind, Message},
    ports::{Announce, Changed},
    rules::{deleting, editing, pinning},
};

impl Messaging {
    /// Replaces the content of a message. Named with a conversation, the message must be in it (a socket acts in its own conversation only).
    pub async fn edit(&self, actor: UserId, id: MessageId, within: Option<ConversationId>, content: String) -> Result<Arc<Message>, Error> {
        let facts = self.facts_to_change(actor, id, within).await?;
        let now = self.clock.now();
        let content = editing::decide(&facts, content, &self.policy, now)?;
        let changed = self
            .messages
            .edit(id, content, now, self.announce(&facts, ChangeKind::Edited))
            .await?;
        self.settled(changed, &facts).await
    }

    /// Makes a message a tombstone. Doing it twice succeeds.
    pub async fn delete(&self, actor: UserId, id: MessageId, within: Option<ConversationId>) -> Result<Arc<Message>, Error> {
        let facts = self.facts_to_change(actor, id, within).await?;
        deleting::may_delete(&facts)?;
        if facts.message.is_deleted {
            return Ok(Arc::new(facts.message));
        }
        let changed = self
            .messages
            .delete(id, self.clock.now(), self.announce(&facts, ChangeKind::Deleted))
            .await?;
        self.settled(changed, &facts).await
    }

    /// Pins or unpins a message. Doing it twice succeeds.
    pub async fn pin(&self, actor: UserId, id: MessageId, within: Option<ConversationId>, pinned: bool) -> Result<Arc<Message>, Error> {
        let facts = self.facts_to_change(actor, id, within).await?;
        pinning::may_pin(&facts, pinned)?;
        if facts.message.is_pinned == pinned {
            return Ok(Arc::new(facts.message));
        }
        let changed = self
            .messages
            .set_pinned(id, pinned, self.clock.now(), self.announce(&facts, ChangeKind::Pinned))
            .await?;
        self.settled(changed, &facts).await
    }

    async fn facts_to_change(&self, actor: UserId, id: MessageId, within: Option<ConversationId>) -> Result<MessageFacts, Error> {
        let facts = self.messages.facts_to_change(id, actor).await?.ok_or(Denial::MessageNotFound)?;
        active(&facts.actor)?;
        if within.is_some_and(|conversation| conversation != facts.conversation.id) {
            return Err(Denial::MessageNotFound.into());
        }
        Ok(facts)
    }

    async fn settled(&self, changed: Changed, facts: &MessageFacts) -> Result<Arc<Message>, Error> {
        match changed {
            Changed::Done(change) => Ok(change.message),
            // Somebody was quicker since the facts were loaded, so the message is no longer as it stands there.
            Changed::Unchanged => {
                let now = self.messages.facts_to_change(facts.message.id, facts.actor.id).await?;
                Ok(Arc::new(now.ok_or(Denial::MessageNotFound)?.message))
            }
            Changed::Gone => Err(Denial::MessageDeleted.into()),
        }
    }

    fn announce(&self, facts: &MessageFacts, kind: ChangeKind) -> Announce<Changed> {
        let (bus, to) = (self.bus.clone(), facts.conversation.participant_ids());
        Box::new(move |changed| {
            if let Changed::Done(change) = changed {
                let (message, inbox) = (change.message.clone(), change.inbox.clone());
                bus.publish(Event {
                    to,
                    body: Body::Message { kind, message, inbox },
                });
            }
        })
    }
}
