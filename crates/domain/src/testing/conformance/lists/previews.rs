//! Cases of the previews in lists.

use super::super::{
    Scene, Store,
    sending::{picture, recording, text_file},
};
use crate::{
    attachment::{AttachmentKind, AttachmentSummary, FileType, NewAttachment},
    conversation::Preview,
    message::{Draft, Status},
    receipt::ReadScope,
    testing::builders::{AZIZ, DILNOZA, PAVEL},
};

/// After the newest is deleted, the message before it shows; deleting another changes nothing.
pub async fn the_preview_is_the_newest_message_not_deleted(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    assert_eq!(scene.row(chat, AZIZ).await.preview, None);
    let mut messages = Vec::new();
    for (sender, text) in [(AZIZ, "bir"), (DILNOZA, "ikki"), (AZIZ, "uch")] {
        messages.push(scene.say(chat, sender, text).await);
    }
    for (deleted, shown) in [(1, Some(2)), (2, Some(0)), (0, None)] {
        scene.delete(messages[deleted].id).await;
        for viewer in [AZIZ, DILNOZA] {
            assert_eq!(
                scene.row(chat, viewer).await.preview,
                shown.map(|index: usize| Preview::of(&messages[index])),
                "{deleted} deleted"
            );
        }
    }
    let again = scene.say(chat, DILNOZA, "to‘rt").await;
    assert_eq!(scene.row(chat, AZIZ).await.preview, Some(Preview::of(&again)));
}

/// An edit of an older message does not show.
pub async fn the_preview_follows_an_edit_of_the_newest(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let older = scene.say(chat, AZIZ, "bir").await;
    let newest = scene.say(chat, DILNOZA, "ikki").await;
    scene.edit(older.id, "bir, tuzatildi").await;
    scene.edit(newest.id, "ikki, tuzatildi").await;
    let preview = scene.row(chat, AZIZ).await.preview.expect("two messages");
    assert_eq!((preview.id, preview.text()), (newest.id, "ikki, tuzatildi".to_owned()));
    assert_eq!((preview.sender, preview.created_at), ("dilnoza".to_owned(), newest.created_at));
}

/// The preview has 50 characters and three dots, whatever the size of a character; exactly 50 are not cut.
pub async fn long_texts_are_cut_by_characters(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for letter in ["a", "щ", "🕊", "e\u{301}", "👩\u{200d}👧"] {
        scene.say(chat, AZIZ, &letter.repeat(50)).await;
        assert_eq!(scene.row(chat, AZIZ).await.preview.expect("sent").text(), letter.repeat(50));
        scene.say(chat, AZIZ, &letter.repeat(3000)).await;
        assert_eq!(scene.row(chat, AZIZ).await.preview.expect("sent").text(), letter.repeat(50) + "...");
    }
}

/// The preview is `[Attachment]`, also beside blank text.
pub async fn a_message_of_files_has_the_preview_attachment(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for text in [None, Some(" \n")] {
        let draft = scene.draft(chat, AZIZ, text.unwrap_or_default()).await;
        let attachments = vec![picture("p1")];
        scene
            .send(Draft {
                content: draft.content.clone().filter(|_| text.is_some()),
                attachments,
                ..draft
            })
            .await;
        let preview = scene.row(chat, DILNOZA).await.preview.expect("sent");
        assert!(preview.has_attachments);
        assert_eq!(preview.text(), "[Attachment]");
    }
}

/// The kind is that of all files, or `Other`; the name is that of the first. A deleted message tells nothing of its files.
pub async fn the_preview_summarises_the_files(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let song = |key: &str| NewAttachment {
        voice: None,
        ..recording(key)
    };
    let video = |key: &str| NewAttachment {
        file_type: FileType::Video,
        ..text_file(key)
    };
    for (number, (files, kind)) in [
        (vec![picture("a")], AttachmentKind::Image),
        (vec![picture("a"), picture("b"), picture("c")], AttachmentKind::Image),
        (vec![video("a")], AttachmentKind::Video),
        (vec![recording("a")], AttachmentKind::Voice),
        (vec![song("a"), song("b")], AttachmentKind::Audio),
        (vec![recording("a"), song("b")], AttachmentKind::Other),
        (vec![text_file("a")], AttachmentKind::Document),
        (vec![picture("a"), text_file("b")], AttachmentKind::Other),
    ]
    .into_iter()
    .enumerate()
    {
        let expected = AttachmentSummary {
            count: u32::try_from(files.len()).expect("few files"),
            kind,
            name: files[0].file_name.clone(),
        };
        // Keys are unique over all messages.
        let attachments = files.into_iter().map(|file| NewAttachment {
            key: format!("{number}/{}", file.key),
            thumbnail: None,
            ..file
        });
        let draft = Draft {
            attachments: attachments.collect(),
            ..scene.draft(chat, AZIZ, "mana").await
        };
        let message = scene.send(draft).await;
        for viewer in [AZIZ, DILNOZA] {
            let preview = scene.row(chat, viewer).await.preview.expect("sent");
            assert_eq!(preview.attachments.as_ref(), Some(&expected), "message {number}");
            assert_eq!(preview, Preview::of(&message));
        }
        scene.delete(message.id).await;
        assert_eq!(scene.row(chat, DILNOZA).await.preview, None);
    }
}

/// As [`crate::message::Message::status`] has it: delivered to one recipient at least, or read by all. After a deletion it is the status of the message before.
pub async fn the_preview_has_the_status_that_its_sender_sees(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[DILNOZA, AZIZ, PAVEL], None).await;
    let first = scene.say(chat, DILNOZA, "bir").await;
    let newest = scene.say(chat, DILNOZA, "ikki").await;
    let status = async || {
        let previews = [scene.row(chat, DILNOZA).await, scene.row(chat, AZIZ).await].map(|row| row.preview.expect("sent"));
        let [own, of_another] = &previews;
        assert_eq!(of_another.status(AZIZ), Status::Received);
        assert_eq!((of_another, own.sender_id), (own, DILNOZA), "the row is the same for all");
        own.status(DILNOZA)
    };
    assert_eq!(status().await, Status::Sent);
    scene.deliver(chat, AZIZ, first.id).await;
    assert_eq!(status().await, Status::Sent, "the message before was delivered");
    scene.deliver(chat, AZIZ, newest.id).await;
    assert_eq!(status().await, Status::Delivered);
    scene.read(chat, AZIZ, ReadScope::All).await;
    assert_eq!(status().await, Status::Delivered, "one of two has read it");
    scene.read(chat, PAVEL, ReadScope::One(newest.id)).await;
    assert_eq!(status().await, Status::Seen);
    assert_eq!(
        scene.row(chat, DILNOZA).await.preview,
        Some(Preview::of(&scene.message(newest.id, DILNOZA).await))
    );
    scene.delete(newest.id).await;
    assert_eq!(status().await, Status::Delivered, "only the newest was read by Pavel");
}
