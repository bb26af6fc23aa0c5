//! Plans of the search of messages.

use super::{super::search, assert_follows, database, plan};

#[test]
fn texts_files_and_participants_are_read_by_their_ids() {
    let message = "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)";
    for sql in [search::SELECT_TEXTS.sql, search::SELECT_DOCUMENTS.sql, search::SELECT_PLACES.sql] {
        assert_follows(sql, message);
    }
    assert_follows(
        search::SELECT_FILE_NAMES.sql,
        "SEARCH a USING INDEX messaging_messageattachment_message (message_id=?)",
    );
    assert_follows(search::SELECT_PARTICIPANTS.sql, "SEARCH p USING PRIMARY KEY (conversation_id=?)");
}

#[test]
fn messages_are_walked_in_the_order_of_their_ids() {
    assert_follows(
        search::SELECT_IDS_BELOW,
        "SEARCH messaging_message USING INTEGER PRIMARY KEY (rowid<?)",
    );
    assert_follows(search::SELECT_TIME_FROM.sql, "SEARCH m USING INTEGER PRIMARY KEY (rowid>?)");
}

#[test]
fn the_tail_is_read_from_the_end_of_the_outbox() {
    let plan = plan(&database(), search::SELECT_TAIL);
    assert!(
        plan.contains("SEARCH messaging_outbox USING INTEGER PRIMARY KEY (rowid>?)"),
        "{plan}"
    );
    assert!(
        plan.contains("SEARCH p EXISTS USING PRIMARY KEY (conversation_id=? AND user_id=?)"),
        "{plan}"
    );
    assert!(!plan.contains("FOR ORDER BY"), "{plan}");
}
