//! Made-up histories: a sound one, and one for each way in which a promise can be broken.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chaos::{
    checker::{DeviceEnd, Held, check},
    ledger::{AcknowledgedChange, ConversationId, Ledger, State, UserId, Wish, digest},
    stored::{Participant, Stored, StoredConversation, StoredMessage},
    violation::Kind,
};

const CONVERSATION: ConversationId = 7;
const SENDER: UserId = 1;
const READER: UserId = 2;

/// A ledger, what is stored, and a device of the reader.
struct History {
    ledger: Ledger,
    stored: Stored,
    device: DeviceEnd,
}

impl History {
    /// Two messages, the first of which was edited (`seq` 3) and read.
    fn sound() -> Self {
        let mut ledger = Ledger::default();
        let (first, second) = (State::shown("first", false), State::shown("second", false));
        let edited = State::shown("edited", false);
        for (id, seq, state) in [(10, 1, first), (11, 2, second)] {
            let number = ledger.compose(CONVERSATION, SENDER);
            ledger.acknowledge(number, id, Some(seq));
            ledger.see(CONVERSATION, seq, id, state);
        }
        ledger.see(CONVERSATION, 3, 10, edited);
        ledger.changes.push(AcknowledgedChange {
            conversation: CONVERSATION,
            message: 10,
            seq: 3,
            wish: Wish::Edit(digest("edited")),
        });
        ledger.read(CONVERSATION, READER, 10);
        let message = |number, created_seq, seq, state| StoredMessage {
            sender: SENDER,
            number: Some(number),
            created_seq,
            seq,
            state,
        };
        let reader = Participant {
            unread_count: 1,
            read_up_to: 10,
        };
        let conversation = StoredConversation {
            last_seq: 3,
            participants: BTreeMap::from([(SENDER, Participant::default()), (READER, reader)]),
            messages: BTreeMap::from([(10, message(0, 1, 3, edited)), (11, message(1, 2, 2, second))]),
        };
        let held = Held {
            known: 3,
            messages: BTreeMap::from([(10, (3, edited)), (11, (2, second))]),
            unread: Some(1),
        };
        Self {
            ledger,
            stored: Stored {
                conversations: HashMap::from([(CONVERSATION, conversation)]),
                reads: HashSet::from([(10, READER)]),
            },
            device: DeviceEnd {
                user: READER,
                device: 0,
                held: HashMap::from([(CONVERSATION, held)]),
            },
        }
    }

    fn conversation(&mut self) -> &mut StoredConversation {
        self.stored
            .conversations
            .get_mut(&CONVERSATION)
            .expect("the conversation of the test")
    }

    fn held(&mut self) -> &mut Held {
        self.device.held.get_mut(&CONVERSATION).expect("the conversation of the test")
    }

    fn kinds(&self) -> BTreeSet<Kind> {
        let found = check(&self.ledger, &self.stored, std::slice::from_ref(&self.device));
        found.into_iter().map(|violation| violation.kind).collect()
    }
}

/// The kinds of violations in the sound history after one thing went wrong.
fn kinds_after(break_it: impl FnOnce(&mut History)) -> BTreeSet<Kind> {
    let mut history = History::sound();
    assert_eq!(history.kinds(), BTreeSet::new(), "the history that is broken is sound");
    break_it(&mut history);
    history.kinds()
}

#[test]
fn an_acknowledged_message_that_is_not_stored_is_lost() {
    let kinds = kinds_after(|history| {
        history.conversation().messages.remove(&11);
    });
    assert!(kinds.contains(&Kind::Lost), "{kinds:?}");
}

#[test]
fn an_acknowledged_message_that_is_stored_under_another_number_is_lost() {
    let kinds = kinds_after(|history| history.ledger.sendings[1].seq = Some(9));
    assert_eq!(kinds, BTreeSet::from([Kind::Lost]));
}

#[test]
fn a_message_that_is_stored_twice_is_doubled() {
    let kinds = kinds_after(|history| {
        let again = StoredMessage {
            created_seq: 4,
            seq: 4,
            ..history.conversation().messages[&11]
        };
        history.conversation().messages.insert(12, again);
        history.conversation().last_seq = 4;
    });
    assert!(kinds.contains(&Kind::Doubled), "{kinds:?}");
}

#[test]
fn a_message_that_is_acknowledged_under_two_ids_is_doubled() {
    assert_eq!(
        kinds_after(|history| history.ledger.acknowledge(1, 12, None)),
        BTreeSet::from([Kind::Doubled])
    );
}

#[test]
fn a_message_that_nobody_sent_is_unknown() {
    let kinds = kinds_after(|history| history.conversation().messages.get_mut(&11).unwrap().number = None);
    assert!(kinds.contains(&Kind::Unknown), "{kinds:?}");
}

#[test]
fn a_change_that_was_seen_and_is_not_stored_is_found() {
    let kinds = kinds_after(|history| history.ledger.see(CONVERSATION, 4, 12, State::shown("announced too early", false)));
    assert_eq!(kinds, BTreeSet::from([Kind::SeenAndNotStored]));
}

#[test]
fn a_number_without_a_change_is_a_hole_unless_an_answer_is_missing() {
    let skip = |history: &mut History| {
        history.conversation().last_seq = 4;
        history.held().known = 4;
    };
    assert_eq!(kinds_after(skip), BTreeSet::from([Kind::Hole]));
    let doubtful = kinds_after(|history| {
        skip(history);
        history.ledger.doubtful_changes.insert(CONVERSATION, 1);
    });
    assert_eq!(doubtful, BTreeSet::new());
}

#[test]
fn ids_that_do_not_grow_with_seq_are_found() {
    let kinds = kinds_after(|history| {
        let message = history.conversation().messages.remove(&11).unwrap();
        history.conversation().messages.insert(9, message);
    });
    assert!(kinds.contains(&Kind::Numbering), "{kinds:?}");
}

#[test]
fn two_clients_that_see_different_changes_under_one_number_disagree() {
    let kinds = kinds_after(|history| history.ledger.see(CONVERSATION, 2, 11, State::DELETED));
    assert_eq!(kinds, BTreeSet::from([Kind::Disagreement]));
}

#[test]
fn an_acknowledged_edit_that_is_not_stored_is_lost() {
    let kinds = kinds_after(|history| history.ledger.changes[0].wish = Wish::Edit(digest("another")));
    assert_eq!(kinds, BTreeSet::from([Kind::LostChange]));
}

#[test]
fn a_client_that_does_not_know_the_newest_change_is_behind() {
    assert_eq!(kinds_after(|history| history.held().known = 2), BTreeSet::from([Kind::Behind]));
}

#[test]
fn a_client_that_holds_another_state_is_found() {
    let kinds = kinds_after(|history| {
        history.held().messages.insert(10, (3, State::shown("first", false)));
    });
    assert_eq!(kinds, BTreeSet::from([Kind::WrongState]));
}

#[test]
fn a_wrong_unread_count_is_found_where_it_is_stored_and_where_it_is_shown() {
    assert_eq!(
        kinds_after(|history| history.held().unread = Some(2)),
        BTreeSet::from([Kind::WrongUnread])
    );
    let stored = kinds_after(|history| {
        history.conversation().participants.get_mut(&READER).unwrap().unread_count = 2;
        history.held().unread = None;
    });
    assert_eq!(stored, BTreeSet::from([Kind::WrongUnread]));
}

#[test]
fn an_acknowledged_read_mark_that_is_not_stored_is_found() {
    let kinds = kinds_after(|history| {
        history.stored.reads.clear();
        let participant = history.conversation().participants.get_mut(&READER).unwrap();
        *participant = Participant {
            unread_count: 2,
            read_up_to: 0,
        };
        history.held().unread = Some(2);
    });
    assert_eq!(kinds, BTreeSet::from([Kind::WrongMark]));
}
