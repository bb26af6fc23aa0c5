use std::sync::Arc;

use super::{Error, Messaging};
use crate::{
    denial::Denial,
    event::{Body, Event},
    facts::SendingFacts,
    id::{ConversationId, MessageId, UserId},
    message::{Change, ChangeKind, Message},
    ports::{Appended, Budget, Refusal, SendingQuery},
    rules::sending::{self, Wish},
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
        let query = SendingQuery {
            actor,
            conversation: request.conversation,
            reply_to: request.wish.reply_to,
            client_id: request.wish.client_id.clone(),
        };
        let (policy, clock, bus) = (self.policy.clone(), self.clock.clone(), self.bus.clone());
        let decide = Box::new(move |facts: Option<SendingFacts>| {
            let facts = facts.ok_or(Denial::ConversationNotFound)?;
            if !facts.gate.actor.is_active {
                return Err(Refusal::AccountInactive);
            }
            Ok(sending::decide(facts, request.wish.clone(), &policy, clock.now())?)
        });
        let announce = Box::new(move |appended: &Appended| {
            if let Appended::New(change) = appended {
                bus.publish(sent(change));
            }
        });
        match self.messages.send(query, decide, announce).await? {
            Appended::New(change) => Ok(Sent::New(change.message)),
            Appended::AlreadySent(id) => Ok(Sent::Already(id)),
            Appended::Refused(Refusal::Denied(denial)) => Err(denial.into()),
            Appended::Refused(Refusal::AccountInactive) => Err(Error::AccountInactive),
        }
    }
}

/// What everybody in the conversation is told.
fn sent(change: &Change) -> Event {
    Event {
        to: change.inbox.unread.iter().map(|(user, _)| *user).collect(),
        body: Body::Message {
            kind: ChangeKind::Sent,
            message: change.message.clone(),
            inbox: change.inbox.clone(),
        },
    }
}
