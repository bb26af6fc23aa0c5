//! The facts of a batch of messages: a constant number of statements, sent together.

use std::{collections::HashMap, sync::Arc};

use diesel::{
    ExpressionMethods as _, QueryDsl as _, SelectableHelper as _,
    dsl::{case_when, not},
    pg::data_types::PgTimestamp,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::ConversationSummary,
    facts::SendingFacts,
    id::{AttachmentId, ConversationId, MessageId, UserId},
    message::{ClientId, Draft, NewMessage, ReplyPreview},
};
use futures_util::try_join;

use super::super::{
    super::{
        Connection,
        conversations::{WithMembers, with_members},
        rows::{PersonRow, time},
        schema::{accounts_user, messaging_message as messages, messaging_messageattachment as attachments},
        statement::statement,
    },
    load::AttachmentRow,
};
use crate::error::{CorruptValueError, Result, failed};

/// A conversation as the next message of the batch finds it.
pub(super) struct Standing {
    pub(super) now: WithMembers,
    /// The newest message that this batch stores in it.
    pub(super) newest: Option<MessageId>,
    /// How many messages this batch stores in it.
    pub(super) added: u64,
}

/// What the rule of sending needs to know of each message of a batch.
pub(crate) struct Facts {
    pub(super) conversations: HashMap<ConversationId, Standing>,
    replies: HashMap<MessageId, (ConversationId, ReplyPreview)>,
    sent: HashMap<(UserId, ClientId), (ConversationId, MessageId)>,
    /// Ids for the messages that will be stored; ascending.
    ids: std::vec::IntoIter<i64>,
}

impl Facts {
    /// With so many new ids of messages.
    pub(crate) async fn load(connection: &Connection, messages: &[Arc<NewMessage>], new: usize) -> Result<Self> {
        let messages = || messages.iter();
        let within = ids(messages().map(|message| message.conversation.0));
        let replies = ids(messages().filter_map(|message| message.reply_to.map(|id| id.0)));
        let named: Vec<(i64, &str)> = messages()
            .filter_map(|message| message.client_id.as_ref().map(|id| (message.sender.0, id.as_str())))
            .collect();
        // The statements are sent together, and carried out one after another.
        let (conversations, sent, replies, ids) = try_join!(
            with_members(connection, within),
            already_sent(connection, named),
            answered(connection, replies),
            new_ids(connection, "messaging_message", new),
        )?;
        let standings = conversations.into_iter().map(|(id, now)| {
            let standing = Standing {
                now,
                newest: None,
                added: 0,
            };
            (id, standing)
        });
        Ok(Self {
            conversations: standings.collect(),
            replies,
            sent,
            ids: ids.into_iter(),
        })
    }

    /// The facts of one message; `None` if its sender does not take part in the conversation.
    pub(crate) fn of(&self, message: &NewMessage) -> Option<SendingFacts> {
        let base = self.conversations.get(&message.conversation)?.now.facts(message.sender)?;
        let reply_to = message.reply_to.and_then(|id| self.replies.get(&id));
        let already = message.client_id.as_ref().and_then(|client_id| {
            let key = (message.sender, client_id.clone());
            self.sent.get(&key).copied()
        });
        Some(SendingFacts {
            base,
            reply_to: reply_to
                .filter(|(within, _)| *within == message.conversation)
                .map(|(_, preview)| preview.clone()),
            already,
        })
    }

    /// Gives a message its id and its `seq`, after which the next message finds the conversation so.
    pub(super) fn take_place(&mut self, draft: &Draft) -> Option<(MessageId, ConversationSummary)> {
        let standing = self.conversations.get_mut(&draft.conversation)?;
        let id = MessageId(self.ids.next()?);
        let conversation = &mut standing.now.conversation;
        conversation.last_seq = conversation.last_seq.next();
        conversation.awaiting_since = draft.awaiting_after(conversation.awaiting_since);
        conversation.last_message_at = Some(draft.at);
        conversation.updated_at = conversation.updated_at.max(draft.at);
        for member in &mut standing.now.members {
            member.unread += u64::from(member.user != draft.sender.id);
            member.row = member.row.after_message(draft.at, conversation.awaiting_since);
        }
        standing.newest = Some(id);
        standing.added += 1;
        if let Some(client_id) = &draft.client_id {
            self.sent.insert((draft.sender.id, client_id.clone()), (draft.conversation, id));
        }
        let summary = ConversationSummary {
            conversation: draft.conversation,
            last_seq: conversation.last_seq,
            preview: None,
            unread: standing.now.members.iter().map(|member| (member.user, member.unread)).collect(),
            rows: standing.now.rows(),
        };
        Some((id, summary))
    }
}

fn ids(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The messages that are to be answered, and where they are.
async fn answered(mut connection: &Connection, ids: Vec<i64>) -> Result<HashMap<MessageId, (ConversationId, ReplyPreview)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = messages::table
        .inner_join(accounts_user::table)
        .filter(messages::id.eq_any(ids.clone()))
        .select((
            messages::id,
            messages::conversation_id,
            PersonRow::as_select(),
            case_when(not(messages::is_deleted), messages::content),
            messages::created_at,
            messages::is_deleted,
        ))
        .load::<(i64, i64, PersonRow, Option<String>, PgTimestamp, bool)>(&mut connection);
    let files = attachments::table
        .filter(attachments::message_id.eq_any(ids))
        .order(attachments::id)
        .select(AttachmentRow::as_select())
        .load(&mut connection);
    let (rows, files) = try_join!(rows, files)?;
    let mut files_of: HashMap<i64, Vec<AttachmentRow>> = HashMap::new();
    for file in files {
        files_of.entry(file.message_id).or_default().push(file);
    }
    let replies = rows.into_iter().map(|(id, within, sender, content, created_at, is_deleted)| {
        let within = ConversationId(within);
        // The files of a tombstone are not shown.
        let files = files_of.remove(&id).filter(|_| !is_deleted).unwrap_or_default();
        let attachments = files.into_iter().map(|file| file.into_attachment(within));
        let preview = ReplyPreview {
            id: MessageId(id),
            sender: sender.try_into()?,
            content,
            attachments: attachments.collect::<std::result::Result<_, CorruptValueError>>()?,
            created_at: time(created_at),
            is_deleted,
        };
        Ok((preview.id, (within, preview)))
    });
    replies.collect()
}

/// The messages that were sent before under these client ids.
async fn already_sent(
    mut connection: &Connection,
    named: Vec<(i64, &str)>,
) -> Result<HashMap<(UserId, ClientId), (ConversationId, MessageId)>> {
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let (senders, client_ids) = named.into_iter().unzip();
    let found: Vec<(i64, String, i64, i64)> = AlreadySent { senders, client_ids }.load(&mut connection).await?;
    let sent = found.into_iter().map(|(sender, client_id, conversation, message)| {
        let client_id = ClientId::new(&client_id).ok_or(CorruptValueError {
            table: "messaging_message",
            column: "client_id",
        })?;
        Ok(((UserId(sender), client_id), (ConversationId(conversation), MessageId(message))))
    });
    sent.collect()
}

/// New ids of this table, ascending. Those that are not used are lost.
async fn new_ids(mut connection: &Connection, table: &'static str, wanted: usize) -> Result<Vec<i64>> {
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let wanted = i64::try_from(wanted).map_err(|_| failed("too many ids are wanted"))?;
    let mut ids: Vec<i64> = NewIds { table, wanted }.load(&mut connection).await?;
    ids.sort_unstable();
    Ok(ids)
}

/// Ids for so many new files, ascending.
pub(super) async fn attachment_ids(connection: &Connection, wanted: usize) -> Result<impl Iterator<Item = AttachmentId> + use<>> {
    let ids = new_ids(connection, "messaging_messageattachment", wanted).await?;
    Ok(ids.into_iter().map(AttachmentId))
}

/// Messages by sender and client id.
struct AlreadySent<'a> {
    senders: Vec<i64>,
    client_ids: Vec<&'a str>,
}

statement! {
    AlreadySent<'a> -> (BigInt, Text, BigInt, BigInt):
    "SELECT m.sender_id, m.client_id, m.conversation_id, m.id FROM unnest(", senders: Array<BigInt>, ", ", client_ids: Array<Text>,
    ") asked (sender_id, client_id) \
     JOIN messaging_message m ON m.sender_id = asked.sender_id AND m.client_id = asked.client_id AND m.client_id IS NOT NULL"
}

/// The next ids of a table. In the platform's database the name may be that of a view over a table in `public`.
struct NewIds {
    table: &'static str,
    wanted: i64,
}

statement! {
    NewIds -> BigInt:
    "SELECT nextval((SELECT coalesce(pg_get_serial_sequence(of.name, 'id'), pg_get_serial_sequence('public.' || of.name, 'id'))::regclass \
        FROM (VALUES (", table: Text, ")) of (name))) FROM generate_series(1, ", wanted: BigInt, ")"
}
