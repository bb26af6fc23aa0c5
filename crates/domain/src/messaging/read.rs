use super::{Error, Messaging, active};
use crate::{
    denial::Denial,
    event::{Body, Event},
    facts::ConversationFacts,
    id::{ConversationId, MessageId, UserId},
    ports::{ReadMark, ReadScope, WasRead},
};

impl Messaging {
    /// Marks messages of a conversation as read. A single message must be in the conversation; on one's own there is no effect.
    pub async fn mark_read(&self, actor: UserId, conversation: ConversationId, scope: ReadScope) -> Result<WasRead, Error> {
        if let ReadScope::One(id) = scope {
            let message = self.messages.get(id, actor).await?.ok_or(Denial::MessageNotFound)?;
            if message.conversation != conversation {
                return Err(Denial::MessageNotFound.into());
            }
        }
        let facts = self
            .conversations
            .facts(conversation, actor)
            .await?
            .ok_or(Denial::ConversationNotFound)?;
        self.mark(facts, scope).await
    }

    /// Marks exactly this message as read, wherever it is.
    pub async fn mark_message_read(&self, actor: UserId, id: MessageId) -> Result<WasRead, Error> {
        let message = self.messages.get(id, actor).await?.ok_or(Denial::MessageNotFound)?;
        let facts = self
            .conversations
            .facts(message.conversation, actor)
            .await?
            .ok_or(Denial::MessageNotFound)?;
        self.mark(facts, ReadScope::One(id)).await
    }

    async fn mark(&self, facts: ConversationFacts, scope: ReadScope) -> Result<WasRead, Error> {
        active(&facts.actor)?;
        let at = self.clock.now();
        let (conversation, to) = (facts.conversation.id, facts.conversation.participant_ids());
        let (user, username) = (facts.actor.id, facts.actor.username);
        let bus = self.bus.clone();
        let up_to = !matches!(scope, ReadScope::One(_));
        let announce = Box::new(move |read: &WasRead| {
            if let Some(message) = read.message {
                let inbox = read.inbox.clone().into();
                bus.publish(Event {
                    to,
                    body: Body::Read {
                        conversation,
                        message,
                        up_to,
                        user,
                        username,
                        read_at: at,
                        inbox,
                    },
                });
            }
        });
        Ok(self
            .receipts
            .mark_read(
                ReadMark {
                    conversation,
                    user,
                    scope,
                    at,
                },
                announce,
            )
            .await?)
    }
}
