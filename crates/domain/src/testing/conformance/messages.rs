//! The suite of changing and reading single messages: [`crate::ports::Messages`] without `send`, `window` and `changes`.

mod access;

use std::sync::Arc;

pub use access::*;

use super::{PublishedOutcomes, Scene, Store, Works, silent};
use crate::{
    change::Change,
    denial::Denial,
    id::{ConversationId, Seq},
    message::{ChangeKind, Draft, Message},
    ports::{ChangeOutcome, Decided},
    receipt::ReadScope,
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, PAVEL, RUSTAM, content},
        join_all,
    },
};

/// Runs the suite of [`crate::ports::Messages`] about single messages.
#[macro_export]
macro_rules! messages_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            messages: only_participants_get_a_message,
            participants_have_facts_to_change,
            a_superadmin_has_facts_without_taking_part,
            other_strangers_have_no_facts_to_change,
            facts_to_change_have_the_tombstone,
            editing_replaces_the_content,
            editing_keeps_everything_else,
            an_edit_of_a_deleted_message_sees_the_tombstone,
            deleting_leaves_a_tombstone,
            deleting_again_is_unchanged,
            deleting_unpins,
            pinning_and_unpinning_is_shown,
            pinning_again_is_unchanged,
            a_pin_of_a_deleted_message_sees_the_tombstone,
            several_messages_can_be_pinned,
            every_change_takes_the_next_seq,
            an_act_without_effect_takes_no_seq,
            changes_are_announced_after_the_commit,
            an_act_without_effect_is_not_announced,
            a_change_has_the_summary_for_every_participant,
            unread_counts_leave_own_and_deleted_messages_out,
            deleting_a_read_message_leaves_unread_counts_alone,
            deleting_a_delivered_message_counts_as_unread,
            deleting_an_unread_message_counts_for_each_reader,
            the_summary_of_a_deletion_previews_the_message_before,
            edit_and_delete_at_once_end_in_a_tombstone,
            changes_at_once_leave_no_gap,
        );
    };
}

fn done(changed: ChangeOutcome) -> Change {
    match changed {
        ChangeOutcome::Done(change) => change,
        unchanged @ ChangeOutcome::Unchanged(_) => panic!("not done: {unchanged:?}"),
    }
}

const fn is_done(changed: &Decided<ChangeOutcome>) -> bool {
    matches!(changed, Ok(ChangeOutcome::Done(_)))
}

const fn is_unchanged(changed: &ChangeOutcome) -> bool {
    matches!(changed, ChangeOutcome::Unchanged(_))
}

fn done_message(changed: ChangeOutcome) -> Message {
    Arc::unwrap_or_clone(done(changed).message)
}

/// The message counts as edited, and stays where it is in the history.
pub async fn editing_replaces_the_content(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let first = scene.say(chat, AZIZ, "bir").await;
    scene.say(chat, AZIZ, "ikki").await;
    for (seq, text) in [(3, "bir, tuzatildi"), (4, "bir, yana tuzatildi")] {
        let at = scene.tick();
        let changed = store.edit(first.id, content(text), at, silent()).await.works().expect("allowed");
        let expected = Message {
            content: Some(text.to_owned()),
            is_edited: true,
            edited_at: Some(at),
            updated_at: at,
            seq: Seq(seq),
            ..(*first).clone()
        };
        assert_eq!(done_message(changed), expected);
        assert_eq!(scene.message(first.id, DILNOZA).await, expected);
        assert_eq!(scene.history(chat).await[0], expected);
    }
}

/// Files, pin, reply and receipts stay.
pub async fn editing_keeps_everything_else(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene.say(chat, DILNOZA, "savol").await;
    let draft = Draft {
        attachments: vec![super::sending::picture("a")],
        ..scene.answer(&question, AZIZ, "javob").await
    };
    let answer = scene.send(draft).await;
    scene.pin(answer.id, true).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let before = scene.message(answer.id, AZIZ).await;
    assert!(before.is_pinned && before.receipts.len() == 1);
    let edited = done_message(scene.edit(answer.id, "javob, tuzatildi").await);
    let expected = Message {
        content: Some("javob, tuzatildi".to_owned()),
        is_edited: true,
        edited_at: edited.edited_at,
        updated_at: edited.updated_at,
        seq: Seq(4),
        ..before
    };
    assert_eq!(edited, expected);
    assert_eq!(scene.message(answer.id, AZIZ).await, expected);
}

/// R8: the facts inside the transaction have the tombstone.
pub async fn an_edit_of_a_deleted_message_sees_the_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    let before = scene.history(chat).await;
    let edited = store.edit(message.id, content("qaytdi"), scene.tick(), silent()).await.works();
    assert_eq!(edited, Err(Denial::MessageDeleted));
    assert_eq!(scene.history(chat).await, before);
}

/// R9: the row stays; nobody gets its content and files.
pub async fn deleting_leaves_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        attachments: vec![super::sending::picture("a")],
        ..scene.draft(chat, AZIZ, "sir").await
    };
    let message = scene.send(draft).await;
    let at = scene.tick();
    let deleted = done_message(store.delete(message.id, at, silent()).await.works().expect("allowed"));
    let expected = Message {
        content: None,
        attachments: vec![],
        is_deleted: true,
        updated_at: at,
        seq: Seq(2),
        ..(*message).clone()
    };
    assert_eq!(deleted, expected);
    for viewer in [AZIZ, DILNOZA] {
        assert_eq!(scene.message(message.id, viewer).await, expected);
    }
    assert_eq!(scene.history(chat).await, std::slice::from_ref(&expected));
    assert_eq!(scene.changes(chat, Seq(0), 10).await.changes, [(ChangeKind::Deleted, expected)]);
}

/// R9: deleting again succeeds silently.
pub async fn deleting_again_is_unchanged(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    let before = scene.history(chat).await;
    assert!(is_unchanged(&scene.delete(message.id).await));
    assert_eq!(scene.history(chat).await, before);
}

/// R10: a tombstone is not pinned.
pub async fn deleting_unpins(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "muhim").await;
    scene.pin(message.id, true).await;
    assert!(!done_message(scene.delete(message.id).await).is_pinned);
    assert!(!scene.message(message.id, AZIZ).await.is_pinned);
}

/// No other field of the message changes.
pub async fn pinning_and_unpinning_is_shown(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "muhim").await;
    for (seq, pinned) in [(2, true), (3, false), (4, true)] {
        let at = scene.tick();
        let changed = store.set_pinned(message.id, pinned, at, silent()).await.works().expect("allowed");
        let expected = Message {
            is_pinned: pinned,
            updated_at: at,
            seq: Seq(seq),
            ..(*message).clone()
        };
        assert_eq!(done_message(changed), expected);
        assert_eq!(scene.message(message.id, DILNOZA).await, expected);
    }
}

/// R10: pinning and unpinning are idempotent.
pub async fn pinning_again_is_unchanged(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "muhim").await;
    assert!(is_unchanged(&scene.pin(message.id, false).await));
    scene.pin(message.id, true).await;
    let before = scene.history(chat).await;
    assert!(is_unchanged(&scene.pin(message.id, true).await));
    assert_eq!(scene.history(chat).await, before);
}

/// R10: the facts inside the transaction have the tombstone; unpinning it changes nothing.
pub async fn a_pin_of_a_deleted_message_sees_the_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    let before = scene.history(chat).await;
    let pinned = store.set_pinned(message.id, true, scene.tick(), silent()).await.works();
    assert_eq!(pinned, Err(Denial::MessageDeleted));
    assert!(is_unchanged(&scene.pin(message.id, false).await));
    assert_eq!(scene.history(chat).await, before);
}

/// R10: pinning a message does not unpin another.
pub async fn several_messages_can_be_pinned(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.pin(sent[0], true).await;
    scene.pin(sent[2], true).await;
    let pinned: Vec<bool> = scene.history(chat).await.iter().map(|message| message.is_pinned).collect();
    assert_eq!(pinned, [true, false, true]);
}

/// Section 4.3: the kinds are sent, edited, pinned, unpinned and deleted.
pub async fn every_change_takes_the_next_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let id = scene.say(chat, AZIZ, "bir").await.id;
    let mut changes = Vec::new();
    changes.push(done(scene.edit(id, "ikki").await));
    changes.push(done(scene.pin(id, true).await));
    changes.push(done(scene.pin(id, false).await));
    changes.push(done(scene.delete(id).await));
    for (expected, change) in (2..).zip(changes) {
        assert_eq!((change.message.seq, change.summary.last_seq), (Seq(expected), Seq(expected)));
    }
    assert_eq!(scene.say(chat, AZIZ, "keyingi").await.seq, Seq(6));
}

async fn unchanged_and_gone(
    store: &impl Store,
    scene: &Scene<'_, impl Store>,
    chat: ConversationId,
    published: &PublishedOutcomes<ChangeOutcome>,
) {
    let kept = scene.say(chat, AZIZ, "bir").await.id;
    let gone = scene.say(chat, AZIZ, "ikki").await.id;
    scene.delete(gone).await;
    let outcomes = [
        store.set_pinned(kept, false, scene.tick(), published.on_commit()).await.works(),
        store.set_pinned(gone, true, scene.tick(), published.on_commit()).await.works(),
        store.set_pinned(gone, false, scene.tick(), published.on_commit()).await.works(),
        store.edit(gone, content("uch"), scene.tick(), published.on_commit()).await.works(),
        store.delete(gone, scene.tick(), published.on_commit()).await.works(),
    ];
    assert!(!outcomes.iter().any(is_done), "{outcomes:?}");
}

/// Section 4.3: there are no gaps.
pub async fn an_act_without_effect_takes_no_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    unchanged_and_gone(store, &scene, chat, &PublishedOutcomes::default()).await;
    assert_eq!(scene.row(chat, AZIZ).await.last_seq, Seq(3));
    assert_eq!(scene.say(chat, AZIZ, "keyingi").await.seq, Seq(4));
}

/// Each outcome is announced once, before the caller resumes.
pub async fn changes_are_announced_after_the_commit(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let id = scene.say(chat, AZIZ, "bir").await.id;
    let published = PublishedOutcomes::default();
    let mut outcomes = Vec::new();
    outcomes.push(
        store
            .edit(id, content("ikki"), scene.tick(), published.on_commit())
            .await
            .works()
            .expect("allowed"),
    );
    assert_eq!(published.all(), outcomes);
    outcomes.push(
        store
            .set_pinned(id, true, scene.tick(), published.on_commit())
            .await
            .works()
            .expect("allowed"),
    );
    assert_eq!(published.all(), outcomes);
    outcomes.push(
        store
            .delete(id, scene.tick(), published.on_commit())
            .await
            .works()
            .expect("allowed"),
    );
    assert_eq!(published.all(), outcomes);
}

/// Without a commit there is no announcement.
pub async fn an_act_without_effect_is_not_announced(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let published = PublishedOutcomes::default();
    unchanged_and_gone(store, &scene, chat, &published).await;
    assert_eq!(published.all(), []);
}

/// This holds for editing, pinning and deleting.
pub async fn a_change_has_the_summary_for_every_participant(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL], None).await;
    let sent = scene.say_many(chat, PAVEL, 3).await;
    scene.read(chat, KAMOL, ReadScope::UpTo(sent[1])).await;
    let changes = [
        scene.edit(sent[2], "tuzatildi").await,
        scene.pin(sent[0], true).await,
        scene.delete(sent[0]).await,
    ];
    for (changed, rustam) in changes.into_iter().zip([3, 3, 2]) {
        let summary = (*done(changed).summary).clone();
        let mut unread = summary.unread.clone();
        unread.sort();
        assert_eq!(unread, [(RUSTAM, rustam), (PAVEL, 0), (KAMOL, 1)]);
        assert_eq!(summary.preview.map(|preview| preview.text()).as_deref(), Some("tuzatildi"));
        assert_eq!(summary.conversation, chat);
    }
}

/// Section 3: the definition of `unread_count`.
pub async fn unread_counts_leave_own_and_deleted_messages_out(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let of_aziz = scene.say_many(chat, AZIZ, 3).await;
    scene.say_many(chat, DILNOZA, 2).await;
    assert_eq!((scene.unread(chat, DILNOZA).await, scene.unread(chat, AZIZ).await), (3, 2));
    scene.delete(of_aziz[1]).await;
    scene.delete(of_aziz[1]).await;
    assert_eq!((scene.unread(chat, DILNOZA).await, scene.unread(chat, AZIZ).await), (2, 2));
    for id in of_aziz {
        scene.delete(id).await;
    }
    assert_eq!((scene.unread(chat, DILNOZA).await, scene.unread(chat, AZIZ).await), (0, 2));
}

/// Its reading has reduced the count already.
pub async fn deleting_a_read_message_leaves_unread_counts_alone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[1])).await;
    scene.delete(sent[1]).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 2);
    assert_eq!(store.unread_total(DILNOZA).await.works(), 2);
}

/// The message was delivered to a device, but not read.
pub async fn deleting_a_delivered_message_counts_as_unread(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.deliver(chat, DILNOZA, sent[2]).await;
    scene.delete(sent[1]).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 2);
}

/// The count of a participant who had read it does not change.
pub async fn deleting_an_unread_message_counts_for_each_reader(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL, DILNOZA], None).await;
    let sent = scene.say_many(chat, PAVEL, 2).await;
    scene.read(chat, KAMOL, ReadScope::One(sent[0])).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let summary = done(scene.delete(sent[0]).await).summary;
    for (user, unread) in [(RUSTAM, 1), (KAMOL, 1), (DILNOZA, 0), (PAVEL, 0)] {
        assert_eq!(
            (scene.unread(chat, user).await, summary.unread_of(user)),
            (unread, Some(unread)),
            "{user}"
        );
    }
}

/// Deletions go on until no message is left.
pub async fn the_summary_of_a_deletion_previews_the_message_before(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    for (deleted, shown) in [(2, Some(1)), (0, Some(1)), (1, None)] {
        let summary = done(scene.delete(sent[deleted]).await).summary;
        assert_eq!(
            summary.preview.as_ref().map(|preview| preview.id),
            shown.map(|index: usize| sent[index])
        );
    }
}

/// The order of the two does not matter.
pub async fn edit_and_delete_at_once_end_in_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for _ in 0..8 {
        let before = scene.row(chat, AZIZ).await.last_seq;
        let id = scene.say(chat, AZIZ, "sir").await.id;
        let edit = store.edit(id, content("tuzatildi"), scene.tick(), silent());
        let delete = store.delete(id, scene.tick(), silent());
        let outcomes = join_all([edit, delete]).await;
        let done = outcomes.into_iter().map(Works::works).filter(is_done).count();
        let tombstone = scene.message(id, DILNOZA).await;
        assert_eq!((tombstone.is_deleted, tombstone.content), (true, None));
        assert_eq!(tombstone.seq.0, before.0 + 1 + i64::try_from(done).expect("two at most"));
    }
}

/// Changes of all kinds are mixed; each is announced in the order of `seq`.
pub async fn changes_at_once_leave_no_gap(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 8).await;
    let published = PublishedOutcomes::default();
    let mut acts = Vec::new();
    for id in &sent {
        acts.push(store.set_pinned(*id, true, scene.tick(), published.on_commit()));
        acts.push(store.edit(*id, content("tuzatildi"), scene.tick(), published.on_commit()));
        acts.push(store.delete(*id, scene.tick(), published.on_commit()));
        acts.push(store.set_pinned(*id, false, scene.tick(), published.on_commit()));
    }
    let outcomes: Vec<Decided<ChangeOutcome>> = join_all(acts).await.into_iter().map(Works::works).collect();
    let changed = outcomes.iter().filter(|outcome| is_done(outcome)).count();
    let seqs: Vec<i64> = published.all().into_iter().map(|outcome| done(outcome).message.seq.0).collect();
    assert_eq!(seqs, (9..).take(changed).collect::<Vec<_>>());
    assert_eq!(scene.row(chat, AZIZ).await.last_seq.0, *seqs.last().expect("all were deleted"));
    assert_eq!(scene.unread(chat, DILNOZA).await, 0);
}
