//! Loading messages with their files and receipts, with a few statements for any number of messages.

use std::collections::HashMap;

use domain::{
    attachment::{Attachment, FileType, Thumbnail, Voice},
    id::{AttachmentId, ConversationId, MessageId, Seq},
    message::{ChangeKind, ClientId, Message, ReplyPreview},
    people::Person,
    receipt::Receipt,
    time::Timestamp,
};
use rusqlite::Connection;

use super::super::rows::{Query, array, query, row};
use crate::error::{CorruptValueError, Result};

row!(
    struct MessageRow of messaging_message {
        id: MessageId,
        /// Content of deleted messages never leaves the database.
        content: Option<String> = "CASE WHEN m.is_deleted = 0 THEN m.content END",
        is_edited: bool,
        is_pinned: bool,
        is_deleted: bool,
        created_at: Timestamp,
        updated_at: Timestamp,
        edited_at: Option<Timestamp>,
        seq: Seq,
        client_id: Option<ClientId>,
        last_change: ChangeKind,
        has_attachments: bool,
        sender: Person as "s",
        reply_to: Option<ReplyRow> as "r",
    }
);

row!(
    struct ReplyRow of messaging_message {
        id: MessageId,
        content: Option<String> = "CASE WHEN r.is_deleted = 0 THEN r.content END",
        created_at: Timestamp,
        is_deleted: bool,
        has_attachments: bool,
        sender: Person as "rs",
    }
);

row!(
    struct ReceiptRow of messaging_messageread {
        message: MessageId = message_id,
        delivered_at: Timestamp,
        read_at: Option<Timestamp>,
        person: Person as "u",
    }
);

row!(
    struct AttachmentRow of messaging_messageattachment {
        id: AttachmentId,
        message: MessageId = message_id,
        file_type: FileType,
        file_name: String,
        file_size: u64,
        mime_type: String,
        width: Option<u32>,
        height: Option<u32>,
        uploaded_at: Timestamp,
        key: String = file,
        thumbnail: Option<String>,
        thumbnail_mime_type: Option<String>,
        voice_duration_ms: Option<u32>,
        voice_waveform: Option<String>,
    }
);

pub(crate) const SELECT_MESSAGES: Query<MessageRow> = query!(
    MessageRow as "m",
    "FROM rarray(?1) wanted CROSS JOIN messaging_message m ON m.id = wanted.value
     CROSS JOIN accounts_user s ON s.id = m.sender_id
     LEFT JOIN messaging_message r ON r.id = m.reply_to_id
     LEFT JOIN accounts_user rs ON rs.id = r.sender_id"
);

pub(crate) const SELECT_RECEIPTS: Query<ReceiptRow> = query!(
    ReceiptRow as "r",
    "FROM rarray(?1) wanted CROSS JOIN messaging_messageread r ON r.message_id = wanted.value
     CROSS JOIN accounts_user u ON u.id = r.user_id"
);

pub(crate) const SELECT_ATTACHMENTS: Query<AttachmentRow> = query!(
    AttachmentRow as "a",
    "FROM rarray(?1) wanted CROSS JOIN messaging_messageattachment a ON a.message_id = wanted.value"
);

/// The participants of a conversation except one.
const COUNT_OTHERS: Query<u32> = Query::value("SELECT COUNT(*) - 1 FROM messaging_conversation_participants WHERE conversation_id = ?1");

/// The message, if it is in this conversation.
pub(crate) fn load_one(connection: &Connection, within: ConversationId, id: MessageId) -> Result<Option<Message>> {
    Ok(load(connection, within, &[id.0])?.pop().map(|(_, message)| message))
}

/// The messages of one conversation, in the order of `ids`, each with the kind of its newest change.
pub(crate) fn load(connection: &Connection, within: ConversationId, ids: &[i64]) -> Result<Vec<(ChangeKind, Message)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let others = COUNT_OTHERS.first(connection, [within.0])?.unwrap_or(0);
    let mut receipts = receipts(connection, ids)?;
    let mut with_files: Vec<i64> = Vec::new();
    let mut found: HashMap<i64, (ChangeKind, Message)> = HashMap::with_capacity(ids.len());
    for row in SELECT_MESSAGES.all(connection, [array(ids.iter().copied())])? {
        row.note_files(&mut with_files);
        let kind = row.last_change;
        let mut message = row.into_message(within, others);
        message.receipts = receipts.remove(&message.id.0).unwrap_or_default();
        found.insert(message.id.0, (kind, message));
    }
    let mut messages: Vec<_> = ids.iter().filter_map(|id| found.remove(id)).collect();
    if !with_files.is_empty() {
        add_files(connection, within, with_files, &mut messages)?;
    }
    Ok(messages)
}

impl MessageRow {
    /// Notes the messages of a row whose files have to be loaded: those that have files and are not deleted.
    fn note_files(&self, with_files: &mut Vec<i64>) {
        if self.has_attachments && !self.is_deleted {
            with_files.push(self.id.0);
        }
        if let Some(reply) = &self.reply_to
            && reply.has_attachments
            && !reply.is_deleted
        {
            with_files.push(reply.id.0);
        }
    }

    /// The message of the row, still without files and receipts.
    fn into_message(self, conversation: ConversationId, others: u32) -> Message {
        Message {
            id: self.id,
            conversation,
            sender: self.sender,
            content: self.content,
            reply_to: self.reply_to.map(ReplyRow::into_preview),
            is_edited: self.is_edited,
            is_pinned: self.is_pinned,
            is_deleted: self.is_deleted,
            created_at: self.created_at,
            updated_at: self.updated_at,
            edited_at: self.edited_at,
            attachments: Vec::new(),
            receipts: Vec::new(),
            others,
            seq: self.seq,
            client_id: self.client_id,
        }
    }
}

impl ReplyRow {
    /// The preview of an answered message, still without files.
    fn into_preview(self) -> ReplyPreview {
        ReplyPreview {
            id: self.id,
            sender: self.sender,
            content: self.content,
            attachments: Vec::new(),
            created_at: self.created_at,
            is_deleted: self.is_deleted,
        }
    }
}

/// The receipts by message, in the order of delivery, then of user ids.
fn receipts(connection: &Connection, ids: &[i64]) -> rusqlite::Result<HashMap<i64, Vec<Receipt>>> {
    let mut receipts: HashMap<i64, Vec<Receipt>> = HashMap::new();
    for row in SELECT_RECEIPTS.all(connection, [array(ids.iter().copied())])? {
        receipts.entry(row.message.0).or_default().push(Receipt {
            person: row.person,
            delivered_at: row.delivered_at,
            read_at: row.read_at,
        });
    }
    for receipts in receipts.values_mut() {
        receipts.sort_unstable_by_key(|receipt| (receipt.delivered_at, receipt.person.id));
    }
    Ok(receipts)
}

fn add_files(
    connection: &Connection,
    within: ConversationId,
    mut ids: Vec<i64>,
    messages: &mut [(ChangeKind, Message)],
) -> rusqlite::Result<()> {
    ids.sort_unstable();
    ids.dedup();
    let mut files: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for row in SELECT_ATTACHMENTS.all(connection, [array(ids)])? {
        let file = row.into_attachment(within)?;
        files.entry(file.message).or_default().push(file);
    }
    for files in files.values_mut() {
        files.sort_unstable_by_key(|file| file.id);
    }
    let of = |id: MessageId, is_deleted: bool| {
        if is_deleted {
            Vec::new()
        } else {
            files.get(&id).cloned().unwrap_or_default()
        }
    };
    for (_, message) in messages {
        message.attachments = of(message.id, message.is_deleted);
        if let Some(reply) = &mut message.reply_to {
            reply.attachments = of(reply.id, reply.is_deleted);
        }
    }
    Ok(())
}

impl AttachmentRow {
    pub(super) fn into_attachment(self, conversation: ConversationId) -> rusqlite::Result<Attachment> {
        let unreadable = |column| CorruptValueError {
            table: "messaging_messageattachment",
            column,
        };
        let thumbnail = match (self.thumbnail, self.thumbnail_mime_type) {
            (Some(key), Some(mime_type)) => Some(Thumbnail { key, mime_type }),
            (None, None) => None,
            _ => return Err(unreadable("thumbnail_mime_type").into()),
        };
        let voice = match (self.voice_duration_ms, self.voice_waveform) {
            (Some(duration_ms), Some(waveform)) => {
                Some(Voice::from_digits(duration_ms, &waveform).ok_or_else(|| unreadable("voice_waveform"))?)
            }
            (None, None) => None,
            _ => return Err(unreadable("voice_waveform").into()),
        };
        Ok(Attachment {
            id: self.id,
            message: self.message,
            conversation,
            file_type: self.file_type,
            file_name: self.file_name,
            file_size: self.file_size,
            mime_type: self.mime_type,
            width: self.width,
            height: self.height,
            uploaded_at: self.uploaded_at,
            key: self.key,
            thumbnail,
            voice,
        })
    }
}
