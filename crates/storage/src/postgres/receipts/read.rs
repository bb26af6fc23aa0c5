//! Marking as read.

use diesel::{
    ExpressionMethods as _, IntoSql as _, QueryDsl as _,
    dsl::{count_star, exists, max, not},
    query_dsl::methods,
    sql_types::{BigInt, Timestamptz},
    upsert::excluded,
};
use diesel_async::RunQueryDsl as _;
use domain::{
    id::MessageId,
    ports::ReadOutcome,
    receipt::{ReadMark, ReadScope},
};

use super::{
    super::{
        Connection, Outcome,
        conversations::summary_of_one,
        rows::sql_time,
        schema::{messaging_conversation_participants as members, messaging_message as messages, messaging_messageread as receipts},
    },
    marks::{Progress, Standing, advance, delivered_up_to, read_up_to, standing},
};
use crate::error::Result;

/// Marks what the scope says, one statement for all of it.
pub(super) async fn mark(connection: &mut Connection, mark: ReadMark) -> Result<Outcome<ReadOutcome>> {
    let standing = standing(connection, mark.conversation, mark.reader.id).await?;
    let was_marked_unread = standing.as_ref().is_some_and(Standing::is_marked_unread);
    let newest = newly_read(connection, &mark, standing).await?;
    if was_marked_unread {
        diesel::update(members::table.find((mark.conversation.0, mark.reader.id.0)))
            .set(members::is_marked_unread.eq(false))
            .execute(connection)
            .await?;
    }
    let read = ReadOutcome {
        message: newest.map(MessageId),
        was_marked_unread,
        summary: summary_of_one(connection, mark.conversation, mark.reader.id).await?,
        mark,
    };
    Ok(if read.message.is_some() || read.was_marked_unread {
        Outcome::Keep(read)
    } else {
        Outcome::Discard(read)
    })
}

/// The newest message that was unread until now.
async fn newly_read(connection: &mut Connection, mark: &ReadMark, standing: Option<Standing>) -> Result<Option<i64>> {
    let (conversation, user, scope, at) = (mark.conversation, mark.reader.id, mark.scope, mark.at);
    let Some(standing) = standing.filter(|standing| standing.unread() > 0) else {
        return Ok(None);
    };
    // Everything up to the mark is read, so the range begins after it.
    let (after, last) = match scope {
        ReadScope::One(MessageId(id)) => (id.saturating_sub(1), id),
        ReadScope::UpTo(MessageId(id)) => (standing.read(), id),
        ReadScope::All => (standing.read(), i64::MAX),
    };
    let (read, newest): (i64, Option<i64>) = messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::sender_id.ne(user.0))
        .filter(messages::id.gt(after))
        .filter(messages::id.le(last))
        .filter(not(messages::is_deleted))
        .filter(not(exists(
            receipts::table
                .filter(receipts::message_id.eq(messages::id))
                .filter(receipts::user_id.eq(user.0))
                .filter(receipts::read_at.is_not_null()),
        )))
        .select((count_star(), max(messages::id)))
        .first(connection)
        .await?;
    let Some(newest) = newest else { return Ok(None) };
    let now = sql_time(at);
    let upsert = diesel::insert_into(receipts::table)
        .values(
            messages::table
                .filter(messages::conversation_id.eq(conversation.0))
                .filter(messages::sender_id.ne(user.0))
                .filter(messages::id.gt(after))
                .filter(messages::id.le(last))
                .filter(not(messages::is_deleted))
                .select((
                    messages::id,
                    user.0.into_sql::<BigInt>(),
                    now.into_sql::<Timestamptz>(),
                    now.into_sql::<diesel::sql_types::Nullable<Timestamptz>>(),
                )),
        )
        .into_columns((receipts::message_id, receipts::user_id, receipts::delivered_at, receipts::read_at))
        .on_conflict((receipts::message_id, receipts::user_id))
        .do_update()
        .set(receipts::read_at.eq(excluded(receipts::read_at)));
    // Times once set stay.
    methods::FilterDsl::filter(upsert, receipts::read_at.is_null())
        .execute(connection)
        .await?;
    let clear = (scope != ReadScope::One(MessageId(last))).then_some((last, at));
    let progress = Progress {
        read,
        read_up_to: read_up_to(connection, &standing, clear).await?,
        delivered_up_to: delivered_up_to(connection, &standing, clear.map_or(0, |(clear, _)| clear)).await?,
    };
    advance(connection, &standing, &progress).await?;
    Ok(Some(newest))
}
