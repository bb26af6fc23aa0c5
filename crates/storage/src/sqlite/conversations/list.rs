//! Lists of conversations: everything that orders, filters and counts them stands on the participant's row.

use std::collections::HashMap;

use domain::{
    conversation::{ListFilter, ListItem},
    id::{ConversationId, Seq, UserId},
    page::{Listing, PageRequest},
    people::Person,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    super::{
        connection::fold,
        rows::{all, array, confession, confession_columns, count, first, offset, person, person_columns},
    },
    inbox::{preview, preview_columns},
};

/// A page of a person's conversations: one statement for the ids, one for the rows, one for the people, one for the total.
pub(super) fn list(connection: &Connection, of: UserId, filter: &ListFilter, page: PageRequest) -> rusqlite::Result<Listing<ListItem>> {
    let (confession, part) = (filter.confession.map(|id| id.0), filter.query.as_deref().map(fold));
    let ids: Vec<i64> = all(
        connection,
        &ids_query(filter),
        params![of.0, confession, part, page.size, offset(page)],
        |row| row.get(0),
    )?;
    let total = total_query(filter);
    let total = first(connection, &total, params![of.0, confession, part], |row| count(row, 0))?.unwrap_or(0);
    Ok(Listing {
        items: items(connection, of, &ids)?,
        total,
    })
}

/// The ids of a page: of a user, in a confession, with a part of a name; limit and offset.
pub(crate) fn ids_query(filter: &ListFilter) -> String {
    format!(
        "SELECT p.conversation_id {} ORDER BY p.last_activity_at DESC, p.conversation_id DESC LIMIT ?4 OFFSET ?5",
        matching(filter)
    )
}

/// The length of the whole list, with the first three parameters of [`ids_query`]. Without a search it counts no conversation that is read.
pub(crate) fn total_query(filter: &ListFilter) -> String {
    if filter.unread || filter.query.is_some() {
        return format!("SELECT COUNT(*) {}", matching(filter));
    }
    let confession = if filter.confession.is_some() {
        "t.confession_id = ?2"
    } else {
        "?2 IS NULL"
    };
    format!(
        "SELECT coalesce(SUM(t.conversations), 0) FROM messaging_conversation_totals t WHERE t.user_id = ?1 AND {confession} AND ?3 IS NULL"
    )
}

fn matching(filter: &ListFilter) -> String {
    // Each filter names its parameter, given or not, so that all forms of the query take the same ones.
    let confession = if filter.confession.is_some() {
        "p.confession_id = ?2"
    } else {
        "?2 IS NULL"
    };
    let unread = if filter.unread { "AND p.unread_count > 0" } else { "" };
    let index = match filter {
        ListFilter { unread: true, .. } => "messaging_participants_unread",
        ListFilter { confession: Some(_), .. } => "messaging_participants_confession",
        ListFilter { .. } => "messaging_participants_list",
    };
    let search = if filter.query.is_some() {
        "(EXISTS (SELECT 1 FROM messaging_conversation_participants o CROSS JOIN accounts_user u ON u.id = o.user_id
             WHERE o.conversation_id = p.conversation_id AND o.user_id <> p.user_id
             AND mentions(?3, u.username, u.first_name || ' ' || u.last_name))
         OR EXISTS (SELECT 1 FROM confessions_confession f WHERE f.id = p.confession_id AND mentions(?3, f.name)))"
    } else {
        "?3 IS NULL"
    };
    format!("FROM messaging_conversation_participants p INDEXED BY {index} WHERE p.user_id = ?1 AND {confession} {unread} AND {search}")
}

/// The rows of these conversations, as one person sees them.
pub(crate) const ITEMS: &str = concat!(
    "SELECT c.id, c.last_message_at, c.last_seq, p.unread_count, c.created_at, ",
    confession_columns!(),
    ", ",
    preview_columns!(),
    " FROM rarray(?1) wanted CROSS JOIN messaging_conversation c ON c.id = wanted.value
     JOIN messaging_conversation_participants p ON p.conversation_id = c.id AND p.user_id = ?2
     LEFT JOIN confessions_confession f ON f.id = c.confession_id
     LEFT JOIN messaging_message m ON m.id = c.last_message_id
     LEFT JOIN accounts_user s ON s.id = m.sender_id"
);

/// Everybody in these conversations.
pub(crate) const PARTICIPANTS: &str = concat!(
    "SELECT ",
    person_columns!("u"),
    ", p.conversation_id FROM rarray(?1) wanted
     CROSS JOIN messaging_conversation_participants p ON p.conversation_id = wanted.value
     CROSS JOIN accounts_user u ON u.id = p.user_id"
);

fn items(connection: &Connection, of: UserId, ids: &[i64]) -> rusqlite::Result<Vec<ListItem>> {
    let mut people = participants(connection, ids)?;
    let found = all(connection, ITEMS, params![array(ids.iter().copied()), of.0], |row| {
        let id = row.get(0)?;
        let item = ListItem {
            id: ConversationId(id),
            participants: people.remove(&id).unwrap_or_default(),
            created_at: Timestamp(row.get(4)?),
            last_message_at: row.get::<_, Option<i64>>(1)?.map(Timestamp),
            last_seq: Seq(row.get(2)?),
            unread_count: count(row, 3)?,
            confession: confession(row, 5)?,
            preview: preview(row, 9)?,
        };
        Ok((id, item))
    })?;
    let mut found: HashMap<i64, ListItem> = found.into_iter().collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// Everybody in these conversations, by id.
fn participants(connection: &Connection, ids: &[i64]) -> rusqlite::Result<HashMap<i64, Vec<Person>>> {
    let mut people: HashMap<i64, Vec<Person>> = HashMap::with_capacity(ids.len());
    for (person, conversation) in all(connection, PARTICIPANTS, [array(ids.iter().copied())], |row| {
        Ok((person(row, 0)?, row.get(7)?))
    })? {
        people.entry(conversation).or_default().push(person);
    }
    for everybody in people.values_mut() {
        everybody.sort_unstable_by_key(|person| person.id);
    }
    Ok(people)
}

/// The sum of a person's unread messages; reads the conversations with unread ones only, and these in the index alone.
pub(crate) fn unread_total_query() -> &'static str {
    "SELECT coalesce(SUM(p.unread_count), 0) FROM messaging_conversation_participants p INDEXED BY messaging_participants_unread
     WHERE p.user_id = ?1 AND p.unread_count > 0"
}

/// How many messages a person has not read.
pub(super) fn unread_total(connection: &Connection, of: UserId) -> rusqlite::Result<u64> {
    Ok(first(connection, unread_total_query(), [of.0], |row| count(row, 0))?.unwrap_or(0))
}

/// Everybody with whom a person has a conversation, by id.
pub(super) fn counterparts(connection: &Connection, of: UserId) -> rusqlite::Result<Vec<UserId>> {
    all(
        connection,
        "SELECT DISTINCT o.user_id FROM messaging_conversation_participants p
         CROSS JOIN messaging_conversation_participants o ON o.conversation_id = p.conversation_id
         WHERE p.user_id = ?1 AND o.user_id <> ?1 ORDER BY o.user_id",
        [of.0],
        |row| Ok(UserId(row.get(0)?)),
    )
}
