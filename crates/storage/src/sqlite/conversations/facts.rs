//! The facts for acts in a conversation.

use domain::{
    conversation::{Conversation, RowState},
    facts::{ConversationFacts, SendingFacts},
    id::{ConversationId, MessageId, Seq, UserId},
    message::{NewMessage, ReplyPreview},
    people::{Confession, Person},
    ports::ConversationDetail,
    time::Timestamp,
};
use rusqlite::Connection;

use super::super::{
    messages,
    rows::{Query, query, row},
};
use crate::error::Result;

row!(
    struct ConversationRow of messaging_conversation {
        opened_by_staff: bool,
        created_at: Timestamp,
        updated_at: Timestamp,
        last_message_at: Option<Timestamp>,
        last_seq: Seq,
        awaiting_since: Option<Timestamp>,
        confession: Option<Confession> as "f",
    }
);

impl ConversationRow {
    fn into_conversation(self, id: ConversationId, participants: Vec<Person>) -> Conversation {
        Conversation {
            id,
            participants: participants.into(),
            opened_by_staff: self.opened_by_staff,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_message_at: self.last_message_at,
            last_seq: self.last_seq,
            awaiting_since: self.awaiting_since,
            confession: self.confession,
        }
    }
}

row!(
    /// A participant, with the row that their list has.
    struct Participant of messaging_conversation_participants {
        person: Person as "u",
        unread: u64 = unread_count,
        row: RowState as "p",
    }
);

/// The participants of a conversation with their rows, by id.
pub(crate) const SELECT_EVERYBODY: Query<Participant> = query!(
    Participant as "p",
    "FROM messaging_conversation_participants p CROSS JOIN accounts_user u ON u.id = p.user_id
     WHERE p.conversation_id = ?1 ORDER BY p.user_id"
);

/// The participants of the conversation, by id.
fn participants(connection: &Connection, id: ConversationId) -> rusqlite::Result<Vec<Person>> {
    let participants = SELECT_EVERYBODY.all(connection, [id.0])?;
    Ok(participants.into_iter().map(|participant| participant.person).collect())
}

/// The conversation, without a check of access.
pub(crate) fn conversation(connection: &Connection, id: ConversationId) -> rusqlite::Result<Option<Conversation>> {
    const SELECT_CONVERSATION: Query<ConversationRow> = query!(
        ConversationRow as "c",
        "FROM messaging_conversation c LEFT JOIN confessions_confession f ON f.id = c.confession_id WHERE c.id = ?1"
    );
    let people = participants(connection, id)?;
    Ok(SELECT_CONVERSATION
        .first(connection, [id.0])?
        .map(|row| row.into_conversation(id, people)))
}

/// The conversation, and whether the actor follows its confession; `None` if the actor is no participant.
pub(crate) fn conversation_facts(
    connection: &Connection,
    id: ConversationId,
    actor: UserId,
) -> rusqlite::Result<Option<ConversationFacts>> {
    admit(connection, id, actor, participants(connection, id)?)
}

row!(
    struct FactsRow of messaging_conversation {
        conversation: ConversationRow as "c",
        actor_follows: bool =
            "EXISTS (SELECT 1 FROM confessions_subscription s WHERE s.user_id = ?2 AND s.confession_id = c.confession_id)",
    }
);

/// A conversation, and whether a person follows its confession.
pub(crate) const SELECT_CONVERSATION_FACTS: Query<FactsRow> = query!(
    FactsRow as "c",
    "FROM messaging_conversation c LEFT JOIN confessions_confession f ON f.id = c.confession_id WHERE c.id = ?1"
);

/// The facts for the actor; `None` if the actor is not among these participants.
fn admit(connection: &Connection, id: ConversationId, actor: UserId, people: Vec<Person>) -> rusqlite::Result<Option<ConversationFacts>> {
    let Some(actor) = people.iter().find(|person| person.id == actor).cloned() else {
        return Ok(None);
    };
    let found = SELECT_CONVERSATION_FACTS.first(connection, [id.0, actor.id.0])?;
    Ok(found.map(|row| ConversationFacts {
        actor_follows: row.actor_follows,
        conversation: row.conversation.into_conversation(id, people),
        actor,
    }))
}

/// The conversation before a message is sent to it.
pub(crate) struct ToSend {
    /// The facts by which the rule decides whether the message may be sent.
    pub(crate) facts: SendingFacts,
    /// The unread counts of the participants before the message, by id.
    pub(crate) unread: Vec<(UserId, u64)>,
    /// Their rows before the message, as stored.
    pub(crate) rows: Vec<RowState>,
}

/// Loads the facts for sending this message; `None` if the sender is no participant.
pub(crate) fn to_send(connection: &Connection, message: &NewMessage) -> Result<Option<ToSend>> {
    let everybody = SELECT_EVERYBODY.all(connection, [message.conversation.0])?;
    let rows = everybody.iter().map(|participant| participant.row).collect();
    let (people, unread): (Vec<_>, Vec<_>) = everybody
        .into_iter()
        .map(|Participant { person, unread, .. }| {
            let id = person.id;
            (person, (id, unread))
        })
        .unzip();
    let Some(base) = admit(connection, message.conversation, message.sender, people)? else {
        return Ok(None);
    };
    let reply_to = match message.reply_to {
        Some(id) => answered(connection, message.conversation, id)?,
        None => None,
    };
    let already = match &message.client_id {
        Some(client_id) => messages::already_sent(connection, message.sender, client_id)?,
        None => None,
    };
    Ok(Some(ToSend {
        facts: SendingFacts { base, reply_to, already },
        unread,
        rows,
    }))
}

/// The answered message, which must be in this conversation; `None` otherwise.
fn answered(connection: &Connection, within: ConversationId, id: MessageId) -> Result<Option<ReplyPreview>> {
    if messages::conversation_of(connection, id)? != Some(within) {
        return Ok(None);
    }
    Ok(messages::load_one(connection, within, id)?.map(|message| message.as_reply()))
}

row!(
    struct ViewerState of messaging_conversation_participants {
        unread_count: u64,
        last_message: Option<MessageId> = "c.last_message_id",
        row: RowState as "p",
    }
);

pub(crate) const SELECT_VIEWER_STATE: Query<ViewerState> = query!(
    ViewerState as "p",
    "FROM messaging_conversation_participants p JOIN messaging_conversation c ON c.id = p.conversation_id
     WHERE p.conversation_id = ?1 AND p.user_id = ?2"
);

/// The conversation with all that the viewer sees of it.
pub(super) fn detail(connection: &Connection, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>> {
    let Some(facts) = conversation_facts(connection, id, viewer)? else {
        return Ok(None);
    };
    let Some(state) = SELECT_VIEWER_STATE.first(connection, [id.0, viewer.0])? else {
        return Ok(None);
    };
    let last_message = match state.last_message {
        Some(message) => messages::load_one(connection, id, message)?,
        None => None,
    };
    Ok(Some(ConversationDetail {
        row: state.row.seen_by(facts.actor.role),
        facts,
        last_message,
        unread_count: state.unread_count,
    }))
}
