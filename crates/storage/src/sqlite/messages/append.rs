//! Sending a message, which is the hot path: as few statements as the guards allow, and no known value is read again.

use std::sync::Arc;

use domain::{
    attachment::{Attachment, NewAttachment, Voice},
    change::Change,
    conversation::{ConversationSummary, Preview, RowState},
    facts::SendingFacts,
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{ClientId, Content, Draft, Message, NewMessage},
    ports::{Decide, Decided, OutboxKind, SendOutcome},
    rules::sending::Sending,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::super::{
    conversations::{self, ToSend},
    outbox,
    rows::run,
    writer::Outcome,
};
use crate::error::{Result, failed};

// None of these statements has `RETURNING`: SQLite implements it with a temporary table, which doubled the cost of `UPDATE_PARTICIPANTS`.

const INSERT_MESSAGE: &str = "INSERT INTO messaging_message
         (conversation_id, sender_id, content, reply_to_id, created_at, updated_at, created_seq, seq, client_id, has_attachments)
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?6, ?7, ?8)";

/// Updates the counters and the last message of the conversation.
pub(crate) const UPDATE_CONVERSATION: &str = "UPDATE messaging_conversation
     SET last_seq = ?2, last_message_id = ?3, last_message_at = ?4, updated_at = max(updated_at, ?4), message_count = message_count + 1, awaiting_since = ?5
     WHERE id = ?1";

/// Updates the activity and the unread counts of all participants. `OR FAIL`: a failed statement keeps the rows that it has changed, until the command is
/// undone. Without it SQLite copies all pages first that the statement changes, to undo it alone.
pub(crate) const UPDATE_PARTICIPANTS: &str = "UPDATE OR FAIL messaging_conversation_participants
     SET last_activity_at = ?3, unread_count = unread_count + (user_id <> ?2) WHERE conversation_id = ?1";

/// The same, and `awaiting_since`, and what a message does to archived rows ([`RowState::after_message`]). These columns are in indexes, so that the statement
/// writes more; it is run only where one of them changes.
pub(crate) const UPDATE_PARTICIPANTS_AND_ROWS: &str = "UPDATE OR FAIL messaging_conversation_participants
     SET last_activity_at = ?3, unread_count = unread_count + (user_id <> ?2), awaiting_since = ?4,
         archived_at = CASE WHEN muted_until > ?3 THEN archived_at END
     WHERE conversation_id = ?1";

/// Counts a message that one of its recipients has not read, if the total of this recipient is stored.
const COUNT_UNREAD: &str = "UPDATE messaging_unread_totals SET unread = unread + 1 WHERE user_id = ?1";
/// Stores the total of a recipient who has unread messages in many conversations from now on. For all others a total is a sum over few entries of an index,
/// and storing it would cost each message a page of the log.
pub(crate) const STORE_TOTAL: &str = "INSERT INTO messaging_unread_totals (user_id, unread)
     SELECT ?1, sum(p.unread_count) FROM messaging_conversation_participants p
     WHERE p.user_id = ?1 AND p.unread_count > 0 HAVING count(*) > 64";

/// Decides with facts that cannot change until the commit, and stores the message if the rule allows it.
pub(super) fn send(
    connection: &Connection,
    message: &NewMessage,
    decide: &Decide<Option<SendingFacts>, Sending>,
) -> Result<Decided<Outcome<SendOutcome>>> {
    let (facts, mut unread, before) = match conversations::to_send(connection, message)? {
        Some(ToSend { facts, unread, rows }) => (Some(facts), unread, rows),
        None => (None, Vec::new(), Vec::new()),
    };
    let stored = facts.as_ref().map(|facts| facts.base.conversation.clone());
    let draft = match decide(facts) {
        Ok(Sending::New(draft)) => *draft,
        Ok(Sending::Already(id)) => return Ok(Ok(Outcome::Discard(SendOutcome::AlreadySent(id)))),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(conversation) = stored else {
        return Err(failed("a message was allowed into no conversation").into());
    };
    for (user, count) in &mut unread {
        *count += u64::from(*user != draft.sender.id);
    }
    let awaiting_since = draft.awaiting_after(conversation.awaiting_since);
    let after: Vec<RowState> = before.iter().map(|row| row.after_message(draft.at, awaiting_since)).collect();
    let rows = conversation.participants.iter().zip(&after);
    let rows = rows.map(|(person, row)| (person.id, row.seen_by(person.role))).collect();
    let place = Place {
        seq: conversation.last_seq.next(),
        awaiting_since,
        changes_rows: before != after,
    };
    let message = append(connection, draft, place, &unread)?;
    let summary = ConversationSummary {
        conversation: message.conversation,
        last_seq: message.seq,
        preview: Some(Preview::of(&message)),
        unread,
        rows,
    };
    Ok(Ok(Outcome::Keep(SendOutcome::New(Change {
        message: Arc::new(message),
        summary: Arc::new(summary),
    }))))
}

/// The place of a message in its conversation.
#[derive(Clone, Copy)]
struct Place {
    seq: Seq,
    /// That of the conversation after the message.
    awaiting_since: Option<Timestamp>,
    /// Whether the row of a participant changes in more than its activity and unread count.
    changes_rows: bool,
}

fn append(connection: &Connection, mut draft: Draft, place: Place, unread: &[(UserId, u64)]) -> Result<Message> {
    let seq = place.seq;
    let id = insert(connection, &draft, seq)?;
    let awaiting_since = place.awaiting_since.map(|since| since.0);
    run(
        connection,
        UPDATE_CONVERSATION,
        params![draft.conversation.0, seq.0, id.0, draft.at.0, awaiting_since],
    )?;
    let (within, sender, at) = (draft.conversation.0, draft.sender.id.0, draft.at.0);
    if place.changes_rows {
        run(
            connection,
            UPDATE_PARTICIPANTS_AND_ROWS,
            params![within, sender, at, awaiting_since],
        )?;
    } else {
        run(connection, UPDATE_PARTICIPANTS, [within, sender, at])?;
    }
    for (user, count) in unread.iter().filter(|(user, _)| *user != draft.sender.id) {
        if run(connection, COUNT_UNREAD, [user.0])? == 0 && *count == 1 {
            run(connection, STORE_TOTAL, [user.0])?;
        }
    }
    let (conversation, at) = (draft.conversation, draft.at);
    outbox::append(connection, OutboxKind::Sent, conversation, id, draft.sender.id, at)?;
    let attach = |file| attach(connection, file, id, conversation, at);
    let attachments = draft.attachments.drain(..).map(attach).collect::<Result<_>>()?;
    Ok(draft.stored(id, seq, attachments))
}

fn insert(connection: &Connection, draft: &Draft, seq: Seq) -> Result<MessageId> {
    run(
        connection,
        INSERT_MESSAGE,
        params![
            draft.conversation.0,
            draft.sender.id.0,
            draft.content.as_ref().map(Content::as_str),
            draft.reply_to.as_ref().map(|reply| reply.id.0),
            draft.at.0,
            seq.0,
            draft.client_id.as_ref().map(ClientId::as_str),
            !draft.attachments.is_empty(),
        ],
    )?;
    Ok(MessageId(connection.last_insert_rowid()))
}

fn attach(
    connection: &Connection,
    file: NewAttachment,
    message: MessageId,
    conversation: ConversationId,
    uploaded_at: Timestamp,
) -> Result<Attachment> {
    let size = i64::try_from(file.file_size).map_err(|_| failed("a file is too big"))?;
    run(
        connection,
        "INSERT INTO messaging_messageattachment
             (message_id, file, thumbnail, thumbnail_mime_type, file_type, file_name, file_size, mime_type, width, height, uploaded_at,
              voice_duration_ms, voice_waveform)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            message.0,
            file.key,
            file.thumbnail.as_ref().map(|thumbnail| &thumbnail.key),
            file.thumbnail.as_ref().map(|thumbnail| &thumbnail.mime_type),
            file.file_type.as_str(),
            file.file_name,
            size,
            file.mime_type,
            file.width,
            file.height,
            uploaded_at.0,
            file.voice.as_ref().map(Voice::duration_ms),
            file.voice.as_ref().map(Voice::waveform_digits),
        ],
    )?;
    Ok(file.stored(AttachmentId(connection.last_insert_rowid()), message, conversation, uploaded_at))
}
