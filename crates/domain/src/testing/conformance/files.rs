//! What [`crate::ports::Messages`] knows of files by themselves.

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

/// Runs the suite of the files of [`crate::ports::Messages`].
#[macro_export]
macro_rules! files_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            files: a_file_is_told_with_who_takes_part,
            somebody_inactive_takes_no_part,
            a_file_of_a_deleted_message_says_so,
            there_is_no_file_that_was_not_sent,
            keys_of_files_and_small_pictures_are_in_use,
            keys_stay_in_use_when_the_message_is_deleted,
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

/// To participants, to others, and to nobody in particular.
pub async fn a_file_is_told_with_who_takes_part(store: &impl Store) {
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

/// As in everything else.
pub async fn somebody_inactive_takes_no_part(store: &impl Store) {
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

/// R9; the row stays.
pub async fn a_file_of_a_deleted_message_says_so(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    store.delete(message.id, scene.tick(), silent()).await.works();
    for file in &message.attachments {
        for viewer in [Some(AZIZ), None] {
            assert!(facts(store, file.id, viewer).await.message_deleted);
        }
    }
}

/// Ids of messages are none of files.
pub async fn there_is_no_file_that_was_not_sent(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    let newest = message.attachments.iter().map(|file| file.id.0).max().unwrap_or(0);
    for id in [newest + 1, 0, -1, i64::MAX] {
        assert_eq!(store.file(AttachmentId(id), Some(AZIZ)).await.works(), None, "{id}");
    }
}

/// And no others, of however many one asks.
pub async fn keys_of_files_and_small_pictures_are_in_use(store: &impl Store) {
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

/// The row stays, and may be wanted by whoever runs the service.
pub async fn keys_stay_in_use_when_the_message_is_deleted(store: &impl Store) {
    let scene = Scene::new(store).await;
    let message = sent(&scene).await;
    store.delete(message.id, scene.tick(), silent()).await.works();
    assert_eq!(store.keys_in_use(&["aa/2".to_owned()]).await.works(), ["aa/2"]);
}
