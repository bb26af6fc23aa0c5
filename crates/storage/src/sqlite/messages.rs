//! Messages and their changes.

mod append;
mod change;
mod files;
mod history;
mod load;

#[cfg(test)]
pub(super) use append::{COUNT, INSERT, RAISE};
use async_trait::async_trait;
use domain::{
    facts::{FileFacts, MessageFacts},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{ChangePage, ClientId, Content, Message},
    page::{HistoryPage, Window},
    people::Role,
    ports::{Announce, Appended, Changed, Decide, Messages, SendingQuery, Shown, StoreError},
    time::Timestamp,
};
#[cfg(test)]
pub(super) use files::{FILE, FILES, THUMBNAILS};
#[cfg(test)]
pub(super) use history::{CHANGES, queries};
pub(super) use load::load_one;
#[cfg(test)]
pub(super) use load::{ATTACHMENTS, MESSAGES, RECEIPTS};
use rusqlite::Connection;

use super::{Sqlite, conversations, directory, rows::first};
use crate::error::{Result as Loaded, failed};

/// The conversation that a message is in.
pub(super) fn conversation_of(connection: &Connection, id: MessageId) -> rusqlite::Result<Option<ConversationId>> {
    first(
        connection,
        "SELECT conversation_id FROM messaging_message WHERE id = ?1",
        [id.0],
        |row| Ok(ConversationId(row.get(0)?)),
    )
}

/// Of a sender, by the name: the conversation and the message.
pub(super) const ALREADY_SENT: &str = "SELECT conversation_id, id FROM messaging_message WHERE sender_id = ?1 AND client_id = ?2";

/// The message that this sender has named so.
pub(super) fn already_sent(
    connection: &Connection,
    sender: UserId,
    client_id: &ClientId,
) -> rusqlite::Result<Option<(ConversationId, MessageId)>> {
    first(connection, ALREADY_SENT, (sender.0, client_id.as_str()), |row| {
        Ok((ConversationId(row.get(0)?), MessageId(row.get(1)?)))
    })
}

/// The message, to people who take part in its conversation.
fn get(connection: &Connection, id: MessageId, viewer: UserId) -> Loaded<Option<Message>> {
    let within = first(
        connection,
        "SELECT m.conversation_id FROM messaging_message m
         JOIN messaging_conversation_participants p ON p.conversation_id = m.conversation_id AND p.user_id = ?2 WHERE m.id = ?1",
        [id.0, viewer.0],
        |row| Ok(ConversationId(row.get(0)?)),
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
    async fn send(&self, query: SendingQuery, decide: Decide, announce: Announce<Appended>) -> Result<Appended, StoreError> {
        self.write(Some(announce), move |connection| append::send(connection, &query, &decide))
            .await
    }

    async fn facts_to_change(&self, id: MessageId, actor: UserId) -> Result<Option<MessageFacts>, StoreError> {
        self.read(move |connection| facts_to_change(connection, id, actor)).await
    }

    async fn edit(&self, id: MessageId, content: Content, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        self.write(Some(announce), move |connection| change::edit(connection, id, &content, at))
            .await
    }

    async fn delete(&self, id: MessageId, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        self.write(Some(announce), move |connection| change::delete(connection, id, at))
            .await
    }

    async fn set_pinned(&self, id: MessageId, pinned: bool, at: Timestamp, announce: Announce<Changed>) -> Result<Changed, StoreError> {
        self.write(Some(announce), move |connection| change::set_pinned(connection, id, pinned, at))
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

    async fn window(&self, of: ConversationId, window: Window, shown: Shown) -> Result<Option<HistoryPage<Message>>, StoreError> {
        self.read(move |connection| history::window(connection, of, window, shown)).await
    }

    async fn changes(&self, of: ConversationId, after: Seq, limit: u32) -> Result<ChangePage, StoreError> {
        self.read(move |connection| history::changes(connection, of, after, limit)).await
    }
}
