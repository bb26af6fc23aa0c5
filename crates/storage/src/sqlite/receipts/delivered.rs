//! Marking as delivered, many marks at once.

use std::collections::BTreeMap;

use domain::{
    id::{ConversationId, MessageId, UserId},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};
use rusqlite::Connection;

use super::{
    super::{rows::all, writer::Outcome},
    marks::{advance_delivered, standing},
};

/// Of a conversation, to a user, after one message up to another, at a time: all messages of others there. Answers with those that are new, and their senders.
pub(crate) const DELIVER: &str = "INSERT INTO messaging_messageread (message_id, user_id, delivered_at)
     SELECT m.id, ?2, ?5 FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     ON CONFLICT (message_id, user_id) DO NOTHING
     RETURNING message_id, (SELECT sender_id FROM messaging_message WHERE id = message_id)";

/// Takes all marks, and tells each sender the newest of their messages that came to each recipient.
pub(super) fn mark(connection: &Connection, marks: &[DeliveryMark], at: Timestamp) -> rusqlite::Result<Outcome<Vec<Delivered>>> {
    let mut newest: BTreeMap<(ConversationId, UserId, UserId), MessageId> = BTreeMap::new();
    for mark in marks {
        for (message, sender) in newly_delivered(connection, *mark, at)? {
            let known = newest.entry((mark.conversation, sender, mark.user)).or_insert(message);
            *known = message.max(*known);
        }
    }
    let news = |((conversation, sender, user), message)| Delivered {
        conversation,
        sender,
        user,
        message,
        delivered_at: at,
    };
    let mut news: Vec<Delivered> = newest.into_iter().map(news).collect();
    news.sort_by_key(|delivered| delivered.message);
    Ok(if news.is_empty() {
        Outcome::Discard(news)
    } else {
        Outcome::Keep(news)
    })
}

fn newly_delivered(connection: &Connection, mark: DeliveryMark, at: Timestamp) -> rusqlite::Result<Vec<(MessageId, UserId)>> {
    let DeliveryMark { user, conversation, up_to } = mark;
    // Everything up to the mark is delivered: most marks end here, without a write.
    let Some(standing) = standing(connection, conversation, user)?.filter(|standing| standing.delivered < up_to.0) else {
        return Ok(Vec::new());
    };
    let params = [conversation.0, user.0, standing.delivered, up_to.0, at.0];
    let delivered = all(connection, DELIVER, params, |row| Ok((MessageId(row.get(0)?), UserId(row.get(1)?))))?;
    if !delivered.is_empty() {
        advance_delivered(connection, conversation, user, standing.delivered, up_to.0)?;
    }
    Ok(delivered)
}
