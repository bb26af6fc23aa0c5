//! Opening conversations.

use std::fmt::Write as _;

use domain::{
    conversation::{Inbox, NewConversation},
    facts::{NamedConfession, OpeningFacts, Target},
    id::{ConfessionId, ConversationId, Seq, UserId},
    people::Confession,
    ports::Opened,
};
use rusqlite::{Connection, params};

use super::super::{
    directory,
    rows::{all, array, confession, confession_columns, first, run},
    writer::Outcome,
};
use crate::error::{Result, failed};

/// What opening depends on; a few statements, however many targets there are.
pub(super) fn facts(
    connection: &Connection,
    actor: UserId,
    targets: &[UserId],
    named: Option<ConfessionId>,
) -> rusqlite::Result<Option<OpeningFacts>> {
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
        existing: all(
            connection,
            "SELECT id, confession_id FROM messaging_conversation WHERE participants_key = ?1 ORDER BY coalesce(confession_id, 0)",
            [key(&everybody)],
            |row| Ok((ConversationId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(ConfessionId))),
        )?,
    }))
}

/// Of several people, and a follower: what each of them administers and the follower follows.
pub(crate) const THEIRS: &str = concat!(
    "SELECT wanted.value, ",
    confession_columns!(),
    " FROM rarray(?1) wanted CROSS JOIN confessions_confession f ON f.admin_id = wanted.value
     CROSS JOIN confessions_subscription s ON s.user_id = ?2 AND s.confession_id = f.id ORDER BY f.id"
);

/// Of several people, and an admin: what each of them follows and the admin administers.
pub(crate) const OURS: &str = concat!(
    "SELECT wanted.value, ",
    confession_columns!(),
    " FROM rarray(?1) wanted CROSS JOIN confessions_confession f ON f.admin_id = ?2
     CROSS JOIN confessions_subscription s ON s.user_id = wanted.value AND s.confession_id = f.id ORDER BY f.id"
);

fn targets_of(connection: &Connection, actor: UserId, wanted: &[UserId]) -> rusqlite::Result<Vec<Target>> {
    let people = directory::find_all(connection, wanted)?;
    let shared = |sql: &str| {
        all(connection, sql, params![array(wanted.iter().map(|id| id.0)), actor.0], |row| {
            Ok((UserId(row.get(0)?), confession(row, 1)?))
        })
    };
    let (theirs, ours) = (shared(THEIRS)?, shared(OURS)?);
    let of = |id: UserId, pairs: &[(UserId, Option<Confession>)]| {
        pairs
            .iter()
            .filter(|(user, _)| *user == id)
            .filter_map(|(_, confession)| confession.clone())
            .collect()
    };
    let target = |id| Target {
        id,
        person: people.iter().find(|person| person.id == id).cloned(),
        followed_by_actor: of(id, &theirs),
        follows_of_actor: of(id, &ours),
    };
    Ok(wanted.iter().copied().map(target).collect())
}

fn named_confession(connection: &Connection, id: ConfessionId, actor: UserId) -> rusqlite::Result<NamedConfession> {
    const SQL: &str = concat!(
        "SELECT ",
        confession_columns!(),
        ", EXISTS (SELECT 1 FROM confessions_subscription s WHERE s.user_id = ?2 AND s.confession_id = f.id)
         FROM confessions_confession f WHERE f.id = ?1"
    );
    let found = first(connection, SQL, [id.0, actor.0], |row| Ok((confession(row, 0)?, row.get(4)?)))?;
    let (confession, actor_follows) = found.unwrap_or((None, false));
    Ok(NamedConfession {
        id,
        confession,
        actor_follows,
    })
}

/// R13: a set of participants as a text, the same for the same set.
fn key(ascending: &[UserId]) -> String {
    let mut key = String::new();
    for user in ascending {
        let comma = if key.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(key, "{comma}{user}");
    }
    key
}

/// Creates the conversation, unless the unique key says that it is there.
pub(super) fn open(connection: &Connection, new: &NewConversation) -> Result<Outcome<Opened>> {
    let (key, confession) = (key(&new.participants), new.confession.map(|id| id.0));
    let created = first(
        connection,
        "INSERT INTO messaging_conversation (created_at, updated_at, confession_id, participants_key, opened_by, opened_by_staff)
         VALUES (?1, ?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (participants_key, coalesce(confession_id, 0)) DO NOTHING RETURNING id",
        params![new.at.0, confession, key, new.opened_by.0, new.opened_by_staff],
        |row| row.get::<_, i64>(0),
    )?;
    let Some(id) = created else {
        return Ok(Outcome::Discard(Opened::Existing(existing(connection, &key, confession)?)));
    };
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
    Ok(Outcome::Keep(Opened::New(Inbox {
        conversation: ConversationId(id),
        last_seq: Seq(0),
        preview: None,
        unread,
    })))
}

fn existing(connection: &Connection, key: &str, confession: Option<i64>) -> Result<ConversationId> {
    let id = first(
        connection,
        "SELECT id FROM messaging_conversation WHERE participants_key = ?1 AND coalesce(confession_id, 0) = coalesce(?2, 0)",
        params![key, confession],
        |row| Ok(ConversationId(row.get(0)?)),
    )?;
    Ok(id.ok_or_else(|| failed("a conversation is there and is not"))?)
}
