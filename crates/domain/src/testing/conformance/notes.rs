//! The suite of the notes of [`crate::ports::DirectoryWriter`]: changes that imports leave for the service that runs on the same store.

use super::{Scene, Store, Works};
use crate::{
    feeding::DirectoryChanges,
    id::UserId,
    people::{DirectoryDocument, Person, Role},
    ports::ImportOutcome,
    testing::builders::{AZIZ, MALIKA, NUR, PAVEL, SVET, community, follows, person, someone},
};

/// Runs the suite of the notes of [`crate::ports::DirectoryWriter`].
#[macro_export]
macro_rules! notes_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            notes: a_note_has_all_changes_of_an_import,
            notes_are_taken_once_and_the_oldest_first,
            a_document_that_is_rejected_leaves_no_note,
            an_import_that_changes_nothing_leaves_no_note,
            other_changes_leave_no_note,
        );
    };
}

/// Imports a valid document with a note, and returns the changes.
async fn noted(store: &impl Store, document: DirectoryDocument) -> DirectoryChanges {
    match store.import_with_note(document).await.works() {
        ImportOutcome::Done(changes) => changes,
        ImportOutcome::Rejected(rows) => panic!("{} is rejected", rows[0]),
    }
}

fn role(user: UserId, role: Role) -> DirectoryDocument {
    DirectoryDocument {
        users: vec![Person { role, ..someone(user) }],
        ..DirectoryDocument::default()
    }
}

/// The note has every kind of change, also an admin who is removed. The document itself is imported as without a note.
pub async fn a_note_has_all_changes_of_an_import(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_eq!(store.take_note().await.works(), None);
    let mut document = community();
    document.users = vec![
        Person {
            role: Role::Superadmin,
            ..someone(AZIZ)
        },
        Person {
            is_active: false,
            ..someone(MALIKA)
        },
        person(20, "new", Role::User),
    ];
    document.confessions[0].admin = None;
    document.confessions[1].admin = Some(PAVEL);
    document.subscriptions = vec![follows(AZIZ, SVET), follows(AZIZ, NUR)];
    let changes = noted(store, document).await;
    assert_eq!(
        (
            changes.accounts.len(),
            changes.roles.len(),
            changes.admins.len(),
            changes.follows.len()
        ),
        (3, 1, 2, 1),
        "{changes:?}"
    );
    assert_eq!(store.take_note().await.works(), Some(changes));
    let aziz = store.person(AZIZ).await.works().expect("an account");
    assert_eq!(aziz.role, Role::Superadmin);
}

/// A note is given to one caller only.
pub async fn notes_are_taken_once_and_the_oldest_first(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let first = noted(store, role(AZIZ, Role::Admin)).await;
    let second = noted(store, role(MALIKA, Role::Admin)).await;
    assert_eq!(store.take_note().await.works(), Some(first));
    let third = noted(store, role(AZIZ, Role::User)).await;
    assert_eq!(store.take_note().await.works(), Some(second));
    assert_eq!(store.take_note().await.works(), Some(third));
    assert_eq!(store.take_note().await.works(), None);
}

/// A rejected document changes nothing.
pub async fn a_document_that_is_rejected_leaves_no_note(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let document = DirectoryDocument {
        users: vec![person(20, "new", Role::User), person(21, "malika", Role::User)],
        ..DirectoryDocument::default()
    };
    let outcome = store.import_with_note(document).await.works();
    assert!(matches!(outcome, ImportOutcome::Rejected(_)), "{outcome:?}");
    assert_eq!(store.take_note().await.works(), None);
    assert_eq!(store.person(UserId(20)).await.works(), None);
}

/// Without changes there is nothing to announce.
pub async fn an_import_that_changes_nothing_leaves_no_note(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_eq!(noted(store, community()).await, DirectoryChanges::default());
    assert_eq!(store.take_note().await.works(), None);
}

/// Other changes are announced by the process that makes them.
pub async fn other_changes_leave_no_note(store: &impl Store) {
    let scene = Scene::new(store).await;
    scene.import(role(AZIZ, Role::Admin)).await;
    store.unfollow(follows(AZIZ, NUR)).await.works();
    assert_eq!(store.take_note().await.works(), None);
}
