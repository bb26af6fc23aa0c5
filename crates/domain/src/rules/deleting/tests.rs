use super::may_delete;
use crate::{
    denial::Denial,
    people::Role,
    rules::test_directory::test_directory,
    testing::builders::{AZIZ, DILNOZA, NUR, RUSTAM},
    time::Timestamp,
};

#[test]
fn only_the_sender_deletes_not_even_the_admin_of_the_confession() {
    let mut directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(may_delete(&directory.to_change(AZIZ, AZIZ, &room)), Ok(()));
    assert_eq!(may_delete(&directory.to_change(DILNOZA, AZIZ, &room)), Err(Denial::NotSender));
    directory.set_role(DILNOZA, Role::Superadmin);
    assert_eq!(may_delete(&directory.to_change(DILNOZA, AZIZ, &room)), Err(Denial::NotSender));
}

#[test]
fn superadmin_outside_the_conversation_finds_no_message_to_delete() {
    let directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    assert_eq!(may_delete(&directory.to_change(RUSTAM, AZIZ, &room)), Err(Denial::MessageNotFound));
}

#[test]
fn sender_deletes_at_any_age_and_again_and_without_following() {
    let mut directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    directory.unfollow(AZIZ, NUR);
    let mut facts = directory.to_change(AZIZ, AZIZ, &room);
    facts.message.created_at = Timestamp(0);
    assert_eq!(may_delete(&facts), Ok(()));
    facts.message.is_deleted = true;
    assert_eq!(may_delete(&facts), Ok(()));
}
