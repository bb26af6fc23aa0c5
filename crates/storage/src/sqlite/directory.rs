//! The directory: people, confessions and subscriptions.

mod contacts;
mod feed;
mod folding;
mod notes;

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    feeding::DirectoryChanges,
    id::UserId,
    page::{NumberedPage, PageRequest},
    people::{Affiliation, Confession, Contact, ContactScope, DirectoryDocument, Person, Subscription},
    ports::{Directory, DirectoryWriter, ImportOutcome, RosterEntry, StoreError},
};
use rusqlite::Connection;

use super::{
    ServiceLock, Sqlite,
    rows::{Query, array, query},
    writer::Outcome,
};
#[cfg(test)]
pub(super) use contacts::{
    COUNT_ACTIVE_AMONG, COUNT_FOLLOWED_ADMINS, EVERYONE, SELECT_ACTIVE_AMONG, SELECT_CONTACTS, SELECT_FOLLOWED_ADMINS, SELECT_FOLLOWERS,
    SELECT_NAMED_AMONG, SELECT_OWN_CONFESSIONS, SELECT_STAFF_IDS, STAFF,
};
pub(super) use feed::import;
pub(super) use folding::refold;

pub(super) fn find(connection: &Connection, id: UserId) -> rusqlite::Result<Option<Person>> {
    const SELECT_PERSON: Query<Person> = query!(Person as "u", "FROM accounts_user u WHERE u.id = ?1");
    SELECT_PERSON.first(connection, [id.0])
}

/// The people with these ids, in any order.
pub(super) fn find_all(connection: &Connection, ids: &[UserId]) -> rusqlite::Result<Vec<Person>> {
    const SELECT_PEOPLE: Query<Person> = query!(
        Person as "u",
        "FROM rarray(?1) wanted CROSS JOIN accounts_user u ON u.id = wanted.value"
    );
    SELECT_PEOPLE.all(connection, [array(ids.iter().map(|id| id.0))])
}

pub(super) const SELECT_ADMINISTERED: Query<Confession> =
    query!(Confession as "f", "FROM confessions_confession f WHERE f.admin_id = ?1 ORDER BY f.id");

pub(super) const SELECT_FOLLOWED: Query<Confession> = query!(
    Confession as "f",
    "FROM confessions_subscription s CROSS JOIN confessions_confession f ON f.id = s.confession_id WHERE s.user_id = ?1 ORDER BY s.confession_id"
);

fn affiliation(connection: &Connection, id: UserId) -> rusqlite::Result<Option<Affiliation>> {
    let Some(person) = find(connection, id)? else { return Ok(None) };
    Ok(Some(Affiliation {
        person,
        administers: SELECT_ADMINISTERED.all(connection, [id.0])?,
        follows: SELECT_FOLLOWED.all(connection, [id.0])?,
    }))
}

#[async_trait]
impl Directory for Sqlite {
    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError> {
        self.read(move |connection| Ok(find(connection, id)?)).await
    }

    async fn contacts(
        &self,
        of: UserId,
        scope: ContactScope,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<NumberedPage<Contact>, StoreError> {
        let query = query.map(str::to_owned);
        let list = move |connection: &Connection| Ok(contacts::list(connection, of, scope, query.as_deref(), page)?);
        match scope {
            // The list is short: one row for each confession that the viewer follows.
            ContactScope::FollowedAdmins => self.read(list).await,
            ContactScope::Staff
            | ContactScope::StaffAndOwnSubscribers
            | ContactScope::Everyone
            | ContactScope::OwnSubscribers
            | ContactScope::EveryoneElse => self.scan(list).await,
        }
    }

    async fn affiliation(&self, id: UserId) -> Result<Option<Affiliation>, StoreError> {
        self.read(move |connection| Ok(affiliation(connection, id)?)).await
    }

    async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |connection| {
            let people = find_all(connection, &ids)?;
            let active: HashSet<UserId> = people
                .into_iter()
                .filter(|person| person.is_active)
                .map(|person| person.id)
                .collect();
            Ok(ids.into_iter().filter(|id| !active.contains(id)).collect())
        })
        .await
    }
}

#[async_trait]
impl DirectoryWriter for Sqlite {
    async fn import(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        self.write(None, move |connection| feed::import(connection, &document)).await
    }

    async fn import_with_note(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        let database = self.inner.path.clone();
        self.write(None, move |connection| {
            let outcome = feed::import(connection, &document)?;
            // The check comes as late as possible: a service that starts after it reads the whole directory anyway.
            if let Outcome::Keep(ImportOutcome::Done(changes)) = &outcome
                && !changes.is_empty()
                && ServiceLock::is_held(&database)
            {
                notes::leave(connection, changes)?;
            }
            Ok(outcome)
        })
        .await
    }

    async fn take_note(&self) -> Result<Option<DirectoryChanges>, StoreError> {
        if !self.read(|connection| Ok(notes::exists(connection)?)).await? {
            return Ok(None);
        }
        self.write(None, |connection| Ok(Outcome::Keep(notes::take(connection)?))).await
    }

    async fn unfollow(&self, subscription: Subscription) -> Result<DirectoryChanges, StoreError> {
        self.write(None, move |connection| Ok(Outcome::Keep(feed::unfollow(connection, subscription)?)))
            .await
    }

    async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.scan(|connection| Ok(feed::roster(connection)?)).await
    }
}
