//! The two ways of finding an admin's own subscribers give the same result. The conformance suite checks the result itself.

use std::path::Path;

use super::*;
use crate::sqlite::{
    connection::{self, Purpose},
    schema,
};

const ADMIN: UserId = UserId(1);

/// Members 10 to 59: those up to `following` follow confession 1 of the admin, and those of them with an id divisible by 3 confession 2 too.
fn database(following: i64) -> Connection {
    let mut connection = connection::open(Path::new(":memory:"), Purpose::Write).unwrap();
    schema::migrate(&mut connection).unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active, searchable)
                 VALUES (1, 'admin', '', '', 'admin', 1, 'admin'), (2, 'super', '', '', 'superadmin', 1, 'super'), (3, 'gone', '', '', 'admin', 0, 'gone');
             INSERT INTO confessions_confession (id, name, slug, admin_id, searchable) VALUES (1, 'one', 'one', 1, 'one'), (2, 'two', 'two', 1, 'two');
             WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 59)
                 INSERT INTO accounts_user (id, username, first_name, last_name, role, is_active, searchable)
                 SELECT i, 'm' || (i * 7 % 50), '', '', 'user', i % 11 <> 0, 'm' || (i * 7 % 50) FROM n;
             INSERT INTO confessions_subscription SELECT id, 1 FROM accounts_user WHERE id BETWEEN 10 AND {following};
             INSERT INTO confessions_subscription SELECT id, 2 FROM accounts_user WHERE id BETWEEN 10 AND {following} AND id % 3 = 0;"
        ))
        .unwrap();
    connection
}

fn ids(connection: &Connection, few: bool, query: Option<&str>, page: PageRequest) -> (Vec<i64>, u64) {
    let query = query.map(|query| Query::parse(query).unwrap());
    let followers = Followers::of_all_confessions(connection, ADMIN, query.as_ref()).unwrap();
    let mut found = Found::new(page);
    own_subscribers(connection, ADMIN, &followers, few, query.as_ref(), &mut found).unwrap();
    (found.ids, found.total)
}

#[test]
fn looking_up_few_people_and_filtering_all_people_agree() {
    for following in [9, 12, 59] {
        let connection = database(following);
        for query in [None, Some("m1"), Some("one"), Some("two"), Some("s"), Some("nobody")] {
            for number in 1..=4 {
                let page = PageRequest::new(number, 5);
                let few = ids(&connection, true, query, page);
                assert_eq!(
                    few,
                    ids(&connection, false, query, page),
                    "{following} follow, q = {query:?}, page {number}"
                );
            }
        }
    }
    let (_, total) = ids(&database(59), true, Some("one"), PageRequest::new(1, 5));
    assert!(total > 10, "{total} are found by their only confession");
}

#[test]
fn an_admin_of_few_followers_in_a_large_directory_looks_them_up() {
    assert!(are_few(300, 100_000) && !are_few(50_000, 100_000));
}
