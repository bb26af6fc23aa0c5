//! People and communities.

mod contacts;
mod feed;
mod folding;

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use domain::{
    feeding::DirectoryChanges,
    id::UserId,
    page::{NumberedPage, PageRequest},
    people::{Affiliation, Contact, ContactScope, DirectoryDocument, Person, Subscription},
    ports::{Directory, DirectoryWriter, ImportOutcome, RosterEntry, StoreError},
};
pub(super) use feed::import;
pub(super) use folding::refold;

use super::{
    Connection, Outcome, Postgres,
    rows::{ConfessionRow, PersonRow},
    schema::{accounts_user, confessions_confession, confessions_subscription, directory_changes},
};
use crate::{error::Result as Loaded, notes};

/// The person with this id.
pub(super) async fn find(mut connection: &Connection, id: UserId) -> Loaded<Option<Person>> {
    let row: Option<PersonRow> = accounts_user::table
        .find(id.0)
        .select(PersonRow::as_select())
        .first(&mut connection)
        .await
        .optional()?;
    Ok(row.map(Person::try_from).transpose()?)
}

async fn affiliation(mut connection: &Connection, id: UserId) -> Loaded<Option<Affiliation>> {
    let Some(person) = find(connection, id).await? else {
        return Ok(None);
    };
    let administers: Vec<ConfessionRow> = confessions_confession::table
        .filter(confessions_confession::admin_id.eq(id.0))
        .order(confessions_confession::id)
        .select(ConfessionRow::as_select())
        .load(&mut connection)
        .await?;
    let follows: Vec<ConfessionRow> = confessions_subscription::table
        .inner_join(confessions_confession::table)
        .filter(confessions_subscription::user_id.eq(id.0))
        .order(confessions_confession::id)
        .select(ConfessionRow::as_select())
        .load(&mut connection)
        .await?;
    Ok(Some(Affiliation {
        person,
        administers: administers.into_iter().map(Into::into).collect(),
        follows: follows.into_iter().map(Into::into).collect(),
    }))
}

async fn inactive_among(mut connection: &Connection, ids: Vec<UserId>) -> Loaded<Vec<UserId>> {
    let active: Vec<i64> = accounts_user::table
        .filter(accounts_user::id.eq_any(ids.iter().map(|id| id.0).collect::<Vec<_>>()))
        .filter(accounts_user::is_active)
        .select(accounts_user::id)
        .load(&mut connection)
        .await?;
    let active: HashSet<i64> = active.into_iter().collect();
    Ok(ids.into_iter().filter(|id| !active.contains(&id.0)).collect())
}

#[async_trait]
impl Directory for Postgres {
    async fn person(&self, id: UserId) -> Result<Option<Person>, StoreError> {
        self.read_once(move |connection| Box::pin(find(connection, id))).await
    }

    async fn contacts(
        &self,
        of: UserId,
        scope: ContactScope,
        query: Option<&str>,
        page: PageRequest,
    ) -> Result<NumberedPage<Contact>, StoreError> {
        let query = query.map(str::to_owned);
        self.read(move |connection| Box::pin(contacts::list(connection, of, scope, query, page)))
            .await
    }

    async fn affiliation(&self, id: UserId) -> Result<Option<Affiliation>, StoreError> {
        self.read(move |connection| Box::pin(affiliation(connection, id))).await
    }

    async fn inactive_among(&self, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let ids = ids.to_vec();
        self.read_once(move |connection| Box::pin(inactive_among(connection, ids))).await
    }
}

#[async_trait]
impl DirectoryWriter for Postgres {
    async fn import(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        let document = Arc::new(document);
        self.write(move |connection| {
            let document = document.clone();
            Box::pin(async move { Ok(Ok(feed::import(connection, &document).await?)) })
        })
        .await
    }

    /// A note is left in any case: a service may run on another machine.
    async fn import_with_note(&self, document: DirectoryDocument) -> Result<ImportOutcome, StoreError> {
        let document = Arc::new(document);
        self.write(move |connection| {
            let document = document.clone();
            Box::pin(async move {
                let outcome = feed::import(connection, &document).await?;
                if let Outcome::Keep(ImportOutcome::Done(changes)) = &outcome
                    && !changes.is_empty()
                {
                    diesel::insert_into(directory_changes::table)
                        .values(directory_changes::changes.eq(notes::write(changes)?))
                        .execute(connection)
                        .await?;
                }
                Ok(Ok(outcome))
            })
        })
        .await
    }

    async fn take_note(&self) -> Result<Option<DirectoryChanges>, StoreError> {
        if !self.read_once(|connection| Box::pin(has_note(connection))).await? {
            return Ok(None);
        }
        self.write(|connection| Box::pin(async move { Ok(Ok(Outcome::Keep(take_note(connection).await?))) }))
            .await
    }

    async fn unfollow(&self, subscription: Subscription) -> Result<DirectoryChanges, StoreError> {
        self.write(move |connection| Box::pin(async move { Ok(Ok(Outcome::Keep(feed::unfollow(connection, subscription).await?))) }))
            .await
    }

    async fn roster(&self) -> Result<Vec<RosterEntry>, StoreError> {
        self.read(|connection| Box::pin(feed::roster(connection))).await
    }
}

async fn has_note(mut connection: &Connection) -> Loaded<bool> {
    let notes = directory_changes::table.select(directory_changes::id);
    Ok(diesel::select(diesel::dsl::exists(notes)).get_result(&mut connection).await?)
}

/// Removes the oldest note, and reads it. Of two services that ask at once each gets another one.
async fn take_note(connection: &mut Connection) -> Loaded<Option<DirectoryChanges>> {
    let oldest: Option<(i64, String)> = directory_changes::table
        .order(directory_changes::id)
        .for_update()
        .skip_locked()
        .first(connection)
        .await
        .optional()?;
    let Some((id, text)) = oldest else { return Ok(None) };
    diesel::delete(directory_changes::table.find(id)).execute(connection).await?;
    Ok(Some(notes::read(&text)?))
}
