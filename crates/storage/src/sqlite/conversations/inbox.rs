//! What lists show of a conversation, right after a change.

use domain::{
    conversation::{Inbox, Preview},
    id::{ConversationId, MessageId, Seq, UserId},
    time::Timestamp,
};
use rusqlite::{Connection, Row};

use super::super::rows::{all, count, first};
use crate::error::{Result, failed};

/// The columns of a preview, where the query calls the newest message `m` and its sender `s`; read with [`preview`]. A few characters are enough.
macro_rules! preview_columns {
    () => {
        "m.id, s.username, substr(m.content, 1, 51), m.has_attachments, m.created_at"
    };
}
pub(super) use preview_columns;

/// A preview whose columns begin at `first`; `None` where an outer join found no message.
pub(super) fn preview(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Preview>> {
    let Some(id) = row.get(first)? else { return Ok(None) };
    Ok(Some(Preview {
        id: MessageId(id),
        sender: row.get(first + 1)?,
        content: row.get(first + 2)?,
        has_attachments: row.get(first + 3)?,
        created_at: Timestamp(row.get(first + 4)?),
    }))
}

/// With the unread counts of all participants.
pub(crate) fn inbox_of_all(connection: &Connection, id: ConversationId) -> Result<Inbox> {
    let unread = all(
        connection,
        "SELECT user_id, unread_count FROM messaging_conversation_participants WHERE conversation_id = ?1 ORDER BY user_id",
        [id.0],
        |row| Ok((UserId(row.get(0)?), count(row, 1)?)),
    )?;
    inbox(connection, id, unread)
}

/// With the unread count of one person, which is 0 for somebody who does not take part.
pub(crate) fn inbox_of_one(connection: &Connection, id: ConversationId, user: UserId) -> Result<Inbox> {
    let unread = first(
        connection,
        "SELECT unread_count FROM messaging_conversation_participants WHERE conversation_id = ?1 AND user_id = ?2",
        [id.0, user.0],
        |row| count(row, 0),
    )?;
    inbox(connection, id, vec![(user, unread.unwrap_or(0))])
}

fn inbox(connection: &Connection, id: ConversationId, unread: Vec<(UserId, u64)>) -> Result<Inbox> {
    const SQL: &str = concat!(
        "SELECT c.last_seq, ",
        preview_columns!(),
        " FROM messaging_conversation c LEFT JOIN messaging_message m ON m.id = c.last_message_id
         LEFT JOIN accounts_user s ON s.id = m.sender_id WHERE c.id = ?1"
    );
    let found = first(connection, SQL, [id.0], |row| Ok((Seq(row.get(0)?), preview(row, 1)?)))?;
    let (last_seq, preview) = found.ok_or_else(|| failed("there is no such conversation"))?;
    Ok(Inbox {
        conversation: id,
        last_seq,
        preview,
        unread,
    })
}
