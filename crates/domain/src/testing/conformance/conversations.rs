//! The suite of [`crate::ports::Conversations`], except lists.

use std::sync::Arc;

use super::{PublishedOutcomes, Scene, Store, Works, silent};
use crate::{
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::{ClientId, Draft, NewMessage},
    people::{Confession, DirectoryDocument},
    testing::builders::{
        AZIZ, DILNOZA, KAMOL, MALIKA, NOBODY, NUR, PAVEL, RUSTAM, SVETLANA, client_id, community, confession, follows, someone,
    },
};

mod opening;

pub use opening::*;

/// Runs the suite of [`crate::ports::Conversations`], except lists.
#[macro_export]
macro_rules! conversations_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            conversations: a_refused_opening_stores_nothing,
            an_unknown_actor_has_no_facts_to_open,
            targets_come_in_the_order_asked_for_without_doubles,
            targets_come_with_the_subscriptions_of_both_sides,
            a_named_confession_comes_with_the_subscription_of_the_actor,
            existing_conversations_are_those_of_exactly_these_people,
            opening_stores_the_decided_conversation,
            opening_is_announced_after_the_commit,
            opening_again_gives_the_existing_one_unannounced,
            another_confession_or_none_is_another_conversation,
            sixteen_openings_at_once_give_one_conversation,
            conversations_of_many_come_with_everybody_by_id,
            strangers_have_no_facts,
            following_is_looked_up_each_time,
            without_confession_nobody_follows_it,
            facts_have_the_newest_seq_and_times,
            strangers_have_no_facts_to_send,
            an_answered_message_must_be_of_the_conversation,
            an_answered_message_that_is_deleted_comes_as_a_tombstone,
            a_used_client_id_is_found_in_any_conversation_of_the_sender,
            strangers_have_no_detail,
            detail_has_the_newest_message_that_is_not_deleted,
            detail_counts_what_the_viewer_has_not_read,
        );
    };
}

fn the_confession(id: ConfessionId) -> Confession {
    community()
        .confessions
        .into_iter()
        .find(|confession| confession.id == id)
        .expect("a confession of the community")
}

/// A message without content and files.
fn message(conversation: ConversationId, sender: UserId, reply_to: Option<MessageId>, client_id: Option<&ClientId>) -> Arc<NewMessage> {
    Arc::new(NewMessage {
        reply_to,
        client_id: client_id.cloned(),
        ..NewMessage::empty(sender, conversation)
    })
}

/// Every participant sees the same participants.
pub async fn conversations_of_many_come_with_everybody_by_id(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[RUSTAM, SVETLANA, KAMOL, PAVEL, DILNOZA], None).await;
    for viewer in [RUSTAM, DILNOZA, PAVEL, KAMOL, SVETLANA] {
        let facts = store.facts(chat, viewer).await.works().expect("they take part");
        assert_eq!(facts.actor, someone(viewer));
        assert_eq!(facts.conversation.participant_ids(), [RUSTAM, DILNOZA, PAVEL, KAMOL, SVETLANA]);
    }
    assert_eq!(scene.say(chat, PAVEL, "всем привет").await.others, 4);
}

/// R7: superadmins and admins of other confessions have none either.
pub async fn strangers_have_no_facts(store: &impl Store) {
    let (_scene, chat) = Scene::with_chat(store).await;
    for stranger in [RUSTAM, PAVEL, MALIKA, NOBODY] {
        assert_eq!(store.facts(chat, stranger).await.works(), None, "{stranger}");
    }
    assert_eq!(store.facts(ConversationId(chat.0 + 1000), AZIZ).await.works(), None);
}

/// R6: a subscription that ends or begins counts at once; the confession's admin is the present one.
pub async fn following_is_looked_up_each_time(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    assert!(store.facts(chat, AZIZ).await.works().expect("Aziz takes part").actor_follows);
    assert!(!store.facts(chat, DILNOZA).await.works().expect("Dilnoza takes part").actor_follows);
    store.unfollow(follows(AZIZ, NUR)).await.works();
    assert!(!store.facts(chat, AZIZ).await.works().expect("Aziz takes part").actor_follows);
    assert!(
        !store
            .facts_to_send(message(chat, AZIZ, None, None))
            .await
            .works()
            .expect("Aziz takes part")
            .base
            .actor_follows
    );
    let nur = confession(NUR.0, "Nur jamoasi", Some(KAMOL));
    scene
        .import(DirectoryDocument {
            confessions: vec![nur.clone()],
            subscriptions: vec![follows(AZIZ, NUR)],
            ..DirectoryDocument::default()
        })
        .await;
    let facts = store.facts(chat, AZIZ).await.works().expect("Aziz takes part");
    assert!(facts.actor_follows);
    assert_eq!(facts.conversation.confession, Some(nur));
    assert_eq!(store.detail(chat, AZIZ).await.works().expect("Aziz takes part").facts, facts);
}

/// A conversation without a confession has no subscriptions.
pub async fn without_confession_nobody_follows_it(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[DILNOZA, MALIKA], None).await;
    let facts = store.facts(chat, MALIKA).await.works().expect("Malika takes part");
    assert!(!facts.actor_follows);
    assert_eq!(facts.conversation.confession, None);
    assert!(facts.conversation.opened_by_staff);
}

/// `last_message_at` is the newest sending, `updated_at` the newest change.
pub async fn facts_have_the_newest_seq_and_times(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let first = scene.say(chat, AZIZ, "bir").await;
    let second = scene.say(chat, DILNOZA, "ikki").await;
    scene.edit(first.id, "bir, tuzatildi").await;
    scene.delete(second.id).await;
    let changed = scene
        .history(chat)
        .await
        .into_iter()
        .map(|message| message.updated_at)
        .max()
        .expect("two messages");
    let conversation = store.facts(chat, AZIZ).await.works().expect("Aziz takes part").conversation;
    assert_eq!(
        (conversation.last_seq, conversation.last_message_at),
        (Seq(4), Some(second.created_at))
    );
    assert_eq!(conversation.updated_at, changed);
}

/// R7: the facts are `None` for everybody but participants.
pub async fn strangers_have_no_facts_to_send(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let said = scene.say(chat, AZIZ, "salom").await;
    for stranger in [RUSTAM, PAVEL, NOBODY] {
        assert_eq!(
            store.facts_to_send(message(chat, stranger, Some(said.id), None)).await.works(),
            None,
            "{stranger}"
        );
    }
}

/// R11: messages of other conversations are not shown through it, not even one's own.
pub async fn an_answered_message_must_be_of_the_conversation(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, PAVEL], None).await;
    let (here, elsewhere) = (
        scene.say(chat, DILNOZA, "shu yerda").await,
        scene.say(other, AZIZ, "boshqa joyda").await,
    );
    let answered = async |id| {
        store
            .facts_to_send(message(chat, AZIZ, id, None))
            .await
            .works()
            .expect("Aziz takes part")
            .reply_to
    };
    assert_eq!(answered(Some(here.id)).await, Some(here.as_reply()));
    assert_eq!(answered(Some(elsewhere.id)).await, None);
    assert_eq!(answered(Some(MessageId(elsewhere.id.0 + 1000))).await, None);
    assert_eq!(answered(None).await, None);
}

/// R9: a tombstone comes without its content.
pub async fn an_answered_message_that_is_deleted_comes_as_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let said = scene.say(chat, DILNOZA, "sir").await;
    scene.delete(said.id).await;
    let facts = store
        .facts_to_send(message(chat, AZIZ, Some(said.id), None))
        .await
        .works()
        .expect("Aziz takes part");
    let tombstone = facts.reply_to.expect("it is in the conversation");
    assert!(tombstone.is_deleted);
    assert_eq!((tombstone.content, tombstone.attachments), (None, vec![]));
}

/// The client ids of a sender are the sender's own, for ever.
pub async fn a_used_client_id_is_found_in_any_conversation_of_the_sender(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, PAVEL], None).await;
    let (name, shouted) = (client_id("c0ffee"), client_id("C0FFEE"));
    let draft = scene.draft(other, AZIZ, "birinchi").await;
    let first = scene
        .send(Draft {
            client_id: Some(name.clone()),
            ..draft
        })
        .await;
    scene.delete(first.id).await;
    let already = async |actor, name| {
        store
            .facts_to_send(message(chat, actor, None, name))
            .await
            .works()
            .expect("both take part")
            .already
    };
    assert_eq!(already(AZIZ, Some(&name)).await, Some((other, first.id)));
    assert_eq!(already(AZIZ, Some(&shouted)).await, None, "case matters");
    assert_eq!(already(AZIZ, None).await, None);
    assert_eq!(already(DILNOZA, Some(&name)).await, None);
}

/// R7: the detail is `None` for everybody but participants.
pub async fn strangers_have_no_detail(store: &impl Store) {
    let (_scene, chat) = Scene::with_chat(store).await;
    for stranger in [RUSTAM, PAVEL, MALIKA, NOBODY] {
        assert_eq!(store.detail(chat, stranger).await.works(), None, "{stranger}");
    }
}

/// The message comes in full; `None` while there is none.
pub async fn detail_has_the_newest_message_that_is_not_deleted(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let last = async || store.detail(chat, AZIZ).await.works().expect("Aziz takes part").last_message;
    assert_eq!(last().await, None);
    let first = scene.say(chat, DILNOZA, "bir").await;
    let second = scene.send(scene.answer(&first, AZIZ, "ikki").await).await;
    assert_eq!(last().await.as_ref(), Some(&*second));
    scene.delete(second.id).await;
    assert_eq!(last().await.as_ref(), Some(&*first));
    scene.delete(first.id).await;
    assert_eq!(last().await, None);
}

/// Each participant has a count of their own.
pub async fn detail_counts_what_the_viewer_has_not_read(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    scene.say_many(chat, AZIZ, 3).await;
    for (viewer, unread) in [(AZIZ, 0), (DILNOZA, 3)] {
        let detail = store.detail(chat, viewer).await.works().expect("both take part");
        assert_eq!((detail.unread_count, detail.facts.actor.id), (unread, viewer));
    }
}
