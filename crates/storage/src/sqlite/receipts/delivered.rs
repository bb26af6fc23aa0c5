//! Marking as delivered, many marks at once.

use std::collections::BTreeMap;

use domain::{
    id::{ConversationId, MessageId, UserId},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};
use rusqlite::Connection;

use super::{
    super::{
        rows::{Query, query, row, run},
        writer::Outcome,
    },
    marks::{advance_delivered, delivered_up_to, standing},
};

row!(
    struct Undelivered of messaging_message {
        message: MessageId = id,
        sender: UserId = sender_id,
    }
);

/// Selects the undelivered messages of others, with their senders. Parameters: conversation, user, the id after which, the id up to which.
pub(crate) const SELECT_UNDELIVERED: Query<Undelivered> = query!(
    Undelivered as "m",
    "FROM messaging_message m
     WHERE m.conversation_id = ?1 AND m.sender_id <> ?2 AND m.id > ?3 AND m.id <= ?4 AND m.is_deleted = 0
     AND NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = ?2)"
);

/// Marks one message as delivered. Marking a range with one statement costs more, unless it is long: SQLite keeps copies of all changed pages while such a
/// statement runs.
const INSERT_DELIVERED: &str = "INSERT INTO messaging_messageread (message_id, user_id, delivered_at) VALUES (?1, ?2, ?3)";

/// Stores all marks. The outcome has the newest message of each sender that is new to each recipient.
pub(super) fn mark(connection: &Connection, marks: &[DeliveryMark], at: Timestamp) -> rusqlite::Result<Outcome<Vec<Delivered>>> {
    let mut newest: BTreeMap<(ConversationId, UserId, UserId), MessageId> = BTreeMap::new();
    for mark in marks {
        for Undelivered { message, sender } in newly_delivered(connection, *mark, at)? {
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

fn newly_delivered(connection: &Connection, mark: DeliveryMark, at: Timestamp) -> rusqlite::Result<Vec<Undelivered>> {
    let DeliveryMark { user, conversation, up_to } = mark;
    // If everything up to the mark is delivered already, as for most marks, nothing is written.
    let Some(standing) = standing(connection, conversation, user)?.filter(|standing| standing.delivered < up_to.0) else {
        return Ok(Vec::new());
    };
    let range = [conversation.0, user.0, standing.delivered, up_to.0];
    let delivered = SELECT_UNDELIVERED.all(connection, range)?;
    if !delivered.is_empty() {
        for Undelivered { message, .. } in &delivered {
            run(connection, INSERT_DELIVERED, [message.0, user.0, at.0])?;
        }
        if let Some(mark) = delivered_up_to(connection, conversation, user, standing.delivered, up_to.0)? {
            advance_delivered(connection, conversation, user, mark)?;
        }
    }
    Ok(delivered)
}
