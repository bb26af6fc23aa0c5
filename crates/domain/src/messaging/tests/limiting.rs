use std::{sync::Arc, time::Duration};

use super::world::{World, code, named, new_message};
use crate::{
    denial::Kind,
    id::ConversationId,
    message::ClientId,
    messaging::{Error, MessageTarget, Messaging, Ports},
    ports::{Budget, Rates, SendOutcome},
    testing::{
        builders::{AZIZ, DILNOZA, RUSTAM},
        fakes::FakeLimiter,
    },
};

/// A service that allows two messages at once, then one every five seconds.
async fn limited() -> (World, ConversationId) {
    let (mut world, room) = World::with_room().await;
    world.messaging = Messaging::new(Ports {
        limiter: Arc::new(FakeLimiter::new(Rates {
            messages_per_minute: 12,
            ..Rates::UNLIMITED
        })),
        ..Ports::clone(&world.messaging.ports)
    });
    (world, room)
}

#[tokio::test]
async fn sending_too_often_is_refused_and_nothing_is_stored() {
    let (world, room) = limited().await;
    world.say(AZIZ, room, "one").await;
    let last = world.say(AZIZ, room, "two").await;
    let refused = world.send(AZIZ, room, new_message("three")).await.expect_err("too many");
    assert!(
        matches!(refused, Error::RateLimited { rate, retry_after } if (rate.amount.get(), retry_after) == (12, Duration::from_secs(5)))
    );
    assert_eq!(refused.kind(), Kind::RateLimited);
    world.nothing_announced();

    world.say(DILNOZA, room, "others are not held up").await;
    world.clock.advance(5);
    let sent = world.say(AZIZ, room, "three").await;
    assert_eq!(sent.0, last.0 + 2, "a refused message takes no seq");
}

#[tokio::test]
async fn a_repeat_counts_and_can_be_repeated_later() {
    let (world, room) = limited().await;
    let new_message = named("once", &ClientId::new("c-1").expect("it is short"));
    let first = super::world::new(world.send(AZIZ, room, new_message.clone()).await).id;
    let again = world.send(AZIZ, room, new_message.clone()).await.expect("a repeat is fine");
    assert_eq!(again, SendOutcome::AlreadySent(first));
    assert_eq!(code(world.send(AZIZ, room, new_message.clone()).await), "rate_limited");
    world.clock.advance(5);
    assert_eq!(
        world.send(AZIZ, room, new_message).await.expect("there is room"),
        SendOutcome::AlreadySent(first)
    );
}

#[tokio::test]
async fn a_refused_message_counts() {
    let (world, room) = limited().await;
    for expected in ["conversation_not_found", "conversation_not_found", "rate_limited"] {
        assert_eq!(code(world.send(RUSTAM, room, new_message("let me in")).await), expected);
    }
}

#[tokio::test]
async fn only_sending_is_counted_by_the_use_cases() {
    let (world, room) = limited().await;
    let id = world.say(AZIZ, room, "first thought").await;
    for number in 0..50 {
        world
            .messaging
            .edit(MessageTarget::anywhere(AZIZ, id), number.to_string())
            .await
            .expect("edits have no budget here");
    }
    world.messaging.admit(AZIZ, Budget::Requests).await.expect("no limit is set");
}
