//! Lists of conversations. The columns for their order, filters and counts are in the row of the participant.

use std::collections::HashMap;

use domain::{
    conversation::{ListCounts, ListFilter, ListItem, Preview, RowState},
    id::{ConfessionId, ConversationId, Seq, UserId},
    page::{NumberedPage, PageRequest},
    people::{Confession, Person, Role},
    search,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::super::{
    found::{Found, visit},
    rows::{Query, all, array, first, offset, query, row},
};

/// A page of a person's conversations: one statement for the ids, one for the rows, one for the people, one for the total.
pub(super) fn list(
    connection: &Connection,
    of: UserId,
    filter: &ListFilter,
    page: PageRequest,
) -> rusqlite::Result<NumberedPage<ListItem>> {
    let confession = filter.confession.map(|id| id.0);
    let (ids, total) = if let Some(query) = &filter.query {
        if search::Query::parse(query).is_none() {
            return Ok(NumberedPage::empty());
        }
        let mut found = Found::new(page);
        let params = params![of.0, confession, query];
        visit(connection, &search_query(filter), params, |id, _| {
            found.add(id);
            Ok(())
        })?;
        (found.ids, found.total)
    } else {
        let params = params![of.0, confession, page.size, offset(page)];
        let ids = all(connection, &ids_query(filter), params)?;
        let total = first(connection, &total_query(filter), params![of.0, confession])?;
        (ids, total.unwrap_or(0))
    };
    Ok(NumberedPage {
        items: items(connection, of, &ids)?,
        total,
    })
}

/// Selects the ids of a page without a search. Parameters: user, confession, limit, offset.
pub(crate) fn ids_query(filter: &ListFilter) -> String {
    format!("SELECT p.conversation_id {} {} LIMIT ?3 OFFSET ?4", matching(filter), order(filter))
}

/// Selects the ids of all conversations that a search finds. Parameters: user, confession, query.
pub(crate) fn search_query(filter: &ListFilter) -> String {
    format!(
        "SELECT p.conversation_id {} AND (
             EXISTS (SELECT 1 FROM messaging_conversation_participants o CROSS JOIN accounts_user u ON u.id = o.user_id
                 WHERE o.conversation_id = p.conversation_id AND o.user_id <> p.user_id AND mentions(?3, u.searchable))
             OR EXISTS (SELECT 1 FROM confessions_confession f WHERE f.id = p.confession_id AND mentions(?3, f.searchable))) {}",
        matching(filter),
        order(filter)
    )
}

/// Counts the whole list, with the first two parameters of [`ids_query`]. Read conversations are not counted one by one: their number comes from the stored
/// totals.
pub(crate) fn total_query(filter: &ListFilter) -> String {
    if filter.unread || filter.waiting || filter.archived == Some(true) {
        return format!("SELECT COUNT(*) {}", matching(filter));
    }
    let confession = if filter.confession.is_some() {
        "t.confession_id = ?2"
    } else {
        "?2 IS NULL"
    };
    let all =
        format!("SELECT coalesce(SUM(t.conversations), 0) FROM messaging_conversation_totals t WHERE t.user_id = ?1 AND {confession}");
    if filter.archived.is_none() {
        return all;
    }
    // Few are in the archive, so that those are counted.
    let archived = ListFilter {
        archived: Some(true),
        ..filter.clone()
    };
    format!("SELECT ({all}) - (SELECT COUNT(*) {})", matching(&archived))
}

const fn order(filter: &ListFilter) -> &'static str {
    if filter.waiting {
        "ORDER BY p.awaiting_since, p.conversation_id"
    } else {
        "ORDER BY p.last_activity_at DESC, p.conversation_id DESC"
    }
}

fn matching(filter: &ListFilter) -> String {
    // The parameter occurs in any case, so that all forms of the query have the same parameters.
    let confession = if filter.confession.is_some() {
        "p.confession_id = ?2"
    } else {
        "?2 IS NULL"
    };
    // The conditions of the partial indexes stand here literally: SQLite uses such an index only if its condition is one of the query's.
    let unread = if filter.unread {
        "AND (p.unread_count > 0 OR p.is_marked_unread = 1)"
    } else {
        ""
    };
    let waiting = if filter.waiting {
        "AND p.awaiting_since IS NOT NULL AND EXISTS (SELECT 1 FROM accounts_user v WHERE v.id = ?1 AND v.role <> 'user')"
    } else {
        ""
    };
    let archived = match filter.archived {
        Some(true) => "AND p.archived_at IS NOT NULL",
        Some(false) => "AND p.archived_at IS NULL",
        None => "",
    };
    let index = match filter {
        ListFilter { waiting: true, .. } => "messaging_participants_waiting",
        ListFilter { unread: true, .. } => "messaging_participants_to_read",
        ListFilter { archived: Some(true), .. } => "messaging_participants_archived",
        ListFilter { confession: Some(_), .. } => "messaging_participants_confession",
        ListFilter { .. } => "messaging_participants_list",
    };
    format!(
        "FROM messaging_conversation_participants p INDEXED BY {index} WHERE p.user_id = ?1 AND {confession} {unread} {waiting} {archived}"
    )
}

/// The numbers of conversations that the filters have, each counted in the index of its filter.
pub(super) fn counts(connection: &Connection, of: UserId, within: Option<ConfessionId>) -> rusqlite::Result<ListCounts> {
    let count = |filter: ListFilter| -> rusqlite::Result<u64> {
        let found = first(connection, &total_query(&filter), params![of.0, within.map(|id| id.0)])?;
        Ok(found.unwrap_or(0))
    };
    let [all, unread, waiting, archived] = ListCounts::filters(within);
    Ok(ListCounts {
        all: count(all)?,
        unread: count(unread)?,
        waiting: count(waiting)?,
        archived: count(archived)?,
    })
}

row!(
    struct ItemRow of messaging_conversation {
        id: ConversationId,
        last_message_at: Option<Timestamp>,
        last_seq: Seq,
        unread_count: u64 = "p.unread_count",
        created_at: Timestamp,
        state: RowState as "p",
        confession: Option<Confession> as "f",
        preview: Option<Preview> as "m",
    }
);

/// The rows of these conversations, as one participant sees them.
pub(crate) const SELECT_ITEMS: Query<ItemRow> = query!(
    ItemRow as "c",
    "FROM rarray(?1) wanted CROSS JOIN messaging_conversation c ON c.id = wanted.value
     JOIN messaging_conversation_participants p ON p.conversation_id = c.id AND p.user_id = ?2
     LEFT JOIN confessions_confession f ON f.id = c.confession_id
     LEFT JOIN messaging_message m ON m.id = c.last_message_id
     LEFT JOIN accounts_user s ON s.id = m.sender_id"
);

row!(
    struct ParticipantRow of messaging_conversation_participants {
        person: Person as "u",
        conversation: i64 = conversation_id,
    }
);

pub(crate) const SELECT_PARTICIPANTS: Query<ParticipantRow> = query!(
    ParticipantRow as "p",
    "FROM rarray(?1) wanted
     CROSS JOIN messaging_conversation_participants p ON p.conversation_id = wanted.value
     CROSS JOIN accounts_user u ON u.id = p.user_id"
);

fn items(connection: &Connection, of: UserId, ids: &[i64]) -> rusqlite::Result<Vec<ListItem>> {
    let mut people = participants(connection, ids)?;
    let mut found: HashMap<i64, ListItem> = HashMap::with_capacity(ids.len());
    for row in SELECT_ITEMS.all(connection, params![array(ids.iter().copied()), of.0])? {
        let participants = people.remove(&row.id.0).unwrap_or_default();
        let viewer = participants.iter().find(|person| person.id == of);
        let item = ListItem {
            state: row.state.seen_by(viewer.map_or(Role::User, |viewer| viewer.role)),
            id: row.id,
            participants,
            created_at: row.created_at,
            last_message_at: row.last_message_at,
            last_seq: row.last_seq,
            unread_count: row.unread_count,
            confession: row.confession,
            preview: row.preview,
        };
        found.insert(row.id.0, item);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The participants of these conversations, by id.
fn participants(connection: &Connection, ids: &[i64]) -> rusqlite::Result<HashMap<i64, Vec<Person>>> {
    let mut people: HashMap<i64, Vec<Person>> = HashMap::with_capacity(ids.len());
    for ParticipantRow { person, conversation } in SELECT_PARTICIPANTS.all(connection, [array(ids.iter().copied())])? {
        people.entry(conversation).or_default().push(person);
    }
    for everybody in people.values_mut() {
        everybody.sort_unstable_by_key(|person| person.id);
    }
    Ok(people)
}

/// Selects the number of messages that a user has not read. It is stored for those with unread messages in many conversations, and summed for all others.
pub(crate) const SELECT_UNREAD_TOTAL: &str = "SELECT coalesce(
         (SELECT t.unread FROM messaging_unread_totals t WHERE t.user_id = ?1),
         (SELECT sum(p.unread_count) FROM messaging_conversation_participants p WHERE p.user_id = ?1 AND p.unread_count > 0),
         0)";

/// The number of messages that a user has not read.
pub(super) fn unread_total(connection: &Connection, of: UserId) -> rusqlite::Result<u64> {
    Ok(first(connection, SELECT_UNREAD_TOTAL, [of.0])?.unwrap_or(0))
}

/// Selects the other participants of a user's conversations, by id, with the first two parameters of [`ids_query`].
pub(crate) fn counterparts_query(within: Option<ConfessionId>) -> String {
    format!(
        "SELECT DISTINCT o.user_id FROM (SELECT p.conversation_id {}) mine
         CROSS JOIN messaging_conversation_participants o ON o.conversation_id = mine.conversation_id
         WHERE o.user_id <> ?1 ORDER BY o.user_id",
        matching(&all_within(within))
    )
}

/// The other participants of a user's conversations, by id.
pub(super) fn counterparts(connection: &Connection, of: UserId, within: Option<ConfessionId>) -> rusqlite::Result<Vec<UserId>> {
    let params = params![of.0, within.map(|id| id.0)];
    all(connection, &counterparts_query(within), params)
}

/// Selects the other participants of a user's conversations with the newest activity, by id, with the first two parameters of [`ids_query`]. The third is the
/// number of conversations.
pub(crate) fn recent_counterparts_query() -> String {
    format!(
        "SELECT DISTINCT o.user_id FROM (
             SELECT p.conversation_id {} ORDER BY p.last_activity_at DESC, p.conversation_id DESC LIMIT ?3
         ) mine
         CROSS JOIN messaging_conversation_participants o ON o.conversation_id = mine.conversation_id
         WHERE o.user_id <> ?1 ORDER BY o.user_id",
        matching(&ListFilter::default())
    )
}

/// The other participants of a user's conversations with the newest activity, by id.
pub(super) fn recent_counterparts(connection: &Connection, of: UserId, conversations: u32) -> rusqlite::Result<Vec<UserId>> {
    all(connection, &recent_counterparts_query(), params![of.0, None::<i64>, conversations])
}

/// Selects the ids of a whole list, with the first two parameters of [`ids_query`].
pub(crate) fn all_ids_query(within: Option<ConfessionId>) -> String {
    format!("SELECT p.conversation_id {}", matching(&all_within(within)))
}

/// The conversations in which a user takes part.
pub(super) fn ids(connection: &Connection, of: UserId, within: Option<ConfessionId>) -> rusqlite::Result<Vec<ConversationId>> {
    let params = params![of.0, within.map(|id| id.0)];
    all(connection, &all_ids_query(within), params)
}

fn all_within(confession: Option<ConfessionId>) -> ListFilter {
    ListFilter {
        confession,
        ..ListFilter::default()
    }
}
