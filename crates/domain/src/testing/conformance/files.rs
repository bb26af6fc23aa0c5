//! The suite of [`crate::ports::Messages`] about files and their keys.

use super::{
    Scene, Store, Works,
    sending::{picture, text_file},
    silent,
};
use crate::{
    facts::FileFacts,
    id::{AttachmentId, UserId},
    message::{Draft, Message},
    people::{DirectoryDocument, Person},
    testing::builders::{AZIZ, DILNOZA, MALIKA, NOBODY, RUSTAM, someone},
};

/// Runs the suite of [`crate::ports::Messages`] about files and their keys.
#[macro_export]
macro_rules! files_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            files: a_file_comes_with_the_participants_of_its_conversation,
            an_inactive_participant_takes_no_part,
            a_file_has_the_deletion_of_its_message,
            unknown_ids_find_no_file,
            keys_of_files_and_thumbnails_are_in_use,
            keys_stay_in_use_when_the_message_is_deleted,
            keys_of_deleted_messages_are_listed_by_the_time_of_deletion,
            newest_keys_come_first_and_without_those_of_deleted_messages,
        );
    };
}

async fn sent(scene: &Scene<'_, impl Store>) -> std::sync::Arc<Message> {
    let chat = scene.open(&[AZIZ, DILNOZA], None).await;
    let draft = Draft {
        attachments: vec![picture("aa/1"), text_file("aa/2")],
        ..scene.draft(chat, AZIZ, "ikki fayl").await
    };
    scene.send(draft).await
}

async fn facts(store: &impl Store, id: AttachmentId, viewer: Option<UserId>) -> FileFacts {
    store.file(id, viewer).await.works().expect("it was sent")
}

/// The viewer may be a participant, somebody else, or `None`.
pub async fn a_file_comes_with_the_participants_of_its_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    for file in &message.attachments {
        for (viewer, takes_part) in [
            (Some(AZIZ), true),
            (Some(DILNOZA), true),
            (Some(MALIKA), false),
            (Some(RUSTAM), false),
            (Some(NOBODY), false),
            (None, false),
        ] {
            let expected = FileFacts {
                file: file.clone(),
                message_deleted: false,
                viewer_takes_part: takes_part,
            };
            assert_eq!(facts(store, file.id, viewer).await, expected, "{viewer:?}");
        }
    }
}

/// An inactive participant has no more rights to files than to anything else.
pub async fn an_inactive_participant_takes_no_part(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    let inactive = Person {
        is_active: false,
        ..someone(AZIZ)
    };
    scene
        .import(DirectoryDocument {
            users: vec![inactive],
            ..DirectoryDocument::default()
        })
        .await;
    let file = message.attachments[0].id;
    assert!(!facts(store, file, Some(AZIZ)).await.viewer_takes_part);
    assert!(facts(store, file, Some(DILNOZA)).await.viewer_takes_part);
}

/// R9: the row of the file stays.
pub async fn a_file_has_the_deletion_of_its_message(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    store.delete(message.id, scene.tick(), silent()).await.works().expect("allowed");
    for file in &message.attachments {
        for viewer in [Some(AZIZ), None] {
            assert!(facts(store, file.id, viewer).await.message_deleted);
        }
    }
}

/// The id of a message finds no file.
pub async fn unknown_ids_find_no_file(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    let newest = message.attachments.iter().map(|file| file.id.0).max().unwrap_or(0);
    for id in [newest + 1, 0, -1, i64::MAX] {
        assert_eq!(store.file(AttachmentId(id), Some(AZIZ)).await.works(), None, "{id}");
    }
}

/// Unknown keys are left out, however many are asked for.
pub async fn keys_of_files_and_thumbnails_are_in_use(store: &impl Store) {
    let scene = Scene::new(store).await;
    sent(&scene).await;
    let asked: Vec<String> = ["aa/1", "aa/1.small", "aa/2", "aa/3", "aa", "AA/1", ""].map(str::to_owned).to_vec();
    let mut used = store.keys_in_use(&asked).await.works();
    used.sort();
    assert_eq!(used, ["aa/1", "aa/1.small", "aa/2"]);
    assert_eq!(store.keys_in_use(&[]).await.works(), Vec::<String>::new());
    let many: Vec<String> = (0..5_000).map(|number| format!("bb/{number}")).chain(["aa/2".to_owned()]).collect();
    assert_eq!(store.keys_in_use(&many).await.works(), ["aa/2"]);
}

/// The row stays, since the operator may need the file.
pub async fn keys_stay_in_use_when_the_message_is_deleted(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    store.delete(message.id, scene.tick(), silent()).await.works().expect("allowed");
    assert_eq!(store.keys_in_use(&["aa/2".to_owned()]).await.works(), ["aa/2"]);
}

/// Files and thumbnails are both listed; an earlier edit does not count.
pub async fn keys_of_deleted_messages_are_listed_by_the_time_of_deletion(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    let asked = ["aa/1", "aa/1.small", "aa/2", "aa/3"].map(str::to_owned);
    let later = scene.tick().plus_seconds(1_000);
    assert_eq!(store.keys_deleted_before(&asked, later).await.works(), Vec::<String>::new());
    let at = scene.tick();
    store.delete(message.id, at, silent()).await.works().expect("allowed");
    assert_eq!(store.keys_deleted_before(&asked, at).await.works(), Vec::<String>::new());
    let mut deleted = store.keys_deleted_before(&asked, at.plus_micros(1)).await.works();
    deleted.sort();
    assert_eq!(deleted, ["aa/1", "aa/1.small", "aa/2"]);
    assert_eq!(store.keys_deleted_before(&[], later).await.works(), Vec::<String>::new());
}

/// The keys of thumbnails are left out.
pub async fn newest_keys_come_first_and_without_those_of_deleted_messages(store: &impl Store) {
    let scene = Scene::new(store).await;
    assert_eq!(store.newest_keys(10).await.works(), Vec::<String>::new());
    let message = sent(&scene).await;
    let chat = message.conversation;
    let mut ids = Vec::new();
    for key in ["bb/1", "bb/2"] {
        let draft = Draft {
            attachments: vec![text_file(key)],
            ..scene.draft(chat, AZIZ, "yana").await
        };
        ids.push(scene.send(draft).await.id);
    }
    assert_eq!(store.newest_keys(10).await.works(), ["bb/2", "bb/1", "aa/2", "aa/1"]);
    assert_eq!(store.newest_keys(2).await.works(), ["bb/2", "bb/1"]);
    store.delete(ids[1], scene.tick(), silent()).await.works().expect("allowed");
    assert_eq!(store.newest_keys(2).await.works(), ["bb/1", "aa/2"]);
}
