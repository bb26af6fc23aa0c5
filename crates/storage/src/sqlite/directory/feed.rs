//! Writing the directory: imports and single changes.

use std::collections::HashMap;

use domain::{
    feeding::{self, DirectoryChanges},
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Person, Subscription},
    ports::{ImportOutcome, RosterEntry},
    search,
};
use rusqlite::Connection;

use super::super::{
    rows::{Query, array, first, query, row, run},
    writer::Outcome,
};
use crate::error::Result;

/// Imports the whole document, or nothing of it.
pub(in crate::sqlite) fn import(connection: &Connection, document: &DirectoryDocument) -> Result<Outcome<ImportOutcome>> {
    let bad = feeding::judge(document, &Rows(connection))?;
    if !bad.is_empty() {
        return Ok(Outcome::Discard(ImportOutcome::Rejected(bad)));
    }
    let mut changes = DirectoryChanges::default();
    for user in feeding::rows_that_count(&document.users, |user| user.id) {
        put_user(connection, user, &mut changes)?;
    }
    put_languages(connection, document)?;
    for confession in feeding::rows_that_count(&document.confessions, |confession| confession.id) {
        put_confession(connection, confession, &mut changes)?;
    }
    for subscription in &document.subscriptions {
        if put_subscription(connection, *subscription)? > 0 {
            changes.subscription(*subscription, false);
        }
    }
    Ok(Outcome::Keep(ImportOutcome::Done(changes)))
}

/// The stored directory, to which a document is compared.
struct Rows<'c>(&'c Connection);

impl Rows<'_> {
    fn id(&self, sql: &str, value: &str) -> rusqlite::Result<Option<i64>> {
        first(self.0, sql, [value])
    }

    fn exists(&self, sql: &str, id: i64) -> rusqlite::Result<bool> {
        first::<i64>(self.0, sql, [id]).map(|found| found.is_some())
    }
}

impl feeding::Stored for Rows<'_> {
    type Error = rusqlite::Error;

    fn username(&self, username: &str) -> rusqlite::Result<Option<UserId>> {
        Ok(self.id("SELECT id FROM accounts_user WHERE username = ?1", username)?.map(UserId))
    }

    fn confession_name(&self, name: &str) -> rusqlite::Result<Option<ConfessionId>> {
        let found = self.id("SELECT id FROM confessions_confession WHERE name = ?1", name)?;
        Ok(found.map(ConfessionId))
    }

    fn slug(&self, slug: &str) -> rusqlite::Result<Option<ConfessionId>> {
        let found = self.id("SELECT id FROM confessions_confession WHERE slug = ?1", slug)?;
        Ok(found.map(ConfessionId))
    }

    fn has_user(&self, id: UserId) -> rusqlite::Result<bool> {
        self.exists("SELECT 1 FROM accounts_user WHERE id = ?1", id.0)
    }

    fn has_confession(&self, id: ConfessionId) -> rusqlite::Result<bool> {
        self.exists("SELECT 1 FROM confessions_confession WHERE id = ?1", id.0)
    }
}

/// Stores an account unless the row is equal already.
///
/// A document may give the name of one account to another, in any order of its rows. Therefore the account that still has the name gets a placeholder
/// first, which is a blob so that no text equals it. A later row of the document replaces it; otherwise the document would have been rejected.
fn put_user(connection: &Connection, user: &Person, changes: &mut DirectoryChanges) -> rusqlite::Result<()> {
    const SELECT_BEFORE: Query<Person> = query!(
        Person as "u",
        "FROM (SELECT id, iif(typeof(username) = 'text', username, '') AS username, first_name, last_name, role, avatar, is_active
               FROM accounts_user WHERE id = ?1) u"
    );
    let before = SELECT_BEFORE.first(connection, [user.id.0])?;
    if before.as_ref() == Some(user) {
        return Ok(());
    }
    run(
        connection,
        "UPDATE accounts_user SET username = CAST(id AS BLOB) WHERE username = ?1 AND id <> ?2",
        (&user.username, user.id.0),
    )?;
    run(
        connection,
        "INSERT INTO accounts_user (id, username, first_name, last_name, role, avatar, is_active, searchable)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET username = excluded.username, first_name = excluded.first_name, last_name = excluded.last_name,
             role = excluded.role, avatar = excluded.avatar, is_active = excluded.is_active, searchable = excluded.searchable",
        (
            user.id.0,
            &user.username,
            &user.first_name,
            &user.last_name,
            user.role.as_str(),
            &user.avatar,
            user.is_active,
            search::names_of(user),
        ),
    )?;
    changes.user(before.as_ref(), user);
    Ok(())
}

/// Stores the languages of the accounts of the document, and removes those of accounts that have none in it.
fn put_languages(connection: &Connection, document: &DirectoryDocument) -> rusqlite::Result<()> {
    for (user, language) in &document.languages {
        run(
            connection,
            "INSERT INTO accounts_user_language (user_id, language) VALUES (?1, ?2)
             ON CONFLICT (user_id) DO UPDATE SET language = excluded.language WHERE language <> excluded.language",
            (user.0, language.as_str()),
        )?;
    }
    let without = document
        .users
        .iter()
        .map(|user| user.id)
        .filter(|id| !document.languages.contains_key(id));
    let without = array(without.map(|id| id.0));
    run(
        connection,
        "DELETE FROM accounts_user_language WHERE user_id IN (SELECT value FROM rarray(?1))",
        [without],
    )?;
    Ok(())
}

/// Stores a confession unless the row is equal already. Names and slugs may move between confessions, as names between accounts.
fn put_confession(connection: &Connection, confession: &Confession, changes: &mut DirectoryChanges) -> rusqlite::Result<()> {
    const SELECT_BEFORE: Query<Confession> = query!(
        Confession as "f",
        "FROM (SELECT id, iif(typeof(name) = 'text', name, '') AS name, iif(typeof(slug) = 'text', slug, '') AS slug, admin_id
               FROM confessions_confession WHERE id = ?1) f"
    );
    let before = SELECT_BEFORE.first(connection, [confession.id.0])?;
    if before.as_ref() == Some(confession) {
        return Ok(());
    }
    run(
        connection,
        "UPDATE confessions_confession SET name = CAST(id AS BLOB) WHERE name = ?1 AND id <> ?2",
        (&confession.name, confession.id.0),
    )?;
    run(
        connection,
        "UPDATE confessions_confession SET slug = CAST(id AS BLOB) WHERE slug = ?1 AND id <> ?2",
        (&confession.slug, confession.id.0),
    )?;
    run(
        connection,
        "INSERT INTO confessions_confession (id, name, slug, admin_id, searchable) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, slug = excluded.slug, admin_id = excluded.admin_id,
             searchable = excluded.searchable",
        (
            confession.id.0,
            &confession.name,
            &confession.slug,
            confession.admin.map(|admin| admin.0),
            search::name_of(confession),
        ),
    )?;
    changes.confession(before.as_ref(), confession);
    Ok(())
}

fn put_subscription(connection: &Connection, subscription: Subscription) -> rusqlite::Result<usize> {
    run(
        connection,
        "INSERT INTO confessions_subscription (user_id, confession_id) VALUES (?1, ?2) ON CONFLICT (user_id, confession_id) DO NOTHING",
        (subscription.user.0, subscription.confession.0),
    )
}

/// Deletes the subscription, if it exists.
pub(super) fn unfollow(connection: &Connection, subscription: Subscription) -> rusqlite::Result<DirectoryChanges> {
    let ended = run(
        connection,
        "DELETE FROM confessions_subscription WHERE user_id = ?1 AND confession_id = ?2",
        (subscription.user.0, subscription.confession.0),
    )?;
    let mut changes = DirectoryChanges::default();
    if ended > 0 {
        changes.subscription(subscription, true);
    }
    Ok(changes)
}

row!(
    /// A person who follows or administers a confession.
    struct Concerned of confessions_subscription {
        user: UserId = user_id,
        confession: Confession as "f",
    }
);

/// The active people, with the confessions that they follow or administer.
pub(super) fn roster(connection: &Connection) -> rusqlite::Result<Vec<RosterEntry>> {
    const SELECT_ACTIVE: Query<Person> = query!(Person as "u", "FROM accounts_user u WHERE u.is_active = 1 ORDER BY u.id");
    // `UNION` removes the duplicate of an admin who also follows the confession.
    const SELECT_CONCERNED: Query<Concerned> = query!(
        Concerned as "of",
        "FROM (SELECT user_id, confession_id FROM confessions_subscription
             UNION SELECT admin_id, id FROM confessions_confession WHERE admin_id IS NOT NULL) of
         JOIN confessions_confession f ON f.id = of.confession_id ORDER BY f.id"
    );
    let mut confessions: HashMap<UserId, Vec<Confession>> = HashMap::new();
    for Concerned { user, confession } in SELECT_CONCERNED.all(connection, [])? {
        confessions.entry(user).or_default().push(confession);
    }
    let entry = |person: Person| RosterEntry {
        confessions: confessions.remove(&person.id).unwrap_or_default(),
        person,
    };
    Ok(SELECT_ACTIVE.all(connection, [])?.into_iter().map(entry).collect())
}
