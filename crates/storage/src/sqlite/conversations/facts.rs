//! What acting in a conversation depends on.

use domain::{
    conversation::Conversation,
    facts::{ConversationFacts, SendingFacts},
    id::{ConversationId, MessageId, Seq, UserId},
    message::ReplyPreview,
    people::Person,
    ports::{ConversationDetail, SendingQuery},
    time::Timestamp,
};
use rusqlite::{Connection, Row};

use super::super::{
    messages,
    rows::{PERSON, all, confession, confession_columns, count, first, person, person_columns},
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

/// Everybody in a conversation with their unread count, by id.
pub(crate) const EVERYBODY: &str = concat!(
    "SELECT ",
    person_columns!("u"),
    ", p.unread_count FROM messaging_conversation_participants p CROSS JOIN accounts_user u ON u.id = p.user_id
     WHERE p.conversation_id = ?1 ORDER BY p.user_id"
);

fn participants_and_unread(connection: &Connection, id: ConversationId) -> rusqlite::Result<Vec<(Person, u64)>> {
    all(connection, EVERYBODY, [id.0], |row| Ok((person(row, 0)?, count(row, PERSON)?)))
}

/// Everybody in the conversation, by id.
fn participants(connection: &Connection, id: ConversationId) -> rusqlite::Result<Vec<Person>> {
    let people = participants_and_unread(connection, id)?;
    Ok(people.into_iter().map(|(person, _)| person).collect())
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
    admit(connection, id, actor, participants(connection, id)?)
}

/// A conversation, and whether a person follows its confession.
pub(crate) const GATE: &str = concat!(
    "SELECT ",
    conversation_columns!(),
    ", EXISTS (SELECT 1 FROM confessions_subscription s WHERE s.user_id = ?2 AND s.confession_id = c.confession_id)
     FROM messaging_conversation c LEFT JOIN confessions_confession f ON f.id = c.confession_id WHERE c.id = ?1"
);

/// The gate, to somebody among these participants.
fn admit(connection: &Connection, id: ConversationId, actor: UserId, people: Vec<Person>) -> rusqlite::Result<Option<ConversationFacts>> {
    let Some(actor) = people.iter().find(|person| person.id == actor).cloned() else {
        return Ok(None);
    };
    first(connection, GATE, [id.0, actor.id.0], |row| {
        Ok(ConversationFacts {
            actor_follows: row.get(CONVERSATION)?,
            conversation: read(row, id, people)?,
            actor,
        })
    })
}

/// A conversation as a message finds it.
pub(crate) struct ToSend {
    /// What it depends on whether it may be sent.
    pub(crate) facts: SendingFacts,
    /// Everybody's unread count.
    pub(crate) unread: Vec<(UserId, u64)>,
}

/// The conversation as this message finds it; `None` to somebody who does not take part.
pub(crate) fn to_send(connection: &Connection, query: &SendingQuery) -> Result<Option<ToSend>> {
    let (people, unread): (Vec<_>, Vec<_>) = participants_and_unread(connection, query.conversation)?
        .into_iter()
        .map(|(person, unread)| {
            let id = person.id;
            (person, (id, unread))
        })
        .unzip();
    let Some(gate) = admit(connection, query.conversation, query.actor, people)? else {
        return Ok(None);
    };
    let reply_to = match query.reply_to {
        Some(message) => answered(connection, query.conversation, message)?,
        None => None,
    };
    let already = match &query.client_id {
        Some(client_id) => messages::already_sent(connection, query.actor, client_id)?,
        None => None,
    };
    Ok(Some(ToSend {
        facts: SendingFacts { gate, reply_to, already },
        unread,
    }))
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
