//! The facts for opening a conversation, and storing a new one.

use std::fmt::Write as _;

use domain::{
    conversation::{ConversationSummary, NewConversation, OpenRequest, RowState},
    facts::{NamedConfession, OpeningFacts, Target},
    id::{ConfessionId, ConversationId, Seq, UserId},
    people::Confession,
    ports::Opened,
};
use rusqlite::{Connection, params};

use super::super::{
    directory,
    rows::{Query, array, query, row, run},
};
use crate::error::Result;

row!(
    struct Existing of messaging_conversation {
        id: ConversationId,
        confession: Option<ConfessionId> = confession_id,
    }
);

/// The conversations of a set of participants, the one with the newest activity first.
const SELECT_EXISTING: Query<Existing> = query!(
    Existing as "c",
    "FROM messaging_conversation c WHERE c.participants_key = ?1 ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.id DESC"
);

/// Loads the facts for opening, with a few statements for any number of targets.
pub(super) fn facts(connection: &Connection, request: &OpenRequest) -> rusqlite::Result<Option<OpeningFacts>> {
    let (actor, targets, named) = (request.actor, &request.targets, request.confession);
    let Some(person) = directory::find(connection, actor)? else {
        return Ok(None);
    };
    let mut wanted: Vec<UserId> = Vec::with_capacity(targets.len());
    for target in targets {
        if !wanted.contains(target) {
            wanted.push(*target);
        }
    }
    let mut everybody: Vec<UserId> = wanted.iter().copied().chain([actor]).collect();
    everybody.sort_unstable();
    everybody.dedup();
    Ok(Some(OpeningFacts {
        actor: person,
        targets: targets_of(connection, actor, &wanted)?,
        named: named.map(|id| named_confession(connection, id, actor)).transpose()?,
        existing: SELECT_EXISTING
            .all(connection, [key(&everybody)])?
            .into_iter()
            .map(|row| (row.id, row.confession))
            .collect(),
    }))
}

row!(
    struct Shared of confessions_subscription {
        user: UserId = "wanted.value",
        confession: Confession as "f",
    }
);

/// Selects the confessions that one of several people administers and a member follows. Parameters: the people, the member.
pub(crate) const SELECT_ADMINISTERED_BY_TARGETS: Query<Shared> = query!(
    Shared as "wanted",
    "FROM rarray(?1) wanted CROSS JOIN confessions_confession f ON f.admin_id = wanted.value
     CROSS JOIN confessions_subscription s ON s.user_id = ?2 AND s.confession_id = f.id ORDER BY f.id"
);

/// Selects the confessions that one of several people follows and an admin administers. Parameters: the people, the admin.
pub(crate) const SELECT_FOLLOWED_BY_TARGETS: Query<Shared> = query!(
    Shared as "wanted",
    "FROM rarray(?1) wanted CROSS JOIN confessions_confession f ON f.admin_id = ?2
     CROSS JOIN confessions_subscription s ON s.user_id = wanted.value AND s.confession_id = f.id ORDER BY f.id"
);

fn targets_of(connection: &Connection, actor: UserId, wanted: &[UserId]) -> rusqlite::Result<Vec<Target>> {
    let people = directory::find_all(connection, wanted)?;
    let shared = |query: &Query<Shared>| query.all(connection, params![array(wanted.iter().map(|id| id.0)), actor.0]);
    let (theirs, ours) = (shared(&SELECT_ADMINISTERED_BY_TARGETS)?, shared(&SELECT_FOLLOWED_BY_TARGETS)?);
    let of = |id: UserId, pairs: &[Shared]| {
        let of_this = pairs.iter().filter(|pair| pair.user == id);
        of_this.map(|pair| pair.confession.clone()).collect()
    };
    let target = |id| Target {
        id,
        person: people.iter().find(|person| person.id == id).cloned(),
        followed_by_actor: of(id, &theirs),
        follows_of_actor: of(id, &ours),
    };
    Ok(wanted.iter().copied().map(target).collect())
}

row!(
    struct Named of confessions_confession {
        confession: Confession as "f",
        actor_follows: bool = "EXISTS (SELECT 1 FROM confessions_subscription s WHERE s.user_id = ?2 AND s.confession_id = f.id)",
    }
);

fn named_confession(connection: &Connection, id: ConfessionId, actor: UserId) -> rusqlite::Result<NamedConfession> {
    const SELECT_NAMED: Query<Named> = query!(Named as "f", "FROM confessions_confession f WHERE f.id = ?1");
    let found = SELECT_NAMED.first(connection, [id.0, actor.0])?;
    let actor_follows = found.as_ref().is_some_and(|found| found.actor_follows);
    let confession = found.map(|found| found.confession);
    Ok(NamedConfession {
        id,
        confession,
        actor_follows,
    })
}

/// R13: the key of a set of participants, the same for the same set.
fn key(ascending: &[UserId]) -> String {
    let mut key = String::new();
    for user in ascending {
        let comma = if key.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(key, "{comma}{user}");
    }
    key
}

pub(super) fn open(connection: &Connection, new: &NewConversation) -> Result<Opened> {
    let (key, confession) = (key(&new.participants), new.confession.map(|id| id.0));
    run(
        connection,
        "INSERT INTO messaging_conversation (created_at, updated_at, confession_id, participants_key, opened_by, opened_by_staff)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5)",
        params![new.at.0, confession, key, new.opened_by.0, new.opened_by_staff],
    )?;
    let id = connection.last_insert_rowid();
    let users = array(new.participants.iter().map(|user| user.0));
    run(
        connection,
        "INSERT INTO messaging_conversation_participants (conversation_id, user_id, confession_id, last_activity_at)
         SELECT ?1, value, ?2, ?3 FROM rarray(?4)",
        params![id, confession, new.at.0, users],
    )?;
    run(
        connection,
        "INSERT INTO messaging_conversation_totals (user_id, confession_id, conversations) SELECT value, coalesce(?1, 0), 1 FROM rarray(?2) WHERE TRUE
         ON CONFLICT (user_id, confession_id) DO UPDATE SET conversations = conversations + 1",
        params![confession, users],
    )?;
    let unread = new.participants.iter().map(|user| (*user, 0)).collect();
    let rows = new.participants.iter().map(|user| (*user, RowState::default())).collect();
    Ok(Opened::New(ConversationSummary {
        conversation: ConversationId(id),
        last_seq: Seq(0),
        preview: None,
        unread,
        rows,
    }))
}
