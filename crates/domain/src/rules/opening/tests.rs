mod communities;

use super::{Opening, decide};
use crate::{
    denial::Denial,
    facts::OpeningFacts,
    id::{ConfessionId, ConversationId, UserId},
    people::Role,
    policy::{AdminOutreach, Policy},
    rules::test_directory::{TestDirectory, test_directory},
    testing::builders::{
        AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NOWHERE, NUR, ORPHAN, PAVEL, RUSTAM, SVET, SVETLANA, ZAFAR, at, person,
    },
};

/// The confession of the conversation that these facts lead to.
fn opens(facts: &OpeningFacts) -> Result<Option<ConfessionId>, Denial> {
    opens_under(facts, AdminOutreach::default())
}

fn opens_under(facts: &OpeningFacts, admin_outreach: AdminOutreach) -> Result<Option<ConfessionId>, Denial> {
    match decide(
        facts,
        &Policy {
            admin_outreach,
            ..Policy::default()
        },
        at(0),
    )? {
        Opening::New(new) => Ok(new.confession),
        Opening::Existing(id) => panic!("{id} does not exist"),
    }
}

// R1

#[test]
fn member_opens_with_the_admin_of_the_named_confession_only_while_following_it() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NUR))), Ok(Some(NUR)));
    directory.unfollow(AZIZ, NUR);
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NUR))), Err(Denial::NotSubscribed));
}

#[test]
fn member_opens_only_with_the_present_admin_of_the_named_confession() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NUR))), Ok(Some(NUR)));
    assert_eq!(
        opens(&directory.to_open(AZIZ, &[PAVEL], Some(NUR))),
        Err(Denial::NotConfessionAdmin)
    );
    for admin in [Some(PAVEL), None] {
        directory.set_admin(NUR, admin);
        assert_eq!(
            opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NUR))),
            Err(Denial::NotConfessionAdmin)
        );
    }
}

#[test]
fn superadmin_who_administers_a_followed_confession_can_be_written_to_as_its_admin() {
    let mut directory = test_directory();
    assert_eq!(
        opens(&directory.to_open(AZIZ, &[RUSTAM], Some(NUR))),
        Err(Denial::NotConfessionAdmin)
    );
    assert_eq!(opens(&directory.to_open(AZIZ, &[RUSTAM], None)), Err(Denial::NotSubscribed));
    directory.set_admin(NUR, Some(RUSTAM));
    assert_eq!(opens(&directory.to_open(AZIZ, &[RUSTAM], Some(NUR))), Ok(Some(NUR)));
    assert_eq!(opens(&directory.to_open(AZIZ, &[RUSTAM], None)), Ok(Some(NUR)));
}

#[test]
fn unnamed_confession_of_a_member_is_the_only_one_shared_with_the_admin() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], None)), Ok(Some(NUR)));
    directory.unfollow(AZIZ, NUR);
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], None)), Err(Denial::NotSubscribed));
    assert_eq!(opens(&directory.to_open(AZIZ, &[PAVEL], None)), Err(Denial::NotSubscribed));
}

#[test]
fn member_who_shares_several_confessions_with_the_admin_is_asked_which() {
    let mut directory = test_directory();
    let both = [NUR, BAHOR].map(|id| directory.confession(id).expect("a confession of the directory"));
    assert_eq!(
        opens(&directory.to_open(MALIKA, &[DILNOZA], None)),
        Err(Denial::ConfessionRequired(both.to_vec()))
    );
    assert_eq!(opens(&directory.to_open(MALIKA, &[DILNOZA], Some(BAHOR))), Ok(Some(BAHOR)));
    directory.unfollow(MALIKA, NUR);
    assert_eq!(opens(&directory.to_open(MALIKA, &[DILNOZA], None)), Ok(Some(BAHOR)));
}

#[test]
fn member_does_not_write_to_a_member_even_one_who_administers_a_confession() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(AZIZ, &[MALIKA], None)), Err(Denial::NotAnAdmin));
    directory.set_admin(NUR, Some(MALIKA));
    assert_eq!(opens(&directory.to_open(AZIZ, &[MALIKA], Some(NUR))), Err(Denial::NotAnAdmin));
    directory.set_role(MALIKA, Role::Admin);
    assert_eq!(opens(&directory.to_open(AZIZ, &[MALIKA], Some(NUR))), Ok(Some(NUR)));
}

#[test]
fn member_does_not_learn_whether_a_confession_exists_that_they_do_not_follow() {
    let directory = test_directory();
    assert_eq!(
        opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NOWHERE))),
        Err(Denial::NotSubscribed)
    );
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], Some(BAHOR))), Err(Denial::NotSubscribed));
}

// R2

#[test]
fn several_people_at_once_are_for_staff() {
    let mut directory = test_directory();
    let both = [DILNOZA, PAVEL];
    assert_eq!(opens(&directory.to_open(MALIKA, &both, None)), Err(Denial::OneAdminAtATime));
    directory.set_role(MALIKA, Role::Admin);
    assert_eq!(opens(&directory.to_open(MALIKA, &both, None)), Ok(None));
}

#[test]
fn admin_gathers_staff_only_and_a_superadmin_anyone() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(DILNOZA, &[PAVEL, RUSTAM], None)), Ok(None));
    let mixed = [PAVEL, AZIZ];
    assert_eq!(opens(&directory.to_open(DILNOZA, &mixed, None)), Err(Denial::AdminsOnly));
    assert_eq!(opens(&directory.to_open(RUSTAM, &mixed, None)), Ok(None));
    assert_eq!(opens(&directory.to_open(RUSTAM, &[AZIZ, MALIKA], None)), Ok(None));
    directory.set_role(AZIZ, Role::Admin);
    assert_eq!(opens(&directory.to_open(DILNOZA, &mixed, None)), Ok(None));
}

#[test]
fn conversation_has_at_most_as_many_participants_as_the_policy_says() {
    let mut directory = test_directory();
    let crowd: Vec<UserId> = (101..=150).map(UserId).collect();
    directory
        .0
        .users
        .extend(crowd.iter().map(|id| person(id.0, "somebody", Role::Admin)));
    for actor in [RUSTAM, DILNOZA] {
        assert_eq!(opens(&directory.to_open(actor, &crowd[..49], None)), Ok(None));
        assert_eq!(opens(&directory.to_open(actor, &crowd, None)), Err(Denial::TooManyParticipants(50)));
    }
    let three = Policy {
        max_participants: 3,
        ..Policy::default()
    };
    assert!(decide(&directory.to_open(RUSTAM, &crowd[..2], None), &three, at(0)).is_ok());
    assert_eq!(
        decide(&directory.to_open(RUSTAM, &crowd[..3], None), &three, at(0)),
        Err(Denial::TooManyParticipants(3))
    );
}

// R3

#[test]
fn outreach_setting_decides_whether_an_admin_writes_to_a_stranger() {
    let facts = test_directory().to_open(DILNOZA, &[SVETLANA], None);
    assert_eq!(opens_under(&facts, AdminOutreach::Anyone), Ok(None));
    assert_eq!(opens_under(&facts, AdminOutreach::OwnSubscribers), Err(Denial::OutreachNotAllowed));
    assert_eq!(opens_under(&facts, AdminOutreach::ReplyOnly), Err(Denial::OutreachNotAllowed));
}

#[test]
fn own_subscribers_are_those_who_follow_a_confession_of_the_admin_now() {
    let mut directory = test_directory();
    let opens = |directory: &TestDirectory| opens_under(&directory.to_open(DILNOZA, &[AZIZ], None), AdminOutreach::OwnSubscribers);
    assert_eq!(opens(&directory), Ok(Some(NUR)));
    directory.unfollow(AZIZ, NUR);
    assert_eq!(opens(&directory), Err(Denial::OutreachNotAllowed));
    directory.follow(AZIZ, BAHOR);
    assert_eq!(opens(&directory), Ok(Some(BAHOR)));
    directory.set_admin(BAHOR, Some(PAVEL));
    assert_eq!(opens(&directory), Err(Denial::OutreachNotAllowed));
}

#[test]
fn outreach_setting_does_not_limit_messages_between_staff() {
    let directory = test_directory();
    for setting in [AdminOutreach::Anyone, AdminOutreach::OwnSubscribers, AdminOutreach::ReplyOnly] {
        assert_eq!(opens_under(&directory.to_open(DILNOZA, &[PAVEL], None), setting), Ok(None));
        assert_eq!(opens_under(&directory.to_open(DILNOZA, &[RUSTAM], None), setting), Ok(None));
        assert_eq!(opens_under(&directory.to_open(RUSTAM, &[SVETLANA], None), setting), Ok(None));
    }
}

#[test]
fn unnamed_confession_of_staff_is_the_only_one_they_administer_and_the_member_follows() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(DILNOZA, &[AZIZ], None)), Ok(Some(NUR)));
    assert_eq!(opens(&directory.to_open(DILNOZA, &[MALIKA], None)), Ok(None), "two are shared");
    assert_eq!(opens(&directory.to_open(DILNOZA, &[SVETLANA], None)), Ok(None), "none is shared");
    directory.set_admin(NUR, Some(RUSTAM));
    assert_eq!(opens(&directory.to_open(RUSTAM, &[AZIZ], None)), Ok(Some(NUR)));
    directory.set_role(AZIZ, Role::Admin);
    assert_eq!(
        opens(&directory.to_open(RUSTAM, &[AZIZ], None)),
        Ok(None),
        "no member is written to"
    );
}

#[test]
fn opening_an_existing_conversation_is_never_outreach() {
    let policy = Policy {
        admin_outreach: AdminOutreach::ReplyOnly,
        ..Policy::default()
    };
    for named in [None, Some(SVET)] {
        let mut facts = test_directory().to_open(DILNOZA, &[SVETLANA], named);
        let refusal = if named.is_some() {
            Denial::NotConfessionAdmin
        } else {
            Denial::OutreachNotAllowed
        };
        assert_eq!(decide(&facts, &policy, at(0)), Err(refusal));
        facts.existing = vec![(ConversationId(3), named)];
        assert_eq!(decide(&facts, &policy, at(0)), Ok(Opening::Existing(ConversationId(3))));
    }
}

#[test]
fn admin_writes_to_members_in_the_name_of_their_own_confession_only() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(DILNOZA, &[AZIZ], Some(BAHOR))), Ok(Some(BAHOR)));
    for foreign in [SVET, ORPHAN] {
        assert_eq!(
            opens(&directory.to_open(DILNOZA, &[AZIZ], Some(foreign))),
            Err(Denial::NotConfessionAdmin)
        );
        assert_eq!(
            opens(&directory.to_open(DILNOZA, &[PAVEL], Some(foreign))),
            Ok(Some(foreign)),
            "staff are no members"
        );
        assert_eq!(
            opens(&directory.to_open(RUSTAM, &[AZIZ], Some(foreign))),
            Ok(Some(foreign)),
            "superadmins may name any confession"
        );
    }
    directory.set_admin(BAHOR, Some(PAVEL));
    assert_eq!(
        opens(&directory.to_open(DILNOZA, &[AZIZ], Some(BAHOR))),
        Err(Denial::NotConfessionAdmin)
    );
}

#[test]
fn staff_are_told_that_a_confession_does_not_exist() {
    let directory = test_directory();
    for actor in [DILNOZA, RUSTAM] {
        assert_eq!(
            opens(&directory.to_open(actor, &[PAVEL], Some(NOWHERE))),
            Err(Denial::ConfessionNotFound)
        );
    }
}

// R4

#[test]
fn superadmin_opens_with_anyone() {
    let directory = test_directory();
    for target in [DILNOZA, KAMOL, MALIKA, SVETLANA] {
        assert_eq!(opens(&directory.to_open(RUSTAM, &[target], None)), Ok(None));
    }
}

// R5

#[test]
fn nobody_opens_with_themselves_alone_or_among_others() {
    let directory = test_directory();
    for actor in [AZIZ, DILNOZA, RUSTAM] {
        assert_eq!(opens(&directory.to_open(actor, &[actor], None)), Err(Denial::CannotMessageSelf));
        assert_eq!(
            opens(&directory.to_open(actor, &[PAVEL, actor], None)),
            Err(Denial::CannotMessageSelf)
        );
    }
}

#[test]
fn nobody_opens_with_somebody_unknown() {
    let directory = test_directory();
    for actor in [AZIZ, DILNOZA, RUSTAM] {
        assert_eq!(opens(&directory.to_open(actor, &[NOBODY], None)), Err(Denial::UserNotFound));
    }
    assert_eq!(
        opens(&directory.to_open(DILNOZA, &[PAVEL, NOBODY], None)),
        Err(Denial::UserNotFound)
    );
}

#[test]
fn nobody_opens_with_somebody_inactive() {
    let mut directory = test_directory();
    assert_eq!(opens(&directory.to_open(DILNOZA, &[ZAFAR], None)), Err(Denial::UserInactive));
    assert_eq!(opens(&directory.to_open(RUSTAM, &[PAVEL, ZAFAR], None)), Err(Denial::UserInactive));
    directory.change(ZAFAR, |person| person.is_active = true);
    assert_eq!(opens(&directory.to_open(DILNOZA, &[ZAFAR], None)), Ok(Some(NUR)));

    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NUR))), Ok(Some(NUR)));
    directory.change(DILNOZA, |person| person.is_active = false);
    assert_eq!(opens(&directory.to_open(AZIZ, &[DILNOZA], Some(NUR))), Err(Denial::UserInactive));
}

// R13

#[test]
fn conversation_of_the_same_people_exists_once_for_each_confession() {
    let mut facts = test_directory().to_open(MALIKA, &[DILNOZA], Some(NUR));
    facts.existing = vec![(ConversationId(3), None), (ConversationId(4), Some(BAHOR))];
    assert_eq!(opens(&facts), Ok(Some(NUR)));
    facts.existing.push((ConversationId(5), Some(NUR)));
    assert_eq!(decide(&facts, &Policy::default(), at(0)), Ok(Opening::Existing(ConversationId(5))));
}

#[test]
fn an_existing_conversation_is_found_without_a_subscription() {
    let mut directory = test_directory();
    let existing = vec![(ConversationId(3), Some(NUR))];
    let facts = |directory: &TestDirectory| OpeningFacts {
        existing: existing.clone(),
        ..directory.to_open(AZIZ, &[DILNOZA], Some(NUR))
    };
    assert_eq!(
        decide(&facts(&directory), &Policy::default(), at(0)),
        Ok(Opening::Existing(ConversationId(3)))
    );
    directory.unfollow(AZIZ, NUR);
    let found = Ok(Opening::Existing(ConversationId(3)));
    assert_eq!(decide(&facts(&directory), &Policy::default(), at(0)), found);
    let unnamed = OpeningFacts {
        existing: existing.clone(),
        ..directory.to_open(AZIZ, &[DILNOZA], None)
    };
    assert_eq!(decide(&unnamed, &Policy::default(), at(0)), found);
    // Another confession is another conversation, which does not exist.
    let other = OpeningFacts {
        existing: existing.clone(),
        ..directory.to_open(AZIZ, &[DILNOZA], Some(BAHOR))
    };
    assert_eq!(decide(&other, &Policy::default(), at(0)), Err(Denial::NotSubscribed));
    // R5 is applied before.
    directory.change(DILNOZA, |person| person.is_active = false);
    assert_eq!(decide(&facts(&directory), &Policy::default(), at(0)), Err(Denial::UserInactive));
}

#[test]
fn member_who_unfollowed_finds_the_conversation_that_was_active_last() {
    let mut facts = test_directory().to_open(SVETLANA, &[DILNOZA], None);
    facts.existing = vec![(ConversationId(4), Some(BAHOR)), (ConversationId(3), Some(NUR))];
    assert_eq!(decide(&facts, &Policy::default(), at(0)), Ok(Opening::Existing(ConversationId(4))));
}

#[test]
fn several_possible_confessions_are_named_though_a_conversation_exists() {
    let mut facts = test_directory().to_open(MALIKA, &[DILNOZA], None);
    facts.existing = vec![(ConversationId(3), None)];
    assert!(matches!(
        decide(&facts, &Policy::default(), at(0)),
        Err(Denial::ConfessionRequired(candidates)) if candidates.len() == 2
    ));
}

#[test]
fn member_of_a_conversation_of_several_finds_it_again() {
    let mut facts = test_directory().to_open(AZIZ, &[DILNOZA, RUSTAM], None);
    assert_eq!(opens(&facts), Err(Denial::OneAdminAtATime));
    facts.existing = vec![(ConversationId(3), None)];
    assert_eq!(decide(&facts, &Policy::default(), at(0)), Ok(Opening::Existing(ConversationId(3))));
}

#[test]
fn opened_conversation_tells_who_opened_it_and_when() {
    let directory = test_directory();
    for (actor, target, by_staff) in [(AZIZ, DILNOZA, false), (DILNOZA, AZIZ, true), (RUSTAM, AZIZ, true)] {
        let Ok(Opening::New(new)) = decide(&directory.to_open(actor, &[target], None), &Policy::default(), at(5)) else {
            panic!("{actor} may write to {target}");
        };
        assert_eq!((new.opened_by, new.opened_by_staff, new.at), (actor, by_staff, at(5)));
        assert_eq!(new.participants, [actor.min(target), actor.max(target)]);
    }
}

#[test]
fn people_named_twice_take_part_once() {
    let facts = test_directory().to_open(RUSTAM, &[PAVEL, DILNOZA, PAVEL], None);
    let Ok(Opening::New(new)) = decide(&facts, &Policy::default(), at(0)) else {
        panic!("a superadmin may");
    };
    assert_eq!(new.participants, [RUSTAM, DILNOZA, PAVEL]);
}
