//! The facts of acts in a conversation.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable, SelectableHelper as _,
    dsl::{exists, select},
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::Conversation,
    facts::ConversationFacts,
    id::{ConversationId, MessageId, Seq, UserId},
    people::Person,
    ports::ConversationDetail,
};

use super::super::{
    Connection, messages,
    rows::{ConfessionRow, PersonRow, count, time},
    schema::{
        accounts_user, confessions_confession, confessions_subscription, messaging_conversation,
        messaging_conversation_participants as members,
    },
};
use crate::error::Result;

/// Locks the row of a conversation until the end of the transaction, so that acts of this process and of others wait; there may be none with this id.
pub(crate) async fn lock(connection: &mut Connection, id: ConversationId) -> Result<()> {
    lock_all(connection, vec![id.0]).await
}

/// Locks the rows of several conversations in the order of their ids, so that two transactions never wait for each other.
pub(crate) async fn lock_all(connection: &mut Connection, ids: Vec<i64>) -> Result<()> {
    let _locked: Vec<i64> = messaging_conversation::table
        .filter(messaging_conversation::id.eq_any(ids))
        .order(messaging_conversation::id)
        .select(messaging_conversation::id)
        .for_no_key_update()
        .load(connection)
        .await?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messaging_conversation, check_for_backend(Pg))]
pub(crate) struct ConversationRow {
    opened_by_staff: bool,
    created_at: PgTimestamp,
    updated_at: PgTimestamp,
    last_message_at: Option<PgTimestamp>,
    last_seq: i64,
}

impl ConversationRow {
    pub(crate) fn into_conversation(self, id: ConversationId, people: Vec<Person>, confession: Option<ConfessionRow>) -> Conversation {
        Conversation {
            id,
            participants: people.into(),
            opened_by_staff: self.opened_by_staff,
            created_at: time(self.created_at),
            updated_at: time(self.updated_at),
            last_message_at: self.last_message_at.map(time),
            last_seq: Seq(self.last_seq),
            confession: confession.map(Into::into),
        }
    }
}

/// Everybody in the conversation, by id.
async fn participants(connection: &mut Connection, id: ConversationId) -> Result<Vec<Person>> {
    let rows: Vec<PersonRow> = members::table
        .inner_join(accounts_user::table)
        .filter(members::conversation_id.eq(id.0))
        .order(members::user_id)
        .select(PersonRow::as_select())
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(Person::try_from).collect::<std::result::Result<_, _>>()?)
}

async fn with_people(connection: &mut Connection, id: ConversationId, people: Vec<Person>) -> Result<Option<Conversation>> {
    let row: Option<(ConversationRow, Option<ConfessionRow>)> = messaging_conversation::table
        .left_join(confessions_confession::table)
        .filter(messaging_conversation::id.eq(id.0))
        .select((ConversationRow::as_select(), Option::<ConfessionRow>::as_select()))
        .first(connection)
        .await
        .optional()?;
    Ok(row.map(|(row, confession)| row.into_conversation(id, people, confession)))
}

/// The conversation, to whoever asks.
pub(crate) async fn conversation(connection: &mut Connection, id: ConversationId) -> Result<Option<Conversation>> {
    let people = participants(connection, id).await?;
    with_people(connection, id, people).await
}

/// The conversation and how the actor stands to it; `None` to everybody who does not take part.
pub(crate) async fn base(connection: &mut Connection, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>> {
    let people = participants(connection, id).await?;
    let Some(actor) = people.iter().find(|person| person.id == actor).cloned() else {
        return Ok(None);
    };
    let Some(conversation) = with_people(connection, id, people).await? else {
        return Ok(None);
    };
    let actor_follows = match &conversation.confession {
        Some(confession) => {
            let subscription = confessions_subscription::table.find((actor.id.0, confession.id.0));
            select(exists(subscription)).get_result(connection).await?
        }
        None => false,
    };
    Ok(Some(ConversationFacts {
        actor,
        conversation,
        actor_follows,
    }))
}

/// Everything about the conversation that its viewer sees.
pub(super) async fn detail(connection: &mut Connection, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>> {
    let Some(facts) = base(connection, id, viewer).await? else {
        return Ok(None);
    };
    let state: Option<(i64, Option<i64>)> = members::table
        .inner_join(messaging_conversation::table)
        .filter(members::conversation_id.eq(id.0))
        .filter(members::user_id.eq(viewer.0))
        .select((members::unread_count, messaging_conversation::last_message_id))
        .first(connection)
        .await
        .optional()?;
    let Some((unread, last)) = state else { return Ok(None) };
    let last_message = match last {
        Some(message) => messages::load_one(connection, id, MessageId(message)).await?,
        None => None,
    };
    Ok(Some(ConversationDetail {
        facts,
        last_message,
        unread_count: count(unread, "messaging_conversation_participants", "unread_count")?,
    }))
}
