//! Changing and reading single messages: [`crate::ports::Messages`] without `append`, `window` and `changes`.

use std::sync::Arc;

use super::{Heard, Scene, Store, Works, silent};
use crate::{
    facts::MessageFacts,
    id::{ConversationId, MessageId, Seq, UserId},
    message::{Change, ChangeKind, Draft, Message},
    ports::{Changed, ReadScope},
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, MALIKA, NOBODY, PAVEL, RUSTAM, content, someone},
        join::join_all,
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
            a_deleted_message_cannot_be_edited,
            deleting_leaves_a_tombstone,
            deleting_again_is_unchanged,
            deleting_unpins,
            pinning_and_unpinning_is_shown,
            pinning_again_is_unchanged,
            a_deleted_message_cannot_be_pinned,
            several_messages_can_be_pinned,
            every_change_takes_the_next_seq,
            what_changed_nothing_takes_no_seq,
            changes_are_announced_after_the_commit,
            what_changed_nothing_is_not_announced,
            a_change_says_what_everybodys_list_shows,
            unread_counts_leave_own_and_deleted_messages_out,
            deleting_a_read_message_leaves_unread_counts_alone,
            deleting_a_delivered_message_counts_as_unread,
            deleting_an_unread_message_counts_for_each_reader,
            the_inbox_of_a_deletion_previews_the_message_before,
            edit_and_delete_at_once_end_in_a_tombstone,
            changes_at_once_leave_no_gap,
        );
    };
}

fn done(changed: Changed) -> Change {
    match changed {
        Changed::Done(change) => change,
        other => panic!("not done: {other:?}"),
    }
}

fn done_message(changed: Changed) -> Message {
    Arc::unwrap_or_clone(done(changed).message)
}

/// R7: superadmins included; a missing one is missing to everybody.
pub async fn only_participants_get_a_message(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "salom").await;
    for (viewer, sees) in [
        (AZIZ, true),
        (DILNOZA, true),
        (PAVEL, false),
        (MALIKA, false),
        (RUSTAM, false),
        (NOBODY, false),
    ] {
        assert_eq!(store.get(message.id, viewer).await.works().is_some(), sees, "{viewer}");
    }
    assert_eq!(store.get(MessageId(message.id.0 + 1000), AZIZ).await.works(), None);
}

async fn facts(store: &impl Store, id: MessageId, actor: UserId) -> Option<MessageFacts> {
    store.facts_to_change(id, actor).await.works()
}

/// The message in full, the conversation with its present admin.
pub async fn participants_have_facts_to_change(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "salom").await;
    for actor in [AZIZ, DILNOZA] {
        let conversation = store.facts(chat, actor).await.works().expect("both take part").conversation;
        let expected = MessageFacts {
            actor: someone(actor),
            takes_part: true,
            conversation,
            message: (*message).clone(),
        };
        assert_eq!(facts(store, message.id, actor).await, Some(expected));
    }
}

/// R10: for pinning; the facts say that they do not take part.
pub async fn a_superadmin_has_facts_without_taking_part(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "salom").await;
    let conversation = store.facts(chat, AZIZ).await.works().expect("Aziz takes part").conversation;
    let expected = MessageFacts {
        actor: someone(RUSTAM),
        takes_part: false,
        conversation,
        message: (*message).clone(),
    };
    assert_eq!(facts(store, message.id, RUSTAM).await, Some(expected));
    let own = scene.open(&[RUSTAM, KAMOL], None).await;
    let message = scene.say(own, KAMOL, "salom").await;
    assert!(facts(store, message.id, RUSTAM).await.expect("Rustam takes part").takes_part);
}

/// R7: admins included; a missing message is missing to superadmins too.
pub async fn other_strangers_have_no_facts_to_change(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "salom").await;
    for stranger in [PAVEL, KAMOL, MALIKA, NOBODY] {
        assert_eq!(facts(store, message.id, stranger).await, None, "{stranger}");
    }
    for actor in [AZIZ, RUSTAM] {
        assert_eq!(facts(store, MessageId(message.id.0 + 1000), actor).await, None);
    }
}

/// R9: without its content.
pub async fn facts_to_change_have_the_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    for actor in [AZIZ, DILNOZA, RUSTAM] {
        let shown = facts(store, message.id, actor).await.expect("they may look").message;
        assert_eq!((shown.is_deleted, shown.content), (true, None));
    }
}

/// And says so; the message stays where it is.
pub async fn editing_replaces_the_content(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let first = scene.say(chat, AZIZ, "bir").await;
    scene.say(chat, AZIZ, "ikki").await;
    for (seq, text) in [(3, "bir, tuzatildi"), (4, "bir, yana tuzatildi")] {
        let at = scene.tick();
        let changed = store.edit(first.id, content(text), at, silent()).await.works();
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

/// Files, pin, reply, receipts.
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

/// R8 is guarded by the store.
pub async fn a_deleted_message_cannot_be_edited(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    let before = scene.history(chat).await;
    assert_eq!(scene.edit(message.id, "qaytdi").await, Changed::Gone);
    assert_eq!(scene.history(chat).await, before);
}

/// R9: the row stays, content and files are not served to anyone.
pub async fn deleting_leaves_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        attachments: vec![super::sending::picture("a")],
        ..scene.draft(chat, AZIZ, "sir").await
    };
    let message = scene.send(draft).await;
    let at = scene.tick();
    let deleted = done_message(store.delete(message.id, at, silent()).await.works());
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

/// R9: it succeeds silently.
pub async fn deleting_again_is_unchanged(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    let before = scene.history(chat).await;
    assert_eq!(scene.delete(message.id).await, Changed::Unchanged);
    assert_eq!(scene.history(chat).await, before);
}

/// R10.
pub async fn deleting_unpins(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "muhim").await;
    scene.pin(message.id, true).await;
    assert!(!done_message(scene.delete(message.id).await).is_pinned);
    assert!(!scene.message(message.id, AZIZ).await.is_pinned);
}

/// Nothing else changes.
pub async fn pinning_and_unpinning_is_shown(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "muhim").await;
    for (seq, pinned) in [(2, true), (3, false), (4, true)] {
        let at = scene.tick();
        let changed = store.set_pinned(message.id, pinned, at, silent()).await.works();
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

/// R10: idempotent in both directions.
pub async fn pinning_again_is_unchanged(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "muhim").await;
    assert_eq!(scene.pin(message.id, false).await, Changed::Unchanged);
    scene.pin(message.id, true).await;
    let before = scene.history(chat).await;
    assert_eq!(scene.pin(message.id, true).await, Changed::Unchanged);
    assert_eq!(scene.history(chat).await, before);
}

/// R10 is guarded by the store; unpinning it is nothing.
pub async fn a_deleted_message_cannot_be_pinned(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    let before = scene.history(chat).await;
    assert_eq!(scene.pin(message.id, true).await, Changed::Gone);
    assert_eq!(scene.pin(message.id, false).await, Changed::Unchanged);
    assert_eq!(scene.history(chat).await, before);
}

/// R10: one does not unpin another.
pub async fn several_messages_can_be_pinned(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.pin(sent[0], true).await;
    scene.pin(sent[2], true).await;
    let pinned: Vec<bool> = scene.history(chat).await.iter().map(|message| message.is_pinned).collect();
    assert_eq!(pinned, [true, false, true]);
}

/// Section 4.3: created, edited, pinned, unpinned, deleted.
pub async fn every_change_takes_the_next_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let id = scene.say(chat, AZIZ, "bir").await.id;
    let mut changes = Vec::new();
    changes.push(done(scene.edit(id, "ikki").await));
    changes.push(done(scene.pin(id, true).await));
    changes.push(done(scene.pin(id, false).await));
    changes.push(done(scene.delete(id).await));
    for (expected, change) in (2..).zip(changes) {
        assert_eq!((change.message.seq, change.inbox.last_seq), (Seq(expected), Seq(expected)));
    }
    assert_eq!(scene.say(chat, AZIZ, "keyingi").await.seq, Seq(6));
}

async fn unchanged_and_gone(store: &impl Store, scene: &Scene<'_, impl Store>, chat: ConversationId, heard: &Heard<Changed>) {
    let kept = scene.say(chat, AZIZ, "bir").await.id;
    let gone = scene.say(chat, AZIZ, "ikki").await.id;
    scene.delete(gone).await;
    store.set_pinned(kept, false, scene.tick(), heard.announce()).await.works();
    store.set_pinned(gone, true, scene.tick(), heard.announce()).await.works();
    store.set_pinned(gone, false, scene.tick(), heard.announce()).await.works();
    store.edit(gone, content("uch"), scene.tick(), heard.announce()).await.works();
    store.delete(gone, scene.tick(), heard.announce()).await.works();
}

/// Section 4.3: there are no gaps.
pub async fn what_changed_nothing_takes_no_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    unchanged_and_gone(store, &scene, chat, &Heard::default()).await;
    assert_eq!(scene.row(chat, AZIZ).await.last_seq, Seq(3));
    assert_eq!(scene.say(chat, AZIZ, "keyingi").await.seq, Seq(4));
}

/// Once each, with the outcome, before the caller resumes.
pub async fn changes_are_announced_after_the_commit(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let id = scene.say(chat, AZIZ, "bir").await.id;
    let heard = Heard::default();
    let mut outcomes = Vec::new();
    outcomes.push(store.edit(id, content("ikki"), scene.tick(), heard.announce()).await.works());
    assert_eq!(heard.all(), outcomes);
    outcomes.push(store.set_pinned(id, true, scene.tick(), heard.announce()).await.works());
    assert_eq!(heard.all(), outcomes);
    outcomes.push(store.delete(id, scene.tick(), heard.announce()).await.works());
    assert_eq!(heard.all(), outcomes);
}

/// Nothing was committed.
pub async fn what_changed_nothing_is_not_announced(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let heard = Heard::default();
    unchanged_and_gone(store, &scene, chat, &heard).await;
    assert_eq!(heard.all(), []);
}

/// After editing, pinning and deleting, too.
pub async fn a_change_says_what_everybodys_list_shows(store: &impl Store) {
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
        let inbox = (*done(changed).inbox).clone();
        let mut unread = inbox.unread.clone();
        unread.sort();
        assert_eq!(unread, [(RUSTAM, rustam), (PAVEL, 0), (KAMOL, 1)]);
        assert_eq!(inbox.preview.map(|preview| preview.text()).as_deref(), Some("tuzatildi"));
        assert_eq!(inbox.conversation, chat);
    }
}

/// Section 3: `unread_count`.
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

/// It was counted down when it was read.
pub async fn deleting_a_read_message_leaves_unread_counts_alone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.read(chat, DILNOZA, ReadScope::One(sent[1])).await;
    scene.delete(sent[1]).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 2);
    assert_eq!(store.unread_total(DILNOZA).await.works(), 2);
}

/// It had reached a device, but nobody's eyes.
pub async fn deleting_a_delivered_message_counts_as_unread(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    scene.deliver(chat, DILNOZA, sent[2]).await;
    scene.delete(sent[1]).await;
    assert_eq!(scene.unread(chat, DILNOZA).await, 2);
}

/// For those who had read it, nothing changes.
pub async fn deleting_an_unread_message_counts_for_each_reader(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, PAVEL, KAMOL, DILNOZA], None).await;
    let sent = scene.say_many(chat, PAVEL, 2).await;
    scene.read(chat, KAMOL, ReadScope::One(sent[0])).await;
    scene.read(chat, DILNOZA, ReadScope::All).await;
    let inbox = done(scene.delete(sent[0]).await).inbox;
    for (user, unread) in [(RUSTAM, 1), (KAMOL, 1), (DILNOZA, 0), (PAVEL, 0)] {
        assert_eq!(
            (scene.unread(chat, user).await, inbox.unread_of(user)),
            (unread, Some(unread)),
            "{user}"
        );
    }
}

/// Down to none.
pub async fn the_inbox_of_a_deletion_previews_the_message_before(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 3).await;
    for (deleted, shown) in [(2, Some(1)), (0, Some(1)), (1, None)] {
        let inbox = done(scene.delete(sent[deleted]).await).inbox;
        assert_eq!(
            inbox.preview.as_ref().map(|preview| preview.id),
            shown.map(|index: usize| sent[index])
        );
    }
}

/// Whichever came first.
pub async fn edit_and_delete_at_once_end_in_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for _ in 0..8 {
        let before = scene.row(chat, AZIZ).await.last_seq;
        let id = scene.say(chat, AZIZ, "sir").await.id;
        let edit = store.edit(id, content("tuzatildi"), scene.tick(), silent());
        let delete = store.delete(id, scene.tick(), silent());
        let outcomes = join_all([edit, delete]).await;
        let done = outcomes
            .into_iter()
            .map(Works::works)
            .filter(|changed| matches!(changed, Changed::Done(_)))
            .count();
        let tombstone = scene.message(id, DILNOZA).await;
        assert_eq!((tombstone.is_deleted, tombstone.content), (true, None));
        assert_eq!(tombstone.seq.0, before.0 + 1 + i64::try_from(done).expect("two at most"));
    }
}

/// Of all kinds, mixed; each announced in the order of `seq`.
pub async fn changes_at_once_leave_no_gap(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sent = scene.say_many(chat, AZIZ, 8).await;
    let heard = Heard::default();
    let mut acts = Vec::new();
    for id in &sent {
        acts.push(store.set_pinned(*id, true, scene.tick(), heard.announce()));
        acts.push(store.edit(*id, content("tuzatildi"), scene.tick(), heard.announce()));
        acts.push(store.delete(*id, scene.tick(), heard.announce()));
        acts.push(store.set_pinned(*id, false, scene.tick(), heard.announce()));
    }
    let outcomes: Vec<Changed> = join_all(acts).await.into_iter().map(Works::works).collect();
    let changed = outcomes.iter().filter(|outcome| matches!(outcome, Changed::Done(_))).count();
    let seqs: Vec<i64> = heard.all().into_iter().map(|outcome| done(outcome).message.seq.0).collect();
    assert_eq!(seqs, (9..).take(changed).collect::<Vec<_>>());
    assert_eq!(scene.row(chat, AZIZ).await.last_seq.0, *seqs.last().expect("all were deleted"));
    assert_eq!(scene.unread(chat, DILNOZA).await, 0);
}
