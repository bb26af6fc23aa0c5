//! [`crate::ports::Directory::contacts`] in a directory of many people and confessions, against the definition of the port.

use std::collections::BTreeSet;

use super::{Store, Works};
use crate::{
    id::{ConfessionId, UserId},
    page::PageRequest,
    people::{Confession, Contact, ContactScope, DirectoryDocument, Person, Role, Subscription},
    ports::ImportOutcome,
    search,
    testing::builders::{confession, follows, named},
};

/// Runs the suite of contacts in a large directory.
#[macro_export]
macro_rules! contacts_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            contacts: contacts_of_a_large_directory_are_those_of_the_definition,
            every_page_of_contacts_continues_the_one_before,
            contacts_follow_every_change_of_the_directory,
            own_subscribers_come_by_their_shown_names,
            many_own_subscribers_come_by_username,
        );
    };
}

/// Administers twelve confessions, and follows one of them.
const MANY: UserId = UserId(1_000);
/// An admin of exactly one confession.
const ONE: UserId = UserId(1_001);
/// An admin without a confession.
const NONE: UserId = UserId(1_002);
/// A superadmin who follows a confession and administers none.
const SUPER: UserId = UserId(1_003);

const VIEWERS: [UserId; 4] = [MANY, ONE, NONE, SUPER];
const SCOPES: [ContactScope; 6] = [
    ContactScope::FollowedAdmins,
    ContactScope::Staff,
    ContactScope::StaffAndOwnSubscribers,
    ContactScope::Everyone,
    ContactScope::OwnSubscribers,
    ContactScope::EveryoneElse,
];
/// Names that match nobody, some and nearly all people, in both scripts; confessions; words in any order; texts without a letter.
const QUERIES: [&str; 21] = [
    "malika",
    "MALIKA-1",
    "ЩУКИН",
    "a",
    "-",
    "Zulfiya Oʻk",
    "shukin pavel",
    "октамова",
    "0 3",
    "jamoa",
    "jamoa 3",
    "yagona",
    "100%",
    "%",
    "_",
    "\\",
    "'; --",
    "*",
    "\"",
    "malika-0Malika",
    "nobody",
];

fn directory() -> DirectoryDocument {
    let members = (0..180_i64).map(|number| {
        let (name, first, last) = match number % 4 {
            0 => ("malika", "Malika", "Oʻktamova"),
            1 => ("Pavel", "Павел", "Щукин"),
            2 => ("zulfiya_", "Zulfiya", "Oʻktamova"),
            _ => ("кamol", "", ""),
        };
        Person {
            is_active: number % 17 != 3,
            ..named(UserId(2_000 + number), &format!("{name}-{number}"), first, last, Role::User)
        }
    });
    let staff = (4..12_i64).map(|number| Person {
        is_active: number != 7,
        ..named(
            UserId(1_000 + number),
            &format!("malika-staff-{number}"),
            "Staff",
            "Щукин",
            if number % 3 == 0 { Role::Superadmin } else { Role::Admin },
        )
    });
    let viewers = [
        named(MANY, "malika-many", "Many", "Confessions", Role::Admin),
        named(ONE, "malika-one", "One", "Confession", Role::Admin),
        named(NONE, "malika-none", "No", "Confession", Role::Admin),
        named(SUPER, "malika-super", "Super", "Admin", Role::Superadmin),
    ];
    let confessions = (0..12).map(|number| confession(100 + number, &format!("Jamoa {number}"), Some(MANY)));
    let others = [
        confession(200, "Yagona 100%_ jamoa", Some(ONE)),
        confession(300, "Boshqa", Some(UserId(1_004))),
    ];
    let subscriptions = (0..180_i64).flat_map(|number| {
        let member = UserId(2_000 + number);
        [
            (number % 5 != 0).then(|| follows(member, ConfessionId(100 + number % 12))),
            (number % 3 == 0).then(|| follows(member, ConfessionId(100 + number * 7 % 12))),
            (number % 4 == 1).then(|| follows(member, ConfessionId(200))),
            (number % 6 == 2).then(|| follows(member, ConfessionId(300))),
        ]
        .into_iter()
        .flatten()
    });
    let of_staff = [
        follows(MANY, ConfessionId(100)),
        follows(UserId(1_005), ConfessionId(100)),
        follows(UserId(1_006), ConfessionId(200)),
        follows(SUPER, ConfessionId(200)),
    ];
    DirectoryDocument {
        users: viewers.into_iter().chain(staff).chain(members).collect(),
        confessions: confessions.chain(others).collect(),
        subscriptions: subscriptions.chain(of_staff).collect(),
        ..DirectoryDocument::default()
    }
}

/// The contacts by the definition in the port's documentation.
fn expected(directory: &DirectoryDocument, of: UserId, scope: ContactScope, query: Option<&str>) -> Vec<Contact> {
    let follows = |user: UserId, confession: &Confession| {
        let wanted = Subscription {
            user,
            confession: confession.id,
        };
        directory.subscriptions.contains(&wanted)
    };
    let mut contacts = Vec::new();
    for person in directory.users.iter().filter(|person| person.is_active && person.id != of) {
        let pair = |confession: Option<&Confession>| Contact {
            person: person.clone(),
            confession: confession.cloned(),
        };
        if scope == ContactScope::FollowedAdmins {
            let theirs = directory.confessions.iter().filter(|each| each.admin == Some(person.id));
            contacts.extend(theirs.filter(|each| follows(of, each)).map(|each| pair(Some(each))));
            continue;
        }
        let own = directory.confessions.iter().filter(|each| each.admin == Some(of));
        let shared: Vec<&Confession> = own.filter(|each| follows(person.id, each)).collect();
        let is_reached = match scope {
            ContactScope::Everyone => true,
            ContactScope::StaffAndOwnSubscribers => person.role != Role::User || !shared.is_empty(),
            ContactScope::Staff | ContactScope::FollowedAdmins => person.role != Role::User,
            ContactScope::OwnSubscribers => person.role == Role::User && !shared.is_empty(),
            ContactScope::EveryoneElse => person.role != Role::User || shared.is_empty(),
        };
        if is_reached {
            contacts.push(match shared.as_slice() {
                [only] if person.role == Role::User => pair(Some(only)),
                _ => pair(None),
            });
        }
    }
    if let Some(query) = query {
        let query = search::Query::parse(query);
        let finds = |names: &str| query.as_ref().is_some_and(|query| query.matches(names));
        contacts.retain(|Contact { person, confession }| {
            finds(&search::names_of(person)) || confession.as_ref().is_some_and(|confession| finds(&search::name_of(confession)))
        });
    }
    let key = |contact: &Contact| {
        let confession = contact.confession.as_ref().map(|confession| confession.id);
        (contact.person.username.clone(), confession)
    };
    if scope == ContactScope::OwnSubscribers && followers(directory, of) <= ContactScope::MOST_SORTED {
        contacts.sort_by(|one, other| one.person.name_order().cmp(&other.person.name_order()));
    } else {
        contacts.sort_by_key(key);
    }
    contacts
}

/// The number of people who follow a confession of this admin.
fn followers(directory: &DirectoryDocument, of: UserId) -> usize {
    let own = directory
        .confessions
        .iter()
        .filter(|each| each.admin == Some(of))
        .map(|each| each.id);
    let own: BTreeSet<ConfessionId> = own.collect();
    let follows = directory.subscriptions.iter().filter(|follow| own.contains(&follow.confession));
    follows.map(|follow| follow.user).collect::<BTreeSet<_>>().len()
}

async fn take(store: &impl Store, document: DirectoryDocument) {
    assert!(matches!(store.import(document).await.works(), ImportOutcome::Done(_)));
}

/// Compares all pages of this size, and one more.
async fn assert_pages(store: &impl Store, directory: &DirectoryDocument, of: UserId, scope: ContactScope, query: Option<&str>, size: u32) {
    let expected = expected(directory, of, scope, query);
    let mut rows = expected.chunks(size as usize);
    for number in 1.. {
        let context = format!("of {of:?} in {scope:?}, q = {query:?}, page {number} of {size}");
        let page = store.contacts(of, scope, query, PageRequest::new(number, size)).await.works();
        assert_eq!(page.total, expected.len() as u64, "{context}");
        let Some(rows) = rows.next() else {
            assert_eq!(page.items, [], "{context}");
            return;
        };
        assert_eq!(page.items, rows, "{context}");
    }
}

async fn assert_contacts(store: &impl Store, directory: &DirectoryDocument, queries: &[&str]) {
    for of in VIEWERS.into_iter().chain([UserId(2_009)]) {
        for scope in SCOPES {
            assert_pages(store, directory, of, scope, None, 100).await;
            for query in queries {
                assert_pages(store, directory, of, scope, Some(query), 100).await;
            }
        }
    }
}

/// All scopes and all kinds of queries, for viewers with many confessions, one and none.
pub async fn contacts_of_a_large_directory_are_those_of_the_definition(store: &impl Store) {
    take(store, directory()).await;
    assert_contacts(store, &directory(), &QUERIES).await;
}

/// All pages together are the list; each has the total of the whole list, also far behind its end.
pub async fn every_page_of_contacts_continues_the_one_before(store: &impl Store) {
    take(store, directory()).await;
    for scope in SCOPES {
        for (query, size) in [(None, 1), (None, 7), (None, 60), (Some("malika"), 7), (Some("jamoa"), 7)] {
            assert_pages(store, &directory(), MANY, scope, query, size).await;
        }
        let far = store.contacts(MANY, scope, None, PageRequest::new(u32::MAX, 100)).await.works();
        assert_eq!(
            (far.items.len(), far.total),
            (0, expected(&directory(), MANY, scope, None).len() as u64)
        );
    }
}

/// People are renamed, deactivated, promoted and demoted, confessions renamed and given away, subscriptions begun and ended.
pub async fn contacts_follow_every_change_of_the_directory(store: &impl Store) {
    let mut known = directory();
    take(store, known.clone()).await;
    let member = |number: usize| directory().users[12 + number].clone();
    let people: [Person; 6] = [
        Person {
            username: "Aaron".to_owned(),
            last_name: "Yangi".to_owned(),
            ..member(0)
        },
        Person {
            is_active: false,
            ..member(1)
        },
        Person {
            is_active: true,
            ..member(3)
        },
        Person {
            role: Role::Admin,
            ..member(5)
        },
        Person {
            role: Role::User,
            ..directory().users[4].clone()
        },
        Person {
            is_active: false,
            role: Role::User,
            ..directory().users[5].clone()
        },
    ];
    for person in people {
        let place = known.users.iter().position(|each| each.id == person.id).expect("a known person");
        known.users[place] = person.clone();
        take(
            store,
            DirectoryDocument {
                users: vec![person],
                ..DirectoryDocument::default()
            },
        )
        .await;
        assert_contacts(store, &known, &["yangi", "malika", "jamoa"]).await;
    }
    for changed in [
        confession(100, "Yangi jamoa", Some(MANY)),
        confession(101, "Jamoa 1", Some(ONE)),
        confession(102, "Jamoa 2", None),
        confession(300, "Boshqa", Some(NONE)),
    ] {
        let place = known
            .confessions
            .iter()
            .position(|each| each.id == changed.id)
            .expect("a known confession");
        known.confessions[place] = changed.clone();
        take(
            store,
            DirectoryDocument {
                confessions: vec![changed],
                ..DirectoryDocument::default()
            },
        )
        .await;
        assert_contacts(store, &known, &["yangi", "jamoa"]).await;
    }
    let ended = known.subscriptions.remove(3);
    store.unfollow(ended).await.works();
    let begun = follows(UserId(2_000), ConfessionId(103));
    known.subscriptions.push(begun);
    take(
        store,
        DirectoryDocument {
            subscriptions: vec![begun],
            ..DirectoryDocument::default()
        },
    )
    .await;
    assert_contacts(store, &known, &["jamoa"]).await;
}

/// The username decides only between equal names, and is the name of people without one.
pub async fn own_subscribers_come_by_their_shown_names(store: &impl Store) {
    let names = [
        ("z1", "Anvar", "Ўктамов"),
        ("y2", "anvar", "Zokirov"),
        ("x3", "Bahrom", ""),
        ("b5", "Gʻani", "Aliyev"),
        ("b4", "Gʻani", "Aliyev"),
        ("w6", "Gulnora", ""),
        ("Malika", "", ""),
        ("v7", "Nodir", "Rahimov"),
        ("u8", "Ёлка", "Белова"),
        ("t9", "Жанна", "Белова"),
    ];
    // Ids and usernames are in another order.
    let people = (0..)
        .zip(names)
        .map(|(number, (username, first, last))| named(UserId(99 - number), username, first, last, Role::User));
    let mut users: Vec<Person> = std::iter::once(named(ONE, "admin", "", "", Role::Admin)).chain(people).collect();
    let subscriptions = users[1..].iter().map(|person| follows(person.id, ConfessionId(1))).collect();
    // Own members are few among so many.
    users.extend((0..120).map(|number| named(UserId(200 + number), &format!("other{number}"), "", "", Role::User)));
    let directory = DirectoryDocument {
        users,
        confessions: vec![confession(1, "Nur", Some(ONE))],
        subscriptions,
        ..DirectoryDocument::default()
    };
    take(store, directory.clone()).await;
    let page = store
        .contacts(ONE, ContactScope::OwnSubscribers, None, PageRequest::new(1, 50))
        .await
        .works();
    let shown: Vec<&str> = page.items.iter().map(|contact| contact.person.username.as_str()).collect();
    assert_eq!(shown, ["y2", "z1", "x3", "b4", "b5", "w6", "Malika", "v7", "u8", "t9"]);
    for size in [1, 3] {
        assert_pages(store, &directory, ONE, ContactScope::OwnSubscribers, None, size).await;
    }
    for (query, size) in [(None, 7), (None, 100), (Some("other6"), 3)] {
        assert_pages(store, &directory, ONE, ContactScope::EveryoneElse, query, size).await;
    }
}

/// No index has shown names in order: sorting them would take longer than a page may.
pub async fn many_own_subscribers_come_by_username(store: &impl Store) {
    let most = i64::try_from(ContactScope::MOST_SORTED).expect("a small number");
    let member = |number: i64| {
        named(
            UserId(number),
            &format!("m{}", number * 7_919 % 10_000),
            &format!("{}", 5_000 - number),
            "",
            Role::User,
        )
    };
    let admin = UserId(1);
    let mut directory = DirectoryDocument {
        users: std::iter::once(named(admin, "admin", "", "", Role::Admin))
            .chain((2..most + 2).map(member))
            .collect(),
        confessions: vec![confession(1, "Nur", Some(admin))],
        subscriptions: (2..most + 2).map(|number| follows(UserId(number), ConfessionId(1))).collect(),
        ..DirectoryDocument::default()
    };
    take(store, directory.clone()).await;
    for more in [None, Some(most + 2)] {
        if let Some(number) = more {
            let added = DirectoryDocument {
                users: vec![member(number)],
                confessions: Vec::new(),
                subscriptions: vec![follows(UserId(number), ConfessionId(1))],
                ..DirectoryDocument::default()
            };
            take(store, added.clone()).await;
            directory.users.extend(added.users);
            directory.subscriptions.extend(added.subscriptions);
        }
        for query in [None, Some("m1"), Some("nur")] {
            assert_pages(store, &directory, admin, ContactScope::OwnSubscribers, query, 100).await;
        }
        assert_pages(store, &directory, admin, ContactScope::EveryoneElse, None, 10).await;
    }
}
