//! Storing that messages are read, with the read mark and the unread count.

use domain::{
    facts::ReadingFacts,
    id::MessageId,
    ports::ReadOutcome,
    receipt::{ReadMark, ReadRequest, ReadScope},
};
use rusqlite::Connection;

use super::{
    super::{
        conversations::{conversation_facts, summary_of_one},
        messages::conversation_of,
        rows::{Query, query, row, run},
        writer::Outcome,
    },
    marks::{Progress, Standing, advance, delivered_up_to, end_mark, read_up_to, standing},
};
use crate::error::Result;

row!(
    struct Unread of messaging_message {
        count: i64 = "COUNT(*)",
        newest: Option<i64> = "MAX(m.id)",
    }
);

/// Counts the unread messages of others, and selects the newest. Parameters: conversation, user, the id after which, the id up to which.
pub(crate) const COUNT_UNREAD: Query<Unread> = query!(
    Unread as "m",
    "FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     AND NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = ?2 AND r.read_at IS NOT NULL)"
);

/// Marks the messages of [`COUNT_UNREAD`] as read, with the time as an additional parameter. (`RETURNING` could return the unread ones, but uses a temporary
/// table.)
pub(crate) const UPSERT_READ: &str = "INSERT INTO messaging_messageread (message_id, user_id, delivered_at, read_at)
     SELECT m.id, ?2, ?5, ?5 FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     ON CONFLICT (message_id, user_id) DO UPDATE SET read_at = excluded.read_at WHERE messaging_messageread.read_at IS NULL";

/// The facts for marking as read; `None` if the reader does not take part.
pub(super) fn facts(connection: &Connection, request: &ReadRequest) -> Result<Option<ReadingFacts>> {
    let home = match request.scope() {
        ReadScope::One(id) => Some(conversation_of(connection, id)?),
        ReadScope::UpTo(_) | ReadScope::All => None,
    };
    let Some(conversation) = request.conversation().or(home.flatten()) else {
        return Ok(None);
    };
    let base = conversation_facts(connection, conversation, request.actor())?;
    Ok(base.map(|base| ReadingFacts {
        base,
        includes_message: home.is_none_or(|home| home == Some(conversation)),
    }))
}

/// Marks the messages of the scope as read, with one statement for all.
pub(super) fn mark(connection: &Connection, mark: ReadMark) -> Result<Outcome<ReadOutcome>> {
    let standing = standing(connection, mark.conversation, mark.reader.id)?;
    let was_marked_unread = standing.as_ref().is_some_and(|standing| standing.is_marked_unread);
    let newest = newly_read(connection, &mark, standing)?;
    if was_marked_unread && newest.is_none() {
        end_mark(connection, mark.conversation, mark.reader.id)?;
    }
    let read = ReadOutcome {
        message: newest.map(MessageId),
        was_marked_unread,
        summary: summary_of_one(connection, mark.conversation, mark.reader.id)?,
        mark,
    };
    Ok(if read.message.is_some() || read.was_marked_unread {
        Outcome::Keep(read)
    } else {
        Outcome::Discard(read)
    })
}

/// The newest message that was unread until now.
fn newly_read(connection: &Connection, mark: &ReadMark, standing: Option<Standing>) -> Result<Option<i64>> {
    let (conversation, user, scope, at) = (mark.conversation, mark.reader.id, mark.scope, mark.at);
    let Some(standing) = standing.filter(|standing| standing.unread > 0) else {
        return Ok(None);
    };
    // All messages up to the read mark are read, so the range begins after it.
    let (after, last) = match scope {
        ReadScope::One(MessageId(id)) => (id.saturating_sub(1), id),
        ReadScope::UpTo(MessageId(id)) => (standing.read, id),
        ReadScope::All => (standing.read, i64::MAX),
    };
    let range = [conversation.0, user.0, after, last];
    let Some(Unread {
        count: read,
        newest: Some(newest),
    }) = COUNT_UNREAD.first(connection, range)?
    else {
        return Ok(None);
    };
    run(connection, UPSERT_READ, [conversation.0, user.0, after, last, at.0])?;
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
