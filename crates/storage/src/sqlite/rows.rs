//! Rows as the nouns of the domain.

use std::rc::Rc;

use domain::{
    id::{ConfessionId, UserId},
    page::PageRequest,
    people::{Confession, Person, Role},
};
use rusqlite::{CachedStatement, Connection, Params, Result, Row, types::Value};

use crate::error::Unreadable;

/// The columns of a person, by the name that the query has for `accounts_user`; read with [`person`].
macro_rules! person_columns {
    ($user:literal) => {
        concat!(
            $user,
            ".id, ",
            $user,
            ".username, ",
            $user,
            ".first_name, ",
            $user,
            ".last_name, ",
            $user,
            ".role, ",
            $user,
            ".avatar, ",
            $user,
            ".is_active"
        )
    };
}
pub(super) use person_columns;

/// How many columns a person has.
pub(super) const PERSON: usize = 7;

/// A person whose columns begin at `first`.
pub(super) fn person(row: &Row<'_>, first: usize) -> Result<Person> {
    let role = row.get_ref(first + 4)?.as_str()?;
    Ok(Person {
        id: UserId(row.get(first)?),
        username: row.get(first + 1)?,
        first_name: row.get(first + 2)?,
        last_name: row.get(first + 3)?,
        role: Role::parse(role).ok_or_else(|| {
            Unreadable {
                table: "accounts_user",
                column: "role",
            }
            .at(first + 4)
        })?,
        avatar: row.get(first + 5)?,
        is_active: row.get(first + 6)?,
    })
}

/// The columns of a confession, where the query calls `confessions_confession` `f`; read with [`confession`].
macro_rules! confession_columns {
    () => {
        "f.id, f.name, f.slug, f.admin_id"
    };
}
pub(super) use confession_columns;

/// A confession whose columns begin at `first`; `None` where an outer join found none.
pub(super) fn confession(row: &Row<'_>, first: usize) -> Result<Option<Confession>> {
    let Some(id) = row.get(first)? else { return Ok(None) };
    Ok(Some(Confession {
        id: ConfessionId(id),
        name: row.get(first + 1)?,
        slug: row.get(first + 2)?,
        admin: row.get::<_, Option<i64>>(first + 3)?.map(UserId),
    }))
}

/// A list of ids for `rarray(?)`: one statement for any number of them.
pub(super) fn array(ids: impl IntoIterator<Item = i64>) -> Rc<Vec<Value>> {
    Rc::new(ids.into_iter().map(Value::from).collect())
}

/// All rows of a query, prepared once for each connection.
pub(super) fn all<T>(connection: &Connection, sql: &str, params: impl Params, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut statement: CachedStatement<'_> = connection.prepare_cached(sql)?;
    statement.query_map(params, read)?.collect()
}

/// The first row of a query, prepared once for each connection; `None` if there is none.
pub(super) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement: CachedStatement<'_> = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// Runs a statement that answers with no rows, prepared once for each connection; how many rows it changed.
pub(super) fn run(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    connection.prepare_cached(sql)?.execute(params)
}

/// A number that is never negative in the schema.
pub(super) fn count(row: &Row<'_>, index: usize) -> Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// How many rows a page leaves out before it.
pub(super) fn offset(page: PageRequest) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}
