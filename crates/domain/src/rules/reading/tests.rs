use super::may_see;
use crate::{
    denial::Denial,
    rules::test_directory::test_directory,
    testing::builders::{AZIZ, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM},
};

#[test]
fn participants_see_a_message_and_to_everybody_else_it_does_not_exist() {
    let mut directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    directory.set_admin(NUR, Some(PAVEL));
    for participant in [AZIZ, DILNOZA] {
        assert_eq!(may_see(&directory.to_change(participant, AZIZ, &room)), Ok(()));
    }
    for stranger in [MALIKA, PAVEL, RUSTAM] {
        assert_eq!(may_see(&directory.to_change(stranger, AZIZ, &room)), Err(Denial::MessageNotFound));
    }
}

#[test]
fn history_stays_readable_without_following() {
    let mut directory = test_directory();
    let room = directory.conversation(&[AZIZ, DILNOZA], Some(NUR));
    directory.unfollow(AZIZ, NUR);
    assert_eq!(may_see(&directory.to_change(AZIZ, DILNOZA, &room)), Ok(()));
}
