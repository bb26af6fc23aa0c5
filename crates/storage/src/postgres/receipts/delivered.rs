//! Marking as delivered, many marks at once.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, QueryDsl as _,
    dsl::{exists, not},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::{ConversationId, MessageId, UserId},
    receipt::{Delivered, DeliveryMark},
    time::Timestamp,
};

use super::{
    super::{
        Connection, Outcome,
        rows::sql_time,
        schema::{messaging_message as messages, messaging_messageread as receipts},
    },
    marks::{Progress, advance, delivered_up_to, standing},
};
use crate::error::Result;

/// How many rows one statement stores: it has 65,535 parameters at most.
const ROWS: usize = 10_000;

/// Takes all marks, and tells each sender the newest of their messages that came to each recipient.
pub(super) async fn mark(connection: &mut Connection, marks: &[DeliveryMark], at: Timestamp) -> Result<Outcome<Vec<Delivered>>> {
    let mut newest: BTreeMap<(ConversationId, UserId, UserId), MessageId> = BTreeMap::new();
    for mark in marks {
        for (message, sender) in newly_delivered(connection, *mark, at).await? {
            let message = MessageId(message);
            let known = newest.entry((mark.conversation, UserId(sender), mark.user)).or_insert(message);
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

/// The messages that are delivered by this mark, and their senders.
async fn newly_delivered(connection: &mut Connection, mark: DeliveryMark, at: Timestamp) -> Result<Vec<(i64, i64)>> {
    let DeliveryMark { user, conversation, up_to } = mark;
    // Everything up to the mark is delivered: most marks end here, without a write.
    let Some(standing) = standing(connection, conversation, user)
        .await?
        .filter(|standing| standing.delivered() < up_to.0)
    else {
        return Ok(Vec::new());
    };
    let delivered: Vec<(i64, i64)> = messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::sender_id.ne(user.0))
        .filter(messages::id.gt(standing.delivered()))
        .filter(messages::id.le(up_to.0))
        .filter(messages::is_deleted.eq(false))
        .filter(not(exists(
            receipts::table
                .filter(receipts::message_id.eq(messages::id))
                .filter(receipts::user_id.eq(user.0)),
        )))
        .select((messages::id, messages::sender_id))
        .load(connection)
        .await?;
    for messages in delivered.chunks(ROWS) {
        let rows = messages.iter().map(|(message, _)| {
            (
                receipts::message_id.eq(message),
                receipts::user_id.eq(user.0),
                receipts::delivered_at.eq(sql_time(at)),
            )
        });
        diesel::insert_into(receipts::table)
            .values(rows.collect::<Vec<_>>())
            .execute(connection)
            .await?;
    }
    if !delivered.is_empty()
        && let Some(mark) = delivered_up_to(connection, &standing, up_to.0).await?
    {
        let progress = Progress {
            delivered_up_to: Some(mark),
            ..Progress::default()
        };
        advance(connection, &standing, &progress).await?;
    }
    Ok(delivered)
}
