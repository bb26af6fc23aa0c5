//! How far a participant has come. A mark is the newest message of others that has been reached (delivered, read) with all before it; deleted ones do not
//! hold it up. Receipts are the truth; marks say where the receipts that are missing begin.

use diesel::{
    AsChangeset, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
    dsl::{exists, max, not},
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::{ConversationId, MessageId, UserId},
    time::Timestamp,
};

use super::super::{
    Connection,
    rows::{sql_time, time},
    schema::{
        messaging_conversation_participants, messaging_conversation_participants as members, messaging_message as messages,
        messaging_messageread as receipts,
    },
};
use crate::error::Result;

/// The row of a participant, as far as marks need it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = messaging_conversation_participants, check_for_backend(Pg))]
pub(super) struct Standing {
    conversation_id: i64,
    user_id: i64,
    unread_count: i64,
    delivered_up_to: Option<i64>,
    read_up_to: Option<i64>,
    read_at: Option<PgTimestamp>,
    is_marked_unread: bool,
}

impl Standing {
    pub(super) const fn is_marked_unread(&self) -> bool {
        self.is_marked_unread
    }

    /// 0 where there is no mark yet.
    pub(super) fn delivered(&self) -> i64 {
        self.delivered_up_to.unwrap_or(0)
    }

    /// 0 where there is no mark yet.
    pub(super) fn read(&self) -> i64 {
        self.read_up_to.unwrap_or(0)
    }

    pub(super) const fn unread(&self) -> i64 {
        self.unread_count
    }
}

/// How the participant stands; `None` for somebody who does not take part.
pub(super) async fn standing(connection: &mut Connection, of: ConversationId, user: UserId) -> Result<Option<Standing>> {
    let row = members::table
        .find((of.0, user.0))
        .select(Standing::as_select())
        .first(connection)
        .await
        .optional()?;
    Ok(row)
}

/// How far a participant has come further on; what stays is `None`.
#[derive(Default)]
pub(super) struct Progress {
    /// Messages that are not unread any more.
    pub(super) read: i64,
    pub(super) delivered_up_to: Option<i64>,
    pub(super) read_up_to: Option<(i64, Timestamp)>,
}

/// The new place of the delivered mark, if further on than it stands; everything up to `clear` is known to be delivered or deleted.
pub(super) async fn delivered_up_to(connection: &mut Connection, standing: &Standing, clear: i64) -> Result<Option<i64>> {
    let clear = clear.max(standing.delivered());
    let blocker: Option<i64> = messages::table
        .filter(messages::conversation_id.eq(standing.conversation_id))
        .filter(messages::sender_id.ne(standing.user_id))
        .filter(messages::id.gt(clear))
        .filter(not(messages::is_deleted))
        .filter(not(exists(
            receipts::table
                .filter(receipts::message_id.eq(messages::id))
                .filter(receipts::user_id.eq(standing.user_id)),
        )))
        .select(messages::id)
        .order(messages::id)
        .first(connection)
        .await
        .optional()?;
    let newest = messages::table
        .filter(messages::conversation_id.eq(standing.conversation_id))
        .filter(messages::sender_id.ne(standing.user_id))
        .filter(messages::id.gt(standing.delivered()))
        .filter(messages::id.lt(blocker.unwrap_or(i64::MAX)))
        .filter(exists(
            receipts::table
                .filter(receipts::message_id.eq(messages::id))
                .filter(receipts::user_id.eq(standing.user_id)),
        ))
        .select(messages::id)
        .order(messages::id.desc())
        .first(connection)
        .await
        .optional()?;
    Ok(newest)
}

/// The new place of the read mark, if further on than it stands, and when the newest reading up to there was; everything up to `clear` is known to be read or
/// deleted, the newest of it at that time.
pub(super) async fn read_up_to(
    connection: &mut Connection,
    standing: &Standing,
    clear: Option<(i64, Timestamp)>,
) -> Result<Option<(i64, Timestamp)>> {
    let from = standing.read();
    let known = clear.map_or(from, |(clear, _)| clear.max(from));
    let blocker: Option<i64> = messages::table
        .filter(messages::conversation_id.eq(standing.conversation_id))
        .filter(messages::sender_id.ne(standing.user_id))
        .filter(messages::id.gt(known))
        .filter(not(messages::is_deleted))
        .filter(not(exists(
            receipts::table
                .filter(receipts::message_id.eq(messages::id))
                .filter(receipts::user_id.eq(standing.user_id))
                .filter(receipts::read_at.is_not_null()),
        )))
        .select(messages::id)
        .order(messages::id)
        .first(connection)
        .await
        .optional()?;
    let newest: Option<i64> = messages::table
        .filter(messages::conversation_id.eq(standing.conversation_id))
        .filter(messages::sender_id.ne(standing.user_id))
        .filter(messages::id.gt(from))
        .filter(messages::id.lt(blocker.unwrap_or(i64::MAX)))
        .filter(exists(
            receipts::table
                .filter(receipts::message_id.eq(messages::id))
                .filter(receipts::user_id.eq(standing.user_id))
                .filter(receipts::read_at.is_not_null()),
        ))
        .select(messages::id)
        .order(messages::id.desc())
        .first(connection)
        .await
        .optional()?;
    let Some(newest) = newest else { return Ok(None) };
    let beyond: Option<PgTimestamp> = receipts::table
        .inner_join(messages::table)
        .filter(messages::conversation_id.eq(standing.conversation_id))
        .filter(messages::sender_id.ne(standing.user_id))
        .filter(messages::id.gt(known))
        .filter(messages::id.le(newest))
        .filter(receipts::user_id.eq(standing.user_id))
        .select(max(receipts::read_at))
        .first(connection)
        .await?;
    let at = beyond.map(time).max(clear.map(|(_, at)| at));
    Ok(at.map(|at| (newest, at)))
}

/// The marks of a row that move; `None` stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = messaging_conversation_participants)]
struct Moved {
    unread_count: i64,
    delivered_up_to: Option<i64>,
    read_up_to: Option<i64>,
    read_at: Option<PgTimestamp>,
}

/// Writes the progress on the participant's row, which nobody else writes while the conversation is locked.
pub(super) async fn advance(connection: &mut Connection, standing: &Standing, progress: &Progress) -> Result<()> {
    let moved = Moved {
        unread_count: standing.unread_count - progress.read,
        delivered_up_to: progress.delivered_up_to,
        read_up_to: progress.read_up_to.map(|(id, _)| id),
        // Times never go back.
        read_at: progress
            .read_up_to
            .map(|(_, at)| sql_time(at).max(standing.read_at.unwrap_or(PgTimestamp(i64::MIN)))),
    };
    diesel::update(members::table.find((standing.conversation_id, standing.user_id)))
        .set(moved)
        .execute(connection)
        .await?;
    Ok(())
}

/// A message that was just deleted holds up nobody's marks any more.
pub(crate) async fn advance_past(connection: &mut Connection, of: ConversationId, deleted: MessageId, sender: UserId) -> Result<()> {
    let held_up: Vec<Standing> = members::table
        .filter(members::conversation_id.eq(of.0))
        .filter(members::user_id.ne(sender.0))
        .select(Standing::as_select())
        .load(connection)
        .await?;
    for standing in held_up {
        if standing.delivered() >= deleted.0 && standing.read() >= deleted.0 {
            continue;
        }
        let progress = Progress {
            read: 0,
            delivered_up_to: delivered_up_to(connection, &standing, 0).await?,
            read_up_to: read_up_to(connection, &standing, None).await?,
        };
        if progress.delivered_up_to.is_some() || progress.read_up_to.is_some() {
            advance(connection, &standing, &progress).await?;
        }
    }
    Ok(())
}
