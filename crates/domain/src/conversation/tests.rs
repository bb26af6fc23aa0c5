use proptest::prelude::*;

use super::{Inbox, Preview};
use crate::{
    attachment::Attachment,
    id::{ConversationId, MessageId, Seq},
    message::Message,
    rules::{
        stage::{Town, town},
        table::a_stored_file,
    },
    testing::builders::{AZIZ, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM},
};

fn message(town: &Town, text: Option<&str>, attachments: Vec<Attachment>) -> Message {
    Message {
        content: text.map(str::to_owned),
        attachments,
        ..town.message(AZIZ, "")
    }
}

fn shown(text: Option<&str>, attachments: Vec<Attachment>) -> String {
    Preview::of(&message(&town(), text, attachments)).text()
}

#[test]
fn preview_cuts_after_fifty_characters_and_marks_the_cut() {
    assert_eq!(shown(Some(&"ў".repeat(50)), Vec::new()), "ў".repeat(50));
    assert_eq!(shown(Some(&"ў".repeat(51)), Vec::new()), format!("{}...", "ў".repeat(50)));
}

#[test]
fn preview_names_the_attachment_where_there_is_no_text() {
    for text in [None, Some(""), Some(" \n")] {
        assert_eq!(shown(text, vec![a_stored_file()]), "[Attachment]", "{text:?}");
    }
    assert_eq!(shown(Some("gul"), vec![a_stored_file()]), "gul");
}

#[test]
fn text_that_begins_with_much_white_space_is_no_attachment() {
    let text = format!("{}salom", " ".repeat(60));
    assert_eq!(shown(Some(&text), Vec::new()), format!("{}...", " ".repeat(50)));
}

#[test]
fn preview_knows_its_message() {
    let message = message(&town(), Some("gul"), vec![a_stored_file()]);
    let preview = Preview::of(&message);
    assert_eq!(
        (preview.id, preview.created_at, preview.has_attachments),
        (message.id, message.created_at, true)
    );
    assert_eq!(preview.sender, "aziz");
}

#[test]
fn participants_take_part_and_nobody_else() {
    let conversation = town().conversation(&[PAVEL, DILNOZA, RUSTAM], Some(NUR));
    assert_eq!(conversation.participant_ids(), [RUSTAM, DILNOZA, PAVEL]);
    assert_eq!(conversation.others(), 2);
    assert!(conversation.includes(PAVEL));
    assert!(!conversation.includes(MALIKA));
}

#[test]
fn unread_count_is_known_only_of_those_whom_the_change_concerns() {
    let unread = vec![(AZIZ, 3), (DILNOZA, 0)];
    let inbox = Inbox {
        conversation: ConversationId(1),
        last_seq: Seq(3),
        preview: None,
        unread,
    };
    assert_eq!(inbox.unread_of(AZIZ), Some(3));
    assert_eq!(inbox.unread_of(DILNOZA), Some(0));
    assert_eq!(inbox.unread_of(MALIKA), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn preview_is_the_text_or_its_first_fifty_scalar_values(text in "(\\PC|[👩‍👧é\u{301}ўЁ\u{10ffff} \n]){0,60}") {
        let shown = shown(Some(&text), Vec::new());
        let scalars: Vec<char> = text.chars().collect();
        if scalars.len() <= 50 {
            prop_assert_eq!(shown, text);
        } else {
            prop_assert_eq!(shown, scalars[..50].iter().collect::<String>() + "...");
        }
    }

    #[test]
    fn beginning_that_a_store_keeps_shows_the_same_as_the_whole(text in "\\PC{0,120}", files: bool) {
        let town = town();
        let files = if files { vec![a_stored_file()] } else { Vec::new() };
        let kept = Preview::of(&message(&town, Some(&text), files));
        prop_assert!(kept.content.as_ref().is_some_and(|kept| text.starts_with(kept.as_str()) && kept.chars().count() <= 51));
        let whole = Preview { content: Some(text), id: MessageId(100), ..kept.clone() };
        // A blank beginning of a message with files is all that is looked at.
        prop_assume!(!kept.content.as_ref().is_some_and(|kept| kept.trim().is_empty()));
        prop_assert_eq!(kept.text(), whole.text());
    }
}
