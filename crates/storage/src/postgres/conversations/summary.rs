//! The state of a conversation in lists, right after a change.

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, pg::data_types::PgTimestamp};
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

/// In the order of the columns of [`preview()`].
#[derive(Queryable)]
pub(super) struct PreviewRow {
    id: i64,
    sender: String,
    content: Option<String>,
    has_attachments: bool,
    created_at: PgTimestamp,
}

impl From<PreviewRow> for Preview {
    fn from(row: PreviewRow) -> Self {
        Self {
            id: MessageId(row.id),
            sender: row.sender,
            content: row.content,
            has_attachments: row.has_attachments,
            created_at: time(row.created_at),
        }
    }
}

/// The columns of a preview, of a message and its sender.
#[diesel::dsl::auto_type]
pub(super) fn preview() -> _ {
    let content: left<messaging_message::content, i32> = left(messaging_message::content, PREVIEW_CHARS);
    (
        messaging_message::id,
        accounts_user::username,
        content,
        messaging_message::has_attachments,
        messaging_message::created_at,
    )
}

/// The preview of this message.
async fn preview_of(mut connection: &Connection, message: i64) -> Result<Option<Preview>> {
    let row: Option<PreviewRow> = messaging_message::table
        .inner_join(accounts_user::table)
        .filter(messaging_message::id.eq(message))
        .select(preview())
        .first(&mut connection)
        .await
        .optional()?;
    Ok(row.map(Into::into))
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
        Some(message) => preview_of(connection, message).await?,
        None => None,
    };
    Ok(ConversationSummary {
        conversation: id,
        last_seq: Seq(last_seq),
        preview,
        unread,
    })
}
