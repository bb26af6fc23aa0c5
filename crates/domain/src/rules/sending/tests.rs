use proptest::prelude::*;

use super::{Sending, Wish, decide, may_send, says_something};
use crate::{
    conversation::Conversation,
    denial::Denial,
    facts::SendingFacts,
    id::{ConversationId, MessageId, UserId},
    message::{Content, Message},
    people::Role,
    policy::Policy,
    rules::stage::{HERE, Town, town},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, SVETLANA, a_file, at, client_id},
};

fn gate(town: &Town, actor: UserId, conversation: &Conversation) -> Result<(), Denial> {
    may_send(&town.to_send(actor, conversation))
}

fn facts(town: &Town, actor: UserId) -> SendingFacts {
    let conversation = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    SendingFacts {
        gate: town.to_send(actor, &conversation),
        reply_to: None,
        already: None,
    }
}

fn wish(text: &str) -> Wish {
    Wish {
        content: Some(text.to_owned()),
        ..Wish::default()
    }
}

fn sends(facts: SendingFacts, wish: Wish) -> Result<Sending, Denial> {
    decide(facts, wish, &Policy::default(), at(0))
}

fn refusal(facts: SendingFacts, wish: Wish) -> Option<Denial> {
    sends(facts, wish).err()
}

// R6

#[test]
fn unfollowing_member_cannot_send_until_they_follow_again() {
    let mut town = town();
    let conversation = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(gate(&town, AZIZ, &conversation), Ok(()));
    town.unfollow(AZIZ, NUR);
    town.follow(AZIZ, BAHOR);
    assert_eq!(
        gate(&town, AZIZ, &conversation),
        Err(Denial::NotSubscribed),
        "another confession of the same admin does not count"
    );
    town.follow(AZIZ, NUR);
    assert_eq!(gate(&town, AZIZ, &conversation), Ok(()));
}

#[test]
fn member_cannot_send_once_the_other_side_no_longer_administers() {
    let mut town = town();
    let conversation = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(gate(&town, AZIZ, &conversation), Ok(()));
    for admin in [Some(PAVEL), None, Some(AZIZ)] {
        town.set_admin(NUR, admin);
        assert_eq!(gate(&town, AZIZ, &conversation), Err(Denial::NotConfessionAdmin));
    }
}

#[test]
fn member_answers_for_ever_where_the_admin_side_opened() {
    let mut town = town();
    for opener in [DILNOZA, RUSTAM] {
        for confession in [None, Some(NUR)] {
            let conversation = town.conversation(&[opener, SVETLANA], confession);
            assert_eq!(gate(&town, SVETLANA, &conversation), Ok(()));
        }
    }
    let conversation = town.conversation(&[DILNOZA, SVETLANA], Some(NUR));
    town.set_admin(NUR, None);
    assert_eq!(gate(&town, SVETLANA, &conversation), Ok(()));
}

#[test]
fn member_cannot_send_in_a_conversation_without_confession_that_staff_did_not_open() {
    let town = town();
    let conversation = town.conversation(&[AZIZ, DILNOZA], None);
    assert_eq!(gate(&town, AZIZ, &conversation), Err(Denial::NotSubscribed));
    assert_eq!(gate(&town, DILNOZA, &conversation), Ok(()));
}

#[test]
fn admin_replies_wherever_they_take_part() {
    let mut town = town();
    let conversation = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    town.unfollow(AZIZ, NUR);
    town.set_admin(NUR, Some(PAVEL));
    assert_eq!(gate(&town, DILNOZA, &conversation), Ok(()));
    town.set_role(DILNOZA, Role::User);
    assert_eq!(
        gate(&town, DILNOZA, &conversation),
        Err(Denial::NotSubscribed),
        "the role is the present one"
    );
}

#[test]
fn closed_gate_refuses_before_anything_is_said_about_the_message() {
    let mut town = town();
    town.unfollow(AZIZ, NUR);
    assert_eq!(refusal(facts(&town, AZIZ), wish("")), Some(Denial::NotSubscribed));
    assert_eq!(refusal(facts(&town, DILNOZA), wish("")), Some(Denial::EmptyMessage));
}

// R11

#[test]
fn reply_is_to_a_message_of_the_same_conversation_that_is_not_deleted() {
    let town = town();
    let answered = town.message(DILNOZA, "Vaalaykum assalom");
    let reply = Wish {
        reply_to: Some(answered.id),
        ..wish("Rahmat")
    };
    let with = |reply_to: Option<&Message>| SendingFacts {
        reply_to: reply_to.map(Message::as_reply),
        ..facts(&town, AZIZ)
    };

    let Ok(Sending::New(draft)) = sends(with(Some(&answered)), reply.clone()) else {
        panic!("a reply is sent")
    };
    assert_eq!(draft.reply_to, Some(answered.as_reply()));
    assert_eq!(
        refusal(with(None), reply.clone()),
        Some(Denial::InvalidReply),
        "it is elsewhere, or nowhere"
    );
    let deleted = Message {
        is_deleted: true,
        content: None,
        ..answered
    };
    assert_eq!(refusal(with(Some(&deleted)), reply), Some(Denial::InvalidReply));
}

#[test]
fn message_that_answers_nothing_is_sent_as_such() {
    let Ok(Sending::New(draft)) = sends(facts(&town(), AZIZ), wish("Salom")) else {
        panic!("a message is sent")
    };
    assert_eq!(draft.reply_to, None);
}

// R12

#[test]
fn message_without_files_needs_text_that_is_not_blank() {
    let town = town();
    for text in [None, Some(""), Some("  \t\r\n"), Some("\u{a0}\u{2003}\u{3000}\u{2028}")] {
        let wish = Wish {
            content: text.map(str::to_owned),
            ..Wish::default()
        };
        assert_eq!(refusal(facts(&town, AZIZ), wish.clone()), Some(Denial::EmptyMessage), "{text:?}");
        let with_file = Wish {
            attachments: vec![a_file("key")],
            ..wish
        };
        assert_eq!(refusal(facts(&town, AZIZ), with_file), None, "{text:?}");
    }
    assert_eq!(refusal(facts(&town, AZIZ), wish(" . ")), None);
}

#[test]
fn files_do_not_excuse_text_that_is_too_long_or_holds_nul() {
    let town = town();
    for (text, denial) in [
        ("ў".repeat(10_001), Denial::ContentTooLong(10_000)),
        ("a\0".to_owned(), Denial::InvalidContent),
    ] {
        let wish = Wish {
            attachments: vec![a_file("key")],
            ..wish(&text)
        };
        assert_eq!(refusal(facts(&town, AZIZ), wish), Some(denial));
    }
}

#[test]
fn draft_holds_everything_as_wished() {
    let town = town();
    let wish = Wish {
        client_id: Some(client_id("c1")),
        attachments: vec![a_file("key")],
        ..wish("  <b>Salom</b> \n")
    };
    let Ok(Sending::New(draft)) = decide(facts(&town, AZIZ), wish, &Policy::default(), at(3)) else {
        panic!("a message is sent")
    };
    assert_eq!(draft.content.as_ref().map(Content::as_str), Some("  <b>Salom</b> \n"));
    assert_eq!(Some(draft.sender), town.person(AZIZ));
    assert_eq!((draft.conversation, draft.others, draft.at), (HERE, 1, at(3)));
    assert_eq!((draft.client_id, draft.attachments), (Some(client_id("c1")), vec![a_file("key")]));
}

// Section 4.3

#[test]
fn repeat_of_a_client_id_is_the_first_message_whatever_has_changed_since() {
    let mut town = town();
    let repeat = Wish {
        client_id: Some(client_id("c1")),
        ..wish("Salom")
    };
    assert!(matches!(sends(facts(&town, AZIZ), repeat.clone()), Ok(Sending::New(_))));
    town.unfollow(AZIZ, NUR);
    let again = |wish| {
        sends(
            SendingFacts {
                already: Some((HERE, MessageId(90))),
                ..facts(&town, AZIZ)
            },
            wish,
        )
    };
    assert_eq!(again(repeat.clone()), Ok(Sending::Already(MessageId(90))));
    assert_eq!(again(Wish { content: None, ..repeat }), Ok(Sending::Already(MessageId(90))));
}

#[test]
fn client_id_of_another_conversation_is_a_conflict() {
    let town = town();
    let wish = Wish {
        client_id: Some(client_id("c1")),
        ..wish("Salom")
    };
    let elsewhere = SendingFacts {
        already: Some((ConversationId(HERE.0 + 1), MessageId(90))),
        ..facts(&town, AZIZ)
    };
    assert_eq!(refusal(elsewhere, wish), Some(Denial::ClientIdConflict));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn white_space_of_any_script_says_nothing(blank in "\\s{0,80}", letter in "\\S") {
        let content = |text: &str| Content::new(text.to_owned(), &Policy::default()).ok();
        prop_assume!(letter != "\0");
        prop_assert_eq!(says_something(content(&blank).as_ref(), false), Err(Denial::EmptyMessage));
        prop_assert_eq!(says_something(content(&blank).as_ref(), true), Ok(()));
        prop_assert_eq!(says_something(content(&format!("{blank}{letter}{blank}")).as_ref(), false), Ok(()));
    }

    #[test]
    fn member_sends_exactly_while_following_and_the_other_side_administers(
        follows: bool, other_administers: bool, opened_by_staff: bool, third_party in prop::option::of(Just(PAVEL)),
    ) {
        let mut town = town();
        let conversation = Conversation { opened_by_staff, ..town.conversation(&[MALIKA, DILNOZA], Some(NUR)) };
        town.set_admin(NUR, if other_administers { Some(DILNOZA) } else { third_party });
        if !follows { town.unfollow(MALIKA, NUR); }
        prop_assert_eq!(gate(&town, MALIKA, &conversation).is_ok(), opened_by_staff || (follows && other_administers));
    }
}
