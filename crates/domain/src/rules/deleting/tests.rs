use super::may_delete;
use crate::{
    denial::Denial,
    people::Role,
    rules::stage::town,
    testing::builders::{AZIZ, DILNOZA, NUR, RUSTAM},
    time::Timestamp,
};

#[test]
fn only_the_sender_deletes_not_even_the_admin_of_the_confession() {
    let mut town = town();
    let room = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(may_delete(&town.to_change(AZIZ, AZIZ, &room)), Ok(()));
    assert_eq!(may_delete(&town.to_change(DILNOZA, AZIZ, &room)), Err(Denial::NotSender));
    town.set_role(DILNOZA, Role::Superadmin);
    assert_eq!(may_delete(&town.to_change(DILNOZA, AZIZ, &room)), Err(Denial::NotSender));
}

#[test]
fn superadmin_outside_the_conversation_finds_no_message_to_delete() {
    let town = town();
    let room = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(may_delete(&town.to_change(RUSTAM, AZIZ, &room)), Err(Denial::MessageNotFound));
}

#[test]
fn sender_deletes_at_any_age_and_again_and_without_following() {
    let mut town = town();
    let room = town.conversation(&[AZIZ, DILNOZA], Some(NUR));
    town.unfollow(AZIZ, NUR);
    let mut facts = town.to_change(AZIZ, AZIZ, &room);
    facts.message.created_at = Timestamp(0);
    assert_eq!(may_delete(&facts), Ok(()));
    facts.message.is_deleted = true;
    assert_eq!(may_delete(&facts), Ok(()));
}
