//! Tests that the queries of lists, histories and marks read an index, in its order.

use std::path::Path;

use domain::{
    conversation::{ListCounts, ListFilter},
    id::ConfessionId,
    ports::MessageFilter,
};
use rusqlite::Connection;

use super::{
    connection::{self, Purpose},
    conversations, directory, messages, receipts, schema,
};

/// An empty database with the schema and settings of the service. Plans do not depend on rows, since `ANALYZE` is never run.
fn database() -> Connection {
    let mut connection = connection::open(Path::new(":memory:"), Purpose::Write).unwrap();
    schema::migrate(&mut connection).unwrap();
    connection
}

/// The steps of the query plan, one per line.
fn plan(connection: &Connection, sql: &str) -> String {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let nulls = rusqlite::params_from_iter(std::iter::repeat_n(rusqlite::types::Null, count));
    let steps: Vec<String> = statement.query_map(nulls, |row| row.get(3)).unwrap().map(Result::unwrap).collect();
    steps.join("\n")
}

/// The plan has no sort and no full scan, and contains this step.
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
    let unread = "SEARCH p USING COVERING INDEX messaging_participants_to_read (user_id=?)";
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
fn the_lists_of_those_who_wait_and_of_the_archive_have_indexes_of_their_own() {
    let waiting = "SEARCH p USING COVERING INDEX messaging_participants_waiting (user_id=?";
    let archived = "SEARCH p USING COVERING INDEX messaging_participants_archived (user_id=?";
    let in_confession = Some(ConfessionId(1));
    for confession in [None, in_confession] {
        for (filter, step) in [
            (
                ListFilter {
                    waiting: true,
                    confession,
                    ..ListFilter::default()
                },
                waiting,
            ),
            (
                ListFilter {
                    waiting: true,
                    archived: Some(false),
                    confession,
                    ..ListFilter::default()
                },
                waiting,
            ),
            (
                ListFilter {
                    archived: Some(true),
                    confession,
                    ..ListFilter::default()
                },
                archived,
            ),
        ] {
            assert_follows(&conversations::ids_query(&filter), step);
            assert_follows(&conversations::total_query(&filter), step);
        }
    }
}

#[test]
fn a_list_without_the_archive_is_read_in_its_order() {
    let present = ListFilter {
        archived: Some(false),
        ..ListFilter::default()
    };
    assert_follows(
        &conversations::ids_query(&present),
        "SEARCH p USING INDEX messaging_participants_list (user_id=?)",
    );
    let unread = ListFilter { unread: true, ..present };
    assert_follows(
        &conversations::ids_query(&unread),
        "SEARCH p USING COVERING INDEX messaging_participants_to_read (user_id=?)",
    );
}

#[test]
fn each_number_of_a_filter_is_counted_in_its_index() {
    for within in [None, Some(ConfessionId(1))] {
        let steps = [
            "SEARCH t USING PRIMARY KEY (user_id=?",
            "COVERING INDEX messaging_participants_to_read (user_id=?)",
            "COVERING INDEX messaging_participants_waiting (user_id=?",
            "COVERING INDEX messaging_participants_archived (user_id=?",
        ];
        for (filter, step) in ListCounts::filters(within).iter().zip(steps) {
            assert_follows(&conversations::total_query(filter), step);
        }
    }
}

#[test]
fn who_waits_is_found_in_the_history_from_its_end() {
    let sql = conversations::SELECT_UNANSWERED;
    assert_follows(sql, "SEARCH s USING COVERING INDEX messaging_message_history (conversation_id=?)");
    assert_follows(sql, "SEARCH m USING INDEX messaging_message_history (conversation_id=? AND id>?)");
}

#[test]
fn a_search_reads_only_the_rows_of_the_person() {
    let index = "USING INDEX messaging_participants_list (user_id=?)";
    assert_follows(
        &conversations::search_query(&ListFilter {
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
fn the_number_of_unread_messages_is_one_row_or_a_sum_in_the_index_of_unread_conversations() {
    let unread = "SEARCH p USING COVERING INDEX messaging_participants_to_read (user_id=?)";
    assert_follows(conversations::SELECT_UNREAD_TOTAL, "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)");
    assert_follows(conversations::SELECT_UNREAD_TOTAL, unread);
    assert_follows(messages::STORE_TOTAL, unread);
}

#[test]
fn unread_conversations_are_counted_in_their_index() {
    let unread = "SEARCH p USING COVERING INDEX messaging_participants_to_read (user_id=?)";
    assert_follows(
        &conversations::total_query(&ListFilter {
            unread: true,
            ..ListFilter::default()
        }),
        unread,
    );
}

#[test]
fn conversations_of_a_person_are_found_in_the_index_of_their_list() {
    let list = "SEARCH p USING COVERING INDEX messaging_participants_list (user_id=?)";
    let confession = "SEARCH p USING COVERING INDEX messaging_participants_confession (user_id=? AND confession_id=?)";
    for (within, step) in [(None, list), (Some(ConfessionId(1)), confession)] {
        assert_follows(&conversations::all_ids_query(within), step);
        let plan = plan(&database(), &conversations::counterparts_query(within));
        assert!(plan.contains(step), "{plan}");
        assert!(plan.contains("SEARCH o USING PRIMARY KEY (conversation_id=?)"), "{plan}");
    }
}

#[test]
fn recent_counterparts_are_read_in_the_order_of_the_list() {
    let plan = plan(&database(), &conversations::recent_counterparts_query());
    assert!(
        plan.contains("SEARCH p USING COVERING INDEX messaging_participants_list (user_id=?)"),
        "{plan}"
    );
    assert!(plan.contains("SEARCH o USING PRIMARY KEY (conversation_id=?)"), "{plan}");
}

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

#[test]
fn rows_of_a_list_page_are_found_by_their_keys() {
    for (sql, step) in [
        (conversations::SELECT_ITEMS.sql, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
        (
            conversations::SELECT_PARTICIPANTS.sql,
            "SEARCH p USING PRIMARY KEY (conversation_id=?)",
        ),
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
            MessageFilter {
                deleted: false,
                pinned_only: false,
            },
            history,
        ),
        (
            MessageFilter {
                deleted: true,
                pinned_only: false,
            },
            history,
        ),
        (
            MessageFilter {
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
        messages::queries(MessageFilter {
            deleted: false,
            pinned_only: false,
        })
        .total,
        row,
    );
    assert_follows(
        messages::queries(MessageFilter {
            deleted: true,
            pinned_only: false,
        })
        .total,
        row,
    );
    let pinned = "USING COVERING INDEX messaging_message_pinned (conversation_id=?)";
    assert_follows(
        messages::queries(MessageFilter {
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
        messages::SELECT_CHANGED_IDS.sql,
        "USING COVERING INDEX messaging_message_seq (conversation_id=? AND seq>?)",
    );
}

#[test]
fn messages_with_files_and_receipts_are_found_by_their_keys() {
    for (sql, step) in [
        (messages::SELECT_MESSAGES.sql, "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)"),
        (messages::SELECT_RECEIPTS.sql, "SEARCH r USING PRIMARY KEY (message_id=?)"),
        (
            messages::SELECT_ATTACHMENTS.sql,
            "SEARCH a USING INDEX messaging_messageattachment_message (message_id=?)",
        ),
        (messages::SELECT_FILE.sql, "SEARCH a USING INTEGER PRIMARY KEY (rowid=?)"),
        (
            messages::SELECT_FILE.sql,
            "SEARCH p USING PRIMARY KEY (conversation_id=? AND user_id=?)",
        ),
        (
            messages::SELECT_FILE_KEYS.sql,
            "SEARCH a USING COVERING INDEX messaging_messageattachment_file (file=?)",
        ),
        (
            messages::SELECT_THUMBNAIL_KEYS.sql,
            "SEARCH a USING COVERING INDEX messaging_messageattachment_thumbnail (thumbnail=?)",
        ),
        (
            messages::SELECT_DELETED_FILE_KEYS.sql,
            "SEARCH a USING INDEX messaging_messageattachment_file (file=?)",
        ),
        (
            messages::SELECT_DELETED_THUMBNAIL_KEYS.sql,
            "SEARCH a USING INDEX messaging_messageattachment_thumbnail (thumbnail=?)",
        ),
    ] {
        assert_follows(sql, step);
    }
}

#[test]
fn a_client_id_is_found_by_its_key() {
    assert_follows(
        messages::SELECT_ALREADY_SENT.sql,
        "USING INDEX messaging_message_client (sender_id=? AND client_id=?)",
    );
}

#[test]
fn marking_reads_the_range_that_is_marked_and_nothing_else() {
    let range = "SEARCH m USING COVERING INDEX messaging_message_history (conversation_id=? AND id>?";
    for sql in [
        receipts::UPSERT_READ,
        receipts::COUNT_UNREAD.sql,
        receipts::SELECT_UNDELIVERED.sql,
        receipts::SELECT_NEWEST_READ_AT.sql,
    ] {
        assert_follows(sql, range);
    }
    for mark in [receipts::SELECT_READ_MARK, receipts::SELECT_DELIVERED_MARK] {
        assert_follows(mark.sql, range);
        assert_follows(mark.sql, &range.replace(" m ", " b "));
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
    let plan = plan(&database(), directory::SELECT_ACTIVE_AMONG);
    assert!(plan.contains("SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"), "{plan}");
}

#[test]
fn contacts_of_a_member_are_found_by_subscriptions() {
    for sql in [directory::SELECT_FOLLOWED_ADMINS.sql, directory::COUNT_FOLLOWED_ADMINS.sql] {
        let plan = plan(&database(), sql);
        assert!(plan.contains("SEARCH s USING PRIMARY KEY (user_id=?)"), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
    }
}

#[test]
fn every_index_is_used_by_a_query_or_is_a_guard() {
    let guards = ["messaging_conversation_same", "messaging_message_client", "messaging_message_seq"];
    let proven = [
        "accounts_user_active",
        "accounts_user_active_staff",
        "confessions_confession_admin",
        "confessions_subscription_confession",
        "messaging_message_history",
        "messaging_message_pinned",
        "messaging_messageattachment_file",
        "messaging_messageattachment_message",
        "messaging_messageattachment_thumbnail",
        "messaging_participants_archived",
        "messaging_participants_confession",
        "messaging_participants_list",
        "messaging_participants_to_read",
        "messaging_participants_waiting",
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
fn shared_confessions_of_two_people_are_found_by_keys() {
    for (sql, step) in [
        (
            conversations::SELECT_ADMINISTERED_BY_TARGETS.sql,
            "SEARCH f USING INDEX confessions_confession_admin (admin_id=?)",
        ),
        (
            conversations::SELECT_FOLLOWED_BY_TARGETS.sql,
            "SEARCH s USING COVERING INDEX confessions_subscription_confession (confession_id=? AND user_id=?)",
        ),
    ] {
        let plan = plan(&database(), sql);
        assert!(plan.contains(step), "{plan}");
    }
}

#[test]
fn sending_finds_its_rows_by_their_keys() {
    for (sql, step) in [
        (
            conversations::SELECT_EVERYBODY.sql,
            "SEARCH p USING PRIMARY KEY (conversation_id=?)",
        ),
        (conversations::SELECT_EVERYBODY.sql, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)"),
        (
            conversations::SELECT_CONVERSATION_FACTS.sql,
            "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)",
        ),
        (
            conversations::SELECT_CONVERSATION_FACTS.sql,
            "SEARCH s USING PRIMARY KEY (user_id=? AND confession_id=?)",
        ),
        (
            messages::UPDATE_CONVERSATION,
            "SEARCH messaging_conversation USING INTEGER PRIMARY KEY (rowid=?)",
        ),
        (
            messages::UPDATE_PARTICIPANTS_AND_ROWS,
            "SEARCH messaging_conversation_participants USING PRIMARY KEY (conversation_id=?)",
        ),
        (
            messages::UPDATE_PARTICIPANTS,
            "SEARCH messaging_conversation_participants USING PRIMARY KEY (conversation_id=?)",
        ),
    ] {
        assert_follows(sql, step);
    }
}
