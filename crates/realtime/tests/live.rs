//! People with open sockets on one node, without a network: everything between a use case and a frame, on the fakes and with paused time.

#[path = "live/ending.rs"]
mod ending;
#[path = "live/nodes.rs"]
mod nodes;
#[path = "live/presence.rs"]
mod presence;
#[path = "live/world.rs"]
mod world;

use std::time::Duration;

use domain::{
    id::{ConversationId, UserId},
    message::Status,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NOBODY, NUR, PAVEL, SVET, ZAFAR},
};
use protocol::close::CloseCode;
use realtime::{outbox, session::Scope};
use serde_json::{Value, json};
use world::{Device, SECOND, World};

fn one(conversation: ConversationId) -> Scope {
    Scope::One(conversation)
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_every_socket_of_every_participant() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut tablet = world.device(AZIZ, Scope::All).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let mut dilnoza_all = world.device(DILNOZA, Scope::All).await;

    aziz.say(&json!({"type": "chat_message", "content": "Salom", "client_id": "c1", "request_id": "r1"}))
        .await;
    let ack = aziz.find("ack").await;
    assert_eq!(
        (&ack["request_id"], &ack["client_id"], &ack["seq"]),
        (&json!("r1"), &json!("c1"), &json!(1))
    );
    for (device, status, client_id) in [
        (&mut aziz, "sent", json!("c1")),
        (&mut tablet, "sent", json!("c1")),
        (&mut dilnoza, "received", Value::Null),
        (&mut dilnoza_all, "received", Value::Null),
    ] {
        let frame = device.find("chat_message").await;
        assert_eq!((&frame["seq"], &frame["conversation"]), (&json!(1), &json!(room.0)));
        let message = &frame["message"];
        assert_eq!(
            (&message["id"], &message["content"], &message["status"], &message["client_id"]),
            (&ack["message_id"], &json!("Salom"), &json!(status), &client_id)
        );
    }
    let updated = dilnoza_all.find("conversation_updated").await;
    assert_eq!(
        (&updated["conversation"], &updated["unread_count"], &updated["last_seq"]),
        (&json!(room.0), &json!(1), &json!(1))
    );
    assert_eq!(tablet.find("conversation_updated").await["unread_count"], 0);
    for device in [&mut aziz, &mut dilnoza] {
        device.settle().await;
        assert!(device.has_no("conversation_updated"));
    }
}

#[tokio::test(start_paused = true)]
async fn sockets_of_other_conversations_and_people_get_nothing() {
    let world = World::new().await;
    let room = world.room(MALIKA, DILNOZA, NUR).await;
    let other_room = world.room(MALIKA, DILNOZA, BAHOR).await;
    let mut elsewhere = world.device(DILNOZA, one(other_room)).await;
    let mut stranger = world.device(AZIZ, Scope::All).await;
    world.say(MALIKA, room, "Salom").await;
    elsewhere.receives_nothing_for(SECOND * 10).await;
    stranger.receives_nothing_for(SECOND * 10).await;
}

#[tokio::test(start_paused = true)]
async fn opening_a_conversation_appears_in_lists() {
    let world = World::new().await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let updated = dilnoza.find("conversation_updated").await;
    assert_eq!(
        (&updated["conversation"], &updated["last_message_preview"]),
        (&json!(room.0), &Value::Null)
    );
}

#[tokio::test(start_paused = true)]
async fn messages_of_many_senders_arrive_in_order() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    let sends = (0..100).map(|number| {
        let messaging = world.messaging.clone();
        let sender = if number % 2 == 0 { AZIZ } else { DILNOZA };
        tokio::spawn(async move { world::send(&messaging, sender, room, &number.to_string()).await })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap();
    }
    let mut seqs = Vec::new();
    while seqs.len() < 100 {
        seqs.push(dilnoza.find("chat_message").await["seq"].as_i64().unwrap());
    }
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn edits_pins_and_deletions_are_announced() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let id = world.say(AZIZ, room, "Salom").await.0;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    aziz.say(&json!({"type": "edit_message", "message_id": id, "content": "Assalom"}))
        .await;
    dilnoza
        .say(&json!({"type": "pin_message", "message_id": id, "is_pinned": true, "conversation": room.0}))
        .await;
    aziz.say(&json!({"type": "delete_message", "message_id": id})).await;
    for device in [&mut aziz, &mut dilnoza] {
        let edited = device.find("message_edited").await;
        assert_eq!((&edited["seq"], &edited["message"]["content"]), (&json!(2), &json!("Assalom")));
        let pinned = device.find("message_pinned").await;
        assert_eq!((&pinned["seq"], &pinned["message"]["is_pinned"]), (&json!(3), &json!(true)));
        let deleted = device.find("message_deleted").await;
        assert_eq!((&deleted["seq"], &deleted["message_id"]), (&json!(4), &json!(id)));
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_other_conversations_cannot_be_changed() {
    let world = World::new().await;
    let room = world.room(MALIKA, DILNOZA, NUR).await;
    let other_room = world.room(MALIKA, PAVEL, SVET).await;
    let elsewhere = world.say(MALIKA, other_room, "here").await.0;
    let mut one_room = world.device(MALIKA, one(room)).await;
    let mut all = world.device(MALIKA, Scope::All).await;
    for mut frame in [
        json!({"type": "edit_message", "message_id": elsewhere, "content": "x"}),
        json!({"type": "delete_message", "message_id": elsewhere}),
        json!({"type": "pin_message", "message_id": elsewhere, "is_pinned": true}),
        json!({"type": "read_receipt", "message_id": elsewhere}),
    ] {
        one_room.say(&frame).await;
        assert_eq!(one_room.find("error").await["code"], "message_not_found", "{frame}");
        frame["conversation"] = json!(room.0);
        all.say(&frame).await;
        assert_eq!(all.find("error").await["code"], "message_not_found", "{frame}");
    }
    for frame in [
        json!({"type": "chat_message", "content": "x", "conversation": 999}),
        json!({"type": "typing", "is_typing": true, "conversation": 999}),
        json!({"type": "ping", "conversation": 999}),
        json!({"type": "read_receipt", "up_to": 1, "conversation": 999}),
    ] {
        all.say(&frame).await;
        assert_eq!(all.find("error").await["code"], "conversation_not_found", "{frame}");
    }
}

#[tokio::test(start_paused = true)]
async fn reading_is_announced_to_all_participants_and_updates_the_readers_list() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    world.say(AZIZ, room, "1").await;
    let last = world.say(AZIZ, room, "2").await.0;
    let mut aziz = world.device(AZIZ, Scope::All).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    dilnoza
        .say(&json!({"type": "read_receipt", "up_to": last, "conversation": room.0, "request_id": "r"}))
        .await;
    assert_eq!(dilnoza.find("ack").await["message_id"], last);
    let receipt = aziz.find("read_receipt").await;
    assert_eq!(
        (&receipt["message_id"], &receipt["user_id"], &receipt["username"], &receipt["up_to"]),
        (&json!(last), &json!(DILNOZA.0), &json!("dilnoza"), &json!(true))
    );
    assert_eq!(dilnoza.find("conversation_updated").await["unread_count"], 0);
    aziz.settle().await;
    assert!(aziz.has_no("conversation_updated"));
}

#[tokio::test(start_paused = true)]
async fn pong_has_the_stored_last_seq() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    world.say(DILNOZA, room, "1").await;
    aziz.say(&json!({"type": "ping"})).await;
    assert_eq!(aziz.find("pong").await["last_seq"], 1);
}

#[tokio::test(start_paused = true)]
async fn events_between_subscribing_and_ready_follow_ready_in_order() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    for scope in [one(room), Scope::All] {
        let before = world.say(AZIZ, room, "before the handshake").await;
        let handle = world.hub.open(DILNOZA, scope, "").await.unwrap();
        // Let the event of the previous message reach the open sockets.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        handle.outbox().take();
        let within = world.say(AZIZ, room, "within").await;
        handle.outbox().filled().await;
        let mut dilnoza = Device::join(handle).await.unwrap();
        let after = world.say(AZIZ, room, "after").await;
        for expected in [within, after] {
            assert_eq!(dilnoza.find("chat_message").await["message"]["id"], expected.0);
        }
        assert!(before < within);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pong_proves_delivery_and_an_open_socket_alone_proves_nothing() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut deaf = world.device(DILNOZA, one(room)).await;
    deaf.answers_pings = false;
    let id = world.say(AZIZ, room, "Salom").await.0;
    deaf.find("chat_message").await;
    aziz.drain().await;
    aziz.receives_nothing_for(SECOND * 10).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    let last = world.say(AZIZ, room, "Bormisiz?").await.0;
    dilnoza.find("chat_message").await;
    let delivered = aziz.find("message_delivered").await;
    assert_eq!((&delivered["message_id"], &delivered["user_id"]), (&json!(last), &json!(DILNOZA.0)));
    assert!(last > id);
}

#[tokio::test(start_paused = true)]
async fn fetched_messages_are_delivered_before_the_answer() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let id = world.say(AZIZ, room, "Salom").await;
    let actor = async |id| world.messaging.actor(id).await.expect("an active account");
    world.messaging.message(&actor(DILNOZA).await, id).await.expect("she takes part");
    let message = world.messaging.message(&actor(AZIZ).await, id).await.expect("he takes part");
    assert_eq!(message.status(AZIZ), Status::Delivered);
    assert_eq!(aziz.find("message_delivered").await["message_id"], id.0);
}

#[tokio::test(start_paused = true)]
async fn delivery_is_written_once_the_store_is_back() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    world.say(AZIZ, room, "Salom").await;
    world.store.fail_with_busy(true);
    dilnoza.find("chat_message").await;
    dilnoza.settle().await;
    tokio::time::sleep(SECOND * 5).await;
    world.store.fail_with_busy(false);
    aziz.find("message_delivered").await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_store_causes_an_error_frame_and_the_socket_stays_open() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    world.store.fail_with_busy(true);
    aziz.say(&json!({"type": "chat_message", "content": "1", "client_id": "c1"})).await;
    let error = aziz.find("error").await;
    assert_eq!((&error["code"], &error["client_id"]), (&json!("unavailable"), &json!("c1")));
    world.store.fail_with_busy(false);
    aziz.say(&json!({"type": "chat_message", "content": "1", "client_id": "c1"})).await;
    assert_eq!(aziz.find("ack").await["client_id"], "c1");
}
