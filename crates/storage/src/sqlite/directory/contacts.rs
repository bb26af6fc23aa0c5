//! Lists of contacts.
//!
//! A page is loaded in two steps: first the ids of its people, from an index in the order of usernames, then their rows and confessions.
//! Only a search, and the scope of an admin's own subscribers, read more people than the page has.

mod followers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use domain::{
    id::UserId,
    page::{NumberedPage, PageRequest},
    people::{Confession, Contact, ContactScope, Person},
    search::Query,
};
use rusqlite::{Connection, params};

use super::super::{
    found::{Found, visit},
    rows::{Cells, Query as Statement, all, array, first, offset, query, row},
};
use followers::Followers;
#[cfg(test)]
pub(crate) use followers::{SELECT_FOLLOWERS, SELECT_OWN_CONFESSIONS, SELECT_STAFF_IDS};

pub(super) fn list(
    connection: &Connection,
    of: UserId,
    scope: ContactScope,
    query: Option<&str>,
    page: PageRequest,
) -> rusqlite::Result<NumberedPage<Contact>> {
    let parsed = query.and_then(Query::parse);
    if query.is_some() && parsed.is_none() {
        return Ok(NumberedPage::empty());
    }
    let (ids, total) = match (scope, &parsed) {
        (ContactScope::FollowedAdmins, _) => return followed(connection, of, query, page),
        (ContactScope::Everyone, None) => everybody(connection, of, &EVERYONE, page)?,
        (ContactScope::Staff, None) => everybody(connection, of, &STAFF, page)?,
        (ContactScope::EveryoneElse, None) => everybody_else(connection, of, page)?,
        (ContactScope::OwnSubscribers, _) => own_by_name(connection, of, parsed.as_ref(), page)?,
        (ContactScope::Everyone | ContactScope::Staff | ContactScope::StaffAndOwnSubscribers | ContactScope::EveryoneElse, _) => {
            matching(connection, of, scope, parsed.as_ref(), page)?
        }
    };
    Ok(NumberedPage {
        items: contacts(connection, of, &ids)?,
        total,
    })
}

/// The queries for people in the order of an index. Parameters: the viewer, and limit and offset in the queries that have them.
pub(crate) struct InOrder {
    pub(crate) total: &'static str,
    /// The ids of a page.
    pub(crate) page: &'static str,
    /// The ids of a page, counted from the end of the list.
    pub(crate) from_end: &'static str,
    /// All ids, with the names that are searched.
    pub(crate) names: &'static str,
}

macro_rules! in_order {
    ($index:literal, $condition:literal, $totals:literal) => {
        InOrder {
            total: concat!(
                "SELECT (SELECT SUM(t.active) FROM accounts_user_totals t ",
                $totals,
                ") - (SELECT COUNT(*) FROM accounts_user u WHERE u.id = ?1 AND ",
                $condition,
                ")"
            ),
            page: concat!(
                "SELECT u.id FROM accounts_user u INDEXED BY ",
                $index,
                " WHERE ",
                $condition,
                " AND u.id <> ?1 ORDER BY u.username LIMIT ?2 OFFSET ?3"
            ),
            from_end: concat!(
                "SELECT u.id FROM accounts_user u INDEXED BY ",
                $index,
                " WHERE ",
                $condition,
                " AND u.id <> ?1 ORDER BY u.username DESC LIMIT ?2 OFFSET ?3"
            ),
            names: concat!(
                "SELECT u.id, u.searchable FROM accounts_user u INDEXED BY ",
                $index,
                " WHERE ",
                $condition,
                " AND u.id <> ?1 ORDER BY u.username"
            ),
        }
    };
}

pub(crate) const EVERYONE: InOrder = in_order!("accounts_user_active", "u.is_active = 1", "");
/// Active admins and superadmins.
pub(crate) const STAFF: InOrder = in_order!(
    "accounts_user_active_staff",
    "u.is_active = 1 AND u.role <> 'user'",
    "WHERE t.is_staff = 1"
);

/// Selects the active people among these ids, with the names that are searched. Parameters: viewer, ids.
pub(crate) const SELECT_ACTIVE_AMONG: &str =
    "SELECT u.id, u.searchable FROM rarray(?2) wanted CROSS JOIN accounts_user u ON u.id = wanted.value
     WHERE u.is_active = 1 AND u.id <> ?1 ORDER BY u.username";

row!(impl Contact of accounts_user {
    person: Person as "u",
    confession: Option<Confession> as "f",
});

/// Selects the rows of a page. Parameters: viewer, ids. The confession is the only one that the viewer administers and the member follows.
pub(crate) const SELECT_CONTACTS: Statement<Contact> = query!(
    Contact as "u",
    "FROM rarray(?2) wanted CROSS JOIN accounts_user u ON u.id = wanted.value
     LEFT JOIN confessions_confession f ON u.role = 'user' AND f.id = (
         SELECT CASE WHEN COUNT(*) = 1 THEN MIN(shared.id) END FROM (
             SELECT own.id FROM confessions_subscription s CROSS JOIN confessions_confession own ON own.id = s.confession_id
             WHERE s.user_id = u.id AND own.admin_id = ?1 LIMIT 2) shared)"
);

/// Without a search the total is known and the page is reached from the nearer end of the index.
fn everybody(connection: &Connection, of: UserId, queries: &InOrder, page: PageRequest) -> rusqlite::Result<(Vec<i64>, u64)> {
    let total: u64 = first(connection, queries.total, [of.0])?.unwrap_or(0);
    let before = page.offset();
    let Some(rest) = total.checked_sub(before).filter(|rest| *rest > 0) else {
        return Ok((Vec::new(), total));
    };
    let size = rest.min(u64::from(page.size));
    let after = rest - size;
    let ids = |sql: &str, skipped: u64| -> rusqlite::Result<Vec<i64>> {
        let [size, skipped] = [size, skipped].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        all(connection, sql, [of.0, size, skipped])
    };
    if before <= after {
        return Ok((ids(queries.page, before)?, total));
    }
    let mut ids = ids(queries.from_end, after)?;
    ids.reverse();
    Ok((ids, total))
}

/// Counts the active people among these ids. Parameters: viewer, ids.
pub(crate) const COUNT_ACTIVE_AMONG: Statement<u64> = Statement::value(
    "SELECT COUNT(*) FROM rarray(?2) wanted CROSS JOIN accounts_user u ON u.id = wanted.value WHERE u.is_active = 1 AND u.id <> ?1",
);

/// All people but the admin's own members. If those are few, the index is read only as far as the page: at most so many of them stand before it.
fn everybody_else(connection: &Connection, of: UserId, page: PageRequest) -> rusqlite::Result<(Vec<i64>, u64)> {
    let followers = Followers::of_all_confessions(connection, of, None)?;
    let active: u64 = first(connection, EVERYONE.total, [of.0])?.unwrap_or(0);
    if !are_few(followers.following(), active) {
        return matching(connection, of, ContactScope::EveryoneElse, None, page);
    }
    let own = COUNT_ACTIVE_AMONG.one(connection, params![of.0, array(followers.own())])?;
    let mut found = Found::new(page);
    let read = page
        .offset()
        .saturating_add(u64::from(page.size))
        .saturating_add(followers.following() as u64);
    let read = i64::try_from(read).unwrap_or(i64::MAX);
    visit(connection, EVERYONE.page, [of.0, read, 0], |id, _| {
        found.add_if(id, !followers.are_own(id));
        Ok(())
    })?;
    Ok((found.ids, active.saturating_sub(own)))
}

/// Reads all names of the scope once, in order, and finds both the page and the total.
fn matching(
    connection: &Connection,
    of: UserId,
    scope: ContactScope,
    query: Option<&Query>,
    page: PageRequest,
) -> rusqlite::Result<(Vec<i64>, u64)> {
    let mut found = Found::new(page);
    if scope == ContactScope::StaffAndOwnSubscribers {
        let followers = Followers::of_all_confessions(connection, of, query)?;
        let active = first(connection, EVERYONE.total, [of.0])?.unwrap_or(0);
        let few = are_few(followers.reached(), active);
        own_subscribers(connection, of, &followers, few, query, &mut found)?;
    } else if scope == ContactScope::EveryoneElse {
        // A confession finds its own followers only, and they are left out.
        let followers = Followers::of_all_confessions(connection, of, query)?;
        visit(connection, EVERYONE.names, [of.0], |id, cells| {
            found.add_if(id, !followers.are_own(id) && matches(cells, query)?);
            Ok(())
        })?;
    } else if scope == ContactScope::Staff {
        visit(connection, STAFF.names, [of.0], |id, cells| {
            found.add_if(id, matches(cells, query)?);
            Ok(())
        })?;
    } else {
        let followers = Followers::of_found_confessions(connection, of, query)?;
        let by_confession = |id| followers.as_ref().is_some_and(|followers| followers.are_found_by_confession(id));
        visit(connection, EVERYONE.names, [of.0], |id, cells| {
            found.add_if(id, matches(cells, query)? || by_confession(id));
            Ok(())
        })?;
    }
    Ok((found.ids, found.total))
}

row!(
    /// A person, with the names that are searched.
    struct Named of accounts_user {
        person: Person as "u",
        names: String = searchable,
    }
);

/// Selects the active people among these ids. Parameters: viewer, ids.
pub(crate) const SELECT_NAMED_AMONG: Statement<Named> = query!(
    Named as "u",
    "FROM rarray(?2) wanted CROSS JOIN accounts_user u ON u.id = wanted.value WHERE u.is_active = 1 AND u.id <> ?1"
);

/// The members who follow a confession of the admin. If they are few, they are looked up and sorted by their shown names; otherwise all people are read in the
/// order of usernames and filtered.
fn own_by_name(connection: &Connection, of: UserId, query: Option<&Query>, page: PageRequest) -> rusqlite::Result<(Vec<i64>, u64)> {
    let followers = Followers::of_all_confessions(connection, of, query)?;
    let mut found = Found::new(page);
    if followers.following() > ContactScope::MOST_SORTED {
        visit(connection, EVERYONE.names, [of.0], |id, cells| {
            let is_found = followers.are_own(id) && (matches(cells, query)? || followers.are_found_by_confession(id));
            found.add_if(id, is_found);
            Ok(())
        })?;
        return Ok((found.ids, found.total));
    }
    let mut own = SELECT_NAMED_AMONG.all(connection, params![of.0, array(followers.own())])?;
    if let Some(query) = query {
        own.retain(|each| query.matches(&each.names) || followers.are_found_by_confession(each.person.id.0));
    }
    own.sort_by_cached_key(|each| {
        let (name, username) = each.person.name_order();
        (name, username.to_owned())
    });
    for each in own {
        found.add(each.person.id.0);
    }
    Ok((found.ids, found.total))
}

/// The staff and the followers. If they are few, they are looked up and sorted; otherwise all people are read in order and filtered.
fn own_subscribers(
    connection: &Connection,
    of: UserId,
    followers: &Followers,
    few: bool,
    query: Option<&Query>,
    found: &mut Found,
) -> rusqlite::Result<()> {
    let is_found = |id, cells: &mut Cells<'_, '_>| matches(cells, query).map(|matches| matches || followers.are_found_by_confession(id));
    if few {
        return visit(
            connection,
            SELECT_ACTIVE_AMONG,
            params![of.0, array(followers.ids())],
            |id, cells| {
                found.add_if(id, is_found(id, cells)?);
                Ok(())
            },
        );
    }
    visit(connection, EVERYONE.names, [of.0], |id, cells| {
        found.add_if(id, followers.reach(id) && is_found(id, cells)?);
        Ok(())
    })
}

/// Whether the names in the cells after the id match. Without a query they always match.
fn matches(cells: &mut Cells<'_, '_>, query: Option<&Query>) -> rusqlite::Result<bool> {
    let Some(query) = query else { return Ok(true) };
    Ok(query.matches(cells.text("accounts_user", "searchable")?))
}

/// Whether looking up and sorting this many people is faster than filtering all active people: one lookup costs about as much as filtering eight.
fn are_few(people: usize, active: u64) -> bool {
    (people as u64).saturating_mul(8) < active
}

/// The rows of these people, in this order.
fn contacts(connection: &Connection, of: UserId, ids: &[i64]) -> rusqlite::Result<Vec<Contact>> {
    let rows = SELECT_CONTACTS.all(connection, params![of.0, array(ids.iter().copied())])?;
    let mut rows: HashMap<i64, Contact> = rows.into_iter().map(|contact| (contact.person.id.0, contact)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// The admins of the confessions that the viewer follows: few, so they are read and sorted.
fn followed(connection: &Connection, of: UserId, query: Option<&str>, page: PageRequest) -> rusqlite::Result<NumberedPage<Contact>> {
    let items = SELECT_FOLLOWED_ADMINS.all(connection, params![of.0, query, page.size, offset(page)])?;
    let total = COUNT_FOLLOWED_ADMINS.first(connection, params![of.0, query])?.unwrap_or(0);
    Ok(NumberedPage { items, total })
}

macro_rules! followed {
    () => {
        "FROM confessions_subscription s
         JOIN confessions_confession f ON f.id = s.confession_id
         JOIN accounts_user u ON u.id = f.admin_id
         WHERE s.user_id = ?1 AND u.is_active = 1 AND u.id <> ?1
         AND (?2 IS NULL OR mentions(?2, u.searchable) OR mentions(?2, f.searchable))"
    };
}

/// Selects a page of pairs of admin and confession. Parameters: viewer, query as it was typed, limit, offset.
pub(crate) const SELECT_FOLLOWED_ADMINS: Statement<Contact> = query!(
    Contact as "u",
    concat!(followed!(), " ORDER BY u.username, f.id LIMIT ?3 OFFSET ?4")
);

/// Counts the pairs. Parameters: viewer, query.
pub(crate) const COUNT_FOLLOWED_ADMINS: Statement<u64> = Statement::value(concat!("SELECT COUNT(*) ", followed!()));
