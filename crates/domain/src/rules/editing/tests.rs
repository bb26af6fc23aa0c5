use proptest::prelude::*;

use super::{decide, may_edit};
use crate::{
    conversation::Conversation,
    denial::Denial,
    facts::MessageFacts,
    message::{Message, NewState},
    people::Role,
    policy::Policy,
    rules::{
        table::a_stored_file,
        test_directory::{TestDirectory, test_directory},
    },
    testing::builders::{AZIZ, DILNOZA, NUR, RUSTAM, at},
    time::Timestamp,
};

fn room(directory: &TestDirectory) -> Conversation {
    directory.conversation(&[AZIZ, DILNOZA], Some(NUR))
}

fn edits(facts: &MessageFacts, text: &str, now: Timestamp) -> Result<String, Denial> {
    decide(facts, text, &Policy::default(), now).map(|update| match update.to {
        NewState::Content(content) => content.into_string(),
        other => panic!("{other:?} is no new content"),
    })
}

#[test]
fn only_the_sender_edits() {
    let mut directory = test_directory();
    directory.set_admin(NUR, Some(DILNOZA));
    let room = room(&directory);
    assert_eq!(
        edits(&directory.to_change(AZIZ, AZIZ, &room), "yangi", at(1)),
        Ok("yangi".to_owned())
    );
    assert_eq!(
        edits(&directory.to_change(DILNOZA, AZIZ, &room), "yangi", at(1)),
        Err(Denial::NotSender)
    );
    directory.set_role(DILNOZA, Role::Superadmin);
    assert_eq!(
        edits(&directory.to_change(DILNOZA, AZIZ, &room), "yangi", at(1)),
        Err(Denial::NotSender)
    );
}

#[test]
fn superadmin_outside_the_conversation_finds_no_message_to_edit() {
    let directory = test_directory();
    assert_eq!(
        edits(&directory.to_change(RUSTAM, AZIZ, &room(&directory)), "yangi", at(1)),
        Err(Denial::MessageNotFound)
    );
}

#[test]
fn message_is_edited_until_the_last_instant_of_ten_minutes() {
    let directory = test_directory();
    let facts = directory.to_change(AZIZ, AZIZ, &room(&directory));
    for micros in [0, 1, 599_999_999, 600_000_000] {
        assert_eq!(
            edits(&facts, "yangi", at(0).plus_micros(micros)),
            Ok("yangi".to_owned()),
            "{micros} µs"
        );
    }
    for micros in [600_000_001, 601_000_000, i64::MAX] {
        assert_eq!(
            edits(&facts, "yangi", at(0).plus_micros(micros)),
            Err(Denial::EditWindowClosed),
            "{micros} µs"
        );
    }
}

#[test]
fn editing_does_not_prolong_the_window() {
    let directory = test_directory();
    let mut facts = directory.to_change(AZIZ, AZIZ, &room(&directory));
    facts.message = Message {
        is_edited: true,
        edited_at: Some(at(599)),
        updated_at: at(599),
        ..facts.message
    };
    assert_eq!(edits(&facts, "yangi", at(600)), Ok("yangi".to_owned()));
    assert_eq!(edits(&facts, "yangi", at(601)), Err(Denial::EditWindowClosed));
}

#[test]
fn deleted_message_is_never_edited_and_says_so_to_its_sender() {
    let directory = test_directory();
    let mut facts = directory.to_change(AZIZ, AZIZ, &room(&directory));
    assert!(edits(&facts, "yangi", at(1)).is_ok());
    facts.message.is_deleted = true;
    for now in [at(1), at(10_000)] {
        assert_eq!(edits(&facts, "yangi", now), Err(Denial::MessageDeleted));
    }
}

#[test]
fn unfollowing_does_not_forbid_editing() {
    let mut directory = test_directory();
    directory.unfollow(AZIZ, NUR);
    assert_eq!(
        edits(&directory.to_change(AZIZ, AZIZ, &room(&directory)), "yangi", at(1)),
        Ok("yangi".to_owned())
    );
}

#[test]
fn new_text_obeys_the_rules_of_the_first() {
    let directory = test_directory();
    let mut facts = directory.to_change(AZIZ, AZIZ, &room(&directory));
    assert_eq!(edits(&facts, " yangi\n", at(1)), Ok(" yangi\n".to_owned()), "as sent");
    assert_eq!(edits(&facts, "ya\0ngi", at(1)), Err(Denial::InvalidContent));
    assert_eq!(edits(&facts, &"ў".repeat(10_001), at(1)), Err(Denial::ContentTooLong(10_000)));
    assert_eq!(edits(&facts, " \n", at(1)), Err(Denial::EmptyMessage));
    facts.message.attachments.push(a_stored_file());
    assert_eq!(edits(&facts, "", at(1)), Ok(String::new()), "files speak for themselves");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn window_ends_exactly_where_the_policy_says(
        created in -4_000_000_000_000_000_i64..=4_000_000_000_000_000,
        window in 0..=400_000_000_i64,
        distance in prop_oneof![-5..=5_i64, any::<i32>().prop_map(i64::from)],
    ) {
        let directory = test_directory();
        let policy = Policy { edit_window_seconds: window, ..Policy::default() };
        let message = Message { created_at: Timestamp(created), ..directory.message(AZIZ, "salom") };
        let now = Timestamp(created + window * 1_000_000 + distance);
        let expected = if distance <= 0 { Ok(()) } else { Err(Denial::EditWindowClosed) };
        prop_assert_eq!(may_edit(&message, AZIZ, &policy, now), expected);
        prop_assert_eq!(message.edit_deadline(&policy), Timestamp(created + window * 1_000_000));
    }

    #[test]
    fn window_never_ends_before_the_message_was_sent_however_large_the_numbers(created: i64, window in 0..=i64::MAX) {
        let policy = Policy { edit_window_seconds: window, ..Policy::default() };
        let message = Message { created_at: Timestamp(created), ..test_directory().message(AZIZ, "salom") };
        prop_assert_eq!(may_edit(&message, AZIZ, &policy, Timestamp(created)), Ok(()));
    }
}
