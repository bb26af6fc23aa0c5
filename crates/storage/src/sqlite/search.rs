//! The stored messages, as the search and its index need them.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    attachment::FileType,
    conversation::Conversation,
    id::{AttachmentId, ConfessionId, ConversationId, MessageId, UserId},
    message::Message,
    message_search::{Document, MessageText, NamedFile},
    ports::{OutboxPlace, Searchable, StoreError, Tail},
    time::Timestamp,
};
use rusqlite::Connection;

use super::{
    Sqlite, conversations, messages,
    rows::{Query, all, array, first, query, row},
};
use crate::error::Result;

row!(
    struct TextRow of messaging_message {
        id: MessageId,
        conversation: ConversationId = conversation_id,
        confession: Option<ConfessionId> = "c.confession_id",
        sender: UserId = sender_id,
        created_at: Timestamp,
        content: Option<String>,
        has_attachments: bool,
    }
);

row!(
    struct FileRow of messaging_messageattachment {
        id: AttachmentId,
        message: MessageId = message_id,
        name: String = file_name,
        file_type: FileType,
    }
);

row!(
    struct ParticipantRow of messaging_conversation_participants {
        conversation: ConversationId = conversation_id,
        user: UserId = user_id,
    }
);

row!(
    struct TimeRow of messaging_message {
        id: MessageId,
        created_at: Timestamp,
    }
);

row!(
    struct PlaceRow of messaging_message {
        id: MessageId,
        conversation: ConversationId = conversation_id,
    }
);

/// The texts of those of these messages that a person may read. Parameters: ids, person.
pub(super) const SELECT_TEXTS: Query<TextRow> = query!(
    TextRow as "m",
    "FROM rarray(?1) wanted CROSS JOIN messaging_message m ON m.id = wanted.value AND m.is_deleted = 0
     CROSS JOIN messaging_conversation_participants p ON p.conversation_id = m.conversation_id AND p.user_id = ?2
     CROSS JOIN messaging_conversation c ON c.id = m.conversation_id"
);

/// The texts of all of these messages. Parameter: ids.
pub(super) const SELECT_DOCUMENTS: Query<TextRow> = query!(
    TextRow as "m",
    "FROM rarray(?1) wanted CROSS JOIN messaging_message m ON m.id = wanted.value AND m.is_deleted = 0
     CROSS JOIN messaging_conversation c ON c.id = m.conversation_id"
);

pub(super) const SELECT_FILE_NAMES: Query<FileRow> = query!(
    FileRow as "a",
    "FROM rarray(?1) wanted CROSS JOIN messaging_messageattachment a ON a.message_id = wanted.value"
);

pub(super) const SELECT_PARTICIPANTS: Query<ParticipantRow> = query!(
    ParticipantRow as "p",
    "FROM rarray(?1) wanted CROSS JOIN messaging_conversation_participants p ON p.conversation_id = wanted.value"
);

/// Where those of these messages are that a person may read. Parameters: ids, person.
pub(super) const SELECT_PLACES: Query<PlaceRow> = query!(
    PlaceRow as "m",
    "FROM rarray(?1) wanted CROSS JOIN messaging_message m ON m.id = wanted.value
     CROSS JOIN messaging_conversation_participants p ON p.conversation_id = m.conversation_id AND p.user_id = ?2"
);

/// The messages sent or edited after a place of the outbox, newest entry first. Parameters: place, person, conversation or null, limit.
pub(super) const SELECT_TAIL: &str = "
    SELECT DISTINCT o.message_id
    FROM (SELECT message_id, conversation_id FROM messaging_outbox WHERE id > ?1 AND kind IN ('sent', 'edited') ORDER BY id DESC LIMIT 10000) o
    WHERE (?3 IS NULL OR o.conversation_id = ?3)
        AND EXISTS (SELECT 1 FROM messaging_conversation_participants p WHERE p.conversation_id = o.conversation_id AND p.user_id = ?2)
    LIMIT ?4";

/// The number of entries after a place of the outbox; ids are given without gaps.
pub(super) const COUNT_TAIL: &str = "SELECT MAX(COALESCE((SELECT MAX(id) FROM messaging_outbox), 0) - ?1, 0)";

pub(super) const SELECT_IDS_BELOW: &str = "SELECT id FROM messaging_message WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/// The first message with this id or a higher one.
pub(super) const SELECT_TIME_FROM: Query<TimeRow> =
    query!(TimeRow as "m", "FROM messaging_message m WHERE m.id >= ?1 ORDER BY m.id LIMIT 1");

/// The texts in the order of the ids, with the names of their files.
fn texts(connection: &Connection, rows: Vec<TextRow>, ids: &[MessageId]) -> rusqlite::Result<Vec<MessageText>> {
    let with_files: Vec<i64> = rows.iter().filter(|row| row.has_attachments).map(|row| row.id.0).collect();
    let mut files: HashMap<MessageId, Vec<NamedFile>> = HashMap::new();
    if !with_files.is_empty() {
        for row in SELECT_FILE_NAMES.all(connection, [array(with_files)])? {
            files.entry(row.message).or_default().push(NamedFile {
                id: row.id,
                name: row.name,
                file_type: row.file_type,
            });
        }
    }
    let text = |row: TextRow| {
        let mut files = files.remove(&row.id).unwrap_or_default();
        files.sort_unstable_by_key(|file| file.id);
        MessageText {
            id: row.id,
            conversation: row.conversation,
            confession: row.confession,
            sender: row.sender,
            created_at: row.created_at,
            content: row.content,
            files,
        }
    };
    let mut texts: HashMap<MessageId, MessageText> = rows.into_iter().map(text).map(|text| (text.id, text)).collect();
    Ok(ids.iter().filter_map(|id| texts.remove(id)).collect())
}

fn documents(connection: &Connection, ids: &[MessageId]) -> rusqlite::Result<Vec<Document>> {
    let rows = SELECT_DOCUMENTS.all(connection, [array(ids.iter().map(|id| id.0))])?;
    let mut conversations: Vec<i64> = rows.iter().map(|row| row.conversation.0).collect();
    conversations.sort_unstable();
    conversations.dedup();
    let mut participants: HashMap<ConversationId, Vec<UserId>> = HashMap::new();
    for row in SELECT_PARTICIPANTS.all(connection, [array(conversations)])? {
        participants.entry(row.conversation).or_default().push(row.user);
    }
    let document = |text: MessageText| Document {
        participants: participants.get(&text.conversation).cloned().unwrap_or_default(),
        text,
    };
    Ok(texts(connection, rows, ids)?.into_iter().map(document).collect())
}

fn found(connection: &Connection, viewer: UserId, ids: &[MessageId]) -> Result<Vec<(Message, Arc<Conversation>)>> {
    let mut places: HashMap<ConversationId, Vec<i64>> = HashMap::new();
    for row in SELECT_PLACES.all(connection, (array(ids.iter().map(|id| id.0)), viewer.0))? {
        places.entry(row.conversation).or_default().push(row.id.0);
    }
    let mut found = HashMap::with_capacity(ids.len());
    for (within, ids) in places {
        let Some(conversation) = conversations::conversation(connection, within)?.map(Arc::new) else {
            continue;
        };
        for (_, message) in messages::load(connection, within, &ids)? {
            found.insert(message.id, (message, conversation.clone()));
        }
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

fn first_since(connection: &Connection, time: Timestamp) -> rusqlite::Result<Option<MessageId>> {
    let newest: Option<i64> = first(connection, "SELECT id FROM messaging_message ORDER BY id DESC LIMIT 1", [])?;
    // All messages with ids below `low` are older than the time; `high` is not, or does not exist.
    let (mut low, mut high) = (0, newest.map_or(0, |newest| newest + 1));
    let mut answer = None;
    while low < high {
        let middle = low + (high - low) / 2;
        match SELECT_TIME_FROM.first(connection, [middle])? {
            Some(row) if row.created_at < time => low = row.id.0 + 1,
            Some(row) => (high, answer) = (middle, Some(row.id)),
            None => high = middle,
        }
    }
    Ok(answer)
}

#[async_trait]
impl Searchable for Sqlite {
    async fn texts(&self, viewer: UserId, ids: Vec<MessageId>) -> std::result::Result<Vec<MessageText>, StoreError> {
        self.scan(move |connection| {
            let rows = SELECT_TEXTS.all(connection, (array(ids.iter().map(|id| id.0)), viewer.0))?;
            Ok(texts(connection, rows, &ids)?)
        })
        .await
    }

    async fn found(&self, viewer: UserId, ids: Vec<MessageId>) -> std::result::Result<Vec<(Message, Arc<Conversation>)>, StoreError> {
        self.scan(move |connection| found(connection, viewer, &ids)).await
    }

    async fn tail(
        &self,
        viewer: UserId,
        within: Option<ConversationId>,
        after: OutboxPlace,
        limit: u32,
    ) -> std::result::Result<Tail, StoreError> {
        self.scan(move |connection| {
            let entries: u64 = first(connection, COUNT_TAIL, [after.id])?.unwrap_or(0);
            if entries == 0 {
                return Ok(Tail::default());
            }
            let parameters = (after.id, viewer.0, within.map(|id| id.0), limit);
            let mut messages: Vec<MessageId> = all(connection, SELECT_TAIL, parameters)?;
            messages.sort_unstable_by(|one, other| other.cmp(one));
            Ok(Tail { messages, entries })
        })
        .await
    }

    async fn first_since(&self, time: Timestamp) -> std::result::Result<Option<MessageId>, StoreError> {
        self.scan(move |connection| Ok(first_since(connection, time)?)).await
    }

    async fn documents(&self, ids: Vec<MessageId>) -> std::result::Result<Vec<Document>, StoreError> {
        self.scan(move |connection| Ok(documents(connection, &ids)?)).await
    }

    async fn documents_below(&self, below: MessageId, limit: u32) -> std::result::Result<(Vec<Document>, Option<MessageId>), StoreError> {
        self.scan(move |connection| {
            let ids: Vec<MessageId> = all(connection, SELECT_IDS_BELOW, (below.0, limit))?;
            let lowest = ids.last().copied().filter(|_| ids.len() >= limit as usize);
            Ok((documents(connection, &ids)?, lowest))
        })
        .await
    }
}
