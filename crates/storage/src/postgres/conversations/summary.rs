//! The state of a conversation in lists, right after a change.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, SelectableHelper as _, pg::data_types::PgTimestamp,
};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::{ConversationSummary, Preview, RowState},
    id::{ConversationId, MessageId, Seq, UserId},
    people::Role,
};

use super::super::{
    Connection,
    rows::{StateRow, count, time},
    schema::{accounts_user, left, messaging_conversation, messaging_conversation_participants as members, messaging_message},
};
use crate::error::{CorruptValueError, Result, failed};

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

/// With the rows of all participants.
pub(crate) async fn summary_of_all(connection: &mut Connection, id: ConversationId) -> Result<ConversationSummary> {
    let rows = rows_of(connection, id).await?;
    summary(connection, id, rows).await
}

/// With the rows of the participants who are staff.
pub(crate) async fn summary_of_staff(connection: &mut Connection, id: ConversationId) -> Result<ConversationSummary> {
    let mut rows = rows_of(connection, id).await?;
    rows.retain(|row| row.role.is_staff());
    summary(connection, id, rows).await
}

/// The row of a participant, and what the participant sees of it.
struct Row {
    user: UserId,
    unread: u64,
    state: RowState,
    role: Role,
}

impl Row {
    fn read((user, unread, row, role): (i64, i64, StateRow, String)) -> std::result::Result<Self, CorruptValueError> {
        Ok(Self {
            user: UserId(user),
            unread: count(unread, "messaging_conversation_participants", "unread_count")?,
            state: row.into(),
            role: Role::parse(&role).ok_or(CorruptValueError {
                table: "accounts_user",
                column: "role",
            })?,
        })
    }
}

async fn rows_of(connection: &mut Connection, id: ConversationId) -> Result<Vec<Row>> {
    let rows: Vec<(i64, i64, StateRow, String)> = members::table
        .inner_join(accounts_user::table)
        .filter(members::conversation_id.eq(id.0))
        .order(members::user_id)
        .select((members::user_id, members::unread_count, StateRow::as_select(), accounts_user::role))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(Row::read).collect::<std::result::Result<_, _>>()?)
}

/// With the row of one person; that of a new one for somebody who does not take part.
pub(crate) async fn summary_of_one(connection: &mut Connection, id: ConversationId, user: UserId) -> Result<ConversationSummary> {
    let row: Option<(i64, i64, StateRow, String)> = members::table
        .inner_join(accounts_user::table)
        .filter(members::conversation_id.eq(id.0))
        .filter(members::user_id.eq(user.0))
        .select((members::user_id, members::unread_count, StateRow::as_select(), accounts_user::role))
        .first(connection)
        .await
        .optional()?;
    let row = row.map(Row::read).transpose()?.unwrap_or(Row {
        user,
        unread: 0,
        state: RowState::default(),
        role: Role::User,
    });
    summary(connection, id, vec![row]).await
}

async fn summary(connection: &mut Connection, id: ConversationId, of: Vec<Row>) -> Result<ConversationSummary> {
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
        unread: of.iter().map(|row| (row.user, row.unread)).collect(),
        rows: of.into_iter().map(|row| (row.user, row.state.seen_by(row.role))).collect(),
    })
}
