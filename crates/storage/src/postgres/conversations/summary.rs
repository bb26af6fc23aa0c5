//! The state of a conversation in lists, right after a change.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, SelectableHelper as _,
    dsl::sql,
    expression::SqlLiteral,
    pg::data_types::PgTimestamp,
    sql_types::{BigInt, Nullable, Text},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    attachment::{AttachmentKind, AttachmentSummary},
    conversation::{ConversationSummary, Preview, RowState},
    id::{ConversationId, MessageId, Seq, UserId},
    message::Status,
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

/// The number of files of a message. Of most messages they need not be looked for.
const FILES: &str = "CASE WHEN messaging_message.has_attachments THEN (
    SELECT count(*) FROM messaging_messageattachment a WHERE a.message_id = messaging_message.id) END";

/// The kind of all files of a message, as [`AttachmentSummary`] has it.
const FILES_KIND: &str = "CASE WHEN messaging_message.has_attachments THEN (
    SELECT CASE WHEN min(k.kind) = max(k.kind) THEN min(k.kind) ELSE 'other' END FROM (
        SELECT CASE WHEN a.voice_duration_ms IS NULL THEN a.file_type ELSE 'voice' END AS kind
        FROM messaging_messageattachment a WHERE a.message_id = messaging_message.id) k) END";

/// The name of the first file of a message.
const FIRST_FILE: &str = "CASE WHEN messaging_message.has_attachments THEN (
    SELECT a.file_name FROM messaging_messageattachment a WHERE a.message_id = messaging_message.id ORDER BY a.id LIMIT 1) END";

/// The status of a message as `Message::status` has it for the sender. Only recipients have receipts.
const SENDER_STATUS: &str = "CASE
    WHEN NOT EXISTS (SELECT 1 FROM messaging_messageread r WHERE r.message_id = messaging_message.id) THEN 'sent'
    WHEN EXISTS (SELECT 1 FROM messaging_conversation_participants o
        WHERE o.conversation_id = messaging_message.conversation_id AND o.user_id <> messaging_message.sender_id
        AND NOT EXISTS (SELECT 1 FROM messaging_messageread r
            WHERE r.message_id = messaging_message.id AND r.user_id = o.user_id AND r.read_at IS NOT NULL))
    THEN 'delivered' ELSE 'seen' END";

/// In the order of the columns of [`preview()`].
#[derive(Queryable)]
pub(super) struct PreviewRow {
    id: i64,
    sender: String,
    sender_id: i64,
    content: Option<String>,
    has_attachments: bool,
    files: Option<i64>,
    files_kind: Option<String>,
    first_file: Option<String>,
    sender_status: String,
    created_at: PgTimestamp,
}

impl TryFrom<PreviewRow> for Preview {
    type Error = CorruptValueError;

    fn try_from(row: PreviewRow) -> std::result::Result<Self, CorruptValueError> {
        let unreadable = |table, column| CorruptValueError { table, column };
        let attachments = match (row.files, row.files_kind, row.first_file) {
            (Some(files), Some(kind), Some(name)) => Some(AttachmentSummary {
                count: u32::try_from(files).map_err(|_| unreadable("messaging_messageattachment", "id"))?,
                kind: AttachmentKind::parse(&kind).ok_or_else(|| unreadable("messaging_messageattachment", "file_type"))?,
                name,
            }),
            _ => None,
        };
        Ok(Self {
            id: MessageId(row.id),
            sender: row.sender,
            sender_id: UserId(row.sender_id),
            content: row.content,
            has_attachments: row.has_attachments,
            attachments,
            sender_status: Status::parse(&row.sender_status).ok_or_else(|| unreadable("messaging_messageread", "read_at"))?,
            created_at: time(row.created_at),
        })
    }
}

/// The columns of a preview, of a message and its sender.
#[diesel::dsl::auto_type]
pub(super) fn preview() -> _ {
    let content: left<messaging_message::content, i32> = left(messaging_message::content, PREVIEW_CHARS);
    let files: SqlLiteral<Nullable<BigInt>> = sql(FILES);
    let files_kind: SqlLiteral<Nullable<Text>> = sql(FILES_KIND);
    let first_file: SqlLiteral<Nullable<Text>> = sql(FIRST_FILE);
    let sender_status: SqlLiteral<Text> = sql(SENDER_STATUS);
    (
        messaging_message::id,
        accounts_user::username,
        messaging_message::sender_id,
        content,
        messaging_message::has_attachments,
        files,
        files_kind,
        first_file,
        sender_status,
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
    Ok(row.map(TryInto::try_into).transpose()?)
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
