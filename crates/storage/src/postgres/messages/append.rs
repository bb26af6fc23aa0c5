//! Sending.

use std::sync::Arc;

use diesel::{ExpressionMethods as _, IntoSql as _, QueryDsl as _, dsl::case_when, sql_types::BigInt};
use diesel_async::RunQueryDsl as _;
use domain::{
    attachment::{Attachment, NewAttachment},
    conversation::{ConversationSummary, Preview},
    facts::SendingFacts,
    id::{AttachmentId, ConversationId, MessageId, Seq},
    message::{Change, ClientId, Content, Draft, Message, NewMessage},
    ports::{Decided, SendOutcome},
    rules::sending::Sending,
    time::Timestamp,
};

use super::super::{
    Connection, Outcome, Rule,
    conversations::{self, ToSend},
    rows::sql_time,
    schema::{
        greatest, messaging_conversation as conversation, messaging_conversation_participants as members, messaging_message as messages,
        messaging_messageattachment as attachments,
    },
};
use crate::error::{Result, failed};

/// Decides by the facts that nobody else can change until the commit, and stores the message if it is to be.
pub(super) async fn send(
    connection: &mut Connection,
    message: &NewMessage,
    rule: &Rule<Option<SendingFacts>, Sending>,
) -> Result<Decided<Outcome<SendOutcome>>> {
    conversations::lock(connection, message.conversation).await?;
    let (facts, mut unread) = match conversations::to_send(connection, message).await? {
        Some(ToSend { facts, unread }) => (Some(facts), unread),
        None => (None, Vec::new()),
    };
    let last_seq = facts.as_ref().map(|facts| facts.base.conversation.last_seq);
    let draft = match rule.ask(facts) {
        Ok(Sending::New(draft)) => *draft,
        Ok(Sending::Already(id)) => return Ok(Ok(Outcome::Discard(SendOutcome::AlreadySent(id)))),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(last_seq) = last_seq else {
        return Err(failed("a message was allowed into no conversation").into());
    };
    for (user, count) in &mut unread {
        *count += u64::from(*user != draft.sender.id);
    }
    let message = append(connection, draft, last_seq.next()).await?;
    let summary = ConversationSummary {
        conversation: message.conversation,
        last_seq: message.seq,
        preview: Some(Preview::of(&message)),
        unread,
    };
    Ok(Ok(Outcome::Keep(SendOutcome::New(Change {
        message: Arc::new(message),
        summary: Arc::new(summary),
    }))))
}

async fn append(connection: &mut Connection, mut draft: Draft, seq: Seq) -> Result<Message> {
    let at = sql_time(draft.at);
    let id: i64 = diesel::insert_into(messages::table)
        .values((
            messages::conversation_id.eq(draft.conversation.0),
            messages::sender_id.eq(draft.sender.id.0),
            messages::content.eq(draft.content.as_ref().map(Content::as_str)),
            messages::reply_to_id.eq(draft.reply_to.as_ref().map(|reply| reply.id.0)),
            messages::created_at.eq(at),
            messages::updated_at.eq(at),
            messages::created_seq.eq(seq.0),
            messages::seq.eq(seq.0),
            messages::client_id.eq(draft.client_id.as_ref().map(ClientId::as_str)),
            messages::has_attachments.eq(!draft.attachments.is_empty()),
        ))
        .returning(messages::id)
        .get_result(connection)
        .await?;
    diesel::update(conversation::table.find(draft.conversation.0))
        .set((
            conversation::last_seq.eq(seq.0),
            conversation::last_message_id.eq(id),
            conversation::last_message_at.eq(at),
            conversation::updated_at.eq(greatest(conversation::updated_at, at)),
            conversation::message_count.eq(conversation::message_count + 1),
        ))
        .execute(connection)
        .await?;
    let one_of_others = case_when(members::user_id.ne(draft.sender.id.0), 1_i64.into_sql::<BigInt>()).otherwise(0_i64.into_sql::<BigInt>());
    diesel::update(members::table.filter(members::conversation_id.eq(draft.conversation.0)))
        .set((
            members::last_activity_at.eq(at),
            members::unread_count.eq(members::unread_count + one_of_others),
        ))
        .execute(connection)
        .await?;
    let id = MessageId(id);
    let mut attachments = Vec::with_capacity(draft.attachments.len());
    for file in draft.attachments.drain(..) {
        attachments.push(attach(connection, file, id, draft.conversation, draft.at).await?);
    }
    Ok(draft.stored(id, seq, attachments))
}

async fn attach(
    connection: &mut Connection,
    file: NewAttachment,
    message: MessageId,
    conversation: ConversationId,
    uploaded_at: Timestamp,
) -> Result<Attachment> {
    let size = i64::try_from(file.file_size).map_err(|_| failed("a file is too big"))?;
    let id: i64 = diesel::insert_into(attachments::table)
        .values((
            attachments::message_id.eq(message.0),
            attachments::file.eq(&file.key),
            attachments::thumbnail.eq(file.thumbnail.as_ref().map(|thumbnail| &thumbnail.key)),
            attachments::thumbnail_mime_type.eq(file.thumbnail.as_ref().map(|thumbnail| &thumbnail.mime_type)),
            attachments::file_type.eq(file.file_type.as_str()),
            attachments::file_name.eq(&file.file_name),
            attachments::file_size.eq(size),
            attachments::mime_type.eq(&file.mime_type),
            attachments::width.eq(file.width.map(i64::from)),
            attachments::height.eq(file.height.map(i64::from)),
            attachments::uploaded_at.eq(sql_time(uploaded_at)),
        ))
        .returning(attachments::id)
        .get_result(connection)
        .await?;
    Ok(file.stored(AttachmentId(id), message, conversation, uploaded_at))
}
