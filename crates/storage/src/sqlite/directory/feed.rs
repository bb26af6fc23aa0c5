//! Where the directory comes from: imports.

use std::collections::HashMap;

use domain::{
    id::UserId,
    people::{Confession, DirectoryDocument, Person, Subscription},
    ports::{Fed, RosterEntry, UniqueKey},
};
use rusqlite::Connection;

use super::super::{
    rows::{all, confession, confession_columns, person, person_columns, run},
    writer::Outcome,
};
use crate::error::{Guard, Result, guard};

/// Takes a whole document or nothing: the guards of the schema say which row does not fit.
pub(super) fn import(connection: &Connection, document: &DirectoryDocument) -> Result<Outcome<Fed>> {
    for (index, user) in document.users.iter().enumerate() {
        if let Some(reason) = refused(put_user(connection, user))? {
            return Ok(rejected("users", index, reason));
        }
    }
    for (index, confession) in document.confessions.iter().enumerate() {
        if let Some(reason) = refused(put_confession(connection, confession))? {
            return Ok(rejected("confessions", index, reason));
        }
    }
    for (index, subscription) in document.subscriptions.iter().enumerate() {
        if let Some(reason) = refused(put_subscription(connection, *subscription))? {
            return Ok(rejected("subscriptions", index, reason));
        }
    }
    Ok(Outcome::Keep(Fed::Done))
}

fn rejected(list: &str, index: usize, reason: &str) -> Outcome<Fed> {
    Outcome::Discard(Fed::Rejected {
        row: format!("{list}[{index}]"),
        reason: reason.to_owned(),
    })
}

/// Why a guard refused the row; any other failure stays one.
fn refused(put: rusqlite::Result<usize>) -> Result<Option<&'static str>> {
    let Err(error) = put else { return Ok(None) };
    match guard(&error) {
        Some(Guard::Unique(UniqueKey::Username)) => Ok(Some("Another user has this username.")),
        Some(Guard::Unique(UniqueKey::ConfessionSlug)) => Ok(Some("Another confession has this slug.")),
        Some(Guard::ConfessionName) => Ok(Some("Another confession has this name.")),
        Some(Guard::ForeignKey) => Ok(Some("It names a user or a confession that does not exist.")),
        Some(Guard::Unique(_)) | None => Err(error.into()),
    }
}

fn put_user(connection: &Connection, user: &Person) -> rusqlite::Result<usize> {
    run(
        connection,
        "INSERT INTO accounts_user (id, username, first_name, last_name, role, avatar, is_active) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET username = excluded.username, first_name = excluded.first_name, last_name = excluded.last_name,
             role = excluded.role, avatar = excluded.avatar, is_active = excluded.is_active",
        (
            user.id.0,
            &user.username,
            &user.first_name,
            &user.last_name,
            user.role.as_str(),
            &user.avatar,
            user.is_active,
        ),
    )
}

fn put_confession(connection: &Connection, confession: &Confession) -> rusqlite::Result<usize> {
    run(
        connection,
        "INSERT INTO confessions_confession (id, name, slug, admin_id) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, slug = excluded.slug, admin_id = excluded.admin_id",
        (
            confession.id.0,
            &confession.name,
            &confession.slug,
            confession.admin.map(|admin| admin.0),
        ),
    )
}

fn put_subscription(connection: &Connection, subscription: Subscription) -> rusqlite::Result<usize> {
    run(
        connection,
        "INSERT INTO confessions_subscription (user_id, confession_id) VALUES (?1, ?2) ON CONFLICT (user_id, confession_id) DO NOTHING",
        (subscription.user.0, subscription.confession.0),
    )
}

/// Ends a subscription.
pub(super) fn unfollow(connection: &Connection, subscription: Subscription) -> rusqlite::Result<usize> {
    run(
        connection,
        "DELETE FROM confessions_subscription WHERE user_id = ?1 AND confession_id = ?2",
        (subscription.user.0, subscription.confession.0),
    )
}

/// Everybody active, with the confessions that they follow or administer.
pub(super) fn roster(connection: &Connection) -> rusqlite::Result<Vec<RosterEntry>> {
    const PEOPLE: &str = concat!(
        "SELECT ",
        person_columns!("u"),
        " FROM accounts_user u WHERE u.is_active = 1 ORDER BY u.id"
    );
    // `UNION` leaves out who follows what they administer.
    const CONFESSIONS: &str = concat!(
        "SELECT ",
        confession_columns!(),
        ", of.user_id FROM (SELECT user_id, confession_id FROM confessions_subscription
             UNION SELECT admin_id, id FROM confessions_confession WHERE admin_id IS NOT NULL) of
         JOIN confessions_confession f ON f.id = of.confession_id ORDER BY f.id"
    );
    let mut confessions: HashMap<UserId, Vec<Confession>> = HashMap::new();
    for (user, found) in all(connection, CONFESSIONS, [], |row| Ok((UserId(row.get(4)?), confession(row, 0)?)))? {
        confessions.entry(user).or_default().extend(found);
    }
    let entry = |person: Person| RosterEntry {
        confessions: confessions.remove(&person.id).unwrap_or_default(),
        person,
    };
    Ok(all(connection, PEOPLE, [], |row| person(row, 0))?.into_iter().map(entry).collect())
}
