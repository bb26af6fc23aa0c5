use proptest::prelude::*;

use super::{ClientId, Content, Message, Status};
use crate::{
    denial::Denial,
    policy::Policy,
    receipt::Receipt,
    rules::{table::a_stored_file, test_directory::test_directory},
    testing::builders::{AZIZ, DILNOZA, PAVEL, at, someone},
};

fn content(text: &str, limit: usize) -> Result<String, Denial> {
    Content::new(
        text.to_owned(),
        &Policy {
            content_chars: limit,
            ..Policy::default()
        },
    )
    .map(Content::into_string)
}

#[test]
fn content_is_measured_in_scalar_values() {
    let limit = Policy::default().content_chars;
    for letter in ["a", "ў", "宗", "👋"] {
        assert_eq!(content(&letter.repeat(limit), limit), Ok(letter.repeat(limit)), "{letter}");
        assert_eq!(
            content(&letter.repeat(limit + 1), limit),
            Err(Denial::ContentTooLong(limit)),
            "{letter}"
        );
    }
    assert_eq!(
        content("e\u{301}", 1),
        Err(Denial::ContentTooLong(1)),
        "a letter and its accent are two"
    );
    assert_eq!(content("👩‍👧", 3), Ok("👩‍👧".to_owned()), "two people and what joins them are three");
}

#[test]
fn content_is_kept_as_sent() {
    let text = "  <b>Salom</b> & 'rahmat' \u{feff}\r\n";
    let kept = Content::new(text.to_owned(), &Policy::default()).expect("a text within the limits");
    assert_eq!(kept.as_str(), text);
    assert!(!kept.is_blank());
    for text in [" \u{a0}\n", "\u{200b}", "\u{3164}\u{2800}", "\u{ad}\u{fe0f}"] {
        let blank = Content::new(text.to_owned(), &Policy::default()).expect("a text within the limits");
        assert!(blank.is_blank(), "{text:?}");
    }
}

#[test]
fn nul_is_named_even_where_the_text_is_too_long() {
    assert_eq!(content("abc\0", 2), Err(Denial::InvalidContent));
}

#[test]
fn client_id_has_1_to_64_characters_and_no_nul() {
    for good in ["c", &"ў".repeat(64), "0190a6f1-7a3c-7cc0-a2d7-9f0c4fb7b0a1"] {
        assert_eq!(ClientId::new(good).as_ref().map(ClientId::as_str), Some(good));
    }
    for bad in ["", &"c".repeat(65), "a\0b"] {
        assert_eq!(ClientId::new(bad), None, "{bad:?}");
    }
}

#[test]
fn sender_sees_how_far_a_message_has_come_and_others_that_they_received_it() {
    let mut message = Message {
        others: 2,
        ..test_directory().message(AZIZ, "salom")
    };
    let receipt = |id, read| Receipt {
        person: someone(id),
        delivered_at: at(1),
        read_at: read,
    };
    let mut states = vec![message.status(AZIZ)];
    for receipts in [
        vec![receipt(DILNOZA, None)],
        vec![receipt(DILNOZA, None), receipt(PAVEL, None)],
        vec![receipt(DILNOZA, Some(at(2))), receipt(PAVEL, None)],
        vec![receipt(DILNOZA, Some(at(2))), receipt(PAVEL, Some(at(3)))],
    ] {
        message.receipts = receipts;
        states.push(message.status(AZIZ));
        assert_eq!(message.status(DILNOZA), Status::Received);
    }
    let states: Vec<_> = states.into_iter().map(Status::as_str).collect();
    assert_eq!(states, ["sent", "delivered", "delivered", "delivered", "seen"]);
    assert_eq!(message.status(DILNOZA).as_str(), "received");
}

#[test]
fn message_without_other_participants_is_never_seen() {
    assert_eq!(
        Message {
            others: 0,
            ..test_directory().message(AZIZ, "salom")
        }
        .status(AZIZ),
        Status::Sent
    );
}

#[test]
fn reply_shows_the_present_state_of_what_it_answers() {
    let mut message = test_directory().message(AZIZ, "salom");
    message.attachments.push(a_stored_file());
    let reply = message.as_reply();
    assert_eq!(
        (reply.id, reply.created_at, reply.is_deleted),
        (message.id, message.created_at, false)
    );
    assert_eq!(
        (reply.sender, reply.content, reply.attachments),
        (message.sender.clone(), message.content.clone(), message.attachments.clone())
    );
    let tombstone = Message {
        is_deleted: true,
        content: None,
        attachments: Vec::new(),
        ..message
    }
    .as_reply();
    assert_eq!(
        (tombstone.is_deleted, tombstone.content, tombstone.attachments),
        (true, None, Vec::new())
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn content_within_the_limit_in_scalar_values_is_taken_as_it_is(
        text in prop::collection::vec(any::<char>().prop_filter("no NUL", |letter| *letter != '\0'), 0..40), limit in 0..40_usize,
    ) {
        let length = text.len();
        let text: String = text.into_iter().collect();
        let expected = if length <= limit { Ok(text.clone()) } else { Err(Denial::ContentTooLong(limit)) };
        prop_assert_eq!(content(&text, limit), expected);
    }

    #[test]
    fn nul_is_refused_wherever_it_stands(before in "\\PC{0,20}", after in "\\PC{0,20}") {
        prop_assert_eq!(content(&format!("{before}\0{after}"), 100), Err(Denial::InvalidContent));
    }
}
