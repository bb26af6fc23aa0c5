//! Files by themselves: opening them, and which objects are theirs.

use std::rc::Rc;

use domain::{
    facts::FileFacts,
    id::{AttachmentId, ConversationId, UserId},
};
use rusqlite::{Connection, types::Value};

use super::{
    super::rows::{all, first},
    load::{ATTACHMENT, attachment, attachment_columns},
};
use crate::error::Result;

/// Of a file and a viewer.
pub(crate) const FILE: &str = concat!(
    "SELECT ",
    attachment_columns!(),
    ", m.conversation_id, m.is_deleted,
         EXISTS (SELECT 1 FROM messaging_conversation_participants p JOIN accounts_user u ON u.id = p.user_id
                 WHERE p.conversation_id = m.conversation_id AND p.user_id = ?2 AND u.is_active = 1)
     FROM messaging_messageattachment a CROSS JOIN messaging_message m ON m.id = a.message_id WHERE a.id = ?1"
);

/// Of a list of keys: those of files.
pub(crate) const FILES: &str = "SELECT a.file FROM rarray(?1) wanted CROSS JOIN messaging_messageattachment a ON a.file = wanted.value";

/// Of a list of keys: those of small pictures.
pub(crate) const THUMBNAILS: &str = "SELECT a.thumbnail FROM rarray(?1) wanted
     CROSS JOIN messaging_messageattachment a ON a.thumbnail = wanted.value AND a.thumbnail IS NOT NULL";

pub(super) fn file(connection: &Connection, id: AttachmentId, viewer: Option<UserId>) -> Result<Option<FileFacts>> {
    let viewer = viewer.map(|viewer| viewer.0);
    Ok(first(connection, FILE, (id.0, viewer), |row| {
        Ok(FileFacts {
            file: attachment(row, ConversationId(row.get(ATTACHMENT)?))?,
            message_deleted: row.get(ATTACHMENT + 1)?,
            viewer_takes_part: row.get(ATTACHMENT + 2)?,
        })
    })?)
}

pub(super) fn keys_in_use(connection: &Connection, keys: Vec<String>) -> Result<Vec<String>> {
    let keys: Rc<Vec<Value>> = Rc::new(keys.into_iter().map(Value::from).collect());
    let mut used = all(connection, FILES, [keys.clone()], |row| row.get(0))?;
    used.extend(all(connection, THUMBNAILS, [keys], |row| row.get::<_, String>(0))?);
    Ok(used)
}
