//! Marking as delivered, many marks at once: two statements for any number of them.

use std::collections::BTreeMap;

use diesel::{
    pg::data_types::PgTimestamp,
    sql_types::{Array, BigInt, Timestamptz},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::{ConversationId, MessageId, UserId},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};

use futures_util::{TryFutureExt as _, try_join};

use super::super::{Outcome, conversations, pool::Taken, rows::sql_time, statement::statement, transaction};
use crate::error::{AdapterError, Result};

/// Takes all marks, and tells each sender the newest of their messages that came to each recipient.
pub(super) async fn mark(connection: &Taken, marks: &[DeliveryMark], at: Timestamp) -> Result<Outcome<Vec<Delivered>>> {
    let mut up_to: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for mark in marks {
        let known = up_to.entry((mark.conversation.0, mark.user.0)).or_insert(mark.up_to.0);
        *known = mark.up_to.0.max(*known);
    }
    let rows = NewReceipts {
        conversations: up_to.keys().map(|(conversation, _)| *conversation).collect(),
        users: up_to.keys().map(|(_, user)| *user).collect(),
        up_to: up_to.values().copied().collect(),
        at: sql_time(at),
    };
    let within = marks.iter().map(|mark| mark.conversation.0).collect();
    let mut shared = &**connection;
    let added = async {
        let added = rows.load::<(i64, i64, i64, i64)>(&mut shared).map_err(AdapterError::from);
        let ((), added) = try_join!(conversations::lock_all(connection, within), added)?;
        Ok(added)
    };
    let added = transaction::begin_with(connection, "BEGIN", added).await?;
    if added.is_empty() {
        return Ok(Outcome::Discard(Vec::new()));
    }
    up_to.retain(|(conversation, user), _| added.iter().any(|(within, _, by, _)| (within, by) == (conversation, user)));
    let moved = MovedMarks {
        conversations: up_to.keys().map(|(conversation, _)| *conversation).collect(),
        users: up_to.keys().map(|(_, user)| *user).collect(),
        up_to: up_to.values().copied().collect(),
    };
    let moving = async {
        moved.execute(&mut &**connection).await?;
        Ok(())
    };
    transaction::commit_with(connection, moving).await?;
    let news = added.into_iter().map(|(conversation, sender, user, message)| Delivered {
        conversation: ConversationId(conversation),
        sender: UserId(sender),
        user: UserId(user),
        message: MessageId(message),
        delivered_at: at,
    });
    let mut news: Vec<Delivered> = news.collect();
    news.sort_by_key(|delivered| (delivered.message, delivered.user));
    Ok(Outcome::Keep(news))
}

/// Marks whose messages get their receipts, where they have none. Everything up to the mark that stands has one, so that the search begins there.
struct NewReceipts {
    conversations: Vec<i64>,
    users: Vec<i64>,
    up_to: Vec<i64>,
    at: PgTimestamp,
}

statement! {
    NewReceipts -> (BigInt, BigInt, BigInt, BigInt):
    "WITH new_receipts AS ( \
        INSERT INTO messaging_messageread (message_id, user_id, delivered_at) \
        SELECT m.id, p.user_id, ", at: Timestamptz,
        " FROM unnest(", conversations: Array<BigInt>, ", ", users: Array<BigInt>, ", ", up_to: Array<BigInt>,
        ") mark (conversation_id, user_id, up_to) \
        JOIN messaging_conversation_participants p ON p.conversation_id = mark.conversation_id AND p.user_id = mark.user_id \
        JOIN messaging_message m ON m.conversation_id = p.conversation_id \
            AND m.id > coalesce(p.delivered_up_to, 0) AND m.id <= mark.up_to \
        WHERE m.sender_id <> p.user_id AND NOT m.is_deleted \
        ON CONFLICT (message_id, user_id) DO NOTHING \
        RETURNING message_id, user_id \
    ) \
    SELECT m.conversation_id, m.sender_id, new_receipts.user_id, max(m.id) \
    FROM new_receipts JOIN messaging_message m ON m.id = new_receipts.message_id \
    GROUP BY 1, 2, 3"
}

/// Participants who have all messages up to here. Their marks move to the newest message of others before the first one that they lack; there may be
/// receipts beyond the mark already.
struct MovedMarks {
    conversations: Vec<i64>,
    users: Vec<i64>,
    up_to: Vec<i64>,
}

statement! {
    MovedMarks:
    "UPDATE messaging_conversation_participants p \
    SET delivered_up_to = ( \
        SELECT m.id FROM messaging_message m \
        WHERE m.conversation_id = p.conversation_id AND m.sender_id <> p.user_id \
            AND m.id > coalesce(p.delivered_up_to, 0) \
            AND m.id < coalesce(( \
                SELECT lacking.id FROM messaging_message lacking \
                WHERE lacking.conversation_id = p.conversation_id AND lacking.sender_id <> p.user_id AND NOT lacking.is_deleted \
                    AND lacking.id > greatest(mark.up_to, coalesce(p.delivered_up_to, 0)) \
                    AND NOT EXISTS (SELECT FROM messaging_messageread r WHERE r.message_id = lacking.id AND r.user_id = p.user_id) \
                ORDER BY lacking.id LIMIT 1), 9223372036854775807) \
            AND EXISTS (SELECT FROM messaging_messageread r WHERE r.message_id = m.id AND r.user_id = p.user_id) \
        ORDER BY m.id DESC LIMIT 1) \
    FROM unnest(", conversations: Array<BigInt>, ", ", users: Array<BigInt>, ", ", up_to: Array<BigInt>,
    ") mark (conversation_id, user_id, up_to) \
    WHERE p.conversation_id = mark.conversation_id AND p.user_id = mark.user_id"
}
