//! The facts of acts in a conversation.

use std::collections::HashMap;

use diesel::{
    ExpressionMethods as _, NullableExpressionMethods as _, OptionalExtension as _, QueryDsl as _, Queryable, Selectable,
    SelectableHelper as _,
    dsl::exists,
    pg::{Pg, data_types::PgTimestamp},
};
use diesel_async::RunQueryDsl as _;
use domain::{
    conversation::{Conversation, RowState},
    facts::ConversationFacts,
    id::{ConversationId, MessageId, Seq, UserId},
    people::Person,
    ports::ConversationDetail,
};

use super::super::{
    Connection, messages,
    rows::{ConfessionRow, PersonRow, StateRow, count, time},
    schema::{
        accounts_user, confessions_confession, confessions_subscription, messaging_conversation,
        messaging_conversation_participants as members,
    },
};
use crate::error::{CorruptValueError, Result};

/// Locks the row of a conversation until the end of the transaction, so that acts of this process and of others wait; there may be none with this id.
pub(crate) async fn lock(connection: &Connection, id: ConversationId) -> Result<()> {
    lock_all(connection, vec![id.0]).await
}

/// Locks the rows of several conversations in the order of their ids, so that two transactions never wait for each other.
pub(crate) async fn lock_all(mut connection: &Connection, ids: Vec<i64>) -> Result<()> {
    let _locked: Vec<i64> = messaging_conversation::table
        .filter(messaging_conversation::id.eq_any(ids))
        .order(messaging_conversation::id)
        .select(messaging_conversation::id)
        .for_no_key_update()
        .load(&mut connection)
        .await?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messaging_conversation, check_for_backend(Pg))]
struct ConversationRow {
    opened_by_staff: bool,
    created_at: PgTimestamp,
    updated_at: PgTimestamp,
    last_message_at: Option<PgTimestamp>,
    last_seq: i64,
    awaiting_since: Option<PgTimestamp>,
}

impl ConversationRow {
    fn into_conversation(self, id: ConversationId, people: Vec<Person>, confession: Option<ConfessionRow>) -> Conversation {
        Conversation {
            id,
            participants: people.into(),
            opened_by_staff: self.opened_by_staff,
            created_at: time(self.created_at),
            updated_at: time(self.updated_at),
            last_message_at: self.last_message_at.map(time),
            last_seq: Seq(self.last_seq),
            awaiting_since: self.awaiting_since.map(time),
            confession: confession.map(Into::into),
        }
    }
}

/// How a participant stands to a conversation.
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) unread: u64,
    /// The row of their list, as it is stored.
    pub(crate) row: RowState,
    /// Follows the conversation's confession.
    pub(crate) follows: bool,
}

/// A conversation, and everybody in it, by id.
pub(crate) struct WithMembers {
    pub(crate) conversation: Conversation,
    pub(crate) members: Vec<Member>,
}

type Row = (i64, i64, StateRow, PersonRow, ConversationRow, Option<ConfessionRow>, bool);

/// These conversations: one statement, so that the people and the confessions are of one state of the directory, also beside an import.
pub(crate) async fn with_members(mut connection: &Connection, ids: Vec<i64>) -> Result<HashMap<ConversationId, WithMembers>> {
    let follows = confessions_subscription::table
        .filter(confessions_subscription::user_id.eq(members::user_id))
        .filter(confessions_subscription::confession_id.nullable().eq(members::confession_id));
    let rows: Vec<Row> = members::table
        .inner_join(accounts_user::table)
        .inner_join(messaging_conversation::table)
        .left_join(confessions_confession::table)
        .filter(members::conversation_id.eq_any(ids))
        .order((members::conversation_id, members::user_id))
        .select((
            members::conversation_id,
            members::unread_count,
            StateRow::as_select(),
            PersonRow::as_select(),
            ConversationRow::as_select(),
            Option::<ConfessionRow>::as_select(),
            exists(follows),
        ))
        .load(&mut connection)
        .await?;
    let mut found = HashMap::new();
    let mut rows = rows.into_iter().peekable();
    while let Some((id, unread, own, person, row, confession, follows)) = rows.next() {
        let (mut people, mut members) = (Vec::new(), Vec::new());
        let mut add = |unread, own: StateRow, person: PersonRow, follows| {
            let person = Person::try_from(person)?;
            members.push(Member {
                user: person.id,
                unread: count(unread, "messaging_conversation_participants", "unread_count")?,
                row: own.into(),
                follows,
            });
            people.push(person);
            Ok::<_, CorruptValueError>(())
        };
        add(unread, own, person, follows)?;
        while let Some((_, unread, own, person, _, _, follows)) = rows.next_if(|row| row.0 == id) {
            add(unread, own, person, follows)?;
        }
        let id = ConversationId(id);
        let conversation = row.into_conversation(id, people, confession);
        found.insert(id, WithMembers { conversation, members });
    }
    Ok(found)
}

/// The conversation, to whoever asks.
pub(crate) async fn conversation(connection: &Connection, id: ConversationId) -> Result<Option<Conversation>> {
    let found = with_members(connection, vec![id.0]).await?.remove(&id);
    Ok(found.map(|found| found.conversation))
}

/// The conversation and how the actor stands to it; `None` to everybody who does not take part. One statement.
pub(crate) async fn base(connection: &Connection, id: ConversationId, actor: UserId) -> Result<Option<ConversationFacts>> {
    let found = with_members(connection, vec![id.0]).await?.remove(&id);
    Ok(found.and_then(|found| found.facts(actor)))
}

impl WithMembers {
    /// The rows of the participants, as each of them sees theirs.
    pub(crate) fn rows(&self) -> Vec<(UserId, RowState)> {
        // Both are in the order of ids.
        let members = self.conversation.participants.iter().zip(&self.members);
        members
            .map(|(person, member)| (person.id, member.row.seen_by(person.role)))
            .collect()
    }

    /// How this person stands to it; `None` for somebody who does not take part.
    pub(crate) fn facts(&self, actor: UserId) -> Option<ConversationFacts> {
        let actor_follows = self.members.iter().find(|member| member.user == actor)?.follows;
        let actor = self.conversation.participants.iter().find(|person| person.id == actor)?.clone();
        Some(ConversationFacts {
            actor,
            conversation: self.conversation.clone(),
            actor_follows,
        })
    }
}

/// Everything about the conversation that its viewer sees.
pub(super) async fn detail(mut connection: &Connection, id: ConversationId, viewer: UserId) -> Result<Option<ConversationDetail>> {
    let Some(facts) = base(connection, id, viewer).await? else {
        return Ok(None);
    };
    let state: Option<(i64, StateRow, Option<i64>)> = members::table
        .inner_join(messaging_conversation::table)
        .filter(members::conversation_id.eq(id.0))
        .filter(members::user_id.eq(viewer.0))
        .select((
            members::unread_count,
            StateRow::as_select(),
            messaging_conversation::last_message_id,
        ))
        .first(&mut connection)
        .await
        .optional()?;
    let Some((unread, row, last)) = state else { return Ok(None) };
    let last_message = match last {
        Some(message) => messages::load_one(connection, id, MessageId(message)).await?,
        None => None,
    };
    Ok(Some(ConversationDetail {
        row: RowState::from(row).seen_by(facts.actor.role),
        facts,
        last_message,
        unread_count: count(unread, "messaging_conversation_participants", "unread_count")?,
    }))
}
