//! The suite of [`crate::ports::DirectoryWriter`], except notes.

mod names;
mod random;

pub use names::{
    a_confession_name_that_another_has_is_rejected, a_slug_that_another_has_is_rejected, a_username_that_another_has_is_rejected,
    a_username_that_its_owner_keeps_in_the_document_is_rejected, a_username_twice_in_a_document_is_rejected,
    names_and_slugs_of_confessions_change_hands, the_last_row_of_an_id_counts, usernames_can_be_swapped, usernames_can_move_along_a_chain,
};
pub use random::play_documents;

use super::{Scene, Store, Works};
use crate::{
    feeding::{AdminChange, DirectoryChanges, MOST_BAD_ROWS},
    id::{ConfessionId, UserId},
    people::{Confession, DirectoryDocument, Person, Role},
    ports::ImportOutcome,
    testing::builders::{
        AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NOWHERE, NUR, ORPHAN, PAVEL, RUSTAM, SVET, SVETLANA, community, confession, follows,
        person, someone,
    },
};

/// Runs the suite of [`crate::ports::DirectoryWriter`].
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
            a_username_that_its_owner_keeps_in_the_document_is_rejected,
            usernames_can_be_swapped,
            usernames_can_move_along_a_chain,
            the_last_row_of_an_id_counts,
            names_and_slugs_of_confessions_change_hands,
            a_confession_name_that_another_has_is_rejected,
            a_slug_that_another_has_is_rejected,
            an_admin_who_does_not_exist_is_rejected,
            a_subscription_of_nobody_is_rejected,
            a_subscription_to_nothing_is_rejected,
            all_bad_rows_are_named_and_nothing_is_changed,
            many_bad_rows_are_listed_up_to_a_bound,
            an_import_returns_the_changes_it_made,
            unfollowing_ends_one_subscription,
            unfollowing_without_a_subscription_changes_nothing,
            the_roster_has_all_active_people_by_id,
            the_roster_names_confessions_followed_and_administered,
            directory_changes_show_in_conversations_at_once,
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

/// Imports a document and compares its bad rows, as sentences, with the expected ones.
async fn assert_rejected(store: &impl Store, document: DirectoryDocument, expected: &[&str]) {
    let before = store.roster().await.works();
    match store.import(document).await.works() {
        ImportOutcome::Rejected(rows) => {
            let sentences: Vec<String> = rows.iter().map(ToString::to_string).collect();
            assert_eq!(sentences, expected);
        }
        ImportOutcome::Done(_) => panic!("a document was taken: {expected:?}"),
    }
    assert_eq!(store.roster().await.works(), before, "nothing is changed");
}

/// Imports a valid document, and returns the changes.
async fn taken(store: &impl Store, document: DirectoryDocument) -> DirectoryChanges {
    match store.import(document).await.works() {
        ImportOutcome::Done(changes) => changes,
        ImportOutcome::Rejected(rows) => panic!("{} is rejected", rows[0]),
    }
}

/// A person of the community under another username.
fn renamed(id: UserId, username: &str) -> Person {
    Person {
        username: username.to_owned(),
        ..someone(id)
    }
}

async fn usernames(store: &impl Store, ids: &[UserId]) -> Vec<String> {
    let mut names = Vec::new();
    for id in ids {
        names.push(store.person(*id).await.works().expect("an account").username);
    }
    names
}

/// An empty document has no bad rows.
pub async fn an_empty_document_is_taken(store: &impl Store) {
    assert!(matches!(
        store.import(DirectoryDocument::default()).await.works(),
        ImportOutcome::Done(_)
    ));
    assert_eq!(store.roster().await.works(), []);
}

/// Keeping one's own name is no conflict, and an existing subscription stays.
pub async fn the_same_document_can_be_taken_again(store: &impl Store) {
    let scene = Scene::new(store).await;
    let before = store.roster().await.works();
    scene.import(community()).await;
    assert_eq!(store.roster().await.works(), before);
}

/// Every field of the account is replaced.
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

/// Every field is replaced, also when the new admin is nobody.
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

/// A subscription that the document does not name is kept.
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

/// Users are stored first, then confessions, then subscriptions.
pub async fn later_parts_of_a_document_build_on_earlier_ones(store: &impl Store) {
    let document = DirectoryDocument {
        users: vec![person(1, "admin", Role::Admin), person(2, "member", Role::User)],
        confessions: vec![confession(1, "New", Some(UserId(1)))],
        subscriptions: vec![follows(UserId(2), ConfessionId(1))],
        ..DirectoryDocument::default()
    };
    assert!(matches!(store.import(document).await.works(), ImportOutcome::Done(_)));
    assert_eq!(
        roster(store).await,
        [(UserId(1), vec![ConfessionId(1)]), (UserId(2), vec![ConfessionId(1)])]
    );
}

/// A confession may have no admin, but not a missing one.
pub async fn an_admin_who_does_not_exist_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_rejected(
        store,
        confessions(vec![confession(20, "New", None), confession(21, "Newer", Some(NOBODY))]),
        &["confessions[1] (id 21): user 999 does not exist"],
    )
    .await;
}

/// The member of a subscription must exist.
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
        &["subscriptions[3] (user_id 999, confession_id 1): user 999 does not exist"],
    )
    .await;
}

/// The confession of a subscription must exist.
pub async fn a_subscription_to_nothing_is_rejected(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let subscriptions = vec![follows(AZIZ, NOWHERE)];
    assert_rejected(
        store,
        DirectoryDocument {
            subscriptions,
            ..DirectoryDocument::default()
        },
        &["subscriptions[0] (user_id 5, confession_id 999): confession 999 does not exist"],
    )
    .await;
}

/// Every bad row is listed, in the order of the document, and no good row is stored.
pub async fn all_bad_rows_are_named_and_nothing_is_changed(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let document = DirectoryDocument {
        users: vec![
            renamed(AZIZ, "renamed"),
            person(20, "new", Role::User),
            person(21, "pavel", Role::User),
        ],
        confessions: vec![
            confession(NUR.0, "Renamed", Some(NOBODY)),
            Confession {
                slug: "confession-3".to_owned(),
                ..confession(20, "Renamed", None)
            },
        ],
        subscriptions: vec![
            follows(SVETLANA, NUR),
            follows(NOBODY, NOWHERE),
            follows(UserId(20), ConfessionId(20)),
        ],
        ..DirectoryDocument::default()
    };
    let expected = [
        "users[2] (id 21): the username `pavel` belongs to user 3, who keeps it",
        "confessions[0] (id 1): user 999 does not exist",
        "confessions[1] (id 20): the name `Renamed` is also in confessions[0], for confession 1",
        "confessions[1] (id 20): the slug `confession-3` belongs to confession 3, which keeps it",
        "subscriptions[1] (user_id 999, confession_id 999): user 999 does not exist",
        "subscriptions[1] (user_id 999, confession_id 999): confession 999 does not exist",
    ];
    assert_rejected(store, document, &expected).await;
    assert_eq!(store.person(AZIZ).await.works(), Some(someone(AZIZ)));
    assert_eq!(store.person(UserId(20)).await.works(), None);
}

/// At most as many are listed as anybody repairs at once.
pub async fn many_bad_rows_are_listed_up_to_a_bound(store: &impl Store) {
    let subscriptions = (1..=500).map(|user| follows(UserId(user), NOWHERE)).collect();
    let document = DirectoryDocument {
        subscriptions,
        users: (1..=500).map(|id| person(id, "same", Role::User)).collect(),
        ..DirectoryDocument::default()
    };
    let ImportOutcome::Rejected(rows) = store.import(document).await.works() else {
        panic!("a document with bad rows was taken");
    };
    assert_eq!(rows.len(), MOST_BAD_ROWS);
}

/// The changes have the former values; rows that equal the stored ones are no changes.
pub async fn an_import_returns_the_changes_it_made(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(taken(store, community()).await, DirectoryChanges::default());
    let mut document = community();
    document.users = vec![
        Person {
            role: Role::Admin,
            ..someone(AZIZ)
        },
        renamed(MALIKA, "malika.o"),
        person(20, "new", Role::User),
        someone(PAVEL),
    ];
    document.confessions[0].admin = Some(PAVEL);
    document.confessions.push(confession(20, "New", Some(PAVEL)));
    document.subscriptions = vec![follows(AZIZ, NUR), follows(AZIZ, SVET)];
    let expected = DirectoryChanges {
        accounts: [AZIZ, MALIKA, UserId(20)].into(),
        roles: [(AZIZ, Role::User)].into(),
        admins: [(
            NUR,
            AdminChange {
                before: Some(DILNOZA),
                now: Some(PAVEL),
            },
        )]
        .into(),
        follows: [(follows(AZIZ, SVET), false)].into(),
    };
    assert_eq!(taken(store, document).await, expected);
    let ended = DirectoryChanges {
        follows: [(follows(AZIZ, SVET), true)].into(),
        ..DirectoryChanges::default()
    };
    assert_eq!(store.unfollow(follows(AZIZ, SVET)).await.works(), ended);
    assert_eq!(store.unfollow(follows(AZIZ, SVET)).await.works(), DirectoryChanges::default());
    scene.import(community()).await;
}

/// Only the named subscription ends.
pub async fn unfollowing_ends_one_subscription(store: &impl Store) {
    let _scene = Scene::new(store).await;
    store.unfollow(follows(MALIKA, BAHOR)).await.works();
    let roster = roster(store).await;
    assert!(roster.contains(&(MALIKA, vec![NUR, SVET])), "{roster:?}");
    assert!(roster.contains(&(AZIZ, vec![NUR])), "{roster:?}");
}

/// The subscription, the user or the confession may not exist.
pub async fn unfollowing_without_a_subscription_changes_nothing(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let before = store.roster().await.works();
    for subscription in [follows(SVETLANA, NUR), follows(NOBODY, NUR), follows(AZIZ, NOWHERE)] {
        store.unfollow(subscription).await.works();
    }
    assert_eq!(store.roster().await.works(), before);
}

/// Inactive people are left out; all fields of the others are there.
pub async fn the_roster_has_all_active_people_by_id(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let people: Vec<Person> = store.roster().await.works().into_iter().map(|entry| entry.person).collect();
    let expected: Vec<Person> = community().users.into_iter().filter(|person| person.is_active).collect();
    assert_eq!(people, expected);
}

/// Confessions are ordered by id; one that is both followed and administered appears once.
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

/// Names, roles, confessions and their admins are the present ones, also in older conversations and messages.
pub async fn directory_changes_show_in_conversations_at_once(store: &impl Store) {
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
            ..DirectoryDocument::default()
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
