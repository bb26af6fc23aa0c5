//! Repeating a `client_id`, which a sender may do whenever it is in doubt.

use super::picture;
use crate::{
    denial::Denial,
    id::Seq,
    message::Draft,
    ports::SendOutcome,
    testing::{
        builders::{AZIZ, DILNOZA, PAVEL, client_id},
        conformance::{PublishedOutcomes, Scene, Store, Works, scene::ids},
        join_all,
    },
};

/// The other fields of the repeat do not matter.
pub async fn a_repeated_client_id_gives_the_first_message(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let named = async |text| Draft {
        client_id: Some(client_id("c-1")),
        ..scene.draft(chat, AZIZ, text).await
    };
    let first = scene.send(named("birinchi").await).await;
    for text in ["birinchi", "boshqacha"] {
        assert_eq!(scene.append(named(text).await).await, Ok(SendOutcome::AlreadySent(first.id)));
    }
    assert_eq!(scene.message(first.id, DILNOZA).await, *first);
}

/// A repeat takes no `seq`, is not announced and stores no row.
pub async fn a_repeated_client_id_changes_nothing(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        client_id: Some(client_id("c-1")),
        attachments: vec![picture("a")],
        ..scene.draft(chat, AZIZ, "bir").await
    };
    scene.send(draft.clone()).await;
    let before = (
        scene.history(chat).await,
        scene.row(chat, AZIZ).await,
        scene.row(chat, DILNOZA).await,
    );
    let published = PublishedOutcomes::default();
    let again = store
        .append(Draft { at: scene.tick(), ..draft }, published.on_commit())
        .await
        .works();
    assert!(matches!(again, Ok(SendOutcome::AlreadySent(_))), "{again:?}");
    assert_eq!(published.all(), []);
    assert_eq!(
        (
            scene.history(chat).await,
            scene.row(chat, AZIZ).await,
            scene.row(chat, DILNOZA).await
        ),
        before
    );
    assert_eq!(scene.say(chat, AZIZ, "ikki").await.seq, Seq(2), "no number was lost");
}

/// There is no time limit.
pub async fn a_client_id_is_remembered_after_deletion(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.draft(chat, AZIZ, "bir").await
    };
    let first = scene.send(draft.clone()).await;
    scene.delete(first.id).await;
    assert_eq!(scene.append(draft).await, Ok(SendOutcome::AlreadySent(first.id)));
}

/// The first message was stored while the answered message existed.
pub async fn a_repeat_is_recognized_after_its_answered_message_is_deleted(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let question = scene.say(chat, DILNOZA, "savol").await;
    let draft = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.answer(&question, AZIZ, "javob").await
    };
    let first = scene.send(draft.clone()).await;
    scene.delete(question.id).await;
    assert_eq!(scene.append(draft).await, Ok(SendOutcome::AlreadySent(first.id)));
}

/// Nothing is stored in the other conversation, or announced.
pub async fn a_client_id_used_elsewhere_is_reported(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, PAVEL], None).await;
    scene
        .send(Draft {
            client_id: Some(client_id("c-1")),
            ..scene.draft(chat, AZIZ, "bir").await
        })
        .await;
    let published = PublishedOutcomes::default();
    let again = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.draft(other, AZIZ, "bir").await
    };
    assert_eq!(
        store.append(again, published.on_commit()).await.works(),
        Err(Denial::ClientIdConflict)
    );
    assert_eq!((published.all(), scene.history(other).await), (vec![], vec![]));
    assert_eq!(scene.say(other, AZIZ, "ikki").await.seq, Seq(1));
}

/// The senders may be in the same conversation or not.
pub async fn senders_do_not_share_client_ids(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let mut sent = Vec::new();
    for sender in [AZIZ, DILNOZA] {
        sent.push(
            scene
                .send(Draft {
                    client_id: Some(client_id("c-1")),
                    ..scene.draft(chat, sender, "bir").await
                })
                .await
                .id,
        );
    }
    assert_eq!(ids(&scene.history(chat).await), sent);
}

/// Client ids are compared byte by byte.
pub async fn client_ids_differ_by_case(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    for name in ["abc", "ABC", "abc ", "abс (кириллица)"] {
        scene
            .send(Draft {
                client_id: Some(client_id(name)),
                ..scene.draft(chat, AZIZ, name).await
            })
            .await;
    }
    assert_eq!(scene.history(chat).await.len(), 4);
}

/// Two messages without a client id are not repeats.
pub async fn messages_without_client_id_are_all_stored(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = scene.draft(chat, AZIZ, "xuddi shu").await;
    for _ in 0..3 {
        scene.send(draft.clone()).await;
    }
    assert_eq!(scene.history(chat).await.len(), 3);
}

/// One call stores the message, the others return its id.
pub async fn the_same_client_id_at_once_is_stored_once(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let draft = Draft {
        client_id: Some(client_id("c-1")),
        ..scene.draft(chat, AZIZ, "bir").await
    };
    let published = PublishedOutcomes::default();
    let appended = join_all((0..16).map(|_| store.append(draft.clone(), published.on_commit()))).await;
    let appended: Vec<SendOutcome> = appended.into_iter().map(|sent| sent.works().expect("allowed")).collect();
    let stored = scene.history(chat).await;
    assert_eq!(stored.len(), 1);
    let repeats = appended
        .iter()
        .filter(|one| **one == SendOutcome::AlreadySent(stored[0].id))
        .count();
    assert_eq!((repeats, published.all().len()), (15, 1));
    assert_eq!(
        (scene.row(chat, DILNOZA).await.last_seq, scene.unread(chat, DILNOZA).await),
        (Seq(1), 1)
    );
}
