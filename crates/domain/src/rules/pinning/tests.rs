use super::{is_authority, may_pin};
use crate::{
    denial::Denial,
    facts::MessageFacts,
    people::Role,
    rules::test_directory::{TestDirectory, test_directory},
    testing::builders::{AZIZ, DILNOZA, NUR, PAVEL, RUSTAM},
};

fn both(facts: &MessageFacts) -> [Result<(), Denial>; 2] {
    [may_pin(facts, true), may_pin(facts, false)]
}

const ALLOWED: [Result<(), Denial>; 2] = [Ok(()), Ok(())];
const REFUSED: [Result<(), Denial>; 2] = [Err(Denial::NotPinAuthority), Err(Denial::NotPinAuthority)];

#[test]
fn present_admin_of_the_confession_pins_and_unpins() {
    let mut directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    let by_dilnoza = |directory: &TestDirectory| both(&directory.to_change(DILNOZA, AZIZ, &room));
    assert_eq!(by_dilnoza(&directory), ALLOWED);
    directory.set_admin(NUR, Some(PAVEL));
    assert_eq!(by_dilnoza(&directory), REFUSED);
    directory.set_admin(NUR, None);
    assert_eq!(by_dilnoza(&directory), REFUSED);
}

#[test]
fn sending_a_message_gives_no_right_to_pin_it() {
    let directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(both(&directory.to_change(AZIZ, AZIZ, &room)), REFUSED);
    assert_eq!(both(&directory.to_change(DILNOZA, DILNOZA, &room)), ALLOWED);
}

#[test]
fn nobody_but_a_superadmin_pins_where_there_is_no_confession() {
    let mut directory = test_directory();
    let room = directory.conversation(&[DILNOZA, PAVEL], None);
    assert_eq!(both(&directory.to_change(DILNOZA, PAVEL, &room)), REFUSED);
    directory.set_role(DILNOZA, Role::Superadmin);
    assert_eq!(both(&directory.to_change(DILNOZA, PAVEL, &room)), ALLOWED);
}

#[test]
fn superadmin_pins_in_conversations_of_others() {
    let directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(both(&directory.to_change(RUSTAM, AZIZ, &room)), ALLOWED);
}

#[test]
fn admin_of_the_confession_who_does_not_take_part_finds_no_message_to_pin() {
    let mut directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    directory.set_admin(NUR, Some(PAVEL));
    let facts = directory.to_change(PAVEL, AZIZ, &room);
    assert_eq!(both(&facts), [Err(Denial::MessageNotFound), Err(Denial::MessageNotFound)]);
    assert!(!is_authority(&facts.actor, &facts.conversation));
}

#[test]
fn deleted_message_is_not_pinned_but_may_be_unpinned() {
    let directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    for actor in [DILNOZA, RUSTAM] {
        let mut facts = directory.to_change(actor, AZIZ, &room);
        assert_eq!(both(&facts), ALLOWED);
        facts.message.is_deleted = true;
        assert_eq!(both(&facts), [Err(Denial::MessageDeleted), Ok(())]);
    }
    let mut facts = directory.to_change(AZIZ, AZIZ, &room);
    facts.message.is_deleted = true;
    assert_eq!(both(&facts), REFUSED);
}
