//! Imports of the directory.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
};

use diesel::{ExpressionMethods as _, Insertable, QueryDsl as _, SelectableHelper as _, upsert::excluded};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use domain::{
    feeding::{self, DirectoryChanges},
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Person, Subscription},
    ports::{ImportOutcome, RosterEntry},
    search,
    settings::Language,
};

use super::super::{
    Connection, Outcome,
    rows::{ConfessionRow, PersonRow},
    schema::{accounts_user, accounts_user_language, confessions_confession, confessions_subscription},
};
use crate::error::{CorruptValueError, Result};

/// How many rows one statement stores: it has 65,535 parameters at most.
const ROWS: usize = 1_000;

/// Takes a whole document or nothing.
pub(in super::super) async fn import(connection: &mut Connection, document: &DirectoryDocument) -> Result<Outcome<ImportOutcome>> {
    // One import at a time; acts go on reading, and refer to accounts.
    connection
        .batch_execute("LOCK TABLE accounts_user, confessions_confession, confessions_subscription IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let stored = Rows::load(connection, document).await?;
    let bad = match feeding::judge(document, &stored) {
        Ok(bad) => bad,
        Err(never) => match never {},
    };
    if !bad.is_empty() {
        return Ok(Outcome::Discard(ImportOutcome::Rejected(bad)));
    }
    let mut changes = DirectoryChanges::default();
    put_users(connection, document, &stored, &mut changes).await?;
    put_languages(connection, document).await?;
    put_confessions(connection, document, &stored, &mut changes).await?;
    put_subscriptions(connection, document, &mut changes).await?;
    Ok(Outcome::Keep(ImportOutcome::Done(changes)))
}

/// The stored rows with the ids and names of a document.
struct Rows {
    users: HashMap<UserId, Person>,
    confessions: HashMap<ConfessionId, Confession>,
    usernames: HashMap<String, UserId>,
    names: HashMap<String, ConfessionId>,
    slugs: HashMap<String, ConfessionId>,
}

impl Rows {
    async fn load(connection: &mut Connection, document: &DirectoryDocument) -> Result<Self> {
        let admins = document.confessions.iter().filter_map(|confession| confession.admin);
        let followers = document.subscriptions.iter().map(|subscription| subscription.user);
        let users = distinct(
            document
                .users
                .iter()
                .map(|user| user.id)
                .chain(admins)
                .chain(followers)
                .map(|id| id.0),
        );
        let usernames = distinct(document.users.iter().map(|user| user.username.as_str()));
        let followed = document.subscriptions.iter().map(|subscription| subscription.confession);
        let confessions = distinct(
            document
                .confessions
                .iter()
                .map(|confession| confession.id)
                .chain(followed)
                .map(|id| id.0),
        );
        let names = distinct(document.confessions.iter().map(|confession| confession.name.as_str()));
        let slugs = distinct(document.confessions.iter().map(|confession| confession.slug.as_str()));

        let users: Vec<PersonRow> = accounts_user::table
            .filter(accounts_user::id.eq_any(users))
            .select(PersonRow::as_select())
            .load(connection)
            .await?;
        let usernames: Vec<(String, i64)> = accounts_user::table
            .filter(accounts_user::username.eq_any(usernames))
            .select((accounts_user::username, accounts_user::id))
            .load(connection)
            .await?;
        let confessions: Vec<ConfessionRow> = confessions_confession::table
            .filter(confessions_confession::id.eq_any(confessions))
            .select(ConfessionRow::as_select())
            .load(connection)
            .await?;
        let names: Vec<(String, i64)> = confessions_confession::table
            .filter(confessions_confession::name.eq_any(names))
            .select((confessions_confession::name, confessions_confession::id))
            .load(connection)
            .await?;
        let slugs: Vec<(String, i64)> = confessions_confession::table
            .filter(confessions_confession::slug.eq_any(slugs))
            .select((confessions_confession::slug, confessions_confession::id))
            .load(connection)
            .await?;
        let users = users.into_iter().map(|row| Person::try_from(row).map(|person| (person.id, person)));
        let of_confessions = |rows: Vec<(String, i64)>| rows.into_iter().map(|(text, id)| (text, ConfessionId(id))).collect();
        Ok(Self {
            users: users.collect::<std::result::Result<_, CorruptValueError>>()?,
            confessions: confessions
                .into_iter()
                .map(Confession::from)
                .map(|confession| (confession.id, confession))
                .collect(),
            usernames: usernames.into_iter().map(|(text, id)| (text, UserId(id))).collect(),
            names: of_confessions(names),
            slugs: of_confessions(slugs),
        })
    }
}

fn distinct<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.collect::<HashSet<_>>().into_iter().collect()
}

impl feeding::Stored for Rows {
    type Error = Infallible;

    fn username(&self, username: &str) -> std::result::Result<Option<UserId>, Infallible> {
        Ok(self.usernames.get(username).copied())
    }

    fn confession_name(&self, name: &str) -> std::result::Result<Option<ConfessionId>, Infallible> {
        Ok(self.names.get(name).copied())
    }

    fn slug(&self, slug: &str) -> std::result::Result<Option<ConfessionId>, Infallible> {
        Ok(self.slugs.get(slug).copied())
    }

    fn has_user(&self, id: UserId) -> std::result::Result<bool, Infallible> {
        Ok(self.users.contains_key(&id))
    }

    fn has_confession(&self, id: ConfessionId) -> std::result::Result<bool, Infallible> {
        Ok(self.confessions.contains_key(&id))
    }
}

#[derive(Insertable)]
#[diesel(table_name = accounts_user)]
struct NewPerson<'d> {
    id: i64,
    username: &'d str,
    first_name: &'d str,
    last_name: &'d str,
    role: &'d str,
    avatar: Option<&'d str>,
    is_active: bool,
    searchable: String,
}

/// Stores the accounts that are not stored so already. Names may change hands inside a document, in any order of its rows, since they are compared at the
/// end of the transaction.
async fn put_users(connection: &mut Connection, document: &DirectoryDocument, stored: &Rows, changes: &mut DirectoryChanges) -> Result<()> {
    let differing: Vec<&Person> = feeding::rows_that_count(&document.users, |user| user.id)
        .filter(|user| stored.users.get(&user.id) != Some(user))
        .collect();
    for users in differing.chunks(ROWS) {
        let rows = users.iter().map(|user| NewPerson {
            id: user.id.0,
            username: &user.username,
            first_name: &user.first_name,
            last_name: &user.last_name,
            role: user.role.as_str(),
            avatar: user.avatar.as_deref(),
            is_active: user.is_active,
            searchable: search::names_of(user),
        });
        diesel::insert_into(accounts_user::table)
            .values(rows.collect::<Vec<_>>())
            .on_conflict(accounts_user::id)
            .do_update()
            .set((
                accounts_user::username.eq(excluded(accounts_user::username)),
                accounts_user::first_name.eq(excluded(accounts_user::first_name)),
                accounts_user::last_name.eq(excluded(accounts_user::last_name)),
                accounts_user::role.eq(excluded(accounts_user::role)),
                accounts_user::avatar.eq(excluded(accounts_user::avatar)),
                accounts_user::is_active.eq(excluded(accounts_user::is_active)),
                accounts_user::searchable.eq(excluded(accounts_user::searchable)),
            ))
            .execute(connection)
            .await?;
    }
    for user in differing {
        changes.user(stored.users.get(&user.id), user);
    }
    Ok(())
}

/// Stores the languages of the accounts of the document, and removes those of accounts that have none in it.
async fn put_languages(connection: &mut Connection, document: &DirectoryDocument) -> Result<()> {
    let users: Vec<i64> = document.users.iter().map(|user| user.id.0).collect();
    let stored: Vec<(i64, String)> = accounts_user_language::table
        .filter(accounts_user_language::user_id.eq_any(users))
        .load(connection)
        .await?;
    let stored: HashMap<UserId, String> = stored.into_iter().map(|(id, language)| (UserId(id), language)).collect();
    let differs = |(user, language): &(&UserId, &Language)| stored.get(user).map(String::as_str) != Some(language.as_str());
    let differing: Vec<_> = document.languages.iter().filter(differs).collect();
    for languages in differing.chunks(ROWS) {
        let rows = languages.iter().map(|(user, language)| {
            (
                accounts_user_language::user_id.eq(user.0),
                accounts_user_language::language.eq(language.as_str()),
            )
        });
        diesel::insert_into(accounts_user_language::table)
            .values(rows.collect::<Vec<_>>())
            .on_conflict(accounts_user_language::user_id)
            .do_update()
            .set(accounts_user_language::language.eq(excluded(accounts_user_language::language)))
            .execute(connection)
            .await?;
    }
    let removed = stored
        .keys()
        .filter(|user| !document.languages.contains_key(user))
        .map(|user| user.0);
    diesel::delete(accounts_user_language::table.filter(accounts_user_language::user_id.eq_any(removed.collect::<Vec<_>>())))
        .execute(connection)
        .await?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = confessions_confession)]
struct NewConfession<'d> {
    id: i64,
    name: &'d str,
    slug: &'d str,
    admin_id: Option<i64>,
    searchable: String,
}

async fn put_confessions(
    connection: &mut Connection,
    document: &DirectoryDocument,
    stored: &Rows,
    changes: &mut DirectoryChanges,
) -> Result<()> {
    let differing: Vec<&Confession> = feeding::rows_that_count(&document.confessions, |confession| confession.id)
        .filter(|confession| stored.confessions.get(&confession.id) != Some(confession))
        .collect();
    for confessions in differing.chunks(ROWS) {
        let rows = confessions.iter().map(|confession| NewConfession {
            id: confession.id.0,
            name: &confession.name,
            slug: &confession.slug,
            admin_id: confession.admin.map(|admin| admin.0),
            searchable: search::name_of(confession),
        });
        diesel::insert_into(confessions_confession::table)
            .values(rows.collect::<Vec<_>>())
            .on_conflict(confessions_confession::id)
            .do_update()
            .set((
                confessions_confession::name.eq(excluded(confessions_confession::name)),
                confessions_confession::slug.eq(excluded(confessions_confession::slug)),
                confessions_confession::admin_id.eq(excluded(confessions_confession::admin_id)),
                confessions_confession::searchable.eq(excluded(confessions_confession::searchable)),
            ))
            .execute(connection)
            .await?;
    }
    for confession in differing {
        changes.confession(stored.confessions.get(&confession.id), confession);
    }
    Ok(())
}

async fn put_subscriptions(connection: &mut Connection, document: &DirectoryDocument, changes: &mut DirectoryChanges) -> Result<()> {
    for subscriptions in document.subscriptions.chunks(ROWS) {
        let rows = subscriptions.iter().map(|subscription| {
            (
                confessions_subscription::user_id.eq(subscription.user.0),
                confessions_subscription::confession_id.eq(subscription.confession.0),
            )
        });
        let new: Vec<(i64, i64)> = diesel::insert_into(confessions_subscription::table)
            .values(rows.collect::<Vec<_>>())
            .on_conflict_do_nothing()
            .returning((confessions_subscription::user_id, confessions_subscription::confession_id))
            .get_results(connection)
            .await?;
        for (user, confession) in new {
            changes.subscription(
                Subscription {
                    user: UserId(user),
                    confession: ConfessionId(confession),
                },
                false,
            );
        }
    }
    Ok(())
}

/// Deletes the subscription, which need not be there.
pub(super) async fn unfollow(connection: &mut Connection, subscription: Subscription) -> Result<DirectoryChanges> {
    let ended = diesel::delete(confessions_subscription::table.find((subscription.user.0, subscription.confession.0)))
        .execute(connection)
        .await?;
    let mut changes = DirectoryChanges::default();
    if ended > 0 {
        changes.subscription(subscription, true);
    }
    Ok(changes)
}

/// Everybody active, with the confessions that they follow or administer.
pub(super) async fn roster(mut connection: &Connection) -> Result<Vec<RosterEntry>> {
    let people: Vec<PersonRow> = accounts_user::table
        .filter(accounts_user::is_active)
        .order(accounts_user::id)
        .select(PersonRow::as_select())
        .load(&mut connection)
        .await?;
    let confessions: Vec<ConfessionRow> = confessions_confession::table
        .order(confessions_confession::id)
        .select(ConfessionRow::as_select())
        .load(&mut connection)
        .await?;
    let follows: Vec<(i64, i64)> = confessions_subscription::table.load(&mut connection).await?;
    let mut followers: HashMap<ConfessionId, HashSet<UserId>> = HashMap::new();
    for (user, confession) in follows {
        followers.entry(ConfessionId(confession)).or_default().insert(UserId(user));
    }
    let mut of: HashMap<UserId, Vec<Confession>> = HashMap::new();
    for confession in confessions.into_iter().map(Confession::from) {
        let mut concerned = followers.remove(&confession.id).unwrap_or_default();
        concerned.extend(confession.admin);
        for user in concerned {
            of.entry(user).or_default().push(confession.clone());
        }
    }
    let entries = people.into_iter().map(|row| {
        let person = Person::try_from(row)?;
        Ok(RosterEntry {
            confessions: of.remove(&person.id).unwrap_or_default(),
            person,
        })
    });
    Ok(entries.collect::<std::result::Result<_, CorruptValueError>>()?)
}
