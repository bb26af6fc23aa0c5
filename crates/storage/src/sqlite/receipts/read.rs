//! Marking as read.

use domain::{
    id::MessageId,
    ports::{ReadMark, ReadScope, WasRead},
};
use rusqlite::Connection;

use super::{
    super::{
        conversations::inbox_of_one,
        rows::{first, run},
        writer::Outcome,
    },
    marks::{Progress, advance, delivered_up_to, read_up_to, standing},
};
use crate::error::Result;

/// Of a conversation, by a user, after one message up to another: how many messages of others there are unread, and the newest of them.
pub(crate) const UNREAD: &str = "SELECT COUNT(*), MAX(m.id) FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     AND NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = ?2 AND r.read_at IS NOT NULL)";

/// The same, at a time: they are read. (`RETURNING` would say which were unread, by way of a temporary table.)
pub(crate) const READ_RANGE: &str = "INSERT INTO messaging_messageread (message_id, user_id, delivered_at, read_at)
     SELECT m.id, ?2, ?5, ?5 FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     ON CONFLICT (message_id, user_id) DO UPDATE SET read_at = excluded.read_at WHERE messaging_messageread.read_at IS NULL";

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
    let range = [conversation.0, user.0, after, last];
    let unread: (i64, Option<i64>) = first(connection, UNREAD, range, |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or_default();
    let (read, Some(newest)) = unread else { return Ok(None) };
    run(connection, READ_RANGE, [conversation.0, user.0, after, last, at.0])?;
    let clear = (scope != ReadScope::One(MessageId(last))).then_some((last, at));
    let progress = Progress {
        read,
        read_up_to: read_up_to(connection, conversation, user, standing.read, clear)?,
        delivered_up_to: delivered_up_to(
            connection,
            conversation,
            user,
            standing.delivered,
            clear.map_or(0, |(clear, _)| clear),
        )?,
    };
    advance(connection, conversation, user, &progress)?;
    Ok(Some(newest))
}
