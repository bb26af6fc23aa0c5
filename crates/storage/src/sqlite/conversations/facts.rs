//! What acting in a conversation depends on.

use domain::{
    conversation::Conversation,
    facts::{ConversationFacts, SendingFacts},
    id::{ConversationId, MessageId, Seq, UserId},
    message::{ClientId, ReplyPreview},
    people::Person,
    ports::ConversationDetail,
    time::Timestamp,
};
use rusqlite::{Connection, Row};

use super::super::{
    messages,
    rows::{all, confession, confession_columns, count, first, person, person_columns},
};
use crate::error::Result;

macro_rules! conversation_columns {
    () => {
        concat!(
            "c.opened_by_staff, c.created_at, c.updated_at, c.last_message_at, c.last_seq, ",
            confession_columns!()
        )
    };
}

/// How many columns a conversation has, its confession included.
const CONVERSATION: usize = 9;

/// The conversation in a row that begins with its columns.
fn read(row: &Row<'_>, id: ConversationId, participants: Vec<Person>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        id,
        participants: participants.into(),
        opened_by_staff: row.get(0)?,
        created_at: Timestamp(row.get(1)?),
        updated_at: Timestamp(row.get(2)?),
        last_message_at: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        last_seq: Seq(row.get(4)?),
        confession: confession(row, 5)?,
    })
}

/// Everybody in the conversation, by id.
fn participants(connection: &Connection, id: ConversationId) -> rusqlite::Result<Vec<Person>> {
    const SQL: &str = concat!(
        "SELECT ",
        person_columns!("u"),
        " FROM messaging_conversation_participants p CROSS JOIN accounts_user u ON u.id = p.user_id
         WHERE p.conversation_id = ?1 ORDER BY p.user_id"
    );
    all(connection, SQL, [id.0], |row| person(row, 0))
}

/// The conversation, to whoever asks.
pub(crate) fn conversation(connection: &Connection, id: ConversationId) -> rusqlite::Result<Option<Conversation>> {
    const SQL: &str = concat!(
        "SELECT ",
        conversation_columns!(),
        " FROM messaging_conversation c LEFT JOIN confessions_confession f ON f.id = c.confession_id WHERE c.id = ?1"
    );
    let people = participants(connection, id)?;
    first(connection, SQL, [id.0], |row| read(row, id, people))
}

/// The conversation and how the actor stands to it; `None` to everybody who does not take part.
pub(crate) fn gate(connection: &Connection, id: ConversationId, actor: UserId) -> rusqlite::Result<Option<ConversationFacts>> {
    const SQL: &str = concat!(
        "SELECT ",
        conversation_columns!(),
        ", EXISTS (SELECT 1 FROM confessions_subscription s WHERE s.user_id = ?2 AND s.confession_id = c.confession_id)
         FROM messaging_conversation c LEFT JOIN confessions_confession f ON f.id = c.confession_id WHERE c.id = ?1"
    );
    let people = participants(connection, id)?;
    let Some(actor) = people.iter().find(|person| person.id == actor).cloned() else {
        return Ok(None);
    };
    first(connection, SQL, [id.0, actor.id.0], |row| {
        Ok(ConversationFacts {
            actor_follows: row.get(CONVERSATION)?,
            conversation: read(row, id, people)?,
            actor,
        })
    })
}

/// The gate, the message that is to be answered, and what the actor has sent under this name before.
pub(super) fn to_send(
    connection: &Connection,
    id: ConversationId,
    actor: UserId,
    reply_to: Option<MessageId>,
    client_id: Option<&ClientId>,
) -> Result<Option<SendingFacts>> {
    let Some(gate) = gate(connection, id, actor)? else {
        return Ok(None);
    };
    let reply_to = match reply_to {
        Some(message) => answered(connection, id, message)?,
        None => None,
    };
    let already = match client_id {
        Some(client_id) => messages::already_sent(connection, actor, client_id)?,
        None => None,
    };
    Ok(Some(SendingFacts { gate, reply_to, already }))
}

/// The message that is to be answered, if it is in this conversation.
fn answered(connection: &Connection, within: ConversationId, id: MessageId) -> Result<Option<ReplyPreview>> {
    if messages::conversation_of(connection, id)? != Some(within) {
        return Ok(None);
    }
    Ok(messages::load_one(connection, within, id)?.map(|message| message.as_reply()))
}

/// Everything about the conversation that its viewer sees.
pub(super) fn detail(connection: &Connection, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>> {
    let Some(facts) = gate(connection, id, viewer)? else {
        return Ok(None);
    };
    let state = first(
        connection,
        "SELECT p.unread_count, c.last_message_id FROM messaging_conversation_participants p
         JOIN messaging_conversation c ON c.id = p.conversation_id WHERE p.conversation_id = ?1 AND p.user_id = ?2",
        [id.0, viewer.0],
        |row| Ok((count(row, 0)?, row.get::<_, Option<i64>>(1)?)),
    )?;
    let Some((unread_count, last)) = state else { return Ok(None) };
    let last_message = match last {
        Some(message) => messages::load_one(connection, id, MessageId(message))?,
        None => None,
    };
    Ok(Some(ConversationDetail {
        facts,
        last_message,
        unread_count,
    }))
}
