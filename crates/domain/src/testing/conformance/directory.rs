//! The suite of [`crate::ports::Directory`], except contacts in a large directory.

use super::{Scene, Store, Works, spellings};
use crate::{
    id::{ConfessionId, UserId},
    page::{NumberedPage, PageRequest},
    people::{Affiliation, Confession, Contact, ContactScope, DirectoryDocument, Person, Subscription},
    ports::Directory,
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
            directory: people_are_returned_as_imported,
            an_unknown_id_is_no_person,
            an_affiliation_names_what_one_administers_and_follows,
            members_contact_the_admins_of_what_they_follow,
            a_confession_without_admin_is_no_contact,
            nobody_contacts_themselves,
            inactive_people_are_no_contacts,
            staff_are_admins_and_superadmins,
            own_subscribers_come_with_the_only_shared_confession,
            staff_who_follow_come_without_confession,
            the_scope_everyone_has_all_active_people,
            contacts_are_searched_by_every_name,
            contacts_are_searched_by_confession,
            contacts_are_searched_in_any_case_of_any_script,
            contacts_are_found_in_every_spelling,
            a_contact_search_without_letters_finds_nothing,
            contact_search_has_no_wildcards,
            contacts_are_paged,
            inactive_and_missing_accounts_are_distinguished,
        );
    };
}

type Pair = (UserId, Option<ConfessionId>);

fn pairs(listing: &NumberedPage<Contact>) -> Vec<Pair> {
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
pub async fn people_are_returned_as_imported(store: &impl Store) {
    let scene = Scene::new(store).await;
    for person in community().users {
        assert_eq!(scene.store.person(person.id).await.works(), Some(person));
    }
}

/// The directory returns `None` for an unknown id.
pub async fn an_unknown_id_is_no_person(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(scene.store.person(NOBODY).await.works(), None);
}

/// Confessions are ordered by id, for active and inactive people; those of others are left out.
pub async fn an_affiliation_names_what_one_administers_and_follows(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(subscriptions(vec![follows(DILNOZA, SVET)])).await;
    for (id, administers, followed) in [
        (DILNOZA, vec![NUR, BAHOR], vec![SVET]),
        (MALIKA, vec![], vec![NUR, BAHOR, SVET]),
        (ZAFAR, vec![], vec![NUR]),
        (SVETLANA, vec![], vec![]),
    ] {
        let those = |ids: Vec<ConfessionId>| -> Vec<Confession> {
            community()
                .confessions
                .into_iter()
                .filter(|confession| ids.contains(&confession.id))
                .collect()
        };
        let expected = Affiliation {
            person: someone(id),
            administers: those(administers),
            follows: those(followed),
        };
        assert_eq!(store.affiliation(id).await.works(), Some(expected), "{id}");
    }
    assert_eq!(store.affiliation(NOBODY).await.works(), None);
}

/// Each confession gives one pair, ordered by username, then confession.
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

/// A confession without an admin gives no pair.
pub async fn a_confession_without_admin_is_no_contact(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(subscriptions(vec![follows(SVETLANA, ORPHAN)])).await;
    assert_eq!(contacts(scene.store, SVETLANA, ContactScope::FollowedAdmins, None).await, []);
}

/// This holds even for a person who follows a confession of their own.
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

/// No scope has inactive people.
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

/// Each person appears once, without a confession, ordered by username.
pub async fn staff_are_admins_and_superadmins(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(
        contacts(scene.store, DILNOZA, ContactScope::Staff, None).await,
        [(KAMOL, None), (PAVEL, None), (RUSTAM, None)]
    );
}

/// Each member appears once; the confession is `None` where there are several.
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

/// Each person appears once, with the confession that opening would choose.
pub async fn the_scope_everyone_has_all_active_people(store: &impl Store) {
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

/// A query may match the username, the first name, the last name, or all together.
pub async fn contacts_are_searched_by_every_name(store: &impl Store) {
    let scene = Scene::new(store).await;
    for part in [
        "malik",
        "lika",
        "Malika",
        "Oʻktam",
        "tamova",
        "Malika Oʻk",
        "a Oʻkt",
        "Oʻktamova Malika",
        "tam, malika",
    ] {
        let found = contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await;
        assert_eq!(found, [(MALIKA, None)], "{part}");
    }
    for part in ["malikaMalika", "malika ganiyev", "nobody"] {
        assert_eq!(
            contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await,
            [],
            "{part}"
        );
    }
}

/// Only the confession of the pair is searched.
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

/// Latin, Cyrillic and the letters of Uzbek are treated alike.
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

/// One table of names and queries for all lists: see [`super::spellings`].
pub async fn contacts_are_found_in_every_spelling(store: &impl Store) {
    let scene = Scene::new(store).await;
    for (name, queries) in spellings::FOUND {
        scene.import(spellings::called(name)).await;
        for query in *queries {
            for (of, scope) in spellings::VIEWERS {
                let found = contacts(scene.store, of, scope, Some(query)).await;
                assert_eq!(
                    found,
                    [(DILNOZA, spellings::shared(scope))],
                    "{query:?} finds {name:?} in {scope:?}"
                );
            }
        }
    }
    for (name, queries) in spellings::NOT_FOUND {
        scene.import(spellings::called(name)).await;
        for query in *queries {
            for (of, scope) in spellings::VIEWERS {
                let found = contacts(scene.store, of, scope, Some(query)).await;
                assert_eq!(found, [], "{query:?} does not find {name:?} in {scope:?}");
            }
        }
    }
}

/// A search without a letter or digit finds nothing, on any page, in any scope.
pub async fn a_contact_search_without_letters_finds_nothing(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(spellings::called("ʻ_%*'\" 😀 ъ")).await;
    for query in spellings::WITHOUT_LETTERS {
        for (of, scope) in spellings::VIEWERS {
            for number in [1, 2] {
                let page = store.contacts(of, scope, Some(query), PageRequest::new(number, 2)).await.works();
                assert_eq!(page, NumberedPage::empty(), "{query:?} in {scope:?}");
            }
        }
    }
}

/// `%`, `_`, `*` and the backslash are no wildcards: like all characters that are neither letter nor digit they only separate words.
pub async fn contact_search_has_no_wildcards(store: &impl Store) {
    let scene = Scene::new(store).await;
    for part in ["%", "_", "mal_wika", "m%w", "*", "\\", "'", "\""] {
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
    for part in ["0%_", "\\100", "'100'", "\"100\"", "1*0"] {
        assert_eq!(
            contacts(scene.store, RUSTAM, ContactScope::Everyone, Some(part)).await,
            [(SVETLANA, None)],
            "{part}"
        );
    }
}

/// Each page has the length of the whole list; a page past the end is empty.
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

/// Of the requested accounts, those that cannot act are returned.
pub async fn inactive_and_missing_accounts_are_distinguished(store: &impl Store) {
    let scene = Scene::new(store).await;
    let mut gone = scene.store.inactive_among(&[AZIZ, ZAFAR, NOBODY, RUSTAM]).await.works();
    gone.sort();
    assert_eq!(gone, [ZAFAR, NOBODY]);
    assert_eq!(scene.store.inactive_among(&[AZIZ]).await.works(), []);
    assert_eq!(scene.store.inactive_among(&[]).await.works(), []);
}
