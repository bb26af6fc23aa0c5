//! Editing, deleting and pinning.

use std::sync::Arc;

use domain::{
    change::Change,
    facts::MessageFacts,
    id::Seq,
    message::{ChangeKind, Message, NewState, Update},
    ports::{ChangeOutcome, Decide, Decided, OutboxKind},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    super::{
        conversations::{set_awaiting, summary_of_all, unanswered_since},
        outbox,
        receipts::advance_past,
        rows::{first, run},
        writer::Outcome,
    },
    load::load_one,
};
use crate::{
    change_kind::kind_name,
    error::{Result, failed},
};

/// Decides with facts that cannot change until the commit, and stores the change if the rule allows it.
pub(super) fn change(
    connection: &Connection,
    facts: Option<MessageFacts>,
    decide: &Decide<Option<MessageFacts>, Option<Update>>,
) -> Result<Decided<Outcome<ChangeOutcome>>> {
    let update = match decide(facts.clone()) {
        Ok(update) => update,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let facts = facts.ok_or_else(|| failed("a message was to be changed that is not there"))?;
    let Some(Update { to, at }) = update else {
        return Ok(Ok(Outcome::Discard(ChangeOutcome::Unchanged(Box::new(facts)))));
    };
    let (kind, message) = (to.kind(), &facts.message);
    match to {
        NewState::Content(content) => run(
            connection,
            "UPDATE messaging_message SET content = ?2, is_edited = 1, edited_at = ?3 WHERE id = ?1",
            params![message.id.0, content.as_str(), at.0],
        )
        .map(drop)?,
        NewState::Pinned(pinned) => run(
            connection,
            "UPDATE messaging_message SET is_pinned = ?2 WHERE id = ?1",
            params![message.id.0, pinned],
        )
        .map(drop)?,
        NewState::Deleted => {
            delete(connection, message)?;
            shorten_wait(connection, &facts)?;
        }
    }
    if let Some(kind) = OutboxKind::of(kind) {
        outbox::append(connection, kind, message.conversation, message.id, facts.actor.id, at)?;
    }
    Ok(Ok(done(connection, message, kind, at)?))
}

/// Makes the message a tombstone: it is no longer unread, and lists show the message before it.
fn delete(connection: &Connection, message: &Message) -> Result<()> {
    const HAVE_IT_UNREAD: &str = "conversation_id = ?1 AND user_id <> ?2 AND NOT EXISTS
         (SELECT 1 FROM messaging_messageread r WHERE r.message_id = ?3 AND r.user_id = p.user_id AND r.read_at IS NOT NULL)";
    let (id, within, sender) = (message.id, message.conversation, message.sender.id);
    run(
        connection,
        "UPDATE messaging_message SET is_deleted = 1, is_pinned = 0 WHERE id = ?1",
        [id.0],
    )?;
    run(
        connection,
        "UPDATE messaging_conversation SET message_count = message_count - 1, deleted_count = deleted_count + 1 WHERE id = ?1",
        [within.0],
    )?;
    run(
        connection,
        "UPDATE messaging_conversation SET last_message_id =
             (SELECT id FROM messaging_message WHERE conversation_id = ?1 AND is_deleted = 0 ORDER BY id DESC LIMIT 1)
         WHERE id = ?1 AND last_message_id = ?2",
        [within.0, id.0],
    )?;
    run(
        connection,
        &format!(
            "UPDATE messaging_unread_totals SET unread = unread - 1
             WHERE user_id IN (SELECT p.user_id FROM messaging_conversation_participants p WHERE {HAVE_IT_UNREAD})"
        ),
        [within.0, sender.0, id.0],
    )?;
    run(
        connection,
        &format!("UPDATE messaging_conversation_participants AS p SET unread_count = unread_count - 1 WHERE {HAVE_IT_UNREAD}"),
        [within.0, sender.0, id.0],
    )?;
    Ok(advance_past(connection, within, id, sender)?)
}

/// A message that was deleted is not awaited any more; the next one of the member is, if there is one.
fn shorten_wait(connection: &Connection, facts: &MessageFacts) -> Result<()> {
    let (within, message) = (facts.conversation.id, &facts.message);
    match facts.conversation.awaiting_since {
        Some(since) if message.created_at >= since => {
            let next = unanswered_since(connection, within, since)?;
            Ok(set_awaiting(connection, within, next)?)
        }
        _ => Ok(()),
    }
}

/// Gives the change the next `seq`, and loads the content of its event.
fn done(connection: &Connection, before: &Message, kind: ChangeKind, at: Timestamp) -> Result<Outcome<ChangeOutcome>> {
    let (id, within) = (before.id, before.conversation);
    let seq: Option<Seq> = first(
        connection,
        "UPDATE messaging_conversation SET last_seq = last_seq + 1, updated_at = max(updated_at, ?2) WHERE id = ?1 RETURNING last_seq",
        [within.0, at.0],
    )?;
    let seq = seq.ok_or_else(|| failed("a message is in no conversation"))?;
    run(
        connection,
        "UPDATE messaging_message SET seq = ?2, last_change = ?3, updated_at = ?4 WHERE id = ?1",
        params![id.0, seq.0, kind_name(kind), at.0],
    )?;
    let message = load_one(connection, within, id)?.ok_or_else(|| failed("a message is there and is not"))?;
    let summary = summary_of_all(connection, within)?;
    Ok(Outcome::Keep(ChangeOutcome::Done(Change {
        message: Arc::new(message),
        summary: Arc::new(summary),
    })))
}
