use super::*;
use crate::{
    conversation::Conversation,
    feeding::AdminChange,
    id::{ConversationId, Seq},
    people::{Confession, Role},
    testing::builders::{AZIZ, DILNOZA, NUR, PAVEL, SVET, at, confession, follows, someone},
};

/// The facts for Aziz in a conversation with Dilnoza about Nur that he opened.
fn facts(actor_follows: bool, confession: Confession) -> ConversationFacts {
    ConversationFacts {
        actor: someone(AZIZ),
        actor_follows,
        conversation: Conversation {
            id: ConversationId(1),
            participants: vec![someone(DILNOZA), someone(AZIZ)].into(),
            confession: Some(confession),
            opened_by_staff: false,
            created_at: at(0),
            updated_at: at(0),
            last_message_at: None,
            last_seq: Seq(0),
            awaiting_since: None,
        },
    }
}

fn nur() -> Confession {
    confession(NUR.0, "Nur", Some(DILNOZA))
}

#[test]
fn unchanged_facts_held_before_the_change() {
    let elsewhere = DirectoryChanges {
        roles: [(DILNOZA, Role::User)].into(),
        admins: [(
            SVET,
            AdminChange {
                before: None,
                now: Some(PAVEL),
            },
        )]
        .into(),
        follows: [(follows(DILNOZA, NUR), false), (follows(AZIZ, SVET), false)].into(),
        ..DirectoryChanges::default()
    };
    let facts = facts(true, nur());
    for change in [elsewhere, DirectoryChanges::default()] {
        assert_eq!(before(&facts, &change), now(&facts));
    }
}

#[test]
fn a_change_is_reverted_to_know_the_rights_before_it() {
    let can = Access {
        cannot_send: None,
        can_pin: false,
    };
    let cannot = |denial| Access {
        cannot_send: Some(denial),
        can_pin: false,
    };
    let followed = |before| DirectoryChanges {
        follows: [(follows(AZIZ, NUR), before)].into(),
        ..DirectoryChanges::default()
    };
    let admin = |before, now| DirectoryChanges {
        admins: [(NUR, AdminChange { before, now })].into(),
        ..DirectoryChanges::default()
    };
    let role = DirectoryChanges {
        roles: [(AZIZ, Role::Superadmin)].into(),
        ..DirectoryChanges::default()
    };
    let powerful = Access {
        cannot_send: None,
        can_pin: true,
    };
    let table = [
        (facts(true, nur()), followed(false), cannot(Denial::NotSubscribed), can.clone()),
        (facts(false, nur()), followed(true), can.clone(), cannot(Denial::NotSubscribed)),
        (
            facts(true, confession(NUR.0, "Nur", Some(PAVEL))),
            admin(Some(DILNOZA), Some(PAVEL)),
            can.clone(),
            cannot(Denial::NotConfessionAdmin),
        ),
        (
            facts(true, nur()),
            admin(None, Some(DILNOZA)),
            cannot(Denial::NotConfessionAdmin),
            can.clone(),
        ),
        (facts(false, nur()), role, powerful, cannot(Denial::NotSubscribed)),
    ];
    for (facts, change, could, can) in table {
        assert_eq!((before(&facts, &change), now(&facts)), (could, can), "{change:?}");
    }
}
