//! Whom somebody may write to.

use domain::{
    id::UserId,
    page::{Listing, PageRequest},
    people::Contact,
    ports::ContactScope,
};
use rusqlite::{Connection, params};

use super::super::rows::{PERSON, all, confession, confession_columns, count, first, offset, person, person_columns};

/// A page of contacts; `part` is folded already.
pub(super) fn list(
    connection: &Connection,
    of: UserId,
    scope: ContactScope,
    part: Option<&str>,
    page: PageRequest,
) -> rusqlite::Result<Listing<Contact>> {
    let (rows, total) = queries(scope, part.is_some());
    let items = all(connection, &rows, params![of.0, part, page.size, offset(page)], |row| {
        Ok(Contact {
            person: person(row, 0)?,
            confession: confession(row, PERSON)?,
        })
    })?;
    let total = first(connection, &total, params![of.0, part], |row| count(row, 0))?.unwrap_or(0);
    Ok(Listing { items, total })
}

/// The query for a page, with `of`, the part that is searched for, limit and offset; and the one for the total, with the first two of these.
pub(crate) fn queries(scope: ContactScope, search: bool) -> (String, String) {
    let from = if scope == ContactScope::FollowedAdmins {
        followed()
    } else {
        reachable(scope)
    };
    // The total needs its parameters numbered alike, so `?2` is always named.
    let searched = if search {
        "(mentions(?2, u.username, u.first_name || ' ' || u.last_name) OR mentions(?2, f.name))"
    } else {
        "?2 IS NULL"
    };
    let order = if scope == ContactScope::FollowedAdmins {
        "u.username, f.id"
    } else {
        "u.username"
    };
    let columns = concat!(person_columns!("u"), ", ", confession_columns!());
    (
        format!("SELECT {columns} {from} AND {searched} ORDER BY {order} LIMIT ?3 OFFSET ?4"),
        format!("SELECT COUNT(*) {from} AND {searched}"),
    )
}

fn followed() -> String {
    "FROM confessions_subscription s
     JOIN confessions_confession f ON f.id = s.confession_id
     JOIN accounts_user u ON u.id = f.admin_id
     WHERE s.user_id = ?1 AND u.is_active = 1 AND u.id <> ?1"
        .to_owned()
}

fn reachable(scope: ContactScope) -> String {
    // Those that `of` administers and the member `u` follows.
    const SHARED: &str = "FROM confessions_confession own
         CROSS JOIN confessions_subscription s ON s.user_id = u.id AND s.confession_id = own.id
         WHERE own.admin_id = ?1";
    let who = match scope {
        ContactScope::Everyone | ContactScope::FollowedAdmins => String::new(),
        ContactScope::Staff => "AND u.role <> 'user'".to_owned(),
        ContactScope::StaffAndOwnSubscribers => format!("AND (u.role <> 'user' OR EXISTS (SELECT 1 {SHARED}))"),
    };
    format!(
        "FROM accounts_user u
         LEFT JOIN confessions_confession f
             ON u.role = 'user' AND f.id = (SELECT CASE WHEN COUNT(*) = 1 THEN MIN(own.id) END {SHARED})
         WHERE u.is_active = 1 AND u.id <> ?1 {who}"
    )
}
