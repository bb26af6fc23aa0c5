//! Storing a batch of messages: one statement for all of them, and one for their files.

use diesel::pg::data_types::PgTimestamp;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl as _;
use domain::{
    attachment::{Attachment, Voice},
    id::ConversationId,
    message::{ClientId, Message},
};
use futures_util::try_join;

use super::{
    super::super::{Connection, rows::sql_time, statement::statement},
    facts::{Facts, Standing},
};
use crate::error::{Result, failed};

/// The rows of the messages that a batch stores.
#[derive(Default)]
pub(super) struct NewRows {
    messages: NewMessages,
    files: NewFiles,
}

impl NewRows {
    pub(super) const fn is_empty(&self) -> bool {
        self.messages.ids.is_empty()
    }

    pub(super) fn add(&mut self, message: &Message) -> Result<()> {
        let rows = &mut self.messages;
        rows.ids.push(message.id.0);
        rows.conversations.push(message.conversation.0);
        rows.senders.push(message.sender.id.0);
        rows.contents.push(message.content.clone());
        rows.replies.push(message.reply_to.as_ref().map(|reply| reply.id.0));
        rows.times.push(sql_time(message.created_at));
        rows.seqs.push(message.seq.0);
        rows.client_ids
            .push(message.client_id.as_ref().map(ClientId::as_str).map(str::to_owned));
        rows.with_files.push(!message.attachments.is_empty());
        message.attachments.iter().try_for_each(|file| self.files.add(file))
    }

    /// Stores the rows, and brings the conversations and their participants to the state of these facts.
    pub(super) async fn store(mut self, connection: &Connection, facts: &Facts) -> Result<()> {
        for (id, standing) in &facts.conversations {
            self.messages.bring_up_to_date(*id, standing)?;
        }
        let files = async {
            if self.files.ids.is_empty() {
                return Ok(0);
            }
            self.files.execute(&mut &*connection).await
        };
        try_join!(self.messages.execute(&mut &*connection), files)?;
        Ok(())
    }
}

/// Columns of messages, of conversations, and of participants; one element a row.
#[derive(Default)]
struct NewMessages {
    ids: Vec<i64>,
    conversations: Vec<i64>,
    senders: Vec<i64>,
    contents: Vec<Option<String>>,
    replies: Vec<Option<i64>>,
    times: Vec<PgTimestamp>,
    seqs: Vec<i64>,
    client_ids: Vec<Option<String>>,
    with_files: Vec<bool>,
    changed: Vec<i64>,
    last_seqs: Vec<i64>,
    last_messages: Vec<i64>,
    last_times: Vec<PgTimestamp>,
    updates: Vec<PgTimestamp>,
    added: Vec<i64>,
    awaited: Vec<Option<PgTimestamp>>,
    of: Vec<i64>,
    participants: Vec<i64>,
    unread: Vec<i64>,
    activities: Vec<PgTimestamp>,
    awaiting: Vec<Option<PgTimestamp>>,
    archived: Vec<Option<PgTimestamp>>,
}

impl NewMessages {
    fn bring_up_to_date(&mut self, id: ConversationId, standing: &Standing) -> Result<()> {
        let (Some(newest), Some(at)) = (standing.newest, standing.now.conversation.last_message_at) else {
            return Ok(());
        };
        let number = |count: u64| i64::try_from(count).map_err(|_| failed("a number is too big for the database"));
        self.changed.push(id.0);
        self.last_seqs.push(standing.now.conversation.last_seq.0);
        self.last_messages.push(newest.0);
        self.last_times.push(sql_time(at));
        self.updates.push(sql_time(standing.now.conversation.updated_at));
        self.added.push(number(standing.added)?);
        self.awaited.push(standing.now.conversation.awaiting_since.map(sql_time));
        for member in &standing.now.members {
            self.of.push(id.0);
            self.participants.push(member.user.0);
            self.unread.push(number(member.unread)?);
            self.activities.push(sql_time(at));
            self.awaiting.push(member.row.awaiting_since.map(sql_time));
            self.archived.push(member.row.archived_at.map(sql_time));
        }
        Ok(())
    }
}

statement! {
    NewMessages:
    "WITH new_messages AS ( \
        INSERT INTO messaging_message (id, conversation_id, sender_id, content, reply_to_id, is_edited, is_pinned, is_deleted, \
            created_at, updated_at, created_seq, seq, last_change, client_id, has_attachments) \
        SELECT id, conversation_id, sender_id, content, reply_to_id, false, false, false, at, at, seq, seq, 'sent', client_id, has_attachments \
        FROM unnest(", ids: Array<BigInt>, ", ", conversations: Array<BigInt>, ", ", senders: Array<BigInt>,
        ", ", contents: Array<Nullable<Text>>, ", ", replies: Array<Nullable<BigInt>>, ", ", times: Array<Timestamptz>,
        ", ", seqs: Array<BigInt>, ", ", client_ids: Array<Nullable<Text>>, ", ", with_files: Array<Bool>,
        ") new (id, conversation_id, sender_id, content, reply_to_id, at, seq, client_id, has_attachments) \
        RETURNING id, conversation_id, sender_id, created_at \
    ), entries AS ( \
        INSERT INTO messaging_outbox (kind, conversation_id, message_id, actor_id, at) \
        SELECT 'sent', conversation_id, id, sender_id, created_at FROM new_messages ORDER BY id \
    ), conversations AS ( \
        UPDATE messaging_conversation c \
        SET last_seq = new.last_seq, last_message_id = new.last_message_id, last_message_at = new.last_message_at, \
            updated_at = new.updated_at, message_count = c.message_count + new.added, awaiting_since = new.awaiting_since \
        FROM unnest(", changed: Array<BigInt>, ", ", last_seqs: Array<BigInt>, ", ", last_messages: Array<BigInt>,
        ", ", last_times: Array<Timestamptz>, ", ", updates: Array<Timestamptz>, ", ", added: Array<BigInt>,
        ", ", awaited: Array<Nullable<Timestamptz>>,
        ") new (id, last_seq, last_message_id, last_message_at, updated_at, added, awaiting_since) \
        WHERE c.id = new.id \
    ) \
    UPDATE messaging_conversation_participants p \
    SET unread_count = new.unread_count, last_activity_at = new.last_activity_at, \
        awaiting_since = new.awaiting_since, archived_at = new.archived_at \
    FROM unnest(", of: Array<BigInt>, ", ", participants: Array<BigInt>, ", ", unread: Array<BigInt>, ", ", activities: Array<Timestamptz>,
    ", ", awaiting: Array<Nullable<Timestamptz>>, ", ", archived: Array<Nullable<Timestamptz>>,
    ") new (conversation_id, user_id, unread_count, last_activity_at, awaiting_since, archived_at) \
    WHERE p.conversation_id = new.conversation_id AND p.user_id = new.user_id"
}

/// Columns of files; one element a row.
#[derive(Default)]
struct NewFiles {
    ids: Vec<i64>,
    messages: Vec<i64>,
    keys: Vec<String>,
    thumbnails: Vec<Option<String>>,
    thumbnail_types: Vec<Option<String>>,
    kinds: Vec<&'static str>,
    names: Vec<String>,
    sizes: Vec<i64>,
    types: Vec<String>,
    widths: Vec<Option<i64>>,
    heights: Vec<Option<i64>>,
    times: Vec<PgTimestamp>,
    voice_durations: Vec<Option<i64>>,
    voice_waveforms: Vec<Option<String>>,
}

impl NewFiles {
    fn add(&mut self, file: &Attachment) -> Result<()> {
        self.ids.push(file.id.0);
        self.messages.push(file.message.0);
        self.keys.push(file.key.clone());
        self.thumbnails.push(file.thumbnail.as_ref().map(|thumbnail| thumbnail.key.clone()));
        self.thumbnail_types
            .push(file.thumbnail.as_ref().map(|thumbnail| thumbnail.mime_type.clone()));
        self.kinds.push(file.file_type.as_str());
        self.names.push(file.file_name.clone());
        self.sizes
            .push(i64::try_from(file.file_size).map_err(|_| failed("a file is too big"))?);
        self.types.push(file.mime_type.clone());
        self.widths.push(file.width.map(i64::from));
        self.heights.push(file.height.map(i64::from));
        self.times.push(sql_time(file.uploaded_at));
        self.voice_durations
            .push(file.voice.as_ref().map(|voice| i64::from(voice.duration_ms())));
        self.voice_waveforms.push(file.voice.as_ref().map(Voice::waveform_digits));
        Ok(())
    }
}

statement! {
    NewFiles:
    "INSERT INTO messaging_messageattachment (id, message_id, file, thumbnail, thumbnail_mime_type, file_type, file_name, file_size, \
        mime_type, width, height, uploaded_at, voice_duration_ms, voice_waveform) \
    SELECT * FROM unnest(", ids: Array<BigInt>, ", ", messages: Array<BigInt>, ", ", keys: Array<Text>,
    ", ", thumbnails: Array<Nullable<Text>>, ", ", thumbnail_types: Array<Nullable<Text>>, ", ", kinds: Array<Text>,
    ", ", names: Array<Text>, ", ", sizes: Array<BigInt>, ", ", types: Array<Text>, ", ", widths: Array<Nullable<BigInt>>,
    ", ", heights: Array<Nullable<BigInt>>, ", ", times: Array<Timestamptz>,
    ", ", voice_durations: Array<Nullable<BigInt>>, ", ", voice_waveforms: Array<Nullable<Text>>, ")"
}
