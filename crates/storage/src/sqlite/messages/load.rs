//! Messages as the domain knows them, a few statements for any number of them.

use std::collections::HashMap;

use domain::{
    attachment::{Attachment, FileType},
    id::{AttachmentId, ConversationId, MessageId, Seq},
    message::{ChangeKind, ClientId, Message, ReplyPreview},
    receipt::Receipt,
    time::Timestamp,
};
use rusqlite::{Connection, Row};

use super::super::rows::{PERSON, all, array, first, person, person_columns};
use crate::error::{Result, Unreadable};

/// Where the columns of the answered message begin.
const REPLY: usize = 13 + PERSON;

/// Content of deleted messages never leaves the database.
pub(crate) const MESSAGES: &str = concat!(
    "SELECT m.id, CASE WHEN m.is_deleted = 0 THEN m.content END, m.is_edited, m.is_pinned, m.is_deleted, m.created_at, m.updated_at,
         m.edited_at, m.seq, m.client_id, m.last_change, m.has_attachments, m.sender_id, ",
    person_columns!("s"),
    ", r.id, CASE WHEN r.is_deleted = 0 THEN r.content END, r.created_at, r.is_deleted, r.has_attachments, ",
    person_columns!("rs"),
    " FROM rarray(?1) wanted CROSS JOIN messaging_message m ON m.id = wanted.value
     CROSS JOIN accounts_user s ON s.id = m.sender_id
     LEFT JOIN messaging_message r ON r.id = m.reply_to_id
     LEFT JOIN accounts_user rs ON rs.id = r.sender_id"
);

pub(crate) const RECEIPTS: &str = concat!(
    "SELECT r.message_id, r.delivered_at, r.read_at, ",
    person_columns!("u"),
    " FROM rarray(?1) wanted CROSS JOIN messaging_messageread r ON r.message_id = wanted.value
     CROSS JOIN accounts_user u ON u.id = r.user_id"
);

/// The columns of a file, where the query calls `messaging_messageattachment` `a`; read with [`attachment`].
macro_rules! attachment_columns {
    () => {
        "a.id, a.message_id, a.file_type, a.file_name, a.file_size, a.mime_type, a.width, a.height, a.uploaded_at, a.file, a.thumbnail"
    };
}
pub(super) use attachment_columns;

/// How many columns a file has.
pub(super) const ATTACHMENT: usize = 11;

pub(crate) const ATTACHMENTS: &str = concat!(
    "SELECT ",
    attachment_columns!(),
    " FROM rarray(?1) wanted CROSS JOIN messaging_messageattachment a ON a.message_id = wanted.value"
);

const OTHERS: &str = "SELECT COUNT(*) - 1 FROM messaging_conversation_participants WHERE conversation_id = ?1";

/// One message of this conversation.
pub(crate) fn load_one(connection: &Connection, within: ConversationId, id: MessageId) -> Result<Option<Message>> {
    Ok(load(connection, within, &[id.0])?.pop().map(|(_, message)| message))
}

/// Messages of one conversation, in the order of `ids`, and what their newest change was.
pub(super) fn load(connection: &Connection, within: ConversationId, ids: &[i64]) -> Result<Vec<(ChangeKind, Message)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let others: u32 = first(connection, OTHERS, [within.0], |row| row.get(0))?.unwrap_or(0);
    let mut receipts = receipts(connection, ids)?;
    let mut with_files: Vec<i64> = Vec::new();
    let mut found: HashMap<i64, (ChangeKind, Message)> = HashMap::with_capacity(ids.len());
    let rows = all(connection, MESSAGES, [array(ids.iter().copied())], |row| {
        let message = read(row, within, others)?;
        note_files(row, &mut with_files)?;
        Ok((kind(row)?, message))
    })?;
    for (kind, mut message) in rows {
        message.receipts = receipts.remove(&message.id.0).unwrap_or_default();
        found.insert(message.id.0, (kind, message));
    }
    let mut messages: Vec<_> = ids.iter().filter_map(|id| found.remove(id)).collect();
    if !with_files.is_empty() {
        add_files(connection, within, with_files, &mut messages)?;
    }
    Ok(messages)
}

fn read(row: &Row<'_>, conversation: ConversationId, others: u32) -> rusqlite::Result<Message> {
    Ok(Message {
        id: MessageId(row.get(0)?),
        conversation,
        sender: person(row, 13)?,
        content: row.get(1)?,
        reply_to: reply(row)?,
        is_edited: row.get(2)?,
        is_pinned: row.get(3)?,
        is_deleted: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
        updated_at: Timestamp(row.get(6)?),
        edited_at: row.get::<_, Option<i64>>(7)?.map(Timestamp),
        attachments: Vec::new(),
        receipts: Vec::new(),
        others,
        seq: Seq(row.get(8)?),
        client_id: client_id(row)?,
    })
}

fn reply(row: &Row<'_>) -> rusqlite::Result<Option<ReplyPreview>> {
    let Some(id) = row.get(REPLY)? else { return Ok(None) };
    Ok(Some(ReplyPreview {
        id: MessageId(id),
        sender: person(row, REPLY + 5)?,
        content: row.get(REPLY + 1)?,
        attachments: Vec::new(),
        created_at: Timestamp(row.get(REPLY + 2)?),
        is_deleted: row.get(REPLY + 3)?,
    }))
}

fn client_id(row: &Row<'_>) -> rusqlite::Result<Option<ClientId>> {
    let text = row.get_ref(9)?.as_str_or_null()?;
    text.map(|text| {
        ClientId::new(text).ok_or_else(|| {
            Unreadable {
                table: "messaging_message",
                column: "client_id",
            }
            .at(9)
        })
    })
    .transpose()
}

fn kind(row: &Row<'_>) -> rusqlite::Result<ChangeKind> {
    let name = row.get_ref(10)?.as_str()?;
    parse_kind(name).ok_or_else(|| {
        Unreadable {
            table: "messaging_message",
            column: "last_change",
        }
        .at(10)
    })
}

/// The name of a kind of change in the database.
pub(super) const fn kind_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Sent => "sent",
        ChangeKind::Edited => "edited",
        ChangeKind::Pinned => "pinned",
        ChangeKind::Deleted => "deleted",
    }
}

fn parse_kind(name: &str) -> Option<ChangeKind> {
    use ChangeKind::{Deleted, Edited, Pinned, Sent};
    [Sent, Edited, Pinned, Deleted].into_iter().find(|kind| kind_name(*kind) == name)
}

/// Notes the messages of a row whose files are to be shown: those that have any and are not deleted.
fn note_files(row: &Row<'_>, with_files: &mut Vec<i64>) -> rusqlite::Result<()> {
    if row.get(11)? && !row.get::<_, bool>(4)? {
        with_files.push(row.get(0)?);
    }
    if row.get::<_, Option<bool>>(REPLY + 4)? == Some(true) && !row.get::<_, bool>(REPLY + 3)? {
        with_files.push(row.get(REPLY)?);
    }
    Ok(())
}

/// By message; ordered by delivery, then by person.
fn receipts(connection: &Connection, ids: &[i64]) -> rusqlite::Result<HashMap<i64, Vec<Receipt>>> {
    let mut receipts: HashMap<i64, Vec<Receipt>> = HashMap::new();
    let rows = all(connection, RECEIPTS, [array(ids.iter().copied())], |row| {
        let receipt = Receipt {
            person: person(row, 3)?,
            delivered_at: Timestamp(row.get(1)?),
            read_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        };
        Ok((row.get(0)?, receipt))
    })?;
    for (message, receipt) in rows {
        receipts.entry(message).or_default().push(receipt);
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
    for file in all(connection, ATTACHMENTS, [array(ids)], |row| attachment(row, within))? {
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

/// A file whose columns come first.
pub(super) fn attachment(row: &Row<'_>, conversation: ConversationId) -> rusqlite::Result<Attachment> {
    let corrupt = |column, index| {
        Unreadable {
            table: "messaging_messageattachment",
            column,
        }
        .at(index)
    };
    let size: i64 = row.get(4)?;
    Ok(Attachment {
        id: AttachmentId(row.get(0)?),
        message: MessageId(row.get(1)?),
        conversation,
        file_type: FileType::parse(row.get_ref(2)?.as_str()?).ok_or_else(|| corrupt("file_type", 2))?,
        file_name: row.get(3)?,
        file_size: u64::try_from(size).map_err(|_| corrupt("file_size", 4))?,
        mime_type: row.get(5)?,
        width: row.get(6)?,
        height: row.get(7)?,
        uploaded_at: Timestamp(row.get(8)?),
        key: row.get(9)?,
        thumbnail_key: row.get(10)?,
    })
}
