//! The rows of a conversation in the lists of its participants: what they do with them, and who waits for an answer.

use domain::{
    conversation::{RowAct, RowRequest, RowState, RowUpdate},
    facts::RowFacts,
    id::{ConversationId, UserId},
    ports::Arranged,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    super::rows::{Query, first, query, row, run},
    conversation_facts,
    summary::{summary_of_one, summary_of_staff},
};
use crate::error::Result;

row!(
    struct OwnRow of messaging_conversation_participants {
        unread_count: u64,
        row: RowState as "p",
    }
);

/// The facts for changing a row; `None` if the actor does not take part.
pub(super) fn facts(connection: &Connection, request: &RowRequest) -> Result<Option<RowFacts>> {
    const SELECT_OWN_ROW: Query<OwnRow> = query!(
        OwnRow as "p",
        "FROM messaging_conversation_participants p WHERE p.conversation_id = ?1 AND p.user_id = ?2"
    );
    let RowRequest { actor, conversation, act } = *request;
    let Some(base) = conversation_facts(connection, conversation, actor)? else {
        return Ok(None);
    };
    let Some(own) = SELECT_OWN_ROW.first(connection, [conversation.0, actor.0])? else {
        return Ok(None);
    };
    let unanswered_since = match act {
        RowAct::Answered(false) => unanswered_since(connection, conversation, Timestamp(0))?,
        _ => None,
    };
    Ok(Some(RowFacts {
        row: own.row.seen_by(base.actor.role),
        base,
        unread_count: own.unread_count,
        unanswered_since,
    }))
}

/// Stores the change.
pub(super) fn arrange(connection: &Connection, request: &RowRequest, update: RowUpdate) -> Result<Arranged> {
    let RowRequest { actor, conversation, .. } = *request;
    let summary = match update {
        RowUpdate::Awaiting(since) => {
            set_awaiting(connection, conversation, since)?;
            summary_of_staff(connection, conversation)?
        }
        RowUpdate::Muted(_) | RowUpdate::Archived(_) | RowUpdate::MarkedUnread => {
            set_own(connection, conversation, actor, update)?;
            summary_of_one(connection, conversation, actor)?
        }
    };
    Ok(Arranged { summary, is_changed: true })
}

/// The outcome of an act that leaves the row as it is.
pub(super) fn unchanged(connection: &Connection, request: &RowRequest) -> Result<Arranged> {
    Ok(Arranged {
        summary: summary_of_one(connection, request.conversation, request.actor)?,
        is_changed: false,
    })
}

fn set_own(connection: &Connection, conversation: ConversationId, user: UserId, update: RowUpdate) -> rusqlite::Result<()> {
    let row = |column| format!("UPDATE messaging_conversation_participants SET {column} = ?3 WHERE conversation_id = ?1 AND user_id = ?2");
    let time = |at: Option<Timestamp>| at.map(|at| at.0);
    match update {
        RowUpdate::Muted(until) => run(connection, &row("muted_until"), params![conversation.0, user.0, time(until)])?,
        RowUpdate::Archived(at) => run(connection, &row("archived_at"), params![conversation.0, user.0, time(at)])?,
        RowUpdate::MarkedUnread => run(connection, &row("is_marked_unread"), params![conversation.0, user.0, true])?,
        RowUpdate::Awaiting(_) => 0,
    };
    Ok(())
}

/// Writes `awaiting_since` to the conversation and to the rows of its participants.
pub(crate) fn set_awaiting(connection: &Connection, conversation: ConversationId, since: Option<Timestamp>) -> rusqlite::Result<()> {
    let params = (conversation.0, since.map(|since| since.0));
    run(
        connection,
        "UPDATE messaging_conversation SET awaiting_since = ?2 WHERE id = ?1",
        params,
    )?;
    run(
        connection,
        "UPDATE messaging_conversation_participants SET awaiting_since = ?2 WHERE conversation_id = ?1",
        params,
    )?;
    Ok(())
}

/// Selects the time of the first message after the newest one of an admin or superadmin. Parameters: conversation, the earliest time. Both parts follow the
/// index of the history; the messages of the member since the last answer are read.
pub(crate) const SELECT_UNANSWERED: &str = "SELECT m.created_at FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.is_deleted = 0 AND m.created_at >= ?2 AND m.id > coalesce((
         SELECT s.id FROM messaging_message s CROSS JOIN accounts_user u ON u.id = s.sender_id
         WHERE s.conversation_id = ?1 AND s.is_deleted = 0 AND u.role <> 'user' ORDER BY s.id DESC LIMIT 1), 0)
     ORDER BY m.id LIMIT 1";

/// The time of the first message, not earlier than this, that nobody of the staff has answered; `None` if there is none.
pub(crate) fn unanswered_since(
    connection: &Connection,
    conversation: ConversationId,
    from: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    first(connection, SELECT_UNANSWERED, [conversation.0, from.0])
}
