//! The delivery and read marks of a participant. A mark is the newest message of others that was reached (delivered, read) together with all earlier ones;
//! deleted messages do not count. Receipts are authoritative; marks only show where missing receipts begin.

use domain::{
    id::{ConversationId, MessageId, UserId},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::super::rows::{Query, query, row, run};

row!(
    /// The marks of a participant; 0 where there is none yet.
    struct Standing of messaging_conversation_participants {
        user: UserId = user_id,
        unread: u64 = unread_count,
        delivered: i64 = "coalesce(p.delivered_up_to, 0)",
        read: i64 = "coalesce(p.read_up_to, 0)",
        is_marked_unread: bool,
    }
);

/// The marks of a user; `None` if the user does not take part.
pub(super) fn standing(connection: &Connection, of: ConversationId, user: UserId) -> rusqlite::Result<Option<Standing>> {
    const SELECT_STANDING: Query<Standing> = query!(
        Standing as "p",
        "FROM messaging_conversation_participants p WHERE p.conversation_id = ?1 AND p.user_id = ?2"
    );
    SELECT_STANDING.first(connection, [of.0, user.0])
}

/// Selects the new position of a mark: the newest message that was reached, before the first one that was not. Parameters: conversation, user, the mark, and the
/// id up to which all messages are known to be reached or deleted. It follows the index of the history and never sorts.
macro_rules! mark {
    ($reached:literal) => {
        Query::value(concat!(
            "SELECT m.id FROM messaging_message m WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id < coalesce((
                 SELECT b.id FROM messaging_message b WHERE b.conversation_id = ?1 AND b.sender_id <> ?2 AND b.id > ?4 AND b.is_deleted = 0
                 AND NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = b.id AND r.user_id = ?2",
            $reached,
            ") ORDER BY b.id LIMIT 1), 9223372036854775807)
             AND EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = ?2",
            $reached,
            ") ORDER BY m.id DESC LIMIT 1"
        ))
    };
}

pub(crate) const SELECT_DELIVERED_MARK: Query<i64> = mark!("");
pub(crate) const SELECT_READ_MARK: Query<i64> = mark!(" AND r.read_at IS NOT NULL");

/// Selects the newest time of reading. Parameters: conversation, user, the id after which, the id up to which.
pub(crate) const SELECT_NEWEST_READ_AT: Query<Option<Timestamp>> = Query::value(
    "SELECT MAX(r.read_at) FROM messaging_message m
     CROSS JOIN messaging_messageread r ON r.message_id = m.id AND r.user_id = ?2
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4",
);

/// The progress of a participant's marks; a mark that stays is `None`.
#[derive(Default)]
pub(super) struct Progress {
    /// The number of messages that are no longer unread.
    pub(super) read: i64,
    pub(super) delivered_up_to: Option<i64>,
    pub(super) read_up_to: Option<(i64, Timestamp)>,
}

/// The new position of the delivery mark, if it is after its position `from`. All messages up to `clear` are known to be delivered or deleted.
pub(super) fn delivered_up_to(
    connection: &Connection,
    of: ConversationId,
    user: UserId,
    from: i64,
    clear: i64,
) -> rusqlite::Result<Option<i64>> {
    SELECT_DELIVERED_MARK.first(connection, [of.0, user.0, from, clear.max(from)])
}

/// The new position of the read mark, if it is after its position `from`, and the newest time of reading up to it. All messages up to `clear` are known
/// to be read or deleted, with the newest reading at the time in `clear`.
pub(super) fn read_up_to(
    connection: &Connection,
    of: ConversationId,
    user: UserId,
    from: i64,
    clear: Option<(i64, Timestamp)>,
) -> rusqlite::Result<Option<(i64, Timestamp)>> {
    let known = clear.map_or(from, |(clear, _)| clear.max(from));
    let Some(newest) = SELECT_READ_MARK.first(connection, [of.0, user.0, from, known])? else {
        return Ok(None);
    };
    let beyond = SELECT_NEWEST_READ_AT.first(connection, [of.0, user.0, known, newest])?.flatten();
    let at = beyond.max(clear.map(|(_, at)| at));
    Ok(at.map(|at| (newest, at)))
}

/// Writes the progress to the participant's row.
pub(super) fn advance(connection: &Connection, of: ConversationId, user: UserId, progress: &Progress) -> rusqlite::Result<()> {
    let Progress {
        read,
        delivered_up_to,
        read_up_to,
    } = progress;
    run(
        connection,
        "UPDATE messaging_conversation_participants SET unread_count = unread_count - ?3, is_marked_unread = is_marked_unread AND ?3 = 0,
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
    if *read > 0 {
        run(
            connection,
            "UPDATE messaging_unread_totals SET unread = unread - ?2 WHERE user_id = ?1",
            params![user.0, read],
        )?;
    }
    Ok(())
}

/// Ends the mark that a participant set on the row.
pub(super) fn end_mark(connection: &Connection, of: ConversationId, user: UserId) -> rusqlite::Result<()> {
    run(
        connection,
        "UPDATE messaging_conversation_participants SET is_marked_unread = 0 WHERE conversation_id = ?1 AND user_id = ?2",
        [of.0, user.0],
    )?;
    Ok(())
}

/// Writes the delivery mark to the participant's row, which changes no index.
pub(super) fn advance_delivered(connection: &Connection, of: ConversationId, user: UserId, up_to: i64) -> rusqlite::Result<()> {
    run(
        connection,
        "UPDATE messaging_conversation_participants SET delivered_up_to = ?3 WHERE conversation_id = ?1 AND user_id = ?2",
        [of.0, user.0, up_to],
    )?;
    Ok(())
}

/// Advances the marks that stopped at a message that was just deleted.
pub(crate) fn advance_past(connection: &Connection, of: ConversationId, deleted: MessageId, sender: UserId) -> rusqlite::Result<()> {
    const SELECT_HELD_UP: Query<Standing> = query!(
        Standing as "p",
        "FROM messaging_conversation_participants p WHERE p.conversation_id = ?1 AND p.user_id <> ?2
             AND (coalesce(p.delivered_up_to, 0) < ?3 OR coalesce(p.read_up_to, 0) < ?3)"
    );
    for Standing { user, delivered, read, .. } in SELECT_HELD_UP.all(connection, [of.0, sender.0, deleted.0])? {
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
