//! Sending: the hot path. As few statements as the guards allow, and nothing is read back that is known already.

use std::sync::Arc;

use domain::{
    attachment::{Attachment, NewAttachment},
    conversation::{Inbox, Preview},
    id::{AttachmentId, ConversationId, MessageId, Seq},
    message::{Change, ClientId, Content, Draft, Message},
    ports::{Appended, Decide, SendingQuery},
    rules::sending::Sending,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::super::{
    conversations::{self, ToSend},
    rows::run,
    writer::Outcome,
};
use crate::error::{Result, failed};

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

/// Decides by the facts that nobody else can change until the commit, and stores the message if it is to be.
pub(super) fn send(connection: &Connection, query: &SendingQuery, decide: &Decide) -> Result<Outcome<Appended>> {
    let (facts, mut unread) = match conversations::to_send(connection, query)? {
        Some(ToSend { facts, unread }) => (Some(facts), unread),
        None => (None, Vec::new()),
    };
    let last_seq = facts.as_ref().map(|facts| facts.gate.conversation.last_seq);
    let draft = match decide(facts) {
        Ok(Sending::New(draft)) => *draft,
        Ok(Sending::Already(id)) => return Ok(Outcome::Discard(Appended::AlreadySent(id))),
        Err(refusal) => return Ok(Outcome::Discard(Appended::Refused(refusal))),
    };
    let Some(last_seq) = last_seq else {
        return Err(failed("a message was allowed into no conversation").into());
    };
    for (user, count) in &mut unread {
        *count += u64::from(*user != draft.sender.id);
    }
    let message = append(connection, draft, last_seq.next())?;
    let inbox = Inbox {
        conversation: message.conversation,
        last_seq: message.seq,
        preview: Some(Preview::of(&message)),
        unread,
    };
    Ok(Outcome::Keep(Appended::New(Change {
        message: Arc::new(message),
        inbox: Arc::new(inbox),
    })))
}

fn append(connection: &Connection, draft: Draft, seq: Seq) -> Result<Message> {
    let id = insert(connection, &draft, seq)?;
    run(connection, RAISE, [draft.conversation.0, seq.0, id.0, draft.at.0])?;
    run(connection, COUNT, [draft.conversation.0, draft.sender.id.0, draft.at.0])?;
    let attach = |file| attach(connection, file, id, draft.conversation, draft.at);
    Ok(Message {
        attachments: draft.attachments.into_iter().map(attach).collect::<Result<_>>()?,
        id,
        conversation: draft.conversation,
        sender: draft.sender,
        content: draft.content.map(Content::into_string),
        reply_to: draft.reply_to,
        is_edited: false,
        is_pinned: false,
        is_deleted: false,
        created_at: draft.at,
        updated_at: draft.at,
        edited_at: None,
        receipts: Vec::new(),
        others: draft.others,
        seq,
        client_id: draft.client_id,
    })
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
