//! Sending: the hot path. As few statements as the guards allow, and nothing is read back that is known already.

use std::sync::Arc;

use domain::{
    attachment::{Attachment, NewAttachment},
    conversation::{Inbox, Preview},
    id::{AttachmentId, ConversationId, MessageId, Seq, UserId},
    message::{Change, ClientId, Content, Draft, Message, ReplyPreview},
    ports::Appended,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::super::{
    rows::{all, count, first, run},
    writer::Outcome,
};
use crate::error::{Result, failed};

/// Of a conversation, a sender and the name of a message: the newest number, and the message that has the name already.
pub(crate) const BEFORE: &str = "SELECT c.last_seq, m.conversation_id, m.id FROM messaging_conversation c
     LEFT JOIN messaging_message m ON m.sender_id = ?2 AND m.client_id = ?3 WHERE c.id = ?1";

/// Without `RETURNING`, which is carried out as a trigger, with a journal for the statement.
pub(crate) const INSERT: &str = "INSERT INTO messaging_message
         (conversation_id, sender_id, content, reply_to_id, created_at, updated_at, created_seq, seq, client_id, has_attachments)
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?6, ?7, ?8)";

/// Puts the new message on the conversation.
pub(crate) const RAISE: &str = "UPDATE messaging_conversation
     SET last_seq = ?2, last_message_id = ?3, last_message_at = ?4, updated_at = max(updated_at, ?4), message_count = message_count + 1
     WHERE id = ?1";

/// Puts it on the rows of all participants.
pub(crate) const COUNT: &str = "UPDATE messaging_conversation_participants
     SET last_activity_at = ?3, unread_count = unread_count + (user_id <> ?2) WHERE conversation_id = ?1 RETURNING user_id, unread_count";

/// Stores the message, unless its name was used before or what it answers is gone.
pub(super) fn append(connection: &Connection, mut draft: Draft) -> Result<Outcome<Appended>> {
    let (last_seq, already) = before(connection, &draft)?;
    if let Some((conversation, id)) = already {
        let here = conversation == draft.conversation;
        return Ok(Outcome::Discard(if here {
            Appended::AlreadySent(id)
        } else {
            Appended::ClientIdElsewhere
        }));
    }
    if let Some(reply) = &mut draft.reply_to
        && !refresh(connection, draft.conversation, reply)?
    {
        return Ok(Outcome::Discard(Appended::ReplyGone));
    }
    let seq = last_seq.next();
    let id = insert(connection, &draft, seq)?;
    run(connection, RAISE, [draft.conversation.0, seq.0, id.0, draft.at.0])?;
    let mut unread = all(connection, COUNT, [draft.conversation.0, draft.sender.id.0, draft.at.0], |row| {
        Ok((UserId(row.get(0)?), count(row, 1)?))
    })?;
    unread.sort_unstable_by_key(|(user, _)| *user);
    let message = stored(connection, draft, id, seq)?;
    let inbox = Inbox {
        conversation: message.conversation,
        last_seq: seq,
        preview: Some(Preview::of(&message)),
        unread,
    };
    Ok(Outcome::Keep(Appended::New(Change {
        message: Arc::new(message),
        inbox: Arc::new(inbox),
    })))
}

/// The newest number, and the message that has this draft's name already. Nobody writes between this and the rest.
fn before(connection: &Connection, draft: &Draft) -> Result<(Seq, Option<(ConversationId, MessageId)>)> {
    let client_id = draft.client_id.as_ref().map(ClientId::as_str);
    let found = first(
        connection,
        BEFORE,
        params![draft.conversation.0, draft.sender.id.0, client_id],
        |row| {
            let already: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok((Seq(row.get(0)?), already.0.map(ConversationId).zip(already.1.map(MessageId))))
        },
    )?;
    Ok(found.ok_or_else(|| failed("there is no such conversation"))?)
}

/// Brings the preview up to date, since what it shows may have been edited meanwhile. False if it was deleted.
fn refresh(connection: &Connection, within: ConversationId, reply: &mut ReplyPreview) -> Result<bool> {
    let content = first(
        connection,
        "SELECT content FROM messaging_message WHERE id = ?1 AND conversation_id = ?2 AND is_deleted = 0",
        [reply.id.0, within.0],
        |row| row.get(0),
    )?;
    Ok(content.map(|content| reply.content = content).is_some())
}

fn insert(connection: &Connection, draft: &Draft, seq: Seq) -> Result<MessageId> {
    run(
        connection,
        INSERT,
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

/// The draft as it stands in the database now.
fn stored(connection: &Connection, draft: Draft, id: MessageId, seq: Seq) -> Result<Message> {
    let Draft {
        conversation,
        sender,
        content,
        reply_to,
        client_id,
        attachments,
        others,
        at,
    } = draft;
    let attach = |file| attach(connection, file, id, conversation, at);
    Ok(Message {
        id,
        conversation,
        sender,
        content: content.map(Content::into_string),
        reply_to,
        is_edited: false,
        is_pinned: false,
        is_deleted: false,
        created_at: at,
        updated_at: at,
        edited_at: None,
        attachments: attachments.into_iter().map(attach).collect::<Result<_>>()?,
        receipts: Vec::new(),
        others,
        seq,
        client_id,
    })
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
             (message_id, file, thumbnail, file_type, file_name, file_size, mime_type, width, height, uploaded_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            message.0,
            file.key,
            file.thumbnail_key,
            file.file_type.as_str(),
            file.file_name,
            size,
            file.mime_type,
            file.width,
            file.height,
            uploaded_at.0,
        ],
    )?;
    Ok(Attachment {
        id: AttachmentId(connection.last_insert_rowid()),
        message,
        conversation,
        file_type: file.file_type,
        file_name: file.file_name,
        file_size: file.file_size,
        mime_type: file.mime_type,
        width: file.width,
        height: file.height,
        uploaded_at,
        key: file.key,
        thumbnail_key: file.thumbnail_key,
    })
}
