//! Who sees a message, and the facts by which changes to it are decided.

use crate::{
    facts::MessageFacts,
    id::{MessageId, UserId},
    testing::{
        builders::{AZIZ, DILNOZA, KAMOL, MALIKA, NOBODY, PAVEL, RUSTAM, someone},
        conformance::{Scene, Store, Works},
    },
};

/// R7: superadmins get none either; a missing message is `None` for everybody.
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

/// The facts have the message in full and the conversation with its present admin.
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

/// R10: superadmins may pin; the facts say that they do not take part.
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

/// R7: admins have none either; a missing message is `None` for superadmins too.
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

/// R9: the tombstone comes without its content.
pub async fn facts_to_change_have_the_tombstone(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let message = scene.say(chat, AZIZ, "sir").await;
    scene.delete(message.id).await;
    for actor in [AZIZ, DILNOZA, RUSTAM] {
        let shown = facts(store, message.id, actor).await.expect("they may look").message;
        assert_eq!((shown.is_deleted, shown.content), (true, None));
    }
}
