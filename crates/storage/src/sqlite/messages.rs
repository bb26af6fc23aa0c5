//! Messages and their changes.

mod append;
mod change;
mod files;
mod history;
mod load;

use std::{ops::ControlFlow, sync::Arc};

#[cfg(test)]
pub(super) use append::{STORE_TOTAL, UPDATE_CONVERSATION, UPDATE_PARTICIPANTS, UPDATE_PARTICIPANTS_AND_ROWS};
use async_trait::async_trait;
use domain::{
    change::ChangePage,
    facts::{FileFacts, MessageFacts, SendingFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{ClientId, Message, NewMessage, Update},
    page::{HistoryPage, Window},
    people::Role,
    ports::{ChangeOutcome, Decide, Decided, MessageFilter, Messages, OnCommit, SendOutcome, StoreError},
    rules::sending::Sending,
    time::Timestamp,
};
#[cfg(test)]
pub(super) use files::{SELECT_DELETED_FILE_KEYS, SELECT_DELETED_THUMBNAIL_KEYS, SELECT_FILE, SELECT_FILE_KEYS, SELECT_THUMBNAIL_KEYS};
#[cfg(test)]
pub(super) use history::{SELECT_CHANGED_IDS, queries};
#[cfg(test)]
pub(super) use load::{SELECT_ATTACHMENTS, SELECT_MESSAGES, SELECT_RECEIPTS};
pub(super) use load::{load, load_one};
use rusqlite::Connection;

use super::{
    Sqlite, conversations, directory,
    rows::{Query, first, query, row},
    writer::Outcome,
};
use crate::error::{Result as Loaded, failed};

/// The conversation of a message.
pub(super) fn conversation_of(connection: &Connection, id: MessageId) -> rusqlite::Result<Option<ConversationId>> {
    first(connection, "SELECT conversation_id FROM messaging_message WHERE id = ?1", [id.0])
}

row!(
    struct Sent of messaging_message {
        conversation: ConversationId = conversation_id,
        message: MessageId = id,
    }
);

/// Selects the conversation and the id of a message. Parameters: sender, client id.
pub(super) const SELECT_ALREADY_SENT: Query<Sent> =
    query!(Sent as "m", "FROM messaging_message m WHERE m.sender_id = ?1 AND m.client_id = ?2");

/// The message that this sender has sent with this client id.
pub(super) fn already_sent(
    connection: &Connection,
    sender: UserId,
    client_id: &ClientId,
) -> rusqlite::Result<Option<(ConversationId, MessageId)>> {
    let sent = SELECT_ALREADY_SENT.first(connection, (sender.0, client_id.as_str()))?;
    Ok(sent.map(|sent| (sent.conversation, sent.message)))
}

/// The message, if the viewer takes part in its conversation.
fn get(connection: &Connection, id: MessageId, viewer: UserId) -> Loaded<Option<Message>> {
    let within = first(
        connection,
        "SELECT m.conversation_id FROM messaging_message m
         JOIN messaging_conversation_participants p ON p.conversation_id = m.conversation_id AND p.user_id = ?2 WHERE m.id = ?1",
        [id.0, viewer.0],
    )?;
    match within {
        Some(within) => load_one(connection, within, id),
        None => Ok(None),
    }
}

fn facts_to_change(connection: &Connection, id: MessageId, actor: UserId) -> Loaded<Option<MessageFacts>> {
    let (Some(within), Some(actor)) = (conversation_of(connection, id)?, directory::find(connection, actor)?) else {
        return Ok(None);
    };
    let conversation = conversations::conversation(connection, within)?.ok_or_else(|| failed("a message is in no conversation"))?;
    let takes_part = conversation.includes(actor.id);
    if !takes_part && actor.role != Role::Superadmin {
        return Ok(None);
    }
    let message = load_one(connection, within, id)?.ok_or_else(|| failed("a message is there and is not"))?;
    Ok(Some(MessageFacts {
        actor,
        takes_part,
        conversation,
        message,
    }))
}

#[async_trait]
impl Messages for Sqlite {
    async fn send(
        &self,
        message: Arc<NewMessage>,
        decide: Decide<Option<SendingFacts>, Sending>,
        on_commit: OnCommit<SendOutcome>,
    ) -> Result<Decided<SendOutcome>, StoreError> {
        let newest = self.inner.newest.clone();
        self.decide(
            self.waking(on_commit, |sent| matches!(sent, SendOutcome::New(_))),
            move |connection| {
                let sent = append::send(connection, &message, &decide)?;
                if let Ok(Outcome::Keep(SendOutcome::New(change))) = &sent {
                    newest.note(change.message.created_at);
                }
                Ok(sent)
            },
        )
        .await
    }

    async fn facts_to_send(&self, message: Arc<NewMessage>) -> Result<Option<SendingFacts>, StoreError> {
        self.read(move |connection| Ok(conversations::to_send(connection, &message)?.map(|found| found.facts)))
            .await
    }

    async fn change(
        &self,
        actor: UserId,
        id: MessageId,
        decide: Decide<Option<MessageFacts>, Option<Update>>,
        on_commit: OnCommit<ChangeOutcome>,
    ) -> Result<Decided<ChangeOutcome>, StoreError> {
        let load = move |connection: &Connection| {
            let facts = facts_to_change(connection, id, actor)?;
            Ok((facts.clone(), facts))
        };
        let settle = |update: Option<Update>, facts: Option<MessageFacts>| match (update, facts) {
            (None, Some(facts)) => Some(ChangeOutcome::Unchanged(Box::new(facts))),
            _ => None,
        };
        let decide = match self.decide_on_reader(decide, load, settle).await? {
            ControlFlow::Break(settled) => return Ok(settled),
            ControlFlow::Continue(decide) => decide,
        };
        let newest = self.inner.newest.clone();
        self.decide(self.waking(on_commit, |_| true), move |connection| {
            let changed = change::change(connection, facts_to_change(connection, id, actor)?, &decide)?;
            if let Ok(Outcome::Keep(ChangeOutcome::Done(change))) = &changed {
                newest.note(change.message.updated_at);
            }
            Ok(changed)
        })
        .await
    }

    async fn get(&self, id: MessageId, viewer: UserId) -> Result<Option<Message>, StoreError> {
        self.read(move |connection| get(connection, id, viewer)).await
    }

    async fn file(&self, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>, StoreError> {
        self.read(move |connection| files::file(connection, id, viewer)).await
    }

    async fn keys_in_use(&self, keys: &[String]) -> Result<Vec<String>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |connection| files::keys_in_use(connection, keys)).await
    }

    async fn keys_deleted_before(&self, keys: &[String], before: Timestamp) -> Result<Vec<String>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |connection| files::keys_deleted_before(connection, keys, before))
            .await
    }

    async fn newest_keys(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| files::newest_keys(connection, limit)).await
    }

    async fn window(&self, of: ConversationId, window: Window, shown: MessageFilter) -> Result<Option<HistoryPage<Message>>, StoreError> {
        self.read(move |connection| history::window(connection, of, window, shown)).await
    }

    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError> {
        self.read(move |connection| history::changes(connection, of, after, limit)).await
    }
}
