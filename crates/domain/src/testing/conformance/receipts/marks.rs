//! The suite of the marks of participants, as [`crate::ports::Messages::changes`] returns them.

use super::four_messages;
use crate::{
    receipt::{Marks, ReadScope},
    testing::{
        builders::{AZIZ, DILNOZA},
        conformance::{Store, Works, silent},
    },
};

/// A message that is read alone, beyond unread ones, does not move the marks.
pub async fn marks_stop_before_the_first_unread_message(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[0])).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[2])).await;
    let marks = scene.marks(chat, DILNOZA).await;
    assert_eq!((marks.delivered_up_to, marks.read_up_to), (Some(sent[0]), Some(sent[0])));
    assert_eq!(scene.unread(chat, DILNOZA).await, 2);
}

/// The marks move to the newest message before which all are read.
pub async fn marks_catch_up_when_the_gap_is_read(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    for (read, expected) in [(2, None), (1, None), (0, Some(2)), (3, Some(3))] {
        scene.read(chat, DILNOZA, ReadScope::One(sent[read])).await;
        let marks = scene.marks(chat, DILNOZA).await;
        assert_eq!(marks.read_up_to, expected.map(|index: usize| sent[index]), "after reading {read}");
    }
}

/// A tombstone has no content to read.
pub async fn deleted_messages_do_not_hold_marks_up(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.delete(sent[1]).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[0])).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[2])).await;
    assert_eq!(scene.marks(chat, DILNOZA).await.read_up_to, Some(sent[2]));
}

/// The mark moves to the newest message that was reached; its time is the newest reading up to there.
pub async fn deleting_the_message_of_a_mark_moves_the_mark(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[0])).await;
    let last = scene.reading(chat, DILNOZA, ReadScope::One(sent[2]));
    store.read(last, silent()).await.works();
    scene.delete(sent[1]).await;
    let expected = Marks {
        user: DILNOZA,
        delivered_up_to: Some(sent[2]),
        read_up_to: Some(sent[2]),
        read_at: Some(last.at),
    };
    assert_eq!(scene.marks(chat, DILNOZA).await, expected);
    scene.delete(sent[3]).await;
    assert_eq!(scene.marks(chat, DILNOZA).await, expected, "a deleted message is no mark");
}

/// A later reading that did not move the mark does not change its time.
pub async fn the_read_mark_keeps_the_time_of_its_move(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let mark = scene.reading(chat, DILNOZA, ReadScope::UpTo(sent[1]));
    store.read(mark, silent()).await.works();
    let expected = Marks {
        user: DILNOZA,
        delivered_up_to: Some(sent[1]),
        read_up_to: Some(sent[1]),
        read_at: Some(mark.at),
    };
    assert_eq!(scene.marks(chat, DILNOZA).await, expected);
    scene.read(chat, DILNOZA, ReadScope::One(sent[3])).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[0])).await;
    assert_eq!(scene.marks(chat, DILNOZA).await.read_at, Some(mark.at));
    let last = scene.reading(chat, DILNOZA, ReadScope::One(sent[2]));
    store.read(last, silent()).await.works();
    let marks = scene.marks(chat, DILNOZA).await;
    assert_eq!((marks.read_up_to, marks.read_at), (Some(sent[3]), Some(last.at)));
}

/// Neither smaller marks nor new messages move them back.
pub async fn marks_never_go_back(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.deliver(chat, DILNOZA, sent[3]).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[2])).await;
    let before = scene.marks(chat, DILNOZA).await;
    assert_eq!((before.delivered_up_to, before.read_up_to), (Some(sent[3]), Some(sent[2])));
    scene.deliver(chat, DILNOZA, sent[0]).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[0])).await;
    scene.say(chat, AZIZ, "yana").await;
    assert_eq!(scene.marks(chat, DILNOZA).await, before);
    assert_eq!(
        scene.marks(chat, AZIZ).await.delivered_up_to,
        None,
        "the other participant has marks of their own"
    );
}

/// Reading a message implies its delivery.
pub async fn the_delivered_mark_is_at_least_the_read_mark(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    scene.deliver(chat, DILNOZA, sent[0]).await;
    scene.read(chat, DILNOZA, ReadScope::UpTo(sent[2])).await;
    assert_eq!(scene.marks(chat, DILNOZA).await.delivered_up_to, Some(sent[2]));
    scene.read(chat, DILNOZA, ReadScope::All).await;
    assert_eq!(scene.marks(chat, DILNOZA).await.delivered_up_to, Some(sent[3]));
}

/// Marks name messages of others only.
pub async fn marks_pass_over_own_messages(store: &impl Store) {
    let (scene, chat, sent) = four_messages(store).await;
    let own = scene.say(chat, DILNOZA, "javob").await.id;
    scene.read(chat, DILNOZA, ReadScope::UpTo(own)).await;
    let marks = scene.marks(chat, DILNOZA).await;
    assert_eq!((marks.delivered_up_to, marks.read_up_to), (Some(sent[3]), Some(sent[3])));
    let next = scene.say(chat, AZIZ, "yana").await.id;
    scene.read(chat, DILNOZA, ReadScope::One(next)).await;
    assert_eq!(scene.marks(chat, DILNOZA).await.read_up_to, Some(next));
}
