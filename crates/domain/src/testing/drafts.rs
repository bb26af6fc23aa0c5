//! Sending without the use case: the test decides.

use async_trait::async_trait;

use crate::{
    denial::Denial,
    facts::SendingFacts,
    message::Draft,
    ports::{Announce, Appended, Messages, Refusal, SendingQuery, StoreError},
    rules::sending::Sending,
};

/// What tests ask of a store beside its ports.
#[async_trait]
pub trait Drafts {
    /// Sends a draft as it is, unless its `client_id` was used before or what it answers is gone; what it answers is shown as it is now.
    async fn append(&self, draft: Draft, announce: Announce<Appended>) -> Result<Appended, StoreError>;
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
