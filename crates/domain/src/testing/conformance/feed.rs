//! [`crate::ports::DirectoryFeed`].

use super::{Scene, Store, Works};
use crate::{
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Person, Role},
    ports::Fed,
    testing::builders::{
        AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NOWHERE, NUR, ORPHAN, PAVEL, RUSTAM, SVET, SVETLANA, community, confession, follows,
        person, someone,
    },
};

/// Runs the suite of [`crate::ports::DirectoryFeed`].
#[macro_export]
macro_rules! feed_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            feed: an_empty_document_is_taken,
            the_same_document_can_be_taken_again,
            users_are_replaced_by_id,
            confessions_are_replaced_by_id,
            subscriptions_are_added_to_those_there,
            later_parts_of_a_document_build_on_earlier_ones,
            a_username_that_another_has_is_rejected,
            a_username_twice_in_a_document_is_rejected,
            a_confession_name_that_another_has_is_rejected,
            a_slug_that_another_has_is_rejected,
            an_admin_who_does_not_exist_is_rejected,
            a_subscription_of_nobody_is_rejected,
            a_subscription_to_nothing_is_rejected,
            a_bad_row_leaves_everything_as_it_was,
            unfollowing_ends_one_subscription,
            unfollowing_what_is_not_followed_is_nothing,
            the_roster_is_everybody_active_by_id,
            the_roster_names_confessions_followed_and_administered,
            what_is_fed_shows_in_conversations_at_once,
        );
    };
}

fn users(users: Vec<Person>) -> DirectoryDocument {
    DirectoryDocument {
        users,
        ..DirectoryDocument::default()
    }
}

fn confessions(confessions: Vec<Confession>) -> DirectoryDocument {
    DirectoryDocument {
        confessions,
        ..DirectoryDocument::default()
    }
}

async fn roster(store: &impl Store) -> Vec<(UserId, Vec<ConfessionId>)> {
    let roster = store.roster().await.works();
    roster
        .into_iter()
        .map(|entry| (entry.person.id, entry.confessions.iter().map(|confession| confession.id).collect()))
        .collect()
}

async fn assert_rejected(store: &impl Store, document: DirectoryDocument, expected_row: &str) {
    let before = store.roster().await.works();
    match store.import(document).await.works() {
        Fed::Rejected { row, reason } => {
            assert_eq!(row, expected_row);
            assert!(!reason.is_empty(), "a rejection says why");
        }
        Fed::Done => panic!("{expected_row} was taken"),
    }
    assert_eq!(store.roster().await.works(), before, "nothing is changed");
}

/// It has nothing to reject.
pub async fn an_empty_document_is_taken(store: &impl Store) {
    assert_eq!(store.import(DirectoryDocument::default()).await.works(), Fed::Done);
    assert_eq!(store.roster().await.works(), []);
}

/// Nobody's name is taken by themselves, and a subscription that is there stays.
pub async fn the_same_document_can_be_taken_again(store: &impl Store) {
    let scene = Scene::new(store).await;
    let before = store.roster().await.works();
    scene.import(community()).await;
    assert_eq!(store.roster().await.works(), before);
}

/// Every field is taken over.
pub async fn users_are_replaced_by_id(store: &impl Store) {
    let scene = Scene::new(store).await;
    let changed = Person {
        id: AZIZ,
        username: "aziz.g".to_owned(),
        first_name: "Азиз".to_owned(),
        last_name: String::new(),
        role: Role::Admin,
        avatar: None,
        is_active: false,
    };
    scene.import(users(vec![changed.clone()])).await;
    assert_eq!(store.person(AZIZ).await.works(), Some(changed));
    assert_eq!(store.person(MALIKA).await.works(), Some(someone(MALIKA)), "others stay as they are");
}

/// Every field is taken over, the admin being nobody included.
pub async fn confessions_are_replaced_by_id(store: &impl Store) {
    let scene = Scene::new(store).await;
    let changed = Confession {
        slug: "nur-2".to_owned(),
        ..confession(NUR.0, "Nur va Ziyo", None)
    };
    scene.import(confessions(vec![changed.clone()])).await;
    let entry = store
        .roster()
        .await
        .works()
        .into_iter()
        .find(|entry| entry.person.id == AZIZ)
        .expect("Aziz is active");
    assert_eq!(entry.confessions, [changed]);
}

/// A document does not end what it does not name.
pub async fn subscriptions_are_added_to_those_there(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene
        .import(DirectoryDocument {
            subscriptions: vec![follows(AZIZ, SVET)],
            ..DirectoryDocument::default()
        })
        .await;
    let entry = store
        .roster()
        .await
        .works()
        .into_iter()
        .find(|entry| entry.person.id == AZIZ)
        .expect("Aziz is active");
    assert_eq!(
        entry.confessions.iter().map(|confession| confession.id).collect::<Vec<_>>(),
        [NUR, SVET]
    );
}

/// Users come first, then confessions, then subscriptions.
pub async fn later_parts_of_a_document_build_on_earlier_ones(store: &impl Store) {
    let document = DirectoryDocument {
        users: vec![person(1, "admin", Role::Admin), person(2, "member", Role::User)],
        confessions: vec![confession(1, "New", Some(UserId(1)))],
        subscriptions: vec![follows(UserId(2), ConfessionId(1))],
    };
    assert_eq!(store.import(document).await.works(), Fed::Done);
    assert_eq!(
        roster(store).await,
        [(UserId(1), vec![ConfessionId(1)]), (UserId(2), vec![ConfessionId(1)])]
    );
}

/// The row is named by its place in the document.
pub async fn a_username_that_another_has_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_rejected(
        store,
        users(vec![person(20, "new", Role::User), person(21, "malika", Role::User)]),
        "users[1]",
    )
    .await;
}

/// The second one is the bad one.
pub async fn a_username_twice_in_a_document_is_rejected(store: &impl Store) {
    assert_rejected(
        store,
        users(vec![person(1, "same", Role::User), person(2, "same", Role::User)]),
        "users[1]",
    )
    .await;
}

/// Names of confessions are unique.
pub async fn a_confession_name_that_another_has_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_rejected(store, confessions(vec![confession(20, "Nur jamoasi", None)]), "confessions[0]").await;
}

/// Slugs are unique.
pub async fn a_slug_that_another_has_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let same_slug = Confession {
        slug: confession(NUR.0, "", None).slug,
        ..confession(21, "Another", None)
    };
    assert_rejected(store, confessions(vec![confession(20, "New", None), same_slug]), "confessions[1]").await;
}

/// A confession may have no admin, but not a missing one.
pub async fn an_admin_who_does_not_exist_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_rejected(
        store,
        confessions(vec![confession(20, "New", None), confession(21, "Newer", Some(NOBODY))]),
        "confessions[1]",
    )
    .await;
}

/// Who follows must exist.
pub async fn a_subscription_of_nobody_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let subscriptions = vec![
        follows(AZIZ, SVET),
        follows(SVETLANA, SVET),
        follows(SVETLANA, BAHOR),
        follows(NOBODY, NUR),
    ];
    assert_rejected(
        store,
        DirectoryDocument {
            subscriptions,
            ..DirectoryDocument::default()
        },
        "subscriptions[3]",
    )
    .await;
}

/// What is followed must exist.
pub async fn a_subscription_to_nothing_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let subscriptions = vec![follows(AZIZ, NOWHERE)];
    assert_rejected(
        store,
        DirectoryDocument {
            subscriptions,
            ..DirectoryDocument::default()
        },
        "subscriptions[0]",
    )
    .await;
}

/// Not even the good rows before it are kept.
pub async fn a_bad_row_leaves_everything_as_it_was(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let document = DirectoryDocument {
        users: vec![
            Person {
                username: "renamed".to_owned(),
                ..someone(AZIZ)
            },
            person(20, "new", Role::User),
        ],
        confessions: vec![confession(NUR.0, "Renamed", Some(PAVEL)), confession(20, "New", None)],
        subscriptions: vec![follows(SVETLANA, NUR), follows(SVETLANA, NOWHERE)],
    };
    assert_rejected(store, document, "subscriptions[1]").await;
    assert_eq!(store.person(AZIZ).await.works(), Some(someone(AZIZ)));
    assert_eq!(store.person(UserId(20)).await.works(), None);
}

/// That one, and no other.
pub async fn unfollowing_ends_one_subscription(store: &impl Store) {
    let _scene = Scene::new(store).await;
    store.unfollow(follows(MALIKA, BAHOR)).await.works();
    let roster = roster(store).await;
    assert!(roster.contains(&(MALIKA, vec![NUR, SVET])), "{roster:?}");
    assert!(roster.contains(&(AZIZ, vec![NUR])), "{roster:?}");
}

/// There may be no such subscription, user or confession.
pub async fn unfollowing_what_is_not_followed_is_nothing(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let before = store.roster().await.works();
    for subscription in [follows(SVETLANA, NUR), follows(NOBODY, NUR), follows(AZIZ, NOWHERE)] {
        store.unfollow(subscription).await.works();
    }
    assert_eq!(store.roster().await.works(), before);
}

/// Inactive people are left out; who comes is complete.
pub async fn the_roster_is_everybody_active_by_id(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let people: Vec<Person> = store.roster().await.works().into_iter().map(|entry| entry.person).collect();
    let expected: Vec<Person> = community().users.into_iter().filter(|person| person.is_active).collect();
    assert_eq!(people, expected);
}

/// By id, and once where both is so.
pub async fn the_roster_names_confessions_followed_and_administered(store: &impl Store) {
    let scene = Scene::new(store).await;
    let subscriptions = vec![follows(DILNOZA, BAHOR), follows(DILNOZA, ORPHAN)];
    scene
        .import(DirectoryDocument {
            subscriptions,
            ..DirectoryDocument::default()
        })
        .await;
    let expected = [
        (RUSTAM, vec![]),
        (DILNOZA, vec![NUR, BAHOR, ORPHAN]),
        (PAVEL, vec![SVET]),
        (KAMOL, vec![]),
        (AZIZ, vec![NUR]),
        (MALIKA, vec![NUR, BAHOR, SVET]),
        (SVETLANA, vec![]),
    ];
    assert_eq!(roster(store).await, expected);
}

/// Names, roles, confessions and their admins are those of now, in conversations and messages that were there before.
pub async fn what_is_fed_shows_in_conversations_at_once(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let said = scene.say(chat, AZIZ, "salom").await;
    let aziz = Person {
        username: "aziz.g".to_owned(),
        is_active: false,
        ..someone(AZIZ)
    };
    let nur = confession(NUR.0, "Nur va Ziyo", Some(PAVEL));
    scene
        .import(DirectoryDocument {
            users: vec![aziz.clone()],
            confessions: vec![nur.clone()],
            subscriptions: vec![],
        })
        .await;
    let facts = store.facts(chat, AZIZ).await.works().expect("Aziz takes part");
    assert_eq!(facts.actor, aziz);
    assert_eq!(facts.conversation.participants.to_vec(), [someone(DILNOZA), aziz.clone()]);
    assert_eq!(facts.conversation.confession, Some(nur.clone()));
    assert_eq!(scene.message(said.id, DILNOZA).await.sender, aziz);
    let row = scene.row(chat, DILNOZA).await;
    assert_eq!(
        (row.confession, row.preview.map(|preview| preview.sender)),
        (Some(nur), Some("aziz.g".to_owned()))
    );
}
