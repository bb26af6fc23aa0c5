//! Plans of lists of conversations.

use domain::{
    conversation::{ListCounts, ListFilter},
    id::ConfessionId,
};

use super::{
    super::{conversations, messages},
    assert_follows, database, plan,
};

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
fn rows_of_a_list_page_are_found_by_their_keys() {
    for (sql, step) in [
        (conversations::SELECT_ITEMS.sql, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"),
        (
            conversations::SELECT_ITEMS.sql,
            "SEARCH a USING INDEX messaging_messageattachment_message (message_id=?)",
        ),
        (
            conversations::SELECT_ITEMS.sql,
            "SEARCH r USING PRIMARY KEY (message_id=? AND user_id=?)",
        ),
        (
            conversations::SELECT_PARTICIPANTS.sql,
            "SEARCH p USING PRIMARY KEY (conversation_id=?)",
        ),
    ] {
        assert_follows(sql, step);
    }
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
