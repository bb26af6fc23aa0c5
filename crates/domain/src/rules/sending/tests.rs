use proptest::prelude::*;

use super::{NewMessage, Sending, decide, may_send, says_something};
use crate::{
    conversation::Conversation,
    denial::Denial,
    facts::SendingFacts,
    id::{ConversationId, MessageId, UserId},
    message::{Content, Message},
    people::Role,
    policy::Policy,
    rules::test_directory::{HERE, TestDirectory, test_directory},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, SVETLANA, a_file, at, client_id},
    visible::shows_something,
};

fn may_send_in(directory: &TestDirectory, actor: UserId, conversation: &Conversation) -> Result<(), Denial> {
    may_send(&directory.to_send(actor, conversation))
}

fn facts(directory: &TestDirectory, actor: UserId) -> SendingFacts {
    let conversation = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    SendingFacts {
        base: directory.to_send(actor, &conversation),
        reply_to: None,
        already: None,
    }
}

fn new_message(text: &str) -> NewMessage {
    NewMessage {
        content: Some(text.to_owned()),
        ..NewMessage::empty(AZIZ, HERE)
    }
}

fn sends(facts: SendingFacts, new_message: &NewMessage) -> Result<Sending, Denial> {
    decide(Some(facts), new_message, &Policy::default(), at(0))
}

fn refusal(facts: SendingFacts, new_message: &NewMessage) -> Option<Denial> {
    sends(facts, new_message).err()
}

// R6

#[test]
fn unfollowing_member_cannot_send_until_they_follow_again() {
    let mut directory = test_directory();
    let conversation = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(may_send_in(&directory, AZIZ, &conversation), Ok(()));
    directory.unfollow(AZIZ, NUR);
    directory.follow(AZIZ, BAHOR);
    assert_eq!(
        may_send_in(&directory, AZIZ, &conversation),
        Err(Denial::NotSubscribed),
        "another confession of the same admin does not count"
    );
    directory.follow(AZIZ, NUR);
    assert_eq!(may_send_in(&directory, AZIZ, &conversation), Ok(()));
}

#[test]
fn member_cannot_send_once_the_other_side_no_longer_administers() {
    let mut directory = test_directory();
    let conversation = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(may_send_in(&directory, AZIZ, &conversation), Ok(()));
    for admin in [Some(PAVEL), None, Some(AZIZ)] {
        directory.set_admin(NUR, admin);
        assert_eq!(may_send_in(&directory, AZIZ, &conversation), Err(Denial::NotConfessionAdmin));
    }
}

#[test]
fn member_answers_for_ever_where_the_admin_side_opened() {
    let mut directory = test_directory();
    for opener in [DILNOZA, RUSTAM] {
        for confession in [None, Some(NUR)] {
            let conversation = directory.conversation(&[opener, SVETLANA], confession);
            assert_eq!(may_send_in(&directory, SVETLANA, &conversation), Ok(()));
        }
    }
    let conversation = directory.conversation(&[DILNOZA, SVETLANA], Some(NUR));
    directory.set_admin(NUR, None);
    assert_eq!(may_send_in(&directory, SVETLANA, &conversation), Ok(()));
}

#[test]
fn member_cannot_send_in_a_conversation_without_confession_that_staff_did_not_open() {
    let directory = test_directory();
    let conversation = directory.conversation(&[AZIZ, DILNOZA], None);
    assert_eq!(may_send_in(&directory, AZIZ, &conversation), Err(Denial::NotSubscribed));
    assert_eq!(may_send_in(&directory, DILNOZA, &conversation), Ok(()));
}

#[test]
fn admin_replies_wherever_they_take_part() {
    let mut directory = test_directory();
    let conversation = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    directory.unfollow(AZIZ, NUR);
    directory.set_admin(NUR, Some(PAVEL));
    assert_eq!(may_send_in(&directory, DILNOZA, &conversation), Ok(()));
    directory.set_role(DILNOZA, Role::User);
    assert_eq!(
        may_send_in(&directory, DILNOZA, &conversation),
        Err(Denial::NotSubscribed),
        "the role is the present one"
    );
}

#[test]
fn missing_access_is_refused_before_faults_of_the_message() {
    let mut directory = test_directory();
    directory.unfollow(AZIZ, NUR);
    assert_eq!(refusal(facts(&directory, AZIZ), &new_message("")), Some(Denial::NotSubscribed));
    assert_eq!(refusal(facts(&directory, DILNOZA), &new_message("")), Some(Denial::EmptyMessage));
}

// R11

#[test]
fn reply_is_to_a_message_of_the_same_conversation_that_is_not_deleted() {
    let directory = test_directory();
    let answered = directory.message(DILNOZA, "Vaalaykum assalom");
    let reply = NewMessage {
        reply_to: Some(answered.id),
        ..new_message("Rahmat")
    };
    let with = |reply_to: Option<&Message>| SendingFacts {
        reply_to: reply_to.map(Message::as_reply),
        ..facts(&directory, AZIZ)
    };

    let Ok(Sending::New(draft)) = sends(with(Some(&answered)), &reply) else {
        panic!("a reply is sent")
    };
    assert_eq!(draft.reply_to, Some(answered.as_reply()));
    assert_eq!(
        refusal(with(None), &reply),
        Some(Denial::InvalidReply),
        "the answered message is in another conversation, or does not exist"
    );
    let deleted = Message {
        is_deleted: true,
        content: None,
        ..answered
    };
    assert_eq!(refusal(with(Some(&deleted)), &reply), Some(Denial::InvalidReply));
}

#[test]
fn a_message_need_not_be_a_reply() {
    let Ok(Sending::New(draft)) = sends(facts(&test_directory(), AZIZ), &new_message("Salom")) else {
        panic!("a message is sent")
    };
    assert_eq!(draft.reply_to, None);
}

// R12

#[test]
fn message_without_files_needs_text_that_is_not_blank() {
    let directory = test_directory();
    for text in [None, Some(""), Some("  \t\r\n"), Some("\u{a0}\u{2003}\u{3000}\u{2028}")] {
        let new_message = NewMessage {
            content: text.map(str::to_owned),
            ..NewMessage::empty(AZIZ, HERE)
        };
        assert_eq!(
            refusal(facts(&directory, AZIZ), &new_message),
            Some(Denial::EmptyMessage),
            "{text:?}"
        );
        let with_file = NewMessage {
            attachments: vec![a_file("key")],
            ..new_message
        };
        assert_eq!(refusal(facts(&directory, AZIZ), &with_file), None, "{text:?}");
    }
    assert_eq!(refusal(facts(&directory, AZIZ), &new_message(" . ")), None);
}

#[test]
fn files_do_not_excuse_text_that_is_too_long_or_holds_nul() {
    let directory = test_directory();
    for (text, denial) in [
        ("ў".repeat(10_001), Denial::ContentTooLong(10_000)),
        ("a\0".to_owned(), Denial::InvalidContent),
    ] {
        let new_message = NewMessage {
            attachments: vec![a_file("key")],
            ..new_message(&text)
        };
        assert_eq!(refusal(facts(&directory, AZIZ), &new_message), Some(denial));
    }
}

#[test]
fn draft_holds_every_field_of_the_new_message() {
    let directory = test_directory();
    let new_message = NewMessage {
        client_id: Some(client_id("c1")),
        attachments: vec![a_file("key")],
        ..new_message("  <b>Salom</b> \n")
    };
    let Ok(Sending::New(draft)) = decide(Some(facts(&directory, AZIZ)), &new_message, &Policy::default(), at(3)) else {
        panic!("a message is sent")
    };
    assert_eq!(draft.content.as_ref().map(Content::as_str), Some("  <b>Salom</b> \n"));
    assert_eq!(Some(draft.sender), directory.person(AZIZ));
    assert_eq!((draft.conversation, draft.others, draft.at), (HERE, 1, at(3)));
    assert_eq!((draft.client_id, draft.attachments), (Some(client_id("c1")), vec![a_file("key")]));
}

// Section 4.3

#[test]
fn repeat_of_a_client_id_is_the_first_message_after_any_later_change() {
    let mut directory = test_directory();
    let repeat = NewMessage {
        client_id: Some(client_id("c1")),
        ..new_message("Salom")
    };
    assert!(matches!(sends(facts(&directory, AZIZ), &repeat), Ok(Sending::New(_))));
    directory.unfollow(AZIZ, NUR);
    let again = |new_message: &NewMessage| {
        sends(
            SendingFacts {
                already: Some((HERE, MessageId(90))),
                ..facts(&directory, AZIZ)
            },
            new_message,
        )
    };
    assert_eq!(again(&repeat), Ok(Sending::Already(MessageId(90))));
    assert_eq!(
        again(&NewMessage {
            content: None,
            ..repeat.clone()
        }),
        Ok(Sending::Already(MessageId(90)))
    );
}

#[test]
fn client_id_of_another_conversation_is_a_conflict() {
    let directory = test_directory();
    let new_message = NewMessage {
        client_id: Some(client_id("c1")),
        ..new_message("Salom")
    };
    let elsewhere = SendingFacts {
        already: Some((ConversationId(HERE.0 + 1), MessageId(90))),
        ..facts(&directory, AZIZ)
    };
    assert_eq!(refusal(elsewhere, &new_message), Some(Denial::ClientIdConflict));
}

// Section 4.3

#[test]
fn a_message_is_never_earlier_than_the_messages_before_it() {
    let directory = test_directory();
    let sent_at = |created_at, last_message_at| {
        let mut facts = facts(&directory, AZIZ);
        (facts.base.conversation.created_at, facts.base.conversation.last_message_at) = (created_at, last_message_at);
        match sends(facts, &new_message("Salom")) {
            Ok(Sending::New(draft)) => draft.at,
            other => panic!("not sent: {other:?}"),
        }
    };
    assert_eq!(sent_at(at(-60), Some(at(-1))), at(0));
    assert_eq!(sent_at(at(0), Some(at(0))), at(0));
    assert_eq!(sent_at(at(-60), Some(at(7200))), at(7200));
    assert_eq!(sent_at(at(60), None), at(60));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn white_space_of_any_script_is_blank(blank in "\\s{0,80}", letter in "\\S") {
        let content = |text: &str| Content::new(text.to_owned(), &Policy::default()).ok();
        prop_assume!(letter != "\0" && shows_something(&letter));
        prop_assert_eq!(says_something(content(&blank).as_ref(), false), Err(Denial::EmptyMessage));
        prop_assert_eq!(says_something(content(&blank).as_ref(), true), Ok(()));
        prop_assert_eq!(says_something(content(&format!("{blank}{letter}{blank}")).as_ref(), false), Ok(()));
    }

    #[test]
    fn member_sends_exactly_while_following_and_the_other_side_administers(
        follows: bool, other_administers: bool, opened_by_staff: bool, third_party in prop::option::of(Just(PAVEL)),
    ) {
        let mut directory = test_directory();
        let conversation = Conversation { opened_by_staff, ..directory.conversation(&[MALIKA, DILNOZA], Some(NUR)) };
        directory.set_admin(NUR, if other_administers { Some(DILNOZA) } else { third_party });
        if !follows { directory.unfollow(MALIKA, NUR); }
        prop_assert_eq!(may_send_in(&directory, MALIKA, &conversation).is_ok(), opened_by_staff || (follows && other_administers));
    }
}
