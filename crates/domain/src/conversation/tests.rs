use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::{ConversationSummary, Preview};
use crate::{
    attachment::Attachment,
    id::{ConversationId, MessageId, Seq},
    message::Message,
    rules::{
        table::a_stored_file,
        test_directory::{TestDirectory, test_directory},
    },
    testing::builders::{AZIZ, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM},
    visible::shows_something,
};

fn message(directory: &TestDirectory, text: Option<&str>, attachments: Vec<Attachment>) -> Message {
    Message {
        content: text.map(str::to_owned),
        attachments,
        ..directory.message(AZIZ, "")
    }
}

fn shown(text: Option<&str>, attachments: Vec<Attachment>) -> String {
    Preview::of(&message(&test_directory(), text, attachments)).text()
}

#[test]
fn preview_cuts_after_fifty_characters_and_marks_the_cut() {
    assert_eq!(shown(Some(&"ў".repeat(50)), Vec::new()), "ў".repeat(50));
    assert_eq!(shown(Some(&"ў".repeat(51)), Vec::new()), format!("{}...", "ў".repeat(50)));
}

#[test]
fn preview_cuts_between_characters_as_people_count_them() {
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    let accent = "e\u{301}";
    let flag = "🇺🇿";
    for character in [family, accent, flag, "\r\n", "🤲🏽"] {
        assert_eq!(shown(Some(&character.repeat(50)), Vec::new()), character.repeat(50));
        assert_eq!(shown(Some(&character.repeat(51)), Vec::new()), character.repeat(50) + "...");
    }
    // One letter with a thousand accents is one character, and no preview.
    let pile = format!("e{}", "\u{301}".repeat(1000));
    assert_eq!(shown(Some(&pile), Vec::new()).chars().count(), Preview::BEGINNING + 3);
}

#[test]
fn preview_names_the_attachment_where_there_is_no_text() {
    for text in [None, Some(""), Some(" \n"), Some("\u{200b}\u{3164}")] {
        assert_eq!(shown(text, vec![a_stored_file()]), "[Attachment]", "{text:?}");
    }
    assert_eq!(shown(Some("gul"), vec![a_stored_file()]), "gul");
}

#[test]
fn text_that_begins_with_much_white_space_is_previewed_as_text() {
    let text = format!("{}salom", " ".repeat(60));
    assert_eq!(shown(Some(&text), Vec::new()), format!("{}...", " ".repeat(50)));
}

#[test]
fn preview_has_the_id_sender_and_time_of_its_message() {
    let message = message(&test_directory(), Some("gul"), vec![a_stored_file()]);
    let preview = Preview::of(&message);
    assert_eq!(
        (preview.id, preview.created_at, preview.has_attachments),
        (message.id, message.created_at, true)
    );
    assert_eq!(preview.sender, "aziz");
}

#[test]
fn participants_take_part_and_nobody_else() {
    let conversation = test_directory().conversation(&[PAVEL, DILNOZA, RUSTAM], Some(NUR));
    assert_eq!(conversation.participant_ids(), [RUSTAM, DILNOZA, PAVEL]);
    assert_eq!(conversation.others(), 2);
    assert!(conversation.includes(PAVEL));
    assert!(!conversation.includes(MALIKA));
}

#[test]
fn unread_count_is_known_only_of_those_whom_the_change_concerns() {
    let unread = vec![(AZIZ, 3), (DILNOZA, 0)];
    let summary = ConversationSummary {
        conversation: ConversationId(1),
        last_seq: Seq(3),
        preview: None,
        unread,
        rows: Vec::new(),
    };
    assert_eq!(summary.unread_of(AZIZ), Some(3));
    assert_eq!(summary.unread_of(DILNOZA), Some(0));
    assert_eq!(summary.unread_of(MALIKA), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn preview_is_the_text_or_its_first_fifty_characters(text in "(\\PC|[👩‍👧é\u{301}ўЁ\u{10ffff} \n]){0,60}") {
        let shown = shown(Some(&text), Vec::new());
        let characters: Vec<&str> = text.graphemes(true).collect();
        if characters.len() <= 50 {
            prop_assert_eq!(shown, text);
        } else {
            prop_assert_eq!(shown, characters[..50].concat() + "...");
        }
    }

    #[test]
    fn stored_beginning_gives_the_same_preview_as_the_whole_text(text in "(\\PC|[👩‍👧\u{301}]){0,700}", files: bool) {
        let directory = test_directory();
        let files = if files { vec![a_stored_file()] } else { Vec::new() };
        let kept = Preview::of(&message(&directory, Some(&text), files));
        prop_assert!(kept.content.as_ref().is_some_and(|kept| text.starts_with(kept.as_str()) && kept.chars().count() <= Preview::BEGINNING + 1));
        let whole = Preview { content: Some(text), id: MessageId(100), ..kept.clone() };
        // Only the beginning is loaded; it is blank, and the message has files.
        prop_assume!(kept.content.as_deref().is_none_or(shows_something));
        prop_assert_eq!(kept.text(), whole.text());
    }
}
