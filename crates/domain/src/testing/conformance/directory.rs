//! [`crate::ports::Directory`].

use super::{Scene, Store, Works};
use crate::{
    id::{ConfessionId, UserId},
    page::{Listing, PageRequest},
    people::{Contact, DirectoryDocument, Person, Subscription},
    ports::{ContactScope, Directory},
    testing::builders::{
        AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NUR, ORPHAN, PAVEL, RUSTAM, SVET, SVETLANA, ZAFAR, community, follows, someone,
    },
};

/// Runs the suite of [`crate::ports::Directory`].
#[macro_export]
macro_rules! directory_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            directory: people_come_as_they_were_fed,
            nobody_is_no_person,
            members_contact_the_admins_of_what_they_follow,
            a_confession_without_admin_is_no_contact,
            nobody_contacts_themselves,
            inactive_people_are_no_contacts,
            staff_are_admins_and_superadmins,
            own_subscribers_come_with_the_only_shared_confession,
            staff_who_follow_come_without_confession,
            everyone_is_everybody_active,
            contacts_are_searched_by_every_name,
            contacts_are_searched_by_confession,
            contacts_are_searched_in_any_case_of_any_script,
            contact_search_takes_wildcards_literally,
            contacts_are_paged,
            inactive_and_missing_accounts_are_told,
        );
    };
}

type Pair = (UserId, Option<ConfessionId>);

fn pairs(listing: &Listing<Contact>) -> Vec<Pair> {
    listing
        .items
        .iter()
        .map(|contact| (contact.person.id, contact.confession.as_ref().map(|confession| confession.id)))
        .collect()
}

async fn contacts(store: &(impl Directory + ?Sized), of: UserId, scope: ContactScope, query: Option<&str>) -> Vec<Pair> {
    let listing = store.contacts(of, scope, query, PageRequest::new(1, 100)).await.works();
    let pairs = pairs(&listing);
    assert_eq!(listing.total, pairs.len() as u64, "the total is that of the list");
    pairs
}

fn subscriptions(subscriptions: Vec<Subscription>) -> DirectoryDocument {
    DirectoryDocument {
        subscriptions,
        ..DirectoryDocument::default()
    }
}

/// Every field of a person is kept, inactive people included.
pub async fn people_come_as_they_were_fed(store: &impl Store) {
    let scene = Scene::new(store).await;
    for person in community().users {
        assert_eq!(scene.store.person(person.id).await.works(), Some(person));
    }
}

/// Absence is `None`.
pub async fn nobody_is_no_person(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(scene.store.person(NOBODY).await.works(), None);
}

/// One pair for each confession, ordered by username, then confession.
pub async fn members_contact_the_admins_of_what_they_follow(store: &impl Store) {
    let scene = Scene::new(store).await;
    let of_malika = contacts(scene.store, MALIKA, ContactScope::FollowedAdmins, None).await;
    assert_eq!(of_malika, [(DILNOZA, Some(NUR)), (DILNOZA, Some(BAHOR)), (PAVEL, Some(SVET))]);
    assert_eq!(
        contacts(scene.store, AZIZ, ContactScope::FollowedAdmins, None).await,
        [(DILNOZA, Some(NUR))]
    );
    assert_eq!(contacts(scene.store, SVETLANA, ContactScope::FollowedAdmins, None).await, []);
    let whole = scene
        .store
        .contacts(AZIZ, ContactScope::FollowedAdmins, None, PageRequest::new(1, 1))
        .await
        .works();
    let nur = community().confessions.remove(0);
    assert_eq!(
        whole.items,
        [Contact {
            person: someone(DILNOZA),
            confession: Some(nur)
        }]
    );
}

/// A confession that nobody administers has nobody to write to.
pub async fn a_confession_without_admin_is_no_contact(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(subscriptions(vec![follows(SVETLANA, ORPHAN)])).await;
    assert_eq!(contacts(scene.store, SVETLANA, ContactScope::FollowedAdmins, None).await, []);
}

/// Not even somebody who follows what they administer.
pub async fn nobody_contacts_themselves(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(subscriptions(vec![follows(PAVEL, SVET)])).await;
    for scope in [
        ContactScope::FollowedAdmins,
        ContactScope::Staff,
        ContactScope::StaffAndOwnSubscribers,
        ContactScope::Everyone,
    ] {
        let found = contacts(scene.store, PAVEL, scope, None).await;
        assert!(found.iter().all(|(user, _)| *user != PAVEL), "{scope:?}: {found:?}");
    }
}

/// In no scope.
pub async fn inactive_people_are_no_contacts(store: &impl Store) {
    let scene = Scene::new(store).await;
    let dilnoza = Person {
        is_active: false,
        ..someone(DILNOZA)
    };
    scene
        .import(DirectoryDocument {
            users: vec![dilnoza],
            ..DirectoryDocument::default()
        })
        .await;
    assert_eq!(
        contacts(scene.store, MALIKA, ContactScope::FollowedAdmins, None).await,
        [(PAVEL, Some(SVET))]
    );
    assert_eq!(
        contacts(scene.store, RUSTAM, ContactScope::Staff, None).await,
        [(KAMOL, None), (PAVEL, None)]
    );
    let everyone = contacts(scene.store, RUSTAM, ContactScope::Everyone, None).await;
    assert!(everyone.iter().all(|(user, _)| ![DILNOZA, ZAFAR].contains(user)), "{everyone:?}");
}

/// Each once, without a confession, by username.
pub async fn staff_are_admins_and_superadmins(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(
        contacts(scene.store, DILNOZA, ContactScope::Staff, None).await,
        [(KAMOL, None), (PAVEL, None), (RUSTAM, None)]
    );
}

/// Each member once; the confession is none where there are several.
pub async fn own_subscribers_come_with_the_only_shared_confession(store: &impl Store) {
    let scene = Scene::new(store).await;
    let of_dilnoza = contacts(scene.store, DILNOZA, ContactScope::StaffAndOwnSubscribers, None).await;
    assert_eq!(
        of_dilnoza,
        [(AZIZ, Some(NUR)), (KAMOL, None), (MALIKA, None), (PAVEL, None), (RUSTAM, None)]
    );
    let of_pavel = contacts(scene.store, PAVEL, ContactScope::StaffAndOwnSubscribers, None).await;
    assert_eq!(of_pavel, [(DILNOZA, None), (KAMOL, None), (MALIKA, Some(SVET)), (RUSTAM, None)]);
}

/// Opening chooses a confession for members only (R3).
pub async fn staff_who_follow_come_without_confession(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(subscriptions(vec![follows(KAMOL, SVET), follows(RUSTAM, SVET)])).await;
    for scope in [ContactScope::Staff, ContactScope::StaffAndOwnSubscribers, ContactScope::Everyone] {
        let found = contacts(scene.store, PAVEL, scope, None).await;
        assert!(
            found.contains(&(KAMOL, None)) && found.contains(&(RUSTAM, None)),
            "{scope:?}: {found:?}"
        );
    }
}

/// Each once, with the confession that opening would choose.
pub async fn everyone_is_everybody_active(store: &impl Store) {
    let scene = Scene::new(store).await;
    let of_pavel = contacts(scene.store, PAVEL, ContactScope::Everyone, None).await;
    assert_eq!(
        of_pavel,
        [
            (AZIZ, None),
            (DILNOZA, None),
            (KAMOL, None),
            (MALIKA, Some(SVET)),
            (RUSTAM, None),
            (SVETLANA, None)
        ]
    );
    let of_rustam = contacts(scene.store, RUSTAM, ContactScope::Everyone, None).await;
    assert_eq!(
        of_rustam,
        [
            (AZIZ, None),
            (DILNOZA, None),
            (KAMOL, None),
            (MALIKA, None),
            (PAVEL, None),
            (SVETLANA, None)
        ]
    );
}

/// Username, first name, last name, and both together.
pub async fn contacts_are_searched_by_every_name(store: &impl Store) {
    let scene = Scene::new(store).await;
    for part in ["malik", "lika", "Malika", "Oʻktam", "tamova", "Malika Oʻk", "a O"] {
        let found = contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await;
        assert_eq!(found, [(MALIKA, None)], "{part}");
    }
    for part in ["Oʻktamova Malika", "malikaMalika", "nobody"] {
        assert_eq!(
            contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await,
            [],
            "{part}"
        );
    }
}

/// The confession of the pair counts, no other.
pub async fn contacts_are_searched_by_confession(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(
        contacts(scene.store, MALIKA, ContactScope::FollowedAdmins, Some("oʻlka")).await,
        [(DILNOZA, Some(BAHOR))]
    );
    assert_eq!(
        contacts(scene.store, MALIKA, ContactScope::FollowedAdmins, Some("Toʻray")).await,
        [(DILNOZA, Some(NUR)), (DILNOZA, Some(BAHOR))]
    );
    assert_eq!(
        contacts(scene.store, DILNOZA, ContactScope::Everyone, Some("jamoa")).await,
        [(AZIZ, Some(NUR))]
    );
}

/// Latin, Cyrillic and Uzbek's letters alike.
pub async fn contacts_are_searched_in_any_case_of_any_script(store: &impl Store) {
    let scene = Scene::new(store).await;
    for part in ["ёлкина", "ЁЛКИНА", "светлана ЁЛК", "SVETLANA"] {
        assert_eq!(
            contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await,
            [(SVETLANA, None)],
            "{part}"
        );
    }
    assert_eq!(
        contacts(scene.store, RUSTAM, ContactScope::Everyone, Some("gʻANIYEV")).await,
        [(AZIZ, None)]
    );
    assert_eq!(
        contacts(scene.store, MALIKA, ContactScope::FollowedAdmins, Some("ОБЩИНА")).await,
        [(PAVEL, Some(SVET))]
    );
}

/// `%`, `_`, `*` and the backslash stand for themselves.
pub async fn contact_search_takes_wildcards_literally(store: &impl Store) {
    let scene = Scene::new(store).await;
    for part in ["%", "_", "mal_ka", "m%a", "*", "\\", "'", "\""] {
        assert_eq!(
            contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await,
            [],
            "{part}"
        );
    }
    let odd = Person {
        last_name: r#"100%_\'"*"#.to_owned(),
        ..someone(SVETLANA)
    };
    scene
        .import(DirectoryDocument {
            users: vec![odd],
            ..DirectoryDocument::default()
        })
        .await;
    for part in ["%", "_", "0%_", "\\", "'", "\"", "*"] {
        assert_eq!(
            contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await,
            [(SVETLANA, None)],
            "{part}"
        );
    }
}

/// Page after page, each with the length of the whole list; a page past the end is empty.
pub async fn contacts_are_paged(store: &impl Store) {
    let scene = Scene::new(store).await;
    let expected: [&[Pair]; 3] = [&[(DILNOZA, Some(NUR)), (DILNOZA, Some(BAHOR))], &[(PAVEL, Some(SVET))], &[]];
    for (number, expected) in (1..).zip(expected) {
        let page = scene
            .store
            .contacts(MALIKA, ContactScope::FollowedAdmins, None, PageRequest::new(number, 2))
            .await
            .works();
        assert_eq!(pairs(&page), expected, "page {number}");
        assert_eq!(page.total, 3, "page {number}");
    }
}

/// Of the accounts asked for, those that cannot act.
pub async fn inactive_and_missing_accounts_are_told(store: &impl Store) {
    let scene = Scene::new(store).await;
    let mut gone = scene.store.inactive_among(&[AZIZ, ZAFAR, NOBODY, RUSTAM]).await.works();
    gone.sort();
    assert_eq!(gone, [ZAFAR, NOBODY]);
    assert_eq!(scene.store.inactive_among(&[AZIZ]).await.works(), []);
    assert_eq!(scene.store.inactive_among(&[]).await.works(), []);
}
