//! Sending without the use case: the test decides.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::{
    denial::Denial,
    facts::SendingFacts,
    id::{ConversationId, MessageId, UserId},
    message::{ClientId, Draft},
    ports::{Announce, Appended, Messages, Refusal, SendingQuery, StoreError},
    rules::sending::Sending,
    testing::conformance::silent,
};

/// What tests ask of a store beside its ports.
#[async_trait]
pub trait Drafts {
    /// Sends a draft as it is, unless its `client_id` was used before or what it answers is gone; what it answers is shown as it is now.
    async fn append(&self, draft: Draft, announce: Announce<Appended>) -> Result<Appended, StoreError>;

    /// The facts by which it is decided whether a message may be sent, which is refused then.
    async fn facts_to_send(
        &self,
        conversation: ConversationId,
        actor: UserId,
        reply_to: Option<MessageId>,
        client_id: Option<&ClientId>,
    ) -> Result<Option<SendingFacts>, StoreError>;
}

#[async_trait]
impl<M: Messages + ?Sized> Drafts for M {
    async fn append(&self, draft: Draft, announce: Announce<Appended>) -> Result<Appended, StoreError> {
        let query = SendingQuery {
            actor: draft.sender.id,
            conversation: draft.conversation,
            reply_to: draft.reply_to.as_ref().map(|reply| reply.id),
            client_id: draft.client_id.clone(),
        };
        self.send(query, Box::new(move |facts| decide(&draft, facts)), announce).await
    }

    async fn facts_to_send(
        &self,
        conversation: ConversationId,
        actor: UserId,
        reply_to: Option<MessageId>,
        client_id: Option<&ClientId>,
    ) -> Result<Option<SendingFacts>, StoreError> {
        let seen = Arc::new(Mutex::new(None));
        let shown = seen.clone();
        let query = SendingQuery {
            actor,
            conversation,
            reply_to,
            client_id: client_id.cloned(),
        };
        let decide = Box::new(move |facts| {
            *shown.lock().expect("no test panics here") = facts;
            Err(Denial::ConversationNotFound.into())
        });
        self.send(query, decide, silent()).await?;
        let facts = seen.lock().expect("no test panics here").take();
        Ok(facts)
    }
}

fn decide(draft: &Draft, facts: Option<SendingFacts>) -> Result<Sending, Refusal> {
    let facts = facts.ok_or(Denial::ConversationNotFound)?;
    match facts.already {
        Some((conversation, id)) if conversation == draft.conversation => return Ok(Sending::Already(id)),
        Some(_) => return Err(Denial::ClientIdConflict.into()),
        None => {}
    }
    let mut draft = draft.clone();
    if draft.reply_to.is_some() {
        let answered = facts.reply_to.filter(|answered| !answered.is_deleted);
        draft.reply_to = Some(answered.ok_or(Denial::InvalidReply)?);
    }
    Ok(Sending::New(Box::new(draft)))
}
