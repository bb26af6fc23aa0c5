//! R1 to R5 and R13 in random communities.

use proptest::prelude::*;

use crate::{
    conversation::NewConversation,
    facts::OpeningFacts,
    id::{ConfessionId, ConversationId, UserId},
    people::{DirectoryDocument, Person, Role, Subscription},
    policy::{AdminOutreach, Policy},
    rules::{
        opening::{Opening, decide},
        test_directory::TestDirectory,
    },
    testing::builders::{at, confession, person},
};

const PEOPLE: i64 = 6;
const CONFESSIONS: i64 = 4;

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![3 => Just(Role::User), 3 => Just(Role::Admin), 1 => Just(Role::Superadmin)]
}

fn outreach() -> impl Strategy<Value = AdminOutreach> {
    prop_oneof![
        Just(AdminOutreach::Anyone),
        Just(AdminOutreach::OwnSubscribers),
        Just(AdminOutreach::ReplyOnly)
    ]
}

/// A community in which anybody may have any role, administer and follow anything.
fn test_directory() -> impl Strategy<Value = TestDirectory> {
    let people = prop::collection::vec((role(), prop::bool::weighted(0.9)), 6);
    let admins = prop::collection::vec(prop::option::weighted(0.9, 1..=PEOPLE), 4);
    let follows = prop::collection::btree_set((1..=PEOPLE, 1..=CONFESSIONS), 0..16);
    (people, admins, follows).prop_map(|(people, admins, follows)| {
        let users = (1..).zip(people).map(|(id, (role, is_active))| Person {
            is_active,
            ..person(id, &format!("p{id}"), role)
        });
        let confessions = (1..)
            .zip(admins)
            .map(|(id, admin)| confession(id, &format!("c{id}"), admin.map(UserId)));
        let subscriptions = follows.into_iter().map(|(user, of)| Subscription {
            user: UserId(user),
            confession: ConfessionId(of),
        });
        TestDirectory(DirectoryDocument {
            users: users.collect(),
            confessions: confessions.collect(),
            subscriptions: subscriptions.collect(),
            ..DirectoryDocument::default()
        })
    })
}

/// An attempt to open a conversation with others, one of whom may not exist.
fn attempt() -> impl Strategy<Value = (TestDirectory, OpeningFacts, Policy)> {
    role().prop_flat_map(attempt_by)
}

/// An attempt by a person of this role.
fn attempt_by(role: Role) -> impl Strategy<Value = (TestDirectory, OpeningFacts, Policy)> {
    let number = prop_oneof![3 => Just(1_usize), 1 => Just(2), 1 => Just(3)];
    let targets = number.prop_flat_map(|number| prop::sample::subsequence((1..=PEOPLE + 1).collect::<Vec<_>>(), number));
    let targets = targets.prop_shuffle();
    let named = prop::option::of(1..=CONFESSIONS + 1);
    let existing = prop::collection::vec(prop::option::of(1..=CONFESSIONS), 0..3);
    let policy = (outreach(), 2..6_usize).prop_map(|(admin_outreach, max_participants)| Policy {
        admin_outreach,
        max_participants,
        ..Policy::default()
    });
    (test_directory(), 1..=PEOPLE, targets, named, existing, policy).prop_map(
        move |(mut directory, actor, targets, named, existing, policy)| {
            directory.set_role(UserId(actor), role);
            let targets: Vec<UserId> = targets.into_iter().map(UserId).collect();
            let mut facts = directory.to_open(UserId(actor), &targets, named.map(ConfessionId));
            facts.existing = (500..)
                .map(ConversationId)
                .zip(existing.into_iter().map(|of| of.map(ConfessionId)))
                .collect();
            (directory, facts, policy)
        },
    )
}

fn opened(facts: &OpeningFacts, policy: &Policy) -> Option<NewConversation> {
    match decide(facts, policy, at(0)) {
        Ok(Opening::New(new)) => Some(new),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn member_begins_conversations_only_with_the_admin_of_a_followed_confession((directory, facts, policy) in attempt_by(Role::User)) {
        if let Some(new) = opened(&facts, &policy) {
            let confession = new.confession.expect("a member writes in a confession");
            prop_assert!(directory.follows(facts.actor.id, confession));
            prop_assert_eq!(facts.targets.len(), 1);
            prop_assert_eq!(directory.confession(confession).and_then(|of| of.admin), Some(facts.targets[0].id));
            prop_assert!(facts.named.is_none_or(|named| named.id == confession));
        }
    }

    #[test]
    fn an_existing_conversation_is_found_in_the_named_confession((_, facts, policy) in attempt()) {
        if let Ok(Opening::Existing(id)) = decide(&facts, &policy, at(0)) {
            let confession = facts.existing.iter().find(|(other, _)| *other == id).map(|(_, of)| *of);
            prop_assert!(confession.is_some(), "it is one of theirs");
            prop_assert!(facts.named.is_none_or(|named| confession == Some(Some(named.id))));
        }
    }

    #[test]
    fn opened_conversation_has_the_actor_and_the_targets_each_once_in_order((_, facts, policy) in attempt()) {
        if let Some(new) = opened(&facts, &policy) {
            prop_assert!(new.participants.is_sorted_by(|one, next| one < next));
            prop_assert_eq!(new.participants.len(), facts.targets.len() + 1);
            prop_assert!(new.participants.len() <= policy.max_participants);
            prop_assert!(facts.targets.iter().map(|target| target.id).chain([facts.actor.id]).all(|id| new.participants.contains(&id)));
        }
    }

    #[test]
    fn nobody_inactive_or_unknown_is_ever_drawn_into_a_conversation((_, facts, policy) in attempt()) {
        if decide(&facts, &policy, at(0)).is_ok() {
            prop_assert!(facts.targets.iter().all(|target| target.person.as_ref().is_some_and(|person| person.is_active)));
        }
    }

    #[test]
    fn the_order_of_targets_does_not_matter((_, facts, policy) in attempt()) {
        let mut turned = facts.clone();
        turned.targets.reverse();
        prop_assert_eq!(decide(&facts, &policy, at(0)).ok(), decide(&turned, &policy, at(0)).ok());
    }

    #[test]
    fn admin_reaches_members_only_alone_in_their_own_name_and_as_the_policy_lets_them((directory, facts, policy) in attempt_by(Role::Admin)) {
        let members = facts.targets.iter().filter(|target| target.person.as_ref().is_some_and(|person| person.role == Role::User));
        let members: Vec<_> = members.collect();
        if let Some(new) = opened(&facts, &policy) && !members.is_empty() {
            prop_assert_eq!(facts.targets.len(), 1);
            prop_assert_ne!(policy.admin_outreach, AdminOutreach::ReplyOnly);
            if policy.admin_outreach == AdminOutreach::OwnSubscribers {
                prop_assert!(!directory.shared(facts.actor.id, members[0].id).is_empty());
            }
            if let Some(confession) = new.confession {
                prop_assert_eq!(directory.confession(confession).and_then(|of| of.admin), Some(facts.actor.id));
            }
        }
    }

    #[test]
    fn an_opened_conversation_exists_from_then_on((_, facts, policy) in attempt()) {
        if let Some(new) = opened(&facts, &policy) {
            let mut later = facts.clone();
            later.existing.push((ConversationId(999), new.confession));
            prop_assert_eq!(decide(&later, &policy, at(9)), Ok(Opening::Existing(ConversationId(999))));
        }
    }
}
