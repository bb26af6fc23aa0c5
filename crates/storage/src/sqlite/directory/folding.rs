//! The folded names in the rows, which a search compares without folding them.

use domain::search;
use rusqlite::{Connection, TransactionBehavior, params};

use super::super::rows::{FromRow, Query, query, row};

/// The number of rows that are read before they are written.
const ROWS: i64 = 1_000;

row!(
    struct PersonNames of accounts_user {
        id: i64,
        username: String,
        first_name: String,
        last_name: String,
    }
);

const SELECT_PEOPLE: Query<PersonNames> = query!(PersonNames as "u", "FROM accounts_user u WHERE u.id > ?1 ORDER BY u.id LIMIT ?2");

row!(
    struct ConfessionName of confessions_confession {
        id: i64,
        name: String,
    }
);

const SELECT_CONFESSIONS: Query<ConfessionName> =
    query!(ConfessionName as "f", "FROM confessions_confession f WHERE f.id > ?1 ORDER BY f.id LIMIT ?2");

/// Folds all names again if another version of the folding wrote them, as after an update of the program.
pub(in super::super) fn refold(connection: &mut Connection) -> rusqlite::Result<()> {
    if is_current(connection)? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have folded the names meanwhile.
    if is_current(&transaction)? {
        return Ok(());
    }
    each(
        &transaction,
        &SELECT_PEOPLE,
        "UPDATE accounts_user SET searchable = ?2 WHERE id = ?1",
        |row| (row.id, search::names(&row.username, &row.first_name, &row.last_name)),
    )?;
    each(
        &transaction,
        &SELECT_CONFESSIONS,
        "UPDATE confessions_confession SET searchable = ?2 WHERE id = ?1",
        |row| (row.id, search::name(&row.name)),
    )?;
    transaction.execute("UPDATE directory_folding SET version = ?1", [search::VERSION])?;
    transaction.commit()
}

fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    const SELECT_VERSION: Query<u32> = Query::value("SELECT version FROM directory_folding");
    Ok(SELECT_VERSION.one(connection, [])? == search::VERSION)
}

/// Reads a table part by part, in the order of its keys, and writes the folded text of each row.
fn each<T: FromRow>(connection: &Connection, select: &Query<T>, update: &str, folded: impl Fn(T) -> (i64, String)) -> rusqlite::Result<()> {
    let mut update = connection.prepare(update)?;
    let mut after = i64::MIN;
    loop {
        let rows: Vec<(i64, String)> = select.all(connection, [after, ROWS])?.into_iter().map(&folded).collect();
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        for (id, text) in rows {
            update.execute(params![id, text])?;
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{id::UserId, page::PageRequest, people::ContactScope};

    use super::*;
    use crate::sqlite::{
        Sqlite, SqliteConfig,
        connection::{self, Purpose},
        schema,
    };

    fn database() -> Connection {
        let mut connection = connection::open(std::path::Path::new(":memory:"), Purpose::Write).unwrap();
        schema::migrate(&mut connection).unwrap();
        connection
            .execute_batch(
                "INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active) VALUES (-5, 'ЩУКИН', 'Павел', '', 'admin', 1);
                 INSERT INTO confessions_confession (id, name, slug, admin_id) VALUES (1, 'Община «Свет»', 'c', -5);
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                     INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active) SELECT i, 'Name-' || i, '', '', 'user', 1 FROM n;",
            )
            .unwrap();
        connection
    }

    fn text(connection: &Connection, sql: &str) -> String {
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn names_of_another_version_are_folded_when_the_database_is_opened() {
        let mut connection = database();
        refold(&mut connection).unwrap();
        let person = text(&connection, "SELECT searchable FROM accounts_user WHERE id = -5");
        assert_eq!(person, search::names("ЩУКИН", "Павел", ""));
        let last = text(&connection, "SELECT searchable FROM accounts_user WHERE id = 2500");
        assert_eq!(last, search::names("Name-2500", "", ""));
        let confession = text(&connection, "SELECT searchable FROM confessions_confession");
        assert_eq!(confession, "obshina svet");
    }

    /// Version 1 only made characters lower case, and put a control character between username and name.
    #[test]
    fn names_that_version_1_wrote_are_found_in_every_spelling_once_the_database_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        drop(Sqlite::open(SqliteConfig::at(&path)).unwrap());
        let old = connection::open(&path, Purpose::Write).unwrap();
        old.execute_batch(
            "INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active, searchable)
                 VALUES (5, 'Pavel', 'Павел', 'Щукин', 'admin', 1, 'pavel' || char(31) || 'павел щукин'),
                     (6, 'oktam', 'Oʻktam', 'Gʻaniyev', 'user', 1, 'oktam' || char(31) || 'oʻktam gʻaniyev');
             INSERT INTO confessions_confession (id, name, slug, admin_id, searchable) VALUES (1, 'Община «Свет»', 'c', 5, 'община «свет»');
             INSERT INTO confessions_subscription (user_id, confession_id) VALUES (6, 1);
             UPDATE directory_folding SET version = 1;",
        )
        .unwrap();
        drop(old);
        drop(Sqlite::open(SqliteConfig::at(&path)).unwrap());
        let connection = connection::open(&path, Purpose::Write).unwrap();
        assert!(is_current(&connection).unwrap());
        let found = |of: i64, scope, query: &str| {
            let page = PageRequest::new(1, 10);
            let listing = super::super::contacts::list(&connection, UserId(of), scope, Some(query), page).unwrap();
            listing.items.iter().map(|contact| contact.person.id.0).collect::<Vec<_>>()
        };
        for query in ["shukin", "pavel shukin", "щукин павел", "svet obshina"] {
            assert_eq!(found(6, ContactScope::FollowedAdmins, query), [5], "{query}");
        }
        for query in ["g'aniyev", "ганиев", "ganiev oktam", "svet"] {
            assert_eq!(found(5, ContactScope::Everyone, query), [6], "{query}");
        }
    }

    #[test]
    fn names_of_this_version_are_left_alone() {
        let mut connection = database();
        refold(&mut connection).unwrap();
        connection.execute("UPDATE accounts_user SET searchable = 'kept'", []).unwrap();
        refold(&mut connection).unwrap();
        assert_eq!(text(&connection, "SELECT searchable FROM accounts_user WHERE id = 7"), "kept");
        connection.execute("UPDATE directory_folding SET version = 1", []).unwrap();
        refold(&mut connection).unwrap();
        assert_ne!(text(&connection, "SELECT searchable FROM accounts_user WHERE id = 7"), "kept");
    }
}
