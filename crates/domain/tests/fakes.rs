//! Abilities of the fakes beyond their ports.

use domain::{
    id::MessageId,
    message::Draft,
    ports::{Bus, Clock, Conversations, Directory, DirectoryWriter, Messages, Receipts, StoreError},
    testing::{
        builders::{AZIZ, DILNOZA, NUR, at, client_id, community, content, draft},
        conformance::{PublishedOutcomes, Scene},
        direct::DirectMessages as _,
        fakes::{FakeBus, FakeStore, FixedClock},
    },
};

fn is_busy<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Busy))
}

#[tokio::test]
async fn a_busy_store_fails_and_changes_and_announces_nothing() {
    let store = FakeStore::default();
    let (scene, chat) = Scene::with_chat(&store).await;
    let before = scene.history(chat).await;
    let (appended, changed) = (PublishedOutcomes::default(), PublishedOutcomes::default());
    store.fail_with_busy(true);
    assert!(is_busy(
        &store.append(draft(chat, AZIZ, "salom", at(9)), appended.on_commit()).await
    ));
    assert!(is_busy(
        &store.edit(MessageId(1), content("salom"), at(9), changed.on_commit()).await
    ));
    assert!(is_busy(&store.import(community()).await));
    assert!(is_busy(&store.person(AZIZ).await));
    assert!(is_busy(&store.facts(chat, AZIZ).await));
    assert!(is_busy(&store.mark_delivered(vec![], at(9), Box::new(|_| ())).await));
    store.fail_with_busy(false);
    assert_eq!((appended.all(), changed.all()), (vec![], vec![]));
    assert_eq!(scene.history(chat).await, before);
}

#[tokio::test]
async fn clones_of_a_store_share_it() {
    let store = FakeStore::default();
    let (scene, chat) = Scene::with_chat(&store).await;
    let named = Draft {
        client_id: Some(client_id("c-1")),
        ..draft(chat, AZIZ, "salom", at(9))
    };
    let sent = scene.send(named).await;
    let clone = store.clone();
    assert_eq!(clone.get(sent.id, DILNOZA).await.unwrap().as_ref(), Some(&*sent));
    assert_eq!(
        clone.facts(chat, AZIZ).await.unwrap().unwrap().conversation.confession.unwrap().id,
        NUR
    );
}

#[test]
fn a_fixed_clock_moves_only_when_it_is_told_to() {
    let clock = FixedClock::default();
    let shared = clock.clone();
    assert_eq!(clock.now(), at(0));
    clock.advance(5);
    clock.advance_micros(-1);
    assert_eq!(shared.now(), at(5).plus_micros(-1));
    shared.set(at(100));
    assert_eq!(clock.now(), at(100));
}

#[tokio::test]
async fn a_fake_bus_keeps_events_in_order_until_they_are_taken() {
    let bus = FakeBus::default();
    let events = [AZIZ, DILNOZA].map(|user| domain::event::Event {
        to: vec![user],
        body: domain::event::Body::AccountChanged,
    });
    for event in &events {
        bus.publish(event.clone());
    }
    assert_eq!(bus.events(), events);
    assert_eq!(bus.take(), events);
    assert_eq!(bus.events(), []);
}
