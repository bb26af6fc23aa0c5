//! Two nodes on one bus, and events that are lost between them.

use super::*;

/// Everybody gets everything once, whichever node it was sent on.
#[tokio::test(start_paused = true)]
async fn a_message_reaches_the_sockets_of_both_nodes() {
    let [one, other] = World::two_nodes().await;
    let room = one.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = one.device(AZIZ, super::one(room)).await;
    let mut dilnoza = other.device(DILNOZA, Scope::All).await;
    for (world, sender) in [(&one, AZIZ), (&other, DILNOZA), (&other, AZIZ)] {
        world.say(sender, room, "salom").await;
    }
    for device in [&mut aziz, &mut dilnoza] {
        for seq in 1..=3 {
            assert_eq!(device.find("chat_message").await["seq"], seq);
        }
        device.settle().await;
        assert!(device.has_no("chat_message"));
    }
}

/// As if the bus had lost the events.
#[tokio::test(start_paused = true)]
async fn missing_changes_are_read_before_the_next_one_is_forwarded() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    world.say(AZIZ, room, "one").await;
    dilnoza.find("chat_message").await;
    let lonely = world.without_bus();
    for text in ["two", "three"] {
        world::send(&lonely, AZIZ, room, text).await;
    }
    world.say(AZIZ, room, "four").await;
    for (seq, text) in [(2, "two"), (3, "three"), (4, "four")] {
        let frame = dilnoza.find("chat_message").await;
        assert_eq!((&frame["seq"], &frame["message"]["content"]), (&json!(seq), &json!(text)));
    }
    assert!(dilnoza.has_no("resync"));
    assert_eq!(dilnoza.find("conversation_updated").await["conversation"], room.0);
}

/// A hole does not hold up other conversations, and one that is too large is left to the client.
#[tokio::test(start_paused = true)]
async fn after_a_large_hole_the_client_asks_for_the_changes_itself() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    world.say(AZIZ, room, "one").await;
    let lonely = world.without_bus();
    for _ in 0..150 {
        world::send(&lonely, AZIZ, room, "missing").await;
    }
    world.say(AZIZ, room, "last").await;
    let other = world.room(MALIKA, DILNOZA, BAHOR).await;
    world.say(MALIKA, other, "at once").await;
    dilnoza.find("chat_message").await;
    assert_eq!(dilnoza.find("chat_message").await["conversation"], other.0);
    dilnoza.find("resync").await;
    assert_eq!(dilnoza.find("chat_message").await["seq"], 152);
}

/// If storage cannot be read, nothing waits for it.
#[tokio::test(start_paused = true)]
async fn missing_changes_that_cannot_be_read_end_in_resync() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, super::one(room)).await;
    world.say(AZIZ, room, "one").await;
    dilnoza.find("chat_message").await;
    world::send(&world.without_bus(), AZIZ, room, "two").await;
    world.say(AZIZ, room, "three").await;
    world.store.fail_with_busy(true);
    dilnoza.find("resync").await;
    assert_eq!(dilnoza.find("chat_message").await["seq"], 3);
}

#[tokio::test(start_paused = true)]
async fn typing_that_ends_on_one_node_and_goes_on_on_another_is_not_ended() {
    let [one, other] = World::two_nodes().await;
    let room = one.room(AZIZ, DILNOZA, NUR).await;
    let mut phone = one.device(AZIZ, super::one(room)).await;
    let mut tablet = other.device(AZIZ, super::one(room)).await;
    let mut dilnoza = one.device(DILNOZA, Scope::All).await;
    let (typing, stopped) = (
        json!({"type": "typing", "is_typing": true}),
        json!({"type": "typing", "is_typing": false}),
    );
    phone.say(&typing).await;
    tablet.say(&typing).await;
    dilnoza.drain().await;
    tablet.say(&stopped).await;
    assert_eq!(dilnoza.find("typing").await["is_typing"], true, "it goes on");
    dilnoza.receives_nothing_for(SECOND * 3).await;
    phone.say(&stopped).await;
    assert_eq!(dilnoza.find("typing").await["is_typing"], false);
    // Neither device is told of the other's typing.
    assert!(phone.has_no("typing") && tablet.has_no("typing"));
}
