//! Sending many messages at once.

use crate::{
    change::Change,
    conversation::Preview,
    id::{ConversationId, MessageId, Seq},
    message::Draft,
    ports::SendOutcome,
    testing::{
        builders::{AZIZ, DILNOZA, PAVEL, client_id},
        conformance::{PublishedOutcomes, Scene, Store, Works, silent},
        join_all,
    },
};

async fn drafts<S: Store>(scene: &Scene<'_, S>, chat: ConversationId, count: usize) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for number in 0..count {
        let sender = if number % 3 == 0 { DILNOZA } else { AZIZ };
        drafts.push(scene.draft(chat, sender, &format!("xabar {number}")).await);
    }
    drafts
}

/// The numbers are 1 to 64, and ids grow with them.
pub async fn sixty_four_messages_at_once_get_consecutive_seqs(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let sends = drafts(&scene, chat, 64)
        .await
        .into_iter()
        .map(|draft| store.append(draft, silent()));
    let mut taken: Vec<(Seq, MessageId)> = Vec::new();
    for appended in join_all(sends).await {
        let Ok(SendOutcome::New(change)) = appended.works() else {
            panic!("not stored")
        };
        taken.push((change.message.seq, change.message.id));
    }
    taken.sort();
    assert_eq!(taken.iter().map(|(seq, _)| seq.0).collect::<Vec<_>>(), (1..=64).collect::<Vec<_>>());
    assert!(taken.is_sorted_by_key(|(_, id)| *id), "{taken:?}");
    assert_eq!((scene.unread(chat, DILNOZA).await, scene.unread(chat, AZIZ).await), (42, 22));
    assert_eq!(scene.row(chat, AZIZ).await.last_seq, Seq(64));
}

/// Frames must leave in that order; each summary is that of its moment.
pub async fn messages_at_once_are_announced_in_order_of_seq(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let published = PublishedOutcomes::default();
    let sends = drafts(&scene, chat, 64)
        .await
        .into_iter()
        .map(|draft| store.append(draft, published.on_commit()));
    join_all(sends).await;
    let published = published.all();
    assert_eq!(published.len(), 64);
    let mut unread_by_aziz = 0;
    for (expected, appended) in (1..).zip(published) {
        let SendOutcome::New(Change { message, summary }) = appended else {
            panic!("not stored")
        };
        assert_eq!((message.seq, summary.last_seq), (Seq(expected), Seq(expected)));
        unread_by_aziz += u64::from(message.sender.id == DILNOZA);
        assert_eq!(summary.unread_of(AZIZ), Some(unread_by_aziz));
        assert_eq!(summary.preview, Some(Preview::of(&message)));
    }
}

/// Both count from 1 without gaps while messages are sent to both.
pub async fn one_conversation_does_not_disturb_another(store: &impl Store) {
    let (scene, one) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, DILNOZA], None).await;
    let mut mixed = Vec::new();
    for (first, second) in drafts(&scene, one, 20).await.into_iter().zip(drafts(&scene, other, 20).await) {
        mixed.extend([first, second]);
    }
    join_all(mixed.into_iter().map(|draft| store.append(draft, silent()))).await;
    for chat in [one, other] {
        let seqs: Vec<i64> = scene.history(chat).await.iter().map(|message| message.seq.0).collect();
        assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
    }
}

/// A repeat, a missing answered message and a used `client_id` among concurrent messages leave no gap.
pub async fn a_refused_message_does_not_fail_concurrent_ones(store: &impl Store) {
    let (scene, chat) = Scene::with_chat(store).await;
    let other = scene.open(&[AZIZ, PAVEL], None).await;
    let named = |draft, name| Draft {
        client_id: Some(client_id(name)),
        ..draft
    };
    let question = scene.say(chat, DILNOZA, "savol").await;
    scene.send(named(scene.draft(chat, AZIZ, "bir").await, "here")).await;
    scene.send(named(scene.draft(other, AZIZ, "bir").await, "there")).await;
    let lost = scene.answer(&question, AZIZ, "javob").await;
    scene.delete(question.id).await;
    let mut mixed = Vec::new();
    for good in drafts(&scene, chat, 10).await {
        let bad = scene.draft(chat, AZIZ, "takror").await;
        mixed.extend([good, named(bad.clone(), "here"), named(bad, "there"), lost.clone()]);
    }
    let outcomes = join_all(mixed.into_iter().map(|draft| store.append(draft, silent()))).await;
    let stored = outcomes
        .into_iter()
        .map(Works::works)
        .filter(|appended| matches!(appended, Ok(SendOutcome::New(_))))
        .count();
    assert_eq!(stored, 10);
    let seqs: Vec<i64> = scene
        .changes(chat, Seq(3), 100)
        .await
        .changes
        .iter()
        .map(|(_, message)| message.seq.0)
        .collect();
    assert_eq!(seqs, (4..=13).collect::<Vec<_>>());
}
