//! [`crate::ports::Conversations`], lists aside.

use super::{Heard, Scene, Store, Works, silent};
use crate::{
    conversation::{Conversation, Inbox, NewConversation},
    facts::{NamedConfession, Target},
    id::{ConfessionId, ConversationId, MessageId, Seq, UserId},
    message::Draft,
    people::{Confession, DirectoryDocument},
    ports::Opened,
    testing::{
        builders::{
            AZIZ, BAHOR, DILNOZA, KAMOL, MALIKA, NOBODY, NOWHERE, NUR, PAVEL, RUSTAM, SVET, SVETLANA, ZAFAR, client_id, community,
            confession, follows, someone,
        },
        join::join_all,
    },
};

/// Runs the suite of [`crate::ports::Conversations`], lists aside.
#[macro_export]
macro_rules! conversations_conformance {
    ($fresh:path) => {
        $crate::store_cases!(
            $fresh,
            conversations: nobody_has_no_facts_to_open,
            targets_come_in_the_order_asked_for_without_doubles,
            targets_come_with_what_both_sides_follow,
            a_named_confession_comes_with_what_the_actor_follows,
            existing_conversations_are_those_of_exactly_these_people,
            opening_stores_what_was_decided,
            opening_is_announced_after_the_commit,
            opening_again_gives_the_existing_one_unannounced,
            another_confession_or_none_is_another_conversation,
            sixteen_openings_at_once_give_one_conversation,
            conversations_of_many_come_with_everybody_by_id,
            strangers_have_no_facts,
            following_is_looked_up_each_time,
            without_confession_nobody_follows_it,
            facts_know_the_newest_seq_and_times,
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

/// Absence is `None`; inactive people have facts, which say so.
pub async fn nobody_has_no_facts_to_open(store: &impl Store) {
    let _scene = Scene::new(store).await;
    assert_eq!(store.facts_to_open(NOBODY, &[DILNOZA], None).await.works(), None);
    let facts = store.facts_to_open(ZAFAR, &[DILNOZA], None).await.works().expect("Zafar exists");
    assert_eq!(facts.actor, someone(ZAFAR));
}

/// Unknown and inactive people are among them.
pub async fn targets_come_in_the_order_asked_for_without_doubles(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let facts = store
        .facts_to_open(AZIZ, &[PAVEL, NOBODY, ZAFAR, PAVEL, DILNOZA], None)
        .await
        .works()
        .expect("Aziz exists");
    let targets: Vec<_> = facts.targets.into_iter().map(|target| (target.id, target.person)).collect();
    assert_eq!(
        targets,
        [
            (PAVEL, Some(someone(PAVEL))),
            (NOBODY, None),
            (ZAFAR, Some(someone(ZAFAR))),
            (DILNOZA, Some(someone(DILNOZA)))
        ]
    );
    assert_eq!((facts.actor, facts.named, facts.existing), (someone(AZIZ), None, vec![]));
}

/// By id, in both directions.
pub async fn targets_come_with_what_both_sides_follow(store: &impl Store) {
    let _scene = Scene::new(store).await;
    let target = |id: UserId, followed_by_actor: &[ConfessionId], follows_of_actor: &[ConfessionId]| Target {
        id,
        person: Some(someone(id)),
        followed_by_actor: followed_by_actor.iter().copied().map(the_confession).collect(),
        follows_of_actor: follows_of_actor.iter().copied().map(the_confession).collect(),
    };
    let of_malika = store
        .facts_to_open(MALIKA, &[DILNOZA, PAVEL, KAMOL], None)
        .await
        .works()
        .expect("Malika exists");
    assert_eq!(
        of_malika.targets,
        [
            target(DILNOZA, &[NUR, BAHOR], &[]),
            target(PAVEL, &[SVET], &[]),
            target(KAMOL, &[], &[])
        ]
    );
    let of_dilnoza = store
        .facts_to_open(DILNOZA, &[AZIZ, MALIKA, SVETLANA], None)
        .await
        .works()
        .expect("Dilnoza exists");
    assert_eq!(
        of_dilnoza.targets,
        [
            target(AZIZ, &[], &[NUR]),
            target(MALIKA, &[], &[NUR, BAHOR]),
            target(SVETLANA, &[], &[])
        ]
    );
}

/// There may be none with this id.
pub async fn a_named_confession_comes_with_what_the_actor_follows(store: &impl Store) {
    let _scene = Scene::new(store).await;
    for (id, confession, actor_follows) in [
        (NUR, Some(the_confession(NUR)), true),
        (SVET, Some(the_confession(SVET)), false),
        (NOWHERE, None, false),
    ] {
        let facts = store.facts_to_open(AZIZ, &[DILNOZA], Some(id)).await.works().expect("Aziz exists");
        assert_eq!(
            facts.named,
            Some(NamedConfession {
                id,
                confession,
                actor_follows
            })
        );
    }
}

/// With their confessions; not those with more people or fewer.
pub async fn existing_conversations_are_those_of_exactly_these_people(store: &impl Store) {
    let scene = Scene::new(store).await;
    let about_nur = scene.open(&[MALIKA, DILNOZA], Some(NUR)).await;
    let about_nothing = scene.open(&[DILNOZA, MALIKA], None).await;
    let of_three = scene.open(&[RUSTAM, DILNOZA, MALIKA], Some(NUR)).await;
    scene.open(&[MALIKA, PAVEL], Some(SVET)).await;
    for (actor, target) in [(MALIKA, DILNOZA), (DILNOZA, MALIKA)] {
        let mut existing = store
            .facts_to_open(actor, &[target], None)
            .await
            .works()
            .expect("they exist")
            .existing;
        existing.sort();
        assert_eq!(existing, [(about_nur, Some(NUR)), (about_nothing, None)]);
    }
    let three = store
        .facts_to_open(MALIKA, &[RUSTAM, DILNOZA], Some(SVET))
        .await
        .works()
        .expect("Malika exists");
    assert_eq!(three.existing, [(of_three, Some(NUR))]);
    let none = store.facts_to_open(AZIZ, &[DILNOZA], Some(NUR)).await.works().expect("Aziz exists");
    assert_eq!(none.existing, []);
}

/// Everything that was decided is found again, to the microsecond.
pub async fn opening_stores_what_was_decided(store: &impl Store) {
    let scene = Scene::new(store).await;
    for new in [
        scene.new_conversation(&[AZIZ, DILNOZA], Some(NUR)),
        scene.new_conversation(&[PAVEL, SVETLANA], None),
    ] {
        let NewConversation {
            participants,
            confession,
            opened_by,
            opened_by_staff,
            at,
        } = new.clone();
        let id = store.open(new, silent()).await.works().id();
        let facts = store.facts(id, opened_by).await.works().expect("who opens takes part");
        let people: Vec<_> = participants.into_iter().map(someone).collect();
        assert_eq!(
            facts.conversation,
            Conversation {
                id,
                participants: people.into(),
                confession: confession.map(the_confession),
                opened_by_staff,
                created_at: at,
                updated_at: at,
                last_message_at: None,
                last_seq: Seq(0),
            }
        );
    }
}

/// With what everybody's list shows.
pub async fn opening_is_announced_after_the_commit(store: &impl Store) {
    let scene = Scene::new(store).await;
    let heard = Heard::default();
    let opened = store
        .open(scene.new_conversation(&[AZIZ, DILNOZA], Some(NUR)), heard.announce())
        .await
        .works();
    assert_eq!(heard.all(), std::slice::from_ref(&opened), "before the caller resumes");
    let Opened::New(mut inbox) = opened else {
        panic!("not new: {opened:?}")
    };
    inbox.unread.sort();
    assert_eq!(
        inbox,
        Inbox {
            conversation: inbox.conversation,
            last_seq: Seq(0),
            preview: None,
            unread: vec![(DILNOZA, 0), (AZIZ, 0)]
        }
    );
}

/// R13; nothing was committed.
pub async fn opening_again_gives_the_existing_one_unannounced(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let before = store.facts(chat, AZIZ).await.works();
    for participants in [[AZIZ, DILNOZA], [DILNOZA, AZIZ]] {
        let heard = Heard::default();
        let opened = store
            .open(scene.new_conversation(&participants, Some(NUR)), heard.announce())
            .await
            .works();
        assert_eq!(opened, Opened::Existing(chat));
        assert_eq!(heard.all(), []);
    }
    assert_eq!(store.facts(chat, AZIZ).await.works(), before);
}

/// R13: one conversation for each set of people and confession, or none.
pub async fn another_confession_or_none_is_another_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    let mut ids = Vec::new();
    for confession in [Some(NUR), Some(BAHOR), None] {
        ids.push(scene.open(&[MALIKA, DILNOZA], confession).await);
    }
    ids.push(scene.open(&[RUSTAM, MALIKA, DILNOZA], None).await);
    for (confession, id) in [Some(NUR), Some(BAHOR), None].into_iter().zip(&ids) {
        let again = store
            .open(scene.new_conversation(&[MALIKA, DILNOZA], confession), silent())
            .await
            .works();
        assert_eq!(again, Opened::Existing(*id));
    }
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

/// R13: one is created and announced, the others find it; with a confession and without.
pub async fn sixteen_openings_at_once_give_one_conversation(store: &impl Store) {
    let scene = Scene::new(store).await;
    for confession in [Some(NUR), None] {
        let heard = Heard::default();
        let opening = |_| store.open(scene.new_conversation(&[AZIZ, DILNOZA], confession), heard.announce());
        let opened: Vec<Opened> = join_all((0..16).map(opening)).await.into_iter().map(Works::works).collect();
        let mut ids: Vec<ConversationId> = opened.iter().map(Opened::id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "{opened:?}");
        assert_eq!(opened.iter().filter(|opened| matches!(opened, Opened::New(_))).count(), 1);
        assert_eq!(heard.all().len(), 1);
    }
    assert_eq!(scene.listed(AZIZ, &crate::conversation::ListFilter::default()).await.len(), 2);
}

/// Seen by each of them alike.
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

/// R7: not even a superadmin, or the admin of another confession.
pub async fn strangers_have_no_facts(store: &impl Store) {
    let (_scene, chat) = Scene::with_chat(store).await;
    for stranger in [RUSTAM, PAVEL, MALIKA, NOBODY] {
        assert_eq!(store.facts(chat, stranger).await.works(), None, "{stranger}");
    }
    assert_eq!(store.facts(ConversationId(chat.0 + 1000), AZIZ).await.works(), None);
}

/// R6: the gate closes and opens at once; the confession's admin is the present one.
pub async fn following_is_looked_up_each_time(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    assert!(store.facts(chat, AZIZ).await.works().expect("Aziz takes part").actor_follows);
    assert!(!store.facts(chat, DILNOZA).await.works().expect("Dilnoza takes part").actor_follows);
    store.unfollow(follows(AZIZ, NUR)).await.works();
    assert!(!store.facts(chat, AZIZ).await.works().expect("Aziz takes part").actor_follows);
    assert!(
        !store
            .facts_to_send(chat, AZIZ, None, None)
            .await
            .works()
            .expect("Aziz takes part")
            .gate
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

/// There is nothing to follow.
pub async fn without_confession_nobody_follows_it(store: &impl Store) {
    let scene = Scene::new(store).await;
    let chat = scene.open(&[DILNOZA, MALIKA], None).await;
    let facts = store.facts(chat, MALIKA).await.works().expect("Malika takes part");
    assert!(!facts.actor_follows);
    assert_eq!(facts.conversation.confession, None);
    assert!(facts.conversation.opened_by_staff);
}

/// `last_message_at` is the newest sending, `updated_at` the newest change.
pub async fn facts_know_the_newest_seq_and_times(store: &impl Store) {
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

/// R7.
pub async fn strangers_have_no_facts_to_send(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let said = scene.say(chat, AZIZ, "salom").await;
    for stranger in [RUSTAM, PAVEL, NOBODY] {
        assert_eq!(
            store.facts_to_send(chat, stranger, Some(said.id), None).await.works(),
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
            .facts_to_send(chat, AZIZ, id, None)
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

/// R9: without its content.
pub async fn an_answered_message_that_is_deleted_comes_as_a_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let said = scene.say(chat, DILNOZA, "sir").await;
    scene.delete(said.id).await;
    let facts = store
        .facts_to_send(chat, AZIZ, Some(said.id), None)
        .await
        .works()
        .expect("Aziz takes part");
    let tombstone = facts.reply_to.expect("it is in the conversation");
    assert!(tombstone.is_deleted);
    assert_eq!((tombstone.content, tombstone.attachments), (None, vec![]));
}

/// A sender's names are the sender's own, for ever.
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
            .facts_to_send(chat, actor, None, name)
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

/// R7.
pub async fn strangers_have_no_detail(store: &impl Store) {
    let (_scene, chat) = Scene::with_chat(store).await;
    for stranger in [RUSTAM, PAVEL, MALIKA, NOBODY] {
        assert_eq!(store.detail(chat, stranger).await.works(), None, "{stranger}");
    }
}

/// In full; none while there is none.
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

/// Each for themselves.
pub async fn detail_counts_what_the_viewer_has_not_read(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    scene.say_many(chat, AZIZ, 3).await;
    for (viewer, unread) in [(AZIZ, 0), (DILNOZA, 3)] {
        let detail = store.detail(chat, viewer).await.works().expect("both take part");
        assert_eq!((detail.unread_count, detail.facts.actor.id), (unread, viewer));
    }
}
