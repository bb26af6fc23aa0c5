//! Messages as the domain knows them, a few statements for any number of them.

use std::collections::HashMap;

use diesel::{
    ExpressionMethods as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
    dsl::{case_when, not},
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    attachment::{Attachment, FileType, Thumbnail, Voice},
    id::{AttachmentId, ConversationId, MessageId, Seq},
    message::{ChangeKind, ClientId, Message, ReplyPreview},
    receipt::Receipt,
};
use futures_util::try_join;

use super::super::{
    Connection,
    rows::{People, PersonRow, count, time},
    schema::{
        accounts_user, messaging_conversation_participants as members, messaging_message as messages, messaging_messageattachment,
        messaging_messageattachment as attachments, messaging_messageread, messaging_messageread as receipts,
    },
};
use crate::{
    change_kind::parse_kind,
    error::{CorruptValueError, Result},
};

/// In the order of the columns that are selected.
#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
struct MessageRow {
    id: i64,
    sender_id: i64,
    /// Content of deleted messages never leaves the database.
    content: Option<String>,
    reply_to_id: Option<i64>,
    is_edited: bool,
    is_pinned: bool,
    is_deleted: bool,
    created_at: PgTimestamp,
    updated_at: PgTimestamp,
    edited_at: Option<PgTimestamp>,
    seq: i64,
    client_id: Option<String>,
    last_change: String,
    has_attachments: bool,
}

/// Those of these messages that are in this conversation: of others nothing may be seen, though the platform's older service let people reply to them.
async fn rows(mut connection: &Connection, within: ConversationId, ids: Vec<i64>) -> Result<HashMap<i64, MessageRow>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<MessageRow> = messages::table
        .filter(messages::id.eq_any(ids))
        .filter(messages::conversation_id.eq(within.0))
        .select((
            messages::id,
            messages::sender_id,
            case_when(not(messages::is_deleted), messages::content),
            messages::reply_to_id,
            messages::is_edited,
            messages::is_pinned,
            messages::is_deleted,
            messages::created_at,
            messages::updated_at,
            messages::edited_at,
            messages::seq,
            messages::client_id,
            messages::last_change,
            messages::has_attachments,
        ))
        .load(&mut connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messaging_messageread, check_for_backend(Pg))]
struct ReceiptRow {
    message_id: i64,
    user_id: i64,
    delivered_at: PgTimestamp,
    read_at: Option<PgTimestamp>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messaging_messageattachment, check_for_backend(Pg))]
pub(super) struct AttachmentRow {
    id: i64,
    pub(super) message_id: i64,
    file: String,
    thumbnail: Option<String>,
    file_type: String,
    file_name: String,
    file_size: i64,
    mime_type: String,
    width: Option<i64>,
    height: Option<i64>,
    uploaded_at: PgTimestamp,
    thumbnail_mime_type: Option<String>,
    voice_duration_ms: Option<i64>,
    voice_waveform: Option<String>,
}

impl AttachmentRow {
    pub(super) fn into_attachment(self, conversation: ConversationId) -> std::result::Result<Attachment, CorruptValueError> {
        let unreadable = |column| CorruptValueError {
            table: "messaging_messageattachment",
            column,
        };
        let thumbnail = match (self.thumbnail, self.thumbnail_mime_type) {
            (Some(key), Some(mime_type)) => Some(Thumbnail { key, mime_type }),
            (None, None) => None,
            _ => return Err(unreadable("thumbnail_mime_type")),
        };
        let voice = match (self.voice_duration_ms, self.voice_waveform) {
            (Some(duration_ms), Some(waveform)) => {
                let duration_ms = u32::try_from(duration_ms).map_err(|_| unreadable("voice_duration_ms"))?;
                Some(Voice::from_digits(duration_ms, &waveform).ok_or_else(|| unreadable("voice_waveform"))?)
            }
            (None, None) => None,
            _ => return Err(unreadable("voice_waveform")),
        };
        let pixels = |number: Option<i64>, column| {
            number
                .map(|number| u32::try_from(number).map_err(|_| unreadable(column)))
                .transpose()
        };
        Ok(Attachment {
            id: AttachmentId(self.id),
            message: MessageId(self.message_id),
            conversation,
            file_type: FileType::parse(&self.file_type).ok_or_else(|| unreadable("file_type"))?,
            file_name: self.file_name,
            file_size: count(self.file_size, "messaging_messageattachment", "file_size")?,
            mime_type: self.mime_type,
            width: pixels(self.width, "width")?,
            height: pixels(self.height, "height")?,
            uploaded_at: time(self.uploaded_at),
            key: self.file,
            thumbnail,
            voice,
        })
    }
}

/// One message of this conversation.
pub(crate) async fn load_one(connection: &Connection, within: ConversationId, id: MessageId) -> Result<Option<Message>> {
    Ok(load(connection, within, &[id.0]).await?.pop().map(|(_, message)| message))
}

/// The files and receipts of some messages.
struct Around {
    conversation: ConversationId,
    others: u32,
    replies: HashMap<i64, MessageRow>,
    receipts: HashMap<i64, Vec<ReceiptRow>>,
    files: HashMap<i64, Vec<Attachment>>,
    people: People,
}

/// Messages of one conversation, in the order of `ids`, and what their newest change was. One round trip, and one more where there are files or replies.
pub(crate) async fn load(connection: &Connection, within: ConversationId, ids: &[i64]) -> Result<Vec<(ChangeKind, Message)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (mut found, receipts, people) = try_join!(
        rows(connection, within, ids.to_vec()),
        receipts_of(connection, ids.to_vec()),
        participants(connection, within)
    )?;
    let around = Around::load(connection, within, &found, receipts, people).await?;
    let messages = ids.iter().filter_map(|id| found.remove(id));
    messages.map(|row| around.complete(row)).collect()
}

/// The people who take part in the conversation.
async fn participants(mut connection: &Connection, within: ConversationId) -> Result<People> {
    let rows: Vec<PersonRow> = members::table
        .inner_join(accounts_user::table)
        .filter(members::conversation_id.eq(within.0))
        .select(PersonRow::as_select())
        .load(&mut connection)
        .await?;
    Ok(People::of(rows)?)
}

impl Around {
    async fn load(
        connection: &Connection,
        within: ConversationId,
        found: &HashMap<i64, MessageRow>,
        receipt_rows: Vec<ReceiptRow>,
        mut people: People,
    ) -> Result<Self> {
        let others = u32::try_from(people.len().saturating_sub(1)).unwrap_or(0);
        let mut with_files = files_of(found.values());
        let replies: Vec<i64> = found.values().filter_map(|row| row.reply_to_id).collect();
        let replies = rows(connection, within, replies).await?;
        with_files.extend(files_of(replies.values()));
        let senders = found.values().chain(replies.values()).map(|row| row.sender_id);
        let elsewhere = people.missing(senders.chain(receipt_rows.iter().map(|receipt| receipt.user_id)));
        let (elsewhere, files) = try_join!(People::load(connection, elsewhere), files(connection, within, with_files))?;
        people.add(elsewhere);
        let mut receipts: HashMap<i64, Vec<ReceiptRow>> = HashMap::new();
        for receipt in receipt_rows {
            receipts.entry(receipt.message_id).or_default().push(receipt);
        }
        Ok(Self {
            conversation: within,
            others,
            people,
            replies,
            receipts,
            files,
        })
    }

    fn complete(&self, row: MessageRow) -> Result<(ChangeKind, Message)> {
        let unreadable = |column| CorruptValueError {
            table: "messaging_message",
            column,
        };
        let client_id = row
            .client_id
            .as_deref()
            .map(|text| ClientId::new(text).ok_or_else(|| unreadable("client_id")))
            .transpose()?;
        let reply = row.reply_to_id.and_then(|id| self.replies.get(&id));
        let message = Message {
            attachments: self.files_of(&row),
            id: MessageId(row.id),
            conversation: self.conversation,
            sender: self.people.get(row.sender_id)?,
            content: row.content,
            reply_to: reply.map(|reply| self.preview(reply)).transpose()?,
            is_edited: row.is_edited,
            is_pinned: row.is_pinned,
            is_deleted: row.is_deleted,
            created_at: time(row.created_at),
            updated_at: time(row.updated_at),
            edited_at: row.edited_at.map(time),
            receipts: self.receipts_of(row.id)?,
            others: self.others,
            seq: Seq(row.seq),
            client_id,
        };
        let kind = parse_kind(&row.last_change).ok_or_else(|| unreadable("last_change"))?;
        Ok((kind, message))
    }

    fn preview(&self, row: &MessageRow) -> Result<ReplyPreview> {
        Ok(ReplyPreview {
            id: MessageId(row.id),
            sender: self.people.get(row.sender_id)?,
            content: row.content.clone(),
            attachments: self.files_of(row),
            created_at: time(row.created_at),
            is_deleted: row.is_deleted,
        })
    }

    fn files_of(&self, row: &MessageRow) -> Vec<Attachment> {
        self.files.get(&row.id).cloned().unwrap_or_default()
    }

    /// Ordered by delivery, then by person.
    fn receipts_of(&self, message: i64) -> Result<Vec<Receipt>> {
        let receipts = self.receipts.get(&message).into_iter().flatten();
        receipts
            .map(|receipt| {
                Ok(Receipt {
                    person: self.people.get(receipt.user_id)?,
                    delivered_at: time(receipt.delivered_at),
                    read_at: receipt.read_at.map(time),
                })
            })
            .collect()
    }
}

async fn receipts_of(mut connection: &Connection, messages: Vec<i64>) -> Result<Vec<ReceiptRow>> {
    let rows = receipts::table
        .filter(receipts::message_id.eq_any(messages))
        .order((receipts::delivered_at, receipts::user_id))
        .select(ReceiptRow::as_select())
        .load(&mut connection)
        .await?;
    Ok(rows)
}

/// The messages that have files to be shown.
fn files_of<'r>(rows: impl Iterator<Item = &'r MessageRow>) -> Vec<i64> {
    rows.filter(|row| row.has_attachments && !row.is_deleted)
        .map(|row| row.id)
        .collect()
}

/// The files of these messages, by message, in the order of their ids.
async fn files(mut connection: &Connection, within: ConversationId, ids: Vec<i64>) -> Result<HashMap<i64, Vec<Attachment>>> {
    let mut files: HashMap<i64, Vec<Attachment>> = HashMap::new();
    if ids.is_empty() {
        return Ok(files);
    }
    let rows: Vec<AttachmentRow> = attachments::table
        .filter(attachments::message_id.eq_any(ids))
        .order(attachments::id)
        .select(AttachmentRow::as_select())
        .load(&mut connection)
        .await?;
    for row in rows {
        files.entry(row.message_id).or_default().push(row.into_attachment(within)?);
    }
    Ok(files)
}
