//! How far a participant has come. A mark is the newest message of others that has been reached (delivered, read) with all before it; deleted ones do not
//! hold it up. Receipts are the truth; marks say where the receipts that are missing begin.

use domain::{
    id::{ConversationId, MessageId, UserId},
    time::Timestamp,
};
use rusqlite::{Connection, params};

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

/// How far a participant has come further on; what stays is `None`.
#[derive(Default)]
pub(super) struct Progress {
    /// Messages that are not unread any more.
    pub(super) read: i64,
    pub(super) delivered_up_to: Option<i64>,
    pub(super) read_up_to: Option<(i64, Timestamp)>,
}

/// Where the delivered mark belongs, if further on than `from`, where it stands; everything up to `clear` is known to be delivered or deleted.
pub(super) fn delivered_up_to(
    connection: &Connection,
    of: ConversationId,
    user: UserId,
    from: i64,
    clear: i64,
) -> rusqlite::Result<Option<i64>> {
    DELIVERED.find(connection, of, user, from, clear.max(from))
}

/// Where the read mark belongs, if further on than `from`, where it stands, and when the newest reading up to there was; everything up to `clear` is known to
/// be read or deleted, the newest of it at that time.
pub(super) fn read_up_to(
    connection: &Connection,
    of: ConversationId,
    user: UserId,
    from: i64,
    clear: Option<(i64, Timestamp)>,
) -> rusqlite::Result<Option<(i64, Timestamp)>> {
    let known = clear.map_or(from, |(clear, _)| clear.max(from));
    let Some(newest) = READ.find(connection, of, user, from, known)? else {
        return Ok(None);
    };
    let beyond = first(connection, READ_SINCE, [of.0, user.0, known, newest], |row| {
        row.get::<_, Option<i64>>(0)
    })?
    .flatten();
    let at = beyond.map(Timestamp).max(clear.map(|(_, at)| at));
    Ok(at.map(|at| (newest, at)))
}

/// Writes the progress on the participant's row.
pub(super) fn advance(connection: &Connection, of: ConversationId, user: UserId, progress: &Progress) -> rusqlite::Result<()> {
    let Progress {
        read,
        delivered_up_to,
        read_up_to,
    } = progress;
    run(
        connection,
        "UPDATE messaging_conversation_participants SET unread_count = unread_count - ?3,
             delivered_up_to = coalesce(?4, delivered_up_to), read_up_to = coalesce(?5, read_up_to),
             read_at = coalesce(max(coalesce(read_at, ?6), ?6), read_at)
         WHERE conversation_id = ?1 AND user_id = ?2",
        params![
            of.0,
            user.0,
            read,
            delivered_up_to,
            read_up_to.map(|(id, _)| id),
            read_up_to.map(|(_, at)| at.0)
        ],
    )?;
    Ok(())
}

/// Writes the delivered mark on the participant's row, and touches no index.
pub(super) fn advance_delivered(connection: &Connection, of: ConversationId, user: UserId, up_to: i64) -> rusqlite::Result<()> {
    run(
        connection,
        "UPDATE messaging_conversation_participants SET delivered_up_to = ?3 WHERE conversation_id = ?1 AND user_id = ?2",
        [of.0, user.0, up_to],
    )?;
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
        let progress = Progress {
            read: 0,
            delivered_up_to: delivered_up_to(connection, of, user, delivered, delivered)?,
            read_up_to: read_up_to(connection, of, user, read, None)?,
        };
        if progress.delivered_up_to.is_some() || progress.read_up_to.is_some() {
            advance(connection, of, user, &progress)?;
        }
    }
    Ok(())
}
