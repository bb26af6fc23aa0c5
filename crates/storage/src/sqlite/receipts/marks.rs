//! How far a participant has come. A mark is the newest message of others that has been reached (delivered, read) with all before it; deleted ones do not
//! hold it up. Receipts are the truth; marks say where the receipts that are missing begin.

use domain::{
    id::{ConversationId, MessageId, UserId},
    time::Timestamp,
};
use rusqlite::Connection;

use super::super::rows::{all, count, first, run};

/// What a participant's row says; 0 where there is no mark yet.
pub(super) struct Standing {
    pub(super) unread: u64,
    pub(super) delivered: i64,
    pub(super) read: i64,
}

/// How the participant stands; `None` for somebody who does not take part.
pub(super) fn standing(connection: &Connection, of: ConversationId, user: UserId) -> rusqlite::Result<Option<Standing>> {
    first(
        connection,
        "SELECT unread_count, coalesce(delivered_up_to, 0), coalesce(read_up_to, 0) FROM messaging_conversation_participants
         WHERE conversation_id = ?1 AND user_id = ?2",
        [of.0, user.0],
        |row| {
            Ok(Standing {
                unread: count(row, 0)?,
                delivered: row.get(1)?,
                read: row.get(2)?,
            })
        },
    )
}

/// The queries that find where a mark belongs. All go along the index of the history and never sort.
pub(crate) struct Mark {
    /// Of a conversation, for a user, after a message: the first that has not been reached.
    pub(crate) blocker: &'static str,
    /// Of a conversation, for a user, between two messages: the newest that has been reached.
    pub(crate) newest: &'static str,
}

macro_rules! mark {
    ($reached:literal) => {
        Mark {
            blocker: concat!(
                "SELECT m.id FROM messaging_message m WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.is_deleted = 0
                 AND NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = ?2",
                $reached,
                ") ORDER BY m.id LIMIT 1"
            ),
            newest: concat!(
                "SELECT m.id FROM messaging_message m WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id < ?4
                 AND EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = ?2",
                $reached,
                ") ORDER BY m.id DESC LIMIT 1"
            ),
        }
    };
}

pub(crate) const DELIVERED: Mark = mark!("");
pub(crate) const READ: Mark = mark!(" AND r.read_at IS NOT NULL");

/// When the newest reading was, of a conversation, by a user, after one message up to another.
pub(crate) const READ_SINCE: &str = "SELECT MAX(r.read_at) FROM messaging_message m
     CROSS JOIN messaging_messageread r ON r.message_id = m.id AND r.user_id = ?2
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4";

impl Mark {
    /// Where the mark belongs now, if further on than `from`; everything up to `clear` is known to be reached or deleted.
    fn find(&self, connection: &Connection, of: ConversationId, user: UserId, from: i64, clear: i64) -> rusqlite::Result<Option<i64>> {
        let blocker = first(connection, self.blocker, [of.0, user.0, clear], |row| row.get(0))?.unwrap_or(i64::MAX);
        first(connection, self.newest, [of.0, user.0, from, blocker], |row| row.get(0))
    }
}

/// Moves the delivered mark, which stands at `from`, as far as it goes; everything up to `clear` is known to be delivered or deleted.
pub(super) fn advance_delivered(connection: &Connection, of: ConversationId, user: UserId, from: i64, clear: i64) -> rusqlite::Result<()> {
    if let Some(newest) = DELIVERED.find(connection, of, user, from, clear.max(from))? {
        run(
            connection,
            "UPDATE messaging_conversation_participants SET delivered_up_to = ?3 WHERE conversation_id = ?1 AND user_id = ?2",
            [of.0, user.0, newest],
        )?;
    }
    Ok(())
}

/// Moves the read mark, which stands at `from`, as far as it goes; everything up to `clear` is known to be read or deleted, the newest of it at `at`.
pub(super) fn advance_read(
    connection: &Connection,
    of: ConversationId,
    user: UserId,
    from: i64,
    clear: Option<(i64, Timestamp)>,
) -> rusqlite::Result<()> {
    let known = clear.map_or(from, |(clear, _)| clear.max(from));
    let Some(newest) = READ.find(connection, of, user, from, known)? else {
        return Ok(());
    };
    let beyond = first(connection, READ_SINCE, [of.0, user.0, known, newest], |row| {
        row.get::<_, Option<i64>>(0)
    })?
    .flatten();
    if let Some(at) = beyond.max(clear.map(|(_, at)| at.0)) {
        run(
            connection,
            "UPDATE messaging_conversation_participants SET read_up_to = ?3, read_at = max(coalesce(read_at, ?4), ?4)
             WHERE conversation_id = ?1 AND user_id = ?2",
            [of.0, user.0, newest, at],
        )?;
    }
    Ok(())
}

/// A message that was just deleted holds up nobody's marks any more.
pub(crate) fn advance_past(connection: &Connection, of: ConversationId, deleted: MessageId, sender: UserId) -> rusqlite::Result<()> {
    let held_up = all(
        connection,
        "SELECT user_id, coalesce(delivered_up_to, 0), coalesce(read_up_to, 0) FROM messaging_conversation_participants
         WHERE conversation_id = ?1 AND user_id <> ?2 AND (coalesce(delivered_up_to, 0) < ?3 OR coalesce(read_up_to, 0) < ?3)",
        [of.0, sender.0, deleted.0],
        |row| Ok((UserId(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    for (user, delivered, read) in held_up {
        if delivered < deleted.0 {
            advance_delivered(connection, of, user, delivered, delivered)?;
        }
        if read < deleted.0 {
            advance_read(connection, of, user, read, None)?;
        }
    }
    Ok(())
}
