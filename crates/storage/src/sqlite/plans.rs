//! Proof that what lists, histories and marks stand on is found by an index, in the order of the index.

use std::path::Path;

use domain::{conversation::ListFilter, id::ConfessionId, ports::ContactScope, ports::Shown};
use rusqlite::Connection;

use super::{
    connection::{self, Purpose},
    conversations, directory, messages, receipts, schema,
};

/// An empty database as the service has it. Plans do not depend on rows, since nothing is ever analysed.
fn database() -> Connection {
    let mut connection = connection::open(Path::new(":memory:"), Purpose::Write).unwrap();
    schema::migrate(&mut connection).unwrap();
    connection
}

/// The steps of the plan, one a line.
fn plan(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let nulls = rusqlite::params_from_iter(std::iter::repeat_n(rusqlite::types::Null, count));
    let steps: Vec<String> = statement.query_map(nulls, |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    steps.join("\n")
}

/// Nothing is sorted, nothing is read from one end to the other, and this step is among the plan's.
fn assert_follows(sql: &str, step: &str) {
    let plan = plan(&database(), sql);
    assert!(plan.contains(step), "expected {step:?} in the plan\n{plan}\nof\n{sql}");
    assert!(!plan.contains("TEMP B-TREE"), "sorts:\n{plan}\nof\n{sql}");
    let scans =
        |line: &&str| line.starts_with("SCAN") && !line.contains("rarray") && !line.contains("wanted") && !line.contains("CONSTANT ROW");
    assert_eq!(plan.lines().find(scans), None, "scans:\n{plan}\nof\n{sql}");
}

#[test]
fn a_list_page_is_a_range_of_an_index_in_its_order() {
    let in_confession = Some(ConfessionId(1));
    let list = "SEARCH p USING COVERING INDEX messaging_participants_list (user_id=?)";
    let confession = "SEARCH p USING COVERING INDEX messaging_participants_confession (user_id=? AND confession_id=?)";
    let unread = "SEARCH p USING COVERING INDEX messaging_participants_unread (user_id=?)";
    for (filter, step) in [
        (ListFilter::default(), list),
        (
            ListFilter {
                confession: in_confession,
                ..ListFilter::default()
            },
            confession,
        ),
        (
            ListFilter {
                unread: true,
                ..ListFilter::default()
            },
            unread,
        ),
        (
            ListFilter {
                unread: true,
                confession: in_confession,
                ..ListFilter::default()
            },
            unread,
        ),
    ] {
        assert_follows(&conversations::ids_query(&filter), step);
    }
}

#[test]
fn a_search_reads_only_the_rows_of_the_person() {
    let index = "USING INDEX messaging_participants_list (user_id=?)";
    assert_follows(
        &conversations::ids_query(&ListFilter {
            query: Some("x".to_owned()),
            ..ListFilter::default()
        }),
        index,
    );
}

#[test]
fn totals_of_lists_read_one_row_for_each_confession() {
    let totals = "SEARCH t USING PRIMARY KEY (user_id=?";
    assert_follows(&conversations::total_query(&ListFilter::default()), totals);
    assert_follows(
        &conversations::total_query(&ListFilter {
            confession: Some(ConfessionId(1)),
            ..ListFilter::default()
        }),
        totals,
    );
}

#[test]
fn unread_messages_are_summed_in_the_index_of_unread_conversations() {
    let unread = "SEARCH p USING COVERING INDEX messaging_participants_unread (user_id=?)";
    assert_follows(conversations::unread_total_query(), unread);
    assert_follows(
        &conversations::total_query(&ListFilter {
            unread: true,
            ..ListFilter::default()
        }),
        unread,
    );
}

#[test]
fn rows_of_a_list_page_are_found_by_their_keys() {
    for (sql, step) in [
        (conversations::ITEMS, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
        (conversations::PARTICIPANTS, "SEARCH p USING PRIMARY KEY (conversation_id=?)"),
    ] {
        assert_follows(sql, step);
    }
}

#[test]
fn a_window_of_the_history_is_a_range_of_an_index_in_its_order() {
    let history = "USING COVERING INDEX messaging_message_history (conversation_id=? AND id";
    let pinned = "USING COVERING INDEX messaging_message_pinned (conversation_id=? AND id";
    for (shown, step) in [
        (
            Shown {
                deleted: false,
                pinned_only: false,
            },
            history,
        ),
        (
            Shown {
                deleted: true,
                pinned_only: false,
            },
            history,
        ),
        (
            Shown {
                deleted: false,
                pinned_only: true,
            },
            pinned,
        ),
    ] {
        let queries = messages::queries(shown);
        assert_follows(queries.older, step);
        assert_follows(queries.newer, step);
    }
}

#[test]
fn totals_of_histories_count_nothing_but_pinned_messages() {
    let row = "SEARCH messaging_conversation USING INTEGER PRIMARY KEY (rowid=?)";
    assert_follows(
        messages::queries(Shown {
            deleted: false,
            pinned_only: false,
        })
        .total,
        row,
    );
    assert_follows(
        messages::queries(Shown {
            deleted: true,
            pinned_only: false,
        })
        .total,
        row,
    );
    let pinned = "USING COVERING INDEX messaging_message_pinned (conversation_id=?)";
    assert_follows(
        messages::queries(Shown {
            deleted: false,
            pinned_only: true,
        })
        .total,
        pinned,
    );
}

#[test]
fn changes_are_a_range_of_the_index_of_numbers() {
    assert_follows(
        messages::CHANGES,
        "USING COVERING INDEX messaging_message_seq (conversation_id=? AND seq>?)",
    );
}

#[test]
fn messages_and_what_belongs_to_them_are_found_by_their_keys() {
    for (sql, step) in [
        (messages::MESSAGES, "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"),
        (messages::RECEIPTS, "SEARCH r USING PRIMARY KEY (message_id=?)"),
        (
            messages::ATTACHMENTS,
            "SEARCH a USING INDEX messaging_messageattachment_message (message_id=?)",
        ),
        (messages::FILE, "SEARCH a USING INTEGER PRIMARY KEY (rowid=?)"),
        (messages::FILE, "SEARCH p USING PRIMARY KEY (conversation_id=? AND user_id=?)"),
        (
            messages::FILES,
            "SEARCH a USING COVERING INDEX messaging_messageattachment_file (file=?)",
        ),
        (
            messages::THUMBNAILS,
            "SEARCH a USING COVERING INDEX messaging_messageattachment_thumbnail (thumbnail=?)",
        ),
    ] {
        assert_follows(sql, step);
    }
}

#[test]
fn a_name_of_a_message_is_found_by_its_key() {
    assert_follows(
        messages::ALREADY_SENT,
        "USING INDEX messaging_message_client (sender_id=? AND client_id=?)",
    );
}

#[test]
fn marking_reads_the_range_that_is_marked_and_nothing_else() {
    let range = "SEARCH m USING COVERING INDEX messaging_message_history (conversation_id=? AND id>?";
    for sql in [
        receipts::READ_RANGE,
        receipts::UNREAD,
        receipts::DELIVER,
        receipts::UNDELIVERED,
        receipts::READ_SINCE,
    ] {
        assert_follows(sql, range);
    }
    for mark in [receipts::READ, receipts::DELIVERED] {
        assert_follows(mark.blocker, range);
        assert_follows(mark.newest, range);
    }
}

#[test]
fn contacts_come_in_the_order_of_an_index() {
    for (scope, index) in [
        (ContactScope::Everyone, "accounts_user_active"),
        (ContactScope::StaffAndOwnSubscribers, "accounts_user_active"),
        (ContactScope::Staff, "accounts_user_active_staff"),
    ] {
        let (page, _) = directory::contact_queries(scope, false);
        let plan = plan(&database(), &page);
        assert!(plan.contains(&format!("SCAN u USING INDEX {index}\n")), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn contacts_of_a_member_are_found_by_what_they_follow() {
    let (page, _) = directory::contact_queries(ContactScope::FollowedAdmins, false);
    let plan = plan(&database(), &page);
    assert!(plan.contains("SEARCH s USING PRIMARY KEY (user_id=?)"), "{plan}");
}

#[test]
fn every_index_is_used_by_a_query_or_is_a_guard() {
    let guards = ["messaging_conversation_same", "messaging_message_client", "messaging_message_seq"];
    let proven = [
        "accounts_user_active",
        "accounts_user_active_staff",
        "confessions_confession_admin",
        "messaging_message_history",
        "messaging_message_pinned",
        "messaging_messageattachment_file",
        "messaging_messageattachment_message",
        "messaging_messageattachment_thumbnail",
        "messaging_participants_confession",
        "messaging_participants_list",
        "messaging_participants_unread",
    ];
    let mut expected: Vec<&str> = guards.into_iter().chain(proven).collect();
    expected.sort_unstable();
    let connection = database();
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
        .unwrap();
    let indexes: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(indexes, expected, "an index needs a reason: prove its use above and name it here");
}

#[test]
fn what_two_people_share_is_found_by_keys() {
    for (sql, step) in [
        (
            conversations::THEIRS,
            "SEARCH f USING INDEX confessions_confession_admin (admin_id=?)",
        ),
        (conversations::OURS, "SEARCH s USING PRIMARY KEY (user_id=?"),
    ] {
        let plan = plan(&database(), sql);
        assert!(plan.contains(step), "{plan}");
    }
}

#[test]
fn sending_touches_rows_by_their_keys() {
    for (sql, step) in [
        (conversations::EVERYBODY, "SEARCH p USING PRIMARY KEY (conversation_id=?)"),
        (conversations::EVERYBODY, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"),
        (conversations::GATE, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
        (conversations::GATE, "SEARCH s USING PRIMARY KEY (user_id=? AND confession_id=?)"),
        (messages::INSERT, ""),
        (messages::RAISE, "SEARCH messaging_conversation USING INTEGER PRIMARY KEY (rowid=?)"),
        (
            messages::COUNT,
            "SEARCH messaging_conversation_participants USING PRIMARY KEY (conversation_id=?)",
        ),
    ] {
        assert_follows(sql, step);
    }
}
