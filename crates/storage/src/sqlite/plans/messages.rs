//! Plans of sending, of histories and of marks.

use domain::ports::MessageFilter;

use super::{
    super::{conversations, messages, receipts},
    assert_follows,
};

#[test]
fn who_waits_is_found_in_the_history_from_its_end() {
    let sql = conversations::SELECT_UNANSWERED;
    assert_follows(sql, "SEARCH s USING COVERING INDEX messaging_message_history (conversation_id=?)");
    assert_follows(sql, "SEARCH m USING INDEX messaging_message_history (conversation_id=? AND id>?)");
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
