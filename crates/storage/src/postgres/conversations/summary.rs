//! The state of a conversation in lists, right after a change.

use std::collections::HashMap;

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, pg::data_types::PgTimestamp};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::{ConversationSummary, Preview},
    id::{ConversationId, MessageId, Seq, UserId},
};

use super::super::{
    Connection,
    rows::{count, time},
    schema::{accounts_user, left, messaging_conversation, messaging_conversation_participants as members, messaging_message},
};
use crate::error::{Result, failed};

/// The shown beginning of a content is shorter than this.
const PREVIEW_CHARS: i32 = 513;

/// Previews of these messages, by id.
pub(super) async fn previews(mut connection: &Connection, ids: Vec<i64>) -> Result<HashMap<i64, Preview>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, String, Option<String>, bool, PgTimestamp)> = messaging_message::table
        .inner_join(accounts_user::table)
        .filter(messaging_message::id.eq_any(ids))
        .select((
            messaging_message::id,
            accounts_user::username,
            left(messaging_message::content, PREVIEW_CHARS),
            messaging_message::has_attachments,
            messaging_message::created_at,
        ))
        .load(&mut connection)
        .await?;
    let previews = rows.into_iter().map(|(id, sender, content, has_attachments, created_at)| {
        let preview = Preview {
            id: MessageId(id),
            sender,
            content,
            has_attachments,
            created_at: time(created_at),
        };
        (id, preview)
    });
    Ok(previews.collect())
}

/// With the unread counts of all participants.
pub(crate) async fn summary_of_all(connection: &mut Connection, id: ConversationId) -> Result<ConversationSummary> {
    let unread: Vec<(i64, i64)> = members::table
        .filter(members::conversation_id.eq(id.0))
        .order(members::user_id)
        .select((members::user_id, members::unread_count))
        .load(connection)
        .await?;
    let unread = unread
        .into_iter()
        .map(|(user, unread)| Ok((UserId(user), count(unread, "messaging_conversation_participants", "unread_count")?)));
    let unread = unread.collect::<Result<_>>()?;
    summary(connection, id, unread).await
}

/// With the unread count of one person, which is 0 for somebody who does not take part.
pub(crate) async fn summary_of_one(connection: &mut Connection, id: ConversationId, user: UserId) -> Result<ConversationSummary> {
    let unread: Option<i64> = members::table
        .find((id.0, user.0))
        .select(members::unread_count)
        .first(connection)
        .await
        .optional()?;
    let unread = count(unread.unwrap_or(0), "messaging_conversation_participants", "unread_count")?;
    summary(connection, id, vec![(user, unread)]).await
}

async fn summary(connection: &mut Connection, id: ConversationId, unread: Vec<(UserId, u64)>) -> Result<ConversationSummary> {
    let row: Option<(i64, Option<i64>)> = messaging_conversation::table
        .find(id.0)
        .select((messaging_conversation::last_seq, messaging_conversation::last_message_id))
        .first(connection)
        .await
        .optional()?;
    let (last_seq, last) = row.ok_or_else(|| failed("there is no such conversation"))?;
    let preview = match last {
        Some(message) => previews(connection, vec![message]).await?.remove(&message),
        None => None,
    };
    Ok(ConversationSummary {
        conversation: id,
        last_seq: Seq(last_seq),
        preview,
        unread,
    })
}
