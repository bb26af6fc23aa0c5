//! Editing, deleting and pinning.

use std::sync::Arc;

use domain::{
    id::{ConversationId, MessageId, Seq, UserId},
    message::{Change, ChangeKind, Content},
    ports::Changed,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    super::{
        conversations::inbox_of_all,
        receipts::advance_past,
        rows::{first, run},
        writer::Outcome,
    },
    load::{kind_name, load_one},
};
use crate::error::{Result, failed};

/// What changes depend on, as it stands inside the transaction.
struct Present {
    conversation: ConversationId,
    sender: UserId,
    is_deleted: bool,
    is_pinned: bool,
    is_newest: bool,
}

fn present(connection: &Connection, id: MessageId) -> Result<Present> {
    let found = first(
        connection,
        "SELECT m.conversation_id, m.sender_id, m.is_deleted, m.is_pinned, c.last_message_id IS m.id
         FROM messaging_message m JOIN messaging_conversation c ON c.id = m.conversation_id WHERE m.id = ?1",
        [id.0],
        |row| {
            Ok(Present {
                conversation: ConversationId(row.get(0)?),
                sender: UserId(row.get(1)?),
                is_deleted: row.get(2)?,
                is_pinned: row.get(3)?,
                is_newest: row.get(4)?,
            })
        },
    )?;
    Ok(found.ok_or_else(|| failed("there is no such message"))?)
}

/// Replaces the content.
pub(super) fn edit(connection: &Connection, id: MessageId, content: &Content, at: Timestamp) -> Result<Outcome<Changed>> {
    let present = present(connection, id)?;
    if present.is_deleted {
        return Ok(Outcome::Discard(Changed::Gone));
    }
    run(
        connection,
        "UPDATE messaging_message SET content = ?2, is_edited = 1, edited_at = ?3 WHERE id = ?1",
        params![id.0, content.as_str(), at.0],
    )?;
    done(connection, id, &present, ChangeKind::Edited, at)
}

/// Pins or unpins.
pub(super) fn set_pinned(connection: &Connection, id: MessageId, pinned: bool, at: Timestamp) -> Result<Outcome<Changed>> {
    let present = present(connection, id)?;
    if pinned && present.is_deleted {
        return Ok(Outcome::Discard(Changed::Gone));
    }
    if present.is_pinned == pinned {
        return Ok(Outcome::Discard(Changed::Unchanged));
    }
    run(
        connection,
        "UPDATE messaging_message SET is_pinned = ?2 WHERE id = ?1",
        params![id.0, pinned],
    )?;
    done(connection, id, &present, ChangeKind::Pinned, at)
}

/// Makes it a tombstone: nobody has it unread any more, and lists show the message before it.
pub(super) fn delete(connection: &Connection, id: MessageId, at: Timestamp) -> Result<Outcome<Changed>> {
    let present = present(connection, id)?;
    if present.is_deleted {
        return Ok(Outcome::Discard(Changed::Unchanged));
    }
    let within = present.conversation.0;
    run(
        connection,
        "UPDATE messaging_message SET is_deleted = 1, is_pinned = 0 WHERE id = ?1",
        [id.0],
    )?;
    run(
        connection,
        "UPDATE messaging_conversation SET message_count = message_count - 1, deleted_count = deleted_count + 1 WHERE id = ?1",
        [within],
    )?;
    if present.is_newest {
        run(
            connection,
            "UPDATE messaging_conversation SET last_message_id =
                 (SELECT id FROM messaging_message WHERE conversation_id = ?1 AND is_deleted = 0 ORDER BY id DESC LIMIT 1) WHERE id = ?1",
            [within],
        )?;
    }
    run(
        connection,
        "UPDATE messaging_conversation_participants AS p SET unread_count = unread_count - 1
         WHERE conversation_id = ?1 AND user_id <> ?2 AND NOT EXISTS
             (SELECT 1 FROM messaging_messageread r WHERE r.message_id = ?3 AND r.user_id = p.user_id AND r.read_at IS NOT NULL)",
        [within, present.sender.0, id.0],
    )?;
    advance_past(connection, present.conversation, id, present.sender)?;
    done(connection, id, &present, ChangeKind::Deleted, at)
}

/// Gives the change the next number, and loads what is announced.
fn done(connection: &Connection, id: MessageId, present: &Present, kind: ChangeKind, at: Timestamp) -> Result<Outcome<Changed>> {
    let within = present.conversation;
    let seq = first(
        connection,
        "UPDATE messaging_conversation SET last_seq = last_seq + 1, updated_at = max(updated_at, ?2) WHERE id = ?1 RETURNING last_seq",
        [within.0, at.0],
        |row| Ok(Seq(row.get(0)?)),
    )?;
    let seq = seq.ok_or_else(|| failed("a message is in no conversation"))?;
    run(
        connection,
        "UPDATE messaging_message SET seq = ?2, last_change = ?3, updated_at = ?4 WHERE id = ?1",
        params![id.0, seq.0, kind_name(kind), at.0],
    )?;
    let message = load_one(connection, within, id)?.ok_or_else(|| failed("a message is there and is not"))?;
    let inbox = inbox_of_all(connection, within)?;
    Ok(Outcome::Keep(Changed::Done(Change {
        message: Arc::new(message),
        inbox: Arc::new(inbox),
    })))
}
