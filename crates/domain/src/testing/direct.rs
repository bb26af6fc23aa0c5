//! Acts on a store without the use cases: the test decides in place of the rules.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::{
    conversation::{NewConversation, OpenRequest},
    denial::Denial,
    facts::{MessageFacts, OpeningFacts, ReadingFacts, SendingFacts},
    id::{ConversationId, MessageId, UserId},
    message::{Content, Draft, NewMessage, NewState, Update},
    ports::{ChangeOutcome, Conversations, Decided, Messages, OnCommit, Opened, ReadOutcome, Receipts, SendOutcome, StoreError},
    receipt::{ReadMark, ReadRequest, ReadScope},
    rules::{opening::Opening, sending::Sending},
    testing::builders::RUSTAM,
    time::Timestamp,
};

/// Acts on messages as a superadmin of the community.
#[async_trait]
pub trait DirectMessages: Messages {
    /// Stores a draft as it is, unless its `client_id` was used before or the answered message is gone; the reply shows the present answered message.
    async fn append(&self, draft: Draft, on_commit: OnCommit<SendOutcome>) -> Result<Decided<SendOutcome>, StoreError> {
        let message = NewMessage {
            reply_to: draft.reply_to.as_ref().map(|reply| reply.id),
            client_id: draft.client_id.clone(),
            ..NewMessage::empty(draft.sender.id, draft.conversation)
        };
        self.send(Arc::new(message), Box::new(move |facts| append_draft(&draft, facts)), on_commit)
            .await
    }

    /// The facts by which a change by this person is decided.
    async fn facts_to_change(&self, id: MessageId, actor: UserId) -> Result<Option<MessageFacts>, StoreError> {
        let found = Arc::new(Mutex::new(None));
        let seen = found.clone();
        let decide = Box::new(move |facts| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = facts;
            Err(Denial::NotSender)
        });
        // The rule refuses, so there is no outcome.
        let _ = self.change(actor, id, decide, Box::new(|_| ())).await?;
        let facts = found.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(facts)
    }

    /// Replaces the content of a message that is not deleted.
    async fn edit(
        &self,
        id: MessageId,
        content: Content,
        at: Timestamp,
        on_commit: OnCommit<ChangeOutcome>,
    ) -> Result<Decided<ChangeOutcome>, StoreError> {
        let decide = Box::new(move |facts: Option<MessageFacts>| {
            if facts.ok_or(Denial::MessageNotFound)?.message.is_deleted {
                return Err(Denial::MessageDeleted);
            }
            let to = NewState::Content(content.clone());
            Ok(Some(Update { to, at }))
        });
        self.change(RUSTAM, id, decide, on_commit).await
    }

    /// Deletes a message that is not deleted yet.
    async fn delete(&self, id: MessageId, at: Timestamp, on_commit: OnCommit<ChangeOutcome>) -> Result<Decided<ChangeOutcome>, StoreError> {
        let decide = Box::new(move |facts: Option<MessageFacts>| {
            let is_deleted = facts.ok_or(Denial::MessageNotFound)?.message.is_deleted;
            let to = NewState::Deleted;
            Ok((!is_deleted).then_some(Update { to, at }))
        });
        self.change(RUSTAM, id, decide, on_commit).await
    }

    /// Pins a message that is not deleted, or unpins one, unless it is in that state already.
    async fn set_pinned(
        &self,
        id: MessageId,
        pinned: bool,
        at: Timestamp,
        on_commit: OnCommit<ChangeOutcome>,
    ) -> Result<Decided<ChangeOutcome>, StoreError> {
        let decide = Box::new(move |facts: Option<MessageFacts>| {
            let message = facts.ok_or(Denial::MessageNotFound)?.message;
            if pinned && message.is_deleted {
                return Err(Denial::MessageDeleted);
            }
            let to = NewState::Pinned(pinned);
            Ok((message.is_pinned != pinned).then_some(Update { to, at }))
        });
        self.change(RUSTAM, id, decide, on_commit).await
    }
}

impl<M: Messages + ?Sized> DirectMessages for M {}

/// Opens conversations without asking the rules.
#[async_trait]
pub trait DirectConversations: Conversations {
    /// Creates a conversation, or finds the one with the same participants and confession.
    async fn create(&self, new: NewConversation, on_commit: OnCommit<Opened>) -> Result<Opened, StoreError> {
        let request = OpenRequest {
            actor: new.opened_by,
            targets: new.participants.iter().copied().filter(|user| *user != new.opened_by).collect(),
            confession: new.confession,
        };
        let decide = Box::new(move |facts: Option<OpeningFacts>| {
            let existing = facts.ok_or(Denial::AccountInactive)?.existing;
            let found = existing.into_iter().find(|(_, confession)| *confession == new.confession);
            Ok(found.map_or_else(|| Opening::New(new.clone()), |(id, _)| Opening::Existing(id)))
        });
        let opened = self.open(request, decide, on_commit).await?;
        Ok(opened.unwrap_or_else(|denial| panic!("the actor exists: {denial}")))
    }

    /// The facts by which an opening is decided.
    async fn facts_to_open(&self, request: OpenRequest) -> Result<Option<OpeningFacts>, StoreError> {
        let found = Arc::new(Mutex::new(None));
        let seen = found.clone();
        let decide = Box::new(move |facts| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = facts;
            Err(Denial::UserNotFound)
        });
        // The rule refuses, so there is no outcome.
        let _ = self.open(request, decide, Box::new(|_| ())).await?;
        let facts = found.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(facts)
    }
}

impl<C: Conversations + ?Sized> DirectConversations for C {}

/// A reading of messages by a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The conversation that the request names.
    pub conversation: ConversationId,
    /// The participant who reads.
    pub user: UserId,
    /// The messages of the conversation that were read.
    pub scope: ReadScope,
    /// The time of the reading.
    pub at: Timestamp,
}

/// Marks messages as read without asking the rules.
#[async_trait]
pub trait DirectReceipts: Receipts {
    /// Marks the named messages as read; the reader must take part.
    async fn read(&self, reading: Reading, on_commit: OnCommit<ReadOutcome>) -> Result<ReadOutcome, StoreError> {
        let Reading {
            conversation,
            user,
            scope,
            at,
        } = reading;
        let request = ReadRequest::within(conversation, user, scope);
        let decide = Box::new(move |facts: Option<ReadingFacts>| {
            let base = facts.ok_or(Denial::ConversationNotFound)?.base;
            Ok(ReadMark {
                conversation,
                participants: base.conversation.participant_ids(),
                reader: base.actor,
                scope,
                at,
            })
        });
        let read = self.mark_read(request, decide, on_commit).await?;
        Ok(read.unwrap_or_else(|denial| panic!("the reader takes part: {denial}")))
    }

    /// The facts by which a reading is decided.
    async fn facts_to_read(&self, request: ReadRequest) -> Result<Option<ReadingFacts>, StoreError> {
        let found = Arc::new(Mutex::new(None));
        let seen = found.clone();
        let decide = Box::new(move |facts| {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = facts;
            Err(Denial::ConversationNotFound)
        });
        // The rule refuses, so there is no outcome.
        let _ = self.mark_read(request, decide, Box::new(|_| ())).await?;
        let facts = found.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(facts)
    }
}

impl<R: Receipts + ?Sized> DirectReceipts for R {}

fn append_draft(draft: &Draft, facts: Option<SendingFacts>) -> Result<Sending, Denial> {
    let facts = facts.ok_or(Denial::ConversationNotFound)?;
    match facts.already {
        Some((conversation, id)) if conversation == draft.conversation => return Ok(Sending::Already(id)),
        Some(_) => return Err(Denial::ClientIdConflict),
        None => {}
    }
    let mut draft = draft.clone();
    if draft.reply_to.is_some() {
        let answered = facts.reply_to.filter(|answered| !answered.is_deleted);
        draft.reply_to = Some(answered.ok_or(Denial::InvalidReply)?);
    }
    Ok(Sending::New(Box::new(draft)))
}
