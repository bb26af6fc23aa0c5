//! Folded names of the platform's accounts and confessions. They are in tables of Suhbat, since the platform's are only read, and are compared with the
//! platform's at the start and at intervals.

use diesel::{
    QueryableByName, sql_query,
    sql_types::{Array, BigInt, Integer, Text},
};
use diesel_async::RunQueryDsl as _;
use domain::search;

use super::super::Connection;
use crate::error::Result;

/// How many names are folded before they are written.
const ROWS: i64 = 1_000;

/// Accounts whose names were never folded, have changed since, or were folded by another version.
const CHANGED_USERS: &str = "SELECT u.id, u.username::text AS username, u.first_name::text AS first_name, u.last_name::text AS last_name
    FROM public.accounts_user u LEFT JOIN suhbat.user_names n ON n.user_id = u.id
    WHERE u.id > $1 AND (n.version, n.username, n.first_name, n.last_name) IS DISTINCT FROM ($2, u.username::text, u.first_name::text, u.last_name::text)
    ORDER BY u.id LIMIT $3";
const WRITE_USERS: &str = "INSERT INTO suhbat.user_names (user_id, username, first_name, last_name, searchable, version)
    SELECT id, username, first_name, last_name, searchable, $6 FROM unnest($1, $2, $3, $4, $5) AS folded (id, username, first_name, last_name, searchable)
    ON CONFLICT (user_id) DO UPDATE SET username = excluded.username, first_name = excluded.first_name, last_name = excluded.last_name,
        searchable = excluded.searchable, version = excluded.version";
const CHANGED_CONFESSIONS: &str = "SELECT c.id, c.name::text AS name
    FROM public.confessions_confession c LEFT JOIN suhbat.confession_names n ON n.confession_id = c.id
    WHERE c.id > $1 AND (n.version, n.name) IS DISTINCT FROM ($2, c.name::text) ORDER BY c.id LIMIT $3";
const WRITE_CONFESSIONS: &str = "INSERT INTO suhbat.confession_names (confession_id, name, searchable, version)
    SELECT id, name, searchable, $4 FROM unnest($1, $2, $3) AS folded (id, name, searchable)
    ON CONFLICT (confession_id) DO UPDATE SET name = excluded.name, searchable = excluded.searchable, version = excluded.version";
/// Names of accounts and confessions that the platform has removed.
const FORGET: [&str; 2] = [
    "DELETE FROM suhbat.user_names n WHERE NOT EXISTS (SELECT FROM public.accounts_user u WHERE u.id = n.user_id)",
    "DELETE FROM suhbat.confession_names n WHERE NOT EXISTS (SELECT FROM public.confessions_confession c WHERE c.id = n.confession_id)",
];

#[derive(QueryableByName)]
struct User {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    first_name: String,
    #[diesel(sql_type = Text)]
    last_name: String,
}

#[derive(QueryableByName)]
struct Confession {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
}

/// The version of the folding, as it is stored.
fn version() -> i32 {
    i32::try_from(search::VERSION).unwrap_or(i32::MAX)
}

/// Folds the names that the platform has changed.
pub(in super::super) async fn refresh(connection: &mut Connection) -> Result<()> {
    refresh_users(connection).await?;
    refresh_confessions(connection).await?;
    for statement in FORGET {
        sql_query(statement).execute(connection).await?;
    }
    Ok(())
}

async fn refresh_users(connection: &mut Connection) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let users: Vec<User> = sql_query(CHANGED_USERS)
            .bind::<BigInt, _>(after)
            .bind::<Integer, _>(version())
            .bind::<BigInt, _>(ROWS)
            .load(connection)
            .await?;
        let Some(last) = users.last() else { return Ok(()) };
        after = last.id;
        let searchable: Vec<String> = users
            .iter()
            .map(|user| search::names(&user.username, &user.first_name, &user.last_name))
            .collect();
        sql_query(WRITE_USERS)
            .bind::<Array<BigInt>, _>(users.iter().map(|user| user.id).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(users.iter().map(|user| &user.username).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(users.iter().map(|user| &user.first_name).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(users.iter().map(|user| &user.last_name).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(searchable)
            .bind::<Integer, _>(version())
            .execute(connection)
            .await?;
    }
}

async fn refresh_confessions(connection: &mut Connection) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let confessions: Vec<Confession> = sql_query(CHANGED_CONFESSIONS)
            .bind::<BigInt, _>(after)
            .bind::<Integer, _>(version())
            .bind::<BigInt, _>(ROWS)
            .load(connection)
            .await?;
        let Some(last) = confessions.last() else { return Ok(()) };
        after = last.id;
        let searchable: Vec<String> = confessions.iter().map(|confession| search::name(&confession.name)).collect();
        sql_query(WRITE_CONFESSIONS)
            .bind::<Array<BigInt>, _>(confessions.iter().map(|confession| confession.id).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(confessions.iter().map(|confession| &confession.name).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(searchable)
            .bind::<Integer, _>(version())
            .execute(connection)
            .await?;
    }
}
