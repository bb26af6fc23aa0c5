//! Notes of imports reach the service that runs on the same database.

use domain::{
    id::UserId,
    people::{DirectoryDocument, Person, Role},
    ports::{DirectoryWriter as _, ImportOutcome, StoreError},
    testing::{
        builders::{AZIZ, MALIKA, someone},
        conformance::Works as _,
    },
};
use storage::sqlite::{ServiceLock, Sqlite, SqliteConfig};
use tempfile::TempDir;

use crate::{file, open, populated};

/// Imports this person as an admin, as `suhbat import` does.
async fn promote(store: &Sqlite, user: UserId) -> domain::feeding::DirectoryChanges {
    let promoted = Person {
        role: Role::Admin,
        ..someone(user)
    };
    let document = DirectoryDocument {
        users: vec![promoted],
        ..DirectoryDocument::default()
    };
    match store.import_with_note(document).await.works() {
        ImportOutcome::Done(changes) => changes,
        ImportOutcome::Rejected(rows) => panic!("{} is rejected", rows[0]),
    }
}

#[tokio::test]
async fn an_import_is_noted_only_while_a_service_runs() {
    let folder = TempDir::new().unwrap();
    let store = populated(SqliteConfig::at(file(&folder))).await;
    promote(&store, AZIZ).await;
    assert_eq!(store.take_note().await.works(), None);
    let lock = ServiceLock::acquire(&file(&folder), "a service under test").unwrap();
    let beside = open(&file(&folder));
    let changes = promote(&beside, MALIKA).await;
    beside.close();
    drop(lock);
    // The next service takes a note that the first one did not take.
    store.close();
    let store = open(&file(&folder));
    assert_eq!(store.take_note().await.works(), Some(changes));
    assert_eq!(store.take_note().await.works(), None);
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_damage_and_stays() {
    for text in [
        "",
        "{}",
        r#"{"accounts": [], "roles": [{"user": 1, "before": "king"}], "admins": [], "follows": []}"#,
    ] {
        let folder = TempDir::new().unwrap();
        let store = populated(SqliteConfig::at(file(&folder))).await;
        rusqlite::Connection::open(file(&folder))
            .unwrap()
            .execute("INSERT INTO directory_changes (changes) VALUES (?1)", [text])
            .unwrap();
        for _ in 0..2 {
            let error = store.take_note().await.unwrap_err();
            assert!(
                matches!(
                    error,
                    StoreError::Corrupt {
                        table: "directory_changes",
                        column: "changes"
                    }
                ),
                "{text}: {error:?}"
            );
        }
    }
}
