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

/// Of a conversation, a sender and the name of a message: the newest number, the message that has the name already, and a row for each participant with
/// their unread count.
pub(crate) const BEFORE: &str = "SELECT c.last_seq, m.conversation_id, m.id, p.user_id, p.unread_count FROM messaging_conversation c
     LEFT JOIN messaging_message m ON m.sender_id = ?2 AND m.client_id = ?3
     CROSS JOIN messaging_conversation_participants p ON p.conversation_id = c.id
     WHERE c.id = ?1 ORDER BY p.user_id";

// None of these has `RETURNING`, which is carried out by a trigger and a temporary table and doubled the cost of the last of them.

/// Stores the message.
pub(crate) const INSERT: &str = "INSERT INTO messaging_message
         (conversation_id, sender_id, content, reply_to_id, created_at, updated_at, created_seq, seq, client_id, has_attachments)
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?6, ?7, ?8)";

/// Puts it on the conversation.
pub(crate) const RAISE: &str = "UPDATE messaging_conversation
     SET last_seq = ?2, last_message_id = ?3, last_message_at = ?4, updated_at = max(updated_at, ?4), message_count = message_count + 1
     WHERE id = ?1";

/// Puts it on the rows of all participants.
pub(crate) const COUNT: &str = "UPDATE messaging_conversation_participants
     SET last_activity_at = ?3, unread_count = unread_count + (user_id <> ?2) WHERE conversation_id = ?1";

/// Stores the message, unless its name was used before or what it answers is gone.
pub(super) fn append(connection: &Connection, draft: &Draft) -> Result<Outcome<Appended>> {
    let Before { last_seq, already, unread } = before(connection, draft)?;
    if let Some((conversation, id)) = already {
        let here = conversation == draft.conversation;
        return Ok(Outcome::Discard(if here {
            Appended::AlreadySent(id)
        } else {
            Appended::ClientIdElsewhere
        }));
    }
    let mut reply_to = draft.reply_to.clone();
    if let Some(reply) = &mut reply_to
        && !refresh(connection, draft.conversation, reply)?
    {
        return Ok(Outcome::Discard(Appended::ReplyGone));
    }
    let seq = last_seq.next();
    let id = insert(connection, draft, seq)?;
    run(connection, RAISE, [draft.conversation.0, seq.0, id.0, draft.at.0])?;
    run(connection, COUNT, [draft.conversation.0, draft.sender.id.0, draft.at.0])?;
    let message = stored(connection, draft, reply_to, id, seq)?;
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

/// The conversation as the message finds it. Nobody else writes between this and the rest.
struct Before {
    last_seq: Seq,
    /// The message that has this name already.
    already: Option<(ConversationId, MessageId)>,
    /// Everybody's unread count, with the message counted in.
    unread: Vec<(UserId, u64)>,
}

fn before(connection: &Connection, draft: &Draft) -> Result<Before> {
    let client_id = draft.client_id.as_ref().map(ClientId::as_str);
    let rows = all(
        connection,
        BEFORE,
        params![draft.conversation.0, draft.sender.id.0, client_id],
        |row| {
            let already: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            let already = already.0.map(ConversationId).zip(already.1.map(MessageId));
            let user = UserId(row.get(3)?);
            let unread = count(row, 4)? + u64::from(user != draft.sender.id);
            Ok((Seq(row.get(0)?), already, (user, unread)))
        },
    )?;
    let Some((last_seq, already, _)) = rows.first() else {
        return Err(failed("there is no such conversation").into());
    };
    Ok(Before {
        last_seq: *last_seq,
        already: *already,
        unread: rows.iter().map(|(_, _, unread)| *unread).collect(),
    })
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
fn stored(connection: &Connection, draft: &Draft, reply_to: Option<ReplyPreview>, id: MessageId, seq: Seq) -> Result<Message> {
    let attach = |file| attach(connection, file, id, draft.conversation, draft.at);
    Ok(Message {
        id,
        conversation: draft.conversation,
        sender: draft.sender.clone(),
        content: draft.content.clone().map(Content::into_string),
        reply_to,
        is_edited: false,
        is_pinned: false,
        is_deleted: false,
        created_at: draft.at,
        updated_at: draft.at,
        edited_at: None,
        attachments: draft.attachments.iter().cloned().map(attach).collect::<Result<_>>()?,
        receipts: Vec::new(),
        others: draft.others,
        seq,
        client_id: draft.client_id.clone(),
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
