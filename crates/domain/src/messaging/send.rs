use std::sync::Arc;

use super::{Error, Messaging, active};
use crate::{
    denial::Denial,
    event::{Body, Event},
    id::{ConversationId, MessageId, UserId},
    message::{ChangeKind, Message},
    ports::{Appended, Budget},
    rules::sending::{self, Sending, Wish},
};

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendMessage {
    /// Where.
    pub conversation: ConversationId,
    /// What.
    pub wish: Wish,
}

/// What sending came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is stored now.
    New(Arc<Message>),
    /// It was stored before, under the same `client_id`.
    Already(MessageId),
}

impl Messaging {
    /// Sends a message. Repeating a `client_id` answers with the first one, so a client may retry whenever it is in doubt.
    ///
    /// Counted before anything is looked up, so that a flood costs next to nothing; hence repeats and refused messages count too.
    pub async fn send(&self, actor: UserId, request: SendMessage) -> Result<Sent, Error> {
        self.admit(actor, Budget::Messages).await?;
        self.send_admitted(actor, request).await
    }

    /// The same, of what was counted before.
    pub(super) async fn send_admitted(&self, actor: UserId, request: SendMessage) -> Result<Sent, Error> {
        let SendMessage { conversation, wish } = request;
        let facts = self
            .conversations
            .facts_to_send(conversation, actor, wish.reply_to, wish.client_id.as_ref())
            .await?;
        let facts = facts.ok_or(Denial::ConversationNotFound)?;
        active(&facts.gate.actor)?;
        let to = facts.gate.conversation.participant_ids();
        let draft = match sending::decide(facts, wish, &self.policy, self.clock.now())? {
            Sending::Already(id) => return Ok(Sent::Already(id)),
            Sending::New(draft) => draft,
        };
        let bus = self.bus.clone();
        let announce = Box::new(move |appended: &Appended| {
            if let Appended::New(change) = appended {
                let (message, inbox) = (change.message.clone(), change.inbox.clone());
                bus.publish(Event {
                    to,
                    body: Body::Message {
                        kind: ChangeKind::Sent,
                        message,
                        inbox,
                    },
                });
            }
        });
        match self.messages.append(*draft, announce).await? {
            Appended::New(change) => Ok(Sent::New(change.message)),
            Appended::AlreadySent(id) => Ok(Sent::Already(id)),
            Appended::ClientIdElsewhere => Err(Denial::ClientIdConflict.into()),
            Appended::ReplyGone => Err(Denial::InvalidReply.into()),
        }
    }
}
