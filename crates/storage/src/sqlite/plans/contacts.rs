//! Plans of contacts and affiliations.

use super::{super::directory, assert_follows, database, plan};

#[test]
fn an_affiliation_is_found_by_keys() {
    for (sql, step) in [
        (
            directory::SELECT_ADMINISTERED.sql,
            "SEARCH f USING INDEX confessions_confession_admin (admin_id=?)",
        ),
        (directory::SELECT_FOLLOWED.sql, "SEARCH s USING PRIMARY KEY (user_id=?)"),
        (directory::SELECT_FOLLOWED.sql, "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)"),
    ] {
        let plan = plan(&database(), sql);
        assert!(plan.contains(step), "{plan}");
    }
}

/// The plan has no sort, and reads only this index.
fn assert_in_order(sql: &str, index: &str) {
    let plan = plan(&database(), sql);
    assert_eq!(plan, format!("SCAN u USING COVERING INDEX {index}"), "of\n{sql}");
}

#[test]
fn contacts_and_their_search_keys_come_from_one_index_in_its_order() {
    for (queries, index) in [
        (directory::EVERYONE, "accounts_user_active"),
        (directory::STAFF, "accounts_user_active_staff"),
    ] {
        for sql in [queries.page, queries.from_end, queries.names] {
            assert_in_order(sql, index);
        }
    }
    assert_in_order(directory::SELECT_STAFF_IDS.sql, "accounts_user_active_staff");
}

#[test]
fn totals_of_contacts_read_no_row_of_a_person() {
    for (queries, step) in [
        (directory::EVERYONE, "SCAN t"),
        (directory::STAFF, "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"),
    ] {
        let plan = plan(&database(), queries.total);
        let expected = [
            "SCALAR SUBQUERY",
            step,
            "SCALAR SUBQUERY",
            "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)",
        ];
        let steps: Vec<&str> = plan.lines().filter(|line| *line != "SCAN CONSTANT ROW").collect();
        assert!(
            steps.len() == expected.len() && steps.iter().zip(expected).all(|(step, expected)| step.starts_with(expected)),
            "{plan}"
        );
    }
}

#[test]
fn rows_of_a_page_of_contacts_are_found_by_their_keys() {
    for step in [
        "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH s USING PRIMARY KEY (user_id=?)",
        "SEARCH own USING COVERING INDEX confessions_confession_admin (admin_id=? AND rowid=?)",
    ] {
        let plan = plan(&database(), directory::SELECT_CONTACTS.sql);
        assert!(plan.contains(step), "expected {step:?} in the plan\n{plan}");
    }
}

#[test]
fn followers_of_an_admin_come_from_an_index_alone() {
    for (sql, step) in [
        (
            directory::SELECT_OWN_CONFESSIONS.sql,
            "SEARCH own USING INDEX confessions_confession_admin (admin_id=?)",
        ),
        (
            directory::SELECT_FOLLOWERS,
            "SEARCH s USING COVERING INDEX confessions_subscription_confession (confession_id=?)",
        ),
    ] {
        assert_follows(sql, step);
    }
    // The rows are few, so they may be sorted.
    for sql in [
        directory::SELECT_ACTIVE_AMONG,
        directory::SELECT_NAMED_AMONG.sql,
        directory::COUNT_ACTIVE_AMONG.sql,
    ] {
        let plan = plan(&database(), sql);
        assert!(plan.contains("SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
    }
}

#[test]
fn contacts_of_a_member_are_found_by_subscriptions() {
    for sql in [directory::SELECT_FOLLOWED_ADMINS.sql, directory::COUNT_FOLLOWED_ADMINS.sql] {
        let plan = plan(&database(), sql);
        assert!(plan.contains("SEARCH s USING PRIMARY KEY (user_id=?)"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}
