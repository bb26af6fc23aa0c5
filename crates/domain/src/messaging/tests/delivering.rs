use std::sync::Arc;

use super::world::World;
use crate::{
    event::{Body, Event},
    id::{MessageId, Seq},
    message::Status,
    messaging::{Marking, Messaging, Ports},
    page::{PageRequest, Window},
    ports::MessageFilter,
    receipt::{Delivered, DeliveryMark},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, PAVEL, RUSTAM, at},
        fakes::{FakeDeliveries, FakeStore},
    },
};

#[tokio::test]
async fn delivery_is_announced_to_the_sender_alone_and_once() {
    let (world, room) = World::with_room().await;
    world.say(AZIZ, room, "bir").await;
    let last = world.say(AZIZ, room, "ikki").await;
    world.clock.set(at(3));
    let mark = DeliveryMark {
        user: DILNOZA,
        conversation: room,
        up_to: last,
    };
    world.messaging.deliver(vec![mark]).await.expect("the store works");
    let delivered = Delivered {
        conversation: room,
        sender: AZIZ,
        user: DILNOZA,
        message: last,
        delivered_at: at(3),
    };
    assert_eq!(
        world.only_event(),
        Event {
            to: vec![AZIZ],
            body: Body::Delivered(delivered)
        }
    );
    assert_eq!(world.get(last, AZIZ).await.status(AZIZ), Status::Delivered);
    world.messaging.deliver(vec![mark, mark]).await.expect("the store works");
    world.nothing_announced();
}

#[tokio::test]
async fn every_sender_gets_an_event_about_their_own_newest_message() {
    let world = World::new().await;
    let room = world.open(RUSTAM, &[DILNOZA, PAVEL], None).await.expect("a superadmin may").id();
    let (one, other) = (world.say(RUSTAM, room, "bir").await, world.say(PAVEL, room, "ikki").await);
    world
        .messaging
        .deliver(vec![DeliveryMark {
            user: DILNOZA,
            conversation: room,
            up_to: other,
        }])
        .await
        .expect("the store works");
    let events: Vec<_> = world.bus.take().into_iter().map(|event| (event.to, event.body)).collect();
    let news = |sender, message| {
        (
            vec![sender],
            Body::Delivered(Delivered {
                conversation: room,
                sender,
                user: DILNOZA,
                message,
                delivered_at: at(0),
            }),
        )
    };
    assert_eq!(events, [news(RUSTAM, one), news(PAVEL, other)]);
}

#[tokio::test]
async fn nobody_delivers_to_a_conversation_they_do_not_take_part_in() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    for user in [MALIKA, RUSTAM, AZIZ] {
        world
            .messaging
            .deliver(vec![DeliveryMark {
                user,
                conversation: room,
                up_to: id,
            }])
            .await
            .expect("the store works");
    }
    world.messaging.deliver(Vec::new()).await.expect("the store works");
    world.nothing_announced();
    assert_eq!(world.get(id, AZIZ).await.receipts, []);
}

#[tokio::test]
async fn fetching_counts_as_delivery_whatever_the_way() {
    for way in ["one", "history", "changes"] {
        let (world, room) = World::with_room().await;
        let id = world.say(AZIZ, room, "Salom").await;
        world.say(DILNOZA, room, "Vaalaykum").await;
        for _ in 0..2 {
            match way {
                "one" => drop(
                    world
                        .messaging
                        .message(&world.actor(DILNOZA).await, id)
                        .await
                        .expect("she takes part"),
                ),
                "history" => {
                    let newest = Window::Page(PageRequest::new(1, 50));
                    drop(
                        world
                            .messaging
                            .history(DILNOZA, room, newest, MessageFilter::default())
                            .await
                            .expect("she takes part"),
                    );
                }
                _ => drop(world.messaging.changes(DILNOZA, room, Seq(0), 50).await.expect("she takes part")),
            }
        }
        let delivered = Delivered {
            conversation: room,
            sender: AZIZ,
            user: DILNOZA,
            message: id,
            delivered_at: at(0),
        };
        assert_eq!(
            world.only_event(),
            Event {
                to: vec![AZIZ],
                body: Body::Delivered(delivered)
            },
            "{way}"
        );
    }
}

#[tokio::test]
async fn fetching_one_message_delivers_all_before_it_and_none_after() {
    let (world, room) = World::with_room().await;
    let mut ids: Vec<MessageId> = Vec::new();
    for text in ["bir", "ikki", "uch"] {
        ids.push(world.say(AZIZ, room, text).await);
    }
    world
        .messaging
        .message(&world.actor(DILNOZA).await, ids[1])
        .await
        .expect("she takes part");
    let mut delivered = Vec::new();
    for id in &ids {
        delivered.push(world.get(*id, AZIZ).await.status(AZIZ));
    }
    assert_eq!(delivered, [Status::Delivered, Status::Delivered, Status::Sent]);
}

#[tokio::test]
async fn fetching_a_window_delivers_up_to_its_newest_message() {
    let (world, room) = World::with_room().await;
    let mut last = MessageId(0);
    for text in ["bir", "ikki", "uch"] {
        last = world.say(AZIZ, room, text).await;
    }
    let newest = Window::Page(PageRequest::new(1, 50));
    world
        .messaging
        .history(DILNOZA, room, newest, MessageFilter::default())
        .await
        .expect("she takes part");
    assert!(matches!(world.only_event().body, Body::Delivered(Delivered { message, .. }) if message == last));
}

#[tokio::test]
async fn own_messages_are_not_delivered_by_fetching_them() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    world.messaging.message(&world.actor(AZIZ).await, id).await.expect("he takes part");
    world.messaging.changes(AZIZ, room, Seq(0), 50).await.expect("he takes part");
    world.nothing_announced();
}

#[tokio::test]
async fn messages_are_listed_even_if_their_delivery_cannot_be_recorded() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let broken = FakeStore::default();
    broken.fail_with_busy(true);
    let messaging = Messaging::new(Ports {
        deliveries: Arc::new(FakeDeliveries::new(Marking {
            receipts: Arc::new(broken),
            bus: Arc::new(world.bus.clone()),
            clock: Arc::new(world.clock.clone()),
        })),
        ..Ports::clone(&world.messaging.ports)
    });
    let newest = Window::Page(PageRequest::new(1, 50));
    messaging.message(&world.actor(DILNOZA).await, id).await.expect("she takes part");
    messaging
        .history(DILNOZA, room, newest, MessageFilter::default())
        .await
        .expect("she takes part");
    messaging.changes(DILNOZA, room, Seq(0), 50).await.expect("she takes part");
    assert_eq!(world.get(id, AZIZ).await.status(AZIZ), Status::Sent);
    world.nothing_announced();
}
