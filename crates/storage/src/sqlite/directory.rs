//! People and communities.

mod contacts;
mod feed;

use std::collections::HashSet;

use async_trait::async_trait;
use domain::{
    id::UserId,
    page::{Listing, PageRequest},
    people::{Contact, DirectoryDocument, Person, Subscription},
    ports::{ContactScope, Directory, DirectoryFeed, Fed, RosterEntry, StoreError},
};
use rusqlite::Connection;

use super::{
    Sqlite, connection,
    rows::{all, array, first, person, person_columns},
    writer::Outcome,
};
#[cfg(test)]
pub(super) use contacts::queries as contact_queries;

/// The person with this id.
pub(super) fn find(connection: &Connection, id: UserId) -> rusqlite::Result<Option<Person>> {
    const SQL: &str = concat!("SELECT ", person_columns!("u"), " FROM accounts_user u WHERE u.id = ?1");
    first(connection, SQL, [id.0], |row| person(row, 0))
}

/// The people with these ids, in no order.
pub(super) fn find_all(connection: &Connection, ids: &[UserId]) -> rusqlite::Result<Vec<Person>> {
    const SQL: &str = concat!(
        "SELECT ",
        person_columns!("u"),
        " FROM rarray(?1) wanted CROSS JOIN accounts_user u ON u.id = wanted.value"
    );
    all(connection, SQL, [array(ids.iter().map(|id| id.0))], |row| person(row, 0))
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
    ) -> Result<Listing<Contact>, StoreError> {
        let part = query.map(connection::fold);
        self.read(move |connection| Ok(contacts::list(connection, of, scope, part.as_deref(), page)?))
            .await
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
impl DirectoryFeed for Sqlite {
    async fn import(&self, document: DirectoryDocument) -> Result<Fed, StoreError> {
        self.write(None, move |connection| feed::import(connection, &document)).await
    }

    async fn unfollow(&self, subscription: Subscription) -> Result<(), StoreError> {
        self.write(None, move |connection| {
            feed::unfollow(connection, subscription)?;
            Ok(Outcome::Keep(()))
        })
        .await
    }

    async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.read(|connection| Ok(feed::roster(connection)?)).await
    }
}
