//! The rows of a conversation in the lists of its participants: what they do with them, and who waits for an answer.

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, dsl::not, pg::data_types::PgTimestamp};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::{RowAct, RowRequest, RowUpdate},
    facts::RowFacts,
    id::ConversationId,
    ports::Arranged,
    time::Timestamp,
};

use super::{
    super::{
        Connection,
        rows::{sql_time, time},
        schema::{
            IsStaff, accounts_user, messaging_conversation as conversation, messaging_conversation_participants as members,
            messaging_message as messages,
        },
    },
    facts::with_members,
    summary::{summary_of_one, summary_of_staff},
};
use crate::error::Result;

/// The facts for changing a row; `None` for somebody who does not take part.
pub(super) async fn facts(connection: &mut Connection, request: &RowRequest) -> Result<Option<RowFacts>> {
    let RowRequest { actor, conversation, act } = *request;
    let Some(found) = with_members(connection, vec![conversation.0]).await?.remove(&conversation) else {
        return Ok(None);
    };
    let (Some(base), Some(own)) = (found.facts(actor), found.members.iter().find(|member| member.user == actor)) else {
        return Ok(None);
    };
    let unanswered_since = match act {
        RowAct::Answered(false) => unanswered_since(connection, conversation, Timestamp(0)).await?,
        _ => None,
    };
    Ok(Some(RowFacts {
        row: own.row.seen_by(base.actor.role),
        base,
        unread_count: own.unread,
        unanswered_since,
    }))
}

/// Stores the change.
pub(super) async fn arrange(connection: &mut Connection, request: &RowRequest, update: RowUpdate) -> Result<Arranged> {
    let RowRequest { actor, conversation, .. } = *request;
    let own = diesel::update(members::table.find((conversation.0, actor.0)));
    match update {
        RowUpdate::Awaiting(since) => {
            set_awaiting(connection, conversation, since).await?;
            let summary = summary_of_staff(connection, conversation).await?;
            return Ok(Arranged { summary, is_changed: true });
        }
        RowUpdate::Muted(until) => own.set(members::muted_until.eq(until.map(sql_time))).execute(connection).await?,
        RowUpdate::Archived(at) => own.set(members::archived_at.eq(at.map(sql_time))).execute(connection).await?,
        RowUpdate::MarkedUnread => own.set(members::is_marked_unread.eq(true)).execute(connection).await?,
    };
    Ok(Arranged {
        summary: summary_of_one(connection, conversation, actor).await?,
        is_changed: true,
    })
}

/// The outcome of an act that leaves the row as it is.
pub(super) async fn unchanged(connection: &mut Connection, request: &RowRequest) -> Result<Arranged> {
    Ok(Arranged {
        summary: summary_of_one(connection, request.conversation, request.actor).await?,
        is_changed: false,
    })
}

/// Writes `awaiting_since` to the conversation and to the rows of its participants.
pub(crate) async fn set_awaiting(connection: &mut Connection, id: ConversationId, since: Option<Timestamp>) -> Result<()> {
    let since = since.map(sql_time);
    diesel::update(conversation::table.find(id.0))
        .set(conversation::awaiting_since.eq(since))
        .execute(connection)
        .await?;
    diesel::update(members::table.filter(members::conversation_id.eq(id.0)))
        .set(members::awaiting_since.eq(since))
        .execute(connection)
        .await?;
    Ok(())
}

/// The time of the first message, not earlier than this, that nobody of the staff has answered; `None` if there is none. The messages of the member since the
/// last answer are read.
pub(crate) async fn unanswered_since(connection: &mut Connection, of: ConversationId, from: Timestamp) -> Result<Option<Timestamp>> {
    let shown = || {
        messages::table
            .filter(messages::conversation_id.eq(of.0))
            .filter(not(messages::is_deleted))
    };
    let last_answer: Option<i64> = shown()
        .inner_join(accounts_user::table)
        .filter(IsStaff::new(accounts_user::role))
        .select(messages::id)
        .order(messages::id.desc())
        .first(connection)
        .await
        .optional()?;
    let first: Option<PgTimestamp> = shown()
        .filter(messages::id.gt(last_answer.unwrap_or(0)))
        .filter(messages::created_at.ge(sql_time(from)))
        .select(messages::created_at)
        .order(messages::id)
        .first(connection)
        .await
        .optional()?;
    Ok(first.map(time))
}
