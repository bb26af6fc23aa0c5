use std::{sync::Arc, time::Duration};

use super::world::{World, code, named, wish};
use crate::{
    denial::Kind,
    id::ConversationId,
    message::ClientId,
    messaging::{Error, Sent},
    ports::{Budget, Rates},
    testing::{
        builders::{AZIZ, DILNOZA, RUSTAM},
        fakes::FakeLimiter,
    },
};

/// Two messages at once, then one each five seconds.
async fn limited() -> (World, ConversationId) {
    let (mut world, room) = World::with_room().await;
    world.messaging.limiter = Arc::new(FakeLimiter::new(Rates {
        messages_per_minute: 12,
        ..Rates::UNLIMITED
    }));
    (world, room)
}

#[tokio::test]
async fn sending_too_often_is_refused_and_nothing_is_stored() {
    let (world, room) = limited().await;
    world.say(AZIZ, room, "one").await;
    let last = world.say(AZIZ, room, "two").await;
    let refused = world.send(AZIZ, room, wish("three")).await.expect_err("too many");
    assert!(
        matches!(refused, Error::RateLimited { rate, retry_after } if (rate.per_minute.get(), retry_after) == (12, Duration::from_secs(5)))
    );
    assert_eq!((refused.code(), refused.kind()), ("rate_limited", Kind::RateLimited));
    world.nothing_announced();

    world.say(DILNOZA, room, "others are not held up").await;
    world.clock.advance(5);
    let sent = world.say(AZIZ, room, "three").await;
    assert_eq!(sent.0, last.0 + 2, "what was refused took no number");
}

#[tokio::test]
async fn a_repeat_counts_and_can_be_repeated_later() {
    let (world, room) = limited().await;
    let wish = named("once", &ClientId::new("c-1").expect("it is short"));
    let first = super::world::new(world.send(AZIZ, room, wish.clone()).await).id;
    let again = world.send(AZIZ, room, wish.clone()).await.expect("a repeat is fine");
    assert_eq!(again, Sent::Already(first));
    assert_eq!(code(world.send(AZIZ, room, wish.clone()).await), "rate_limited");
    world.clock.advance(5);
    assert_eq!(world.send(AZIZ, room, wish).await.expect("there is room"), Sent::Already(first));
}

#[tokio::test]
async fn a_refused_message_counts() {
    let (world, room) = limited().await;
    for expected in ["conversation_not_found", "conversation_not_found", "rate_limited"] {
        assert_eq!(code(world.send(RUSTAM, room, wish("let me in")).await), expected);
    }
}

#[tokio::test]
async fn only_sending_is_counted_by_the_use_cases() {
    let (world, room) = limited().await;
    let id = world.say(AZIZ, room, "first thought").await;
    for number in 0..50 {
        world
            .messaging
            .edit(AZIZ, id, None, number.to_string())
            .await
            .expect("edits have no budget here");
    }
    world.messaging.admit(AZIZ, Budget::Requests).await.expect("no limit is set");
}
