//! Marking as read.

use domain::{
    id::MessageId,
    ports::{ReadMark, ReadScope, WasRead},
};
use rusqlite::Connection;

use super::{
    super::{
        conversations::inbox_of_one,
        rows::{all, run},
        writer::Outcome,
    },
    marks::{advance_delivered, advance_read, standing},
};
use crate::error::{Result, failed};

/// Of a conversation, by a user, after one message up to another, at a time: all messages of others there. Answers with those that were unread.
pub(crate) const READ_RANGE: &str = "INSERT INTO messaging_messageread (message_id, user_id, delivered_at, read_at)
     SELECT m.id, ?2, ?5, ?5 FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     ON CONFLICT (message_id, user_id) DO UPDATE SET read_at = excluded.read_at WHERE messaging_messageread.read_at IS NULL
     RETURNING message_id";

/// Marks what the scope says, one statement for all of it.
pub(super) fn mark(connection: &Connection, mark: ReadMark) -> Result<Outcome<WasRead>> {
    let newest = newly_read(connection, mark)?;
    let read = WasRead {
        message: newest.map(MessageId),
        inbox: inbox_of_one(connection, mark.conversation, mark.user)?,
    };
    Ok(if read.message.is_some() {
        Outcome::Keep(read)
    } else {
        Outcome::Discard(read)
    })
}

/// The newest message that was unread until now.
fn newly_read(connection: &Connection, mark: ReadMark) -> Result<Option<i64>> {
    let ReadMark {
        conversation,
        user,
        scope,
        at,
    } = mark;
    let Some(standing) = standing(connection, conversation, user)?.filter(|standing| standing.unread > 0) else {
        return Ok(None);
    };
    // Everything up to the mark is read, so the range begins after it.
    let (after, last) = match scope {
        ReadScope::One(MessageId(id)) => (id.saturating_sub(1), id),
        ReadScope::UpTo(MessageId(id)) => (standing.read, id),
        ReadScope::All => (standing.read, i64::MAX),
    };
    let read: Vec<i64> = all(connection, READ_RANGE, [conversation.0, user.0, after, last, at.0], |row| {
        row.get(0)
    })?;
    let Some(newest) = read.iter().copied().max() else {
        return Ok(None);
    };
    let count = i64::try_from(read.len()).map_err(|_| failed("too many messages"))?;
    run(
        connection,
        "UPDATE messaging_conversation_participants SET unread_count = unread_count - ?3 WHERE conversation_id = ?1 AND user_id = ?2",
        [conversation.0, user.0, count],
    )?;
    let clear = (scope != ReadScope::One(MessageId(last))).then_some((last, at));
    advance_read(connection, conversation, user, standing.read, clear)?;
    advance_delivered(
        connection,
        conversation,
        user,
        standing.delivered,
        clear.map_or(0, |(clear, _)| clear),
    )?;
    Ok(Some(newest))
}
