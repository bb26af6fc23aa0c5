//! Editing, deleting and pinning.

use std::sync::Arc;

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _,
    dsl::{exists, not},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    change::Change,
    facts::MessageFacts,
    message::{ChangeKind, Message, NewState, Update},
    ports::{ChangeOutcome, Decided, OutboxKind},
    time::Timestamp,
};

use super::{
    super::{
        Connection, Outcome, Rule,
        conversations::{set_awaiting, summary_of_all, unanswered_since},
        outbox,
        receipts::advance_past,
        rows::sql_time,
        schema::{
            greatest, messaging_conversation as conversation, messaging_conversation_participants as members,
            messaging_message as messages, messaging_messageread as receipts,
        },
    },
    load::load_one,
};
use crate::{
    change_kind::kind_name,
    error::{Result, failed},
};

/// Stores what is decided by these facts, which nobody else can change until the commit.
pub(super) async fn change(
    connection: &mut Connection,
    facts: Option<MessageFacts>,
    rule: &Rule<Option<MessageFacts>, Option<Update>>,
) -> Result<Decided<Outcome<ChangeOutcome>>> {
    let update = match rule.ask(facts.clone()) {
        Ok(update) => update,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let facts = facts.ok_or_else(|| failed("a message was to be changed that is not there"))?;
    let Some(Update { to, at }) = update else {
        return Ok(Ok(Outcome::Discard(ChangeOutcome::Unchanged(Box::new(facts)))));
    };
    let (kind, message) = (to.kind(), &facts.message);
    let row = messages::table.find(message.id.0);
    match to {
        NewState::Content(content) => {
            diesel::update(row)
                .set((
                    messages::content.eq(content.as_str()),
                    messages::is_edited.eq(true),
                    messages::edited_at.eq(sql_time(at)),
                ))
                .execute(connection)
                .await?;
        }
        NewState::Pinned(pinned) => {
            diesel::update(row).set(messages::is_pinned.eq(pinned)).execute(connection).await?;
        }
        NewState::Deleted => {
            delete(connection, message).await?;
            shorten_wait(connection, &facts).await?;
        }
    }
    if let Some(kind) = OutboxKind::of(kind) {
        outbox::append(connection, kind, message.conversation, message.id, facts.actor.id, at).await?;
    }
    Ok(Ok(done(connection, message, kind, at).await?))
}

/// Makes it a tombstone: nobody has it unread any more, and lists show the message before it.
async fn delete(connection: &mut Connection, message: &Message) -> Result<()> {
    let (id, within, sender) = (message.id, message.conversation, message.sender.id);
    diesel::update(messages::table.find(id.0))
        .set((messages::is_deleted.eq(true), messages::is_pinned.eq(false)))
        .execute(connection)
        .await?;
    let last: Option<i64> = messages::table
        .filter(messages::conversation_id.eq(within.0))
        .filter(not(messages::is_deleted))
        .select(messages::id)
        .order(messages::id.desc())
        .first(connection)
        .await
        .optional()?;
    diesel::update(conversation::table.find(within.0))
        .set((
            conversation::message_count.eq(conversation::message_count - 1),
            conversation::deleted_count.eq(conversation::deleted_count + 1),
            conversation::last_message_id.eq(last),
        ))
        .execute(connection)
        .await?;
    let has_read = receipts::table
        .filter(receipts::message_id.eq(id.0))
        .filter(receipts::user_id.eq(members::user_id))
        .filter(receipts::read_at.is_not_null());
    diesel::update(
        members::table
            .filter(members::conversation_id.eq(within.0))
            .filter(members::user_id.ne(sender.0))
            .filter(not(exists(has_read))),
    )
    .set(members::unread_count.eq(members::unread_count - 1))
    .execute(connection)
    .await?;
    advance_past(connection, within, id, sender).await
}

/// A message that was deleted is not awaited any more; the next one of the member is, if there is one.
async fn shorten_wait(connection: &mut Connection, facts: &MessageFacts) -> Result<()> {
    let (within, message) = (facts.conversation.id, &facts.message);
    match facts.conversation.awaiting_since {
        Some(since) if message.created_at >= since => {
            let next = unanswered_since(connection, within, since).await?;
            set_awaiting(connection, within, next).await
        }
        _ => Ok(()),
    }
}

/// Gives the change the next number, and loads what is announced.
async fn done(connection: &mut Connection, before: &Message, kind: ChangeKind, at: Timestamp) -> Result<Outcome<ChangeOutcome>> {
    let (id, within) = (before.id, before.conversation);
    let seq: Option<i64> = diesel::update(conversation::table.find(within.0))
        .set((
            conversation::last_seq.eq(conversation::last_seq + 1),
            conversation::updated_at.eq(greatest(conversation::updated_at, sql_time(at))),
        ))
        .returning(conversation::last_seq)
        .get_result(connection)
        .await
        .optional()?;
    let seq = seq.ok_or_else(|| failed("a message is in no conversation"))?;
    diesel::update(messages::table.find(id.0))
        .set((
            messages::seq.eq(seq),
            messages::last_change.eq(kind_name(kind)),
            messages::updated_at.eq(sql_time(at)),
        ))
        .execute(connection)
        .await?;
    let message = load_one(connection, within, id).await?;
    let message = message.ok_or_else(|| failed("a message is there and is not"))?;
    let summary = summary_of_all(connection, within).await?;
    Ok(Outcome::Keep(ChangeOutcome::Done(Change {
        message: Arc::new(message),
        summary: Arc::new(summary),
    })))
}
