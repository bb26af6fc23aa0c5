//! The files of messages: opening one, and finding the objects that rows name.

use std::rc::Rc;

use domain::{
    facts::FileFacts,
    id::{AttachmentId, ConversationId, UserId},
    time::Timestamp,
};
use rusqlite::{Connection, types::Value};

use super::{
    super::rows::{Query, query, row},
    load::AttachmentRow,
};
use crate::error::Result;

row!(
    struct FileRow of messaging_message {
        file: AttachmentRow as "a",
        conversation: ConversationId = conversation_id,
        is_deleted: bool,
        viewer_takes_part: bool = "EXISTS (SELECT 1 FROM messaging_conversation_participants p JOIN accounts_user u ON u.id = p.user_id
            WHERE p.conversation_id = m.conversation_id AND p.user_id = ?2 AND u.is_active = 1)",
    }
);

/// Selects a file. Parameters: file, viewer.
pub(crate) const SELECT_FILE: Query<FileRow> = query!(
    FileRow as "m",
    "FROM messaging_messageattachment a CROSS JOIN messaging_message m ON m.id = a.message_id WHERE a.id = ?1"
);

/// Selects the keys of files among a list of keys.
pub(crate) const SELECT_FILE_KEYS: Query<String> =
    Query::value("SELECT a.file FROM rarray(?1) wanted CROSS JOIN messaging_messageattachment a ON a.file = wanted.value");

/// Selects the keys of thumbnails among a list of keys.
pub(crate) const SELECT_THUMBNAIL_KEYS: Query<String> = Query::value(
    "SELECT a.thumbnail FROM rarray(?1) wanted
     CROSS JOIN messaging_messageattachment a ON a.thumbnail = wanted.value AND a.thumbnail IS NOT NULL",
);

/// Selects the keys of files whose message was deleted before a time, among a list of keys. Nothing changes a deleted message, so its last change was the
/// deletion.
pub(crate) const SELECT_DELETED_FILE_KEYS: Query<String> = Query::value(
    "SELECT a.file FROM rarray(?1) wanted CROSS JOIN messaging_messageattachment a ON a.file = wanted.value
     CROSS JOIN messaging_message m ON m.id = a.message_id WHERE m.is_deleted = 1 AND m.updated_at < ?2",
);

/// Selects the keys of thumbnails whose message was deleted before a time, among a list of keys.
pub(crate) const SELECT_DELETED_THUMBNAIL_KEYS: Query<String> = Query::value(
    "SELECT a.thumbnail FROM rarray(?1) wanted
     CROSS JOIN messaging_messageattachment a ON a.thumbnail = wanted.value AND a.thumbnail IS NOT NULL
     CROSS JOIN messaging_message m ON m.id = a.message_id WHERE m.is_deleted = 1 AND m.updated_at < ?2",
);

/// Selects the keys of the newest files: reads the rows backwards up to the limit.
const SELECT_NEWEST_FILE_KEYS: Query<String> = Query::value(
    "SELECT a.file FROM messaging_messageattachment a CROSS JOIN messaging_message m ON m.id = a.message_id
     WHERE m.is_deleted = 0 ORDER BY a.id DESC LIMIT ?1",
);

pub(super) fn file(connection: &Connection, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>> {
    let viewer = viewer.map(|viewer| viewer.0);
    let Some(row) = SELECT_FILE.first(connection, (id.0, viewer))? else {
        return Ok(None);
    };
    Ok(Some(FileFacts {
        file: row.file.into_attachment(row.conversation)?,
        message_deleted: row.is_deleted,
        viewer_takes_part: row.viewer_takes_part,
    }))
}

pub(super) fn keys_in_use(connection: &Connection, keys: Vec<String>) -> Result<Vec<String>> {
    let keys: Rc<Vec<Value>> = Rc::new(keys.into_iter().map(Value::from).collect());
    let mut used = SELECT_FILE_KEYS.all(connection, [keys.clone()])?;
    used.extend(SELECT_THUMBNAIL_KEYS.all(connection, [keys])?);
    Ok(used)
}

pub(super) fn keys_deleted_before(connection: &Connection, keys: Vec<String>, before: Timestamp) -> Result<Vec<String>> {
    let keys: Rc<Vec<Value>> = Rc::new(keys.into_iter().map(Value::from).collect());
    let mut deleted = SELECT_DELETED_FILE_KEYS.all(connection, (keys.clone(), before.0))?;
    deleted.extend(SELECT_DELETED_THUMBNAIL_KEYS.all(connection, (keys, before.0))?);
    Ok(deleted)
}

pub(super) fn newest_keys(connection: &Connection, limit: u32) -> Result<Vec<String>> {
    Ok(SELECT_NEWEST_FILE_KEYS.all(connection, [limit])?)
}
