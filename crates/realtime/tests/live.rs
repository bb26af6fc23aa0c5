//! People with open sockets on one node, without a network: everything between a use case and a frame, on the fakes and with time that is only pretended.

#[path = "live/world.rs"]
mod world;

use std::time::Duration;

use domain::{
    event::{Body, Event},
    id::{ConversationId, UserId},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NOBODY, NUR, PAVEL, SVET, ZAFAR},
};
use realtime::{close::CloseCode, outbox, session::Scope};
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
async fn sockets_of_other_conversations_and_people_hear_nothing() {
    let world = World::new().await;
    let room = world.room(MALIKA, DILNOZA, NUR).await;
    let other_room = world.room(MALIKA, DILNOZA, BAHOR).await;
    let mut elsewhere = world.device(DILNOZA, one(other_room)).await;
    let mut stranger = world.device(AZIZ, Scope::All).await;
    world.say(MALIKA, room, "Salom").await;
    elsewhere.hears_nothing_for(SECOND * 10).await;
    stranger.hears_nothing_for(SECOND * 10).await;
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
async fn many_senders_at_once_are_heard_in_order() {
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
async fn edits_pins_and_deletions_are_told() {
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
async fn messages_of_other_conversations_are_out_of_reach() {
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
async fn reading_is_told_to_everybody_and_changes_the_readers_list() {
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
async fn pong_tells_last_seq_as_stored() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    world.say(DILNOZA, room, "1").await;
    aziz.say(&json!({"type": "ping"})).await;
    assert_eq!(aziz.find("pong").await["last_seq"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_came_between_subscribing_and_ready_is_not_told_twice() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let seat = world.hub.open(DILNOZA, one(room), "").unwrap();
    world.say(AZIZ, room, "before").await;
    seat.outbox().filled().await;
    let mut dilnoza = Device::join(seat).await.unwrap();
    assert_eq!(dilnoza.welcome["last_seq"], 1);
    world.say(AZIZ, room, "after").await;
    assert_eq!(dilnoza.find("chat_message").await["seq"], 2);
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
    aziz.hears_nothing_for(SECOND * 10).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    let last = world.say(AZIZ, room, "Bormisiz?").await.0;
    dilnoza.find("chat_message").await;
    let delivered = aziz.find("message_delivered").await;
    assert_eq!((&delivered["message_id"], &delivered["user_id"]), (&json!(last), &json!(DILNOZA.0)));
    assert!(last > id);
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
async fn a_store_that_fails_is_an_error_frame_and_the_socket_stays_open() {
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

#[tokio::test(start_paused = true)]
async fn presence_is_told_to_counterparts_only_and_newcomers_learn_who_is_here() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let malikas = world.room(MALIKA, PAVEL, SVET).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let mut malika = world.device(MALIKA, Scope::All).await;
    let mut pavel = world.device(PAVEL, one(malikas)).await;
    assert_eq!(dilnoza.welcome["online"], json!([]));
    assert_eq!(pavel.welcome["online"], json!([MALIKA.0]));
    assert_eq!(malika.find("user_status").await["user_id"], PAVEL.0);

    let mut aziz = world.device(AZIZ, Scope::All).await;
    assert_eq!(aziz.welcome["online"], json!([DILNOZA.0]));
    let status = dilnoza.find("user_status").await;
    assert_eq!(
        (&status["user_id"], &status["username"], &status["status"]),
        (&json!(AZIZ.0), &json!("aziz"), &json!("online"))
    );
    for device in [&mut aziz, &mut malika, &mut pavel] {
        device.hears_nothing_for(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_for_one_conversation_watches_its_participants_only() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    world.room(MALIKA, DILNOZA, NUR).await;
    let mut in_room = world.device(DILNOZA, one(room)).await;
    let mut all = world.device(DILNOZA, Scope::All).await;
    let _malika = world.device(MALIKA, Scope::All).await;
    assert_eq!(all.find("user_status").await["user_id"], MALIKA.0);
    in_room.hears_nothing_for(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn offline_is_told_after_the_grace_when_the_last_tab_is_closed() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let first = world.device(AZIZ, one(room)).await;
    dilnoza.find("user_status").await;
    let second = world.device(AZIZ, Scope::All).await;
    drop(first);
    dilnoza.hears_nothing_for(SECOND * 30).await;
    drop(second);
    dilnoza.hears_nothing_for(Duration::from_millis(4900)).await;
    let status = dilnoza.find("user_status").await;
    assert_eq!((&status["user_id"], &status["status"]), (&json!(AZIZ.0), &json!("offline")));
    assert!(status["last_seen"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_reloaded_page_does_not_blink() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let mut page = world.device(AZIZ, one(room)).await;
    dilnoza.find("user_status").await;
    for _ in 0..5 {
        drop(page);
        dilnoza.hears_nothing_for(SECOND * 4).await;
        page = world.device(AZIZ, one(room)).await;
    }
    dilnoza.hears_nothing_for(SECOND * 300).await;
    drop(page);
}

#[tokio::test(start_paused = true)]
async fn typing_is_relayed_to_others_and_ends_by_itself() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut tablet = world.device(AZIZ, Scope::All).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    aziz.drain().await;
    tablet.drain().await;
    let typing = json!({"type": "typing", "is_typing": true});
    aziz.say(&typing).await;
    aziz.say(&typing).await;
    let begun = tokio::time::Instant::now();
    let frame = dilnoza.find("typing").await;
    assert_eq!(
        (&frame["conversation"], &frame["user_id"], &frame["username"], &frame["is_typing"]),
        (&json!(room.0), &json!(AZIZ.0), &json!("aziz"), &json!(true))
    );
    assert_eq!(dilnoza.find("typing").await["is_typing"], true);
    assert!(begun.elapsed() >= SECOND, "relayed at most once a second");
    assert_eq!(dilnoza.find("typing").await["is_typing"], false);
    assert!((SECOND * 6..SECOND * 7).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    aziz.hears_nothing_for(SECOND).await;
    tablet.hears_nothing_for(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn typing_ends_when_the_typists_last_socket_closes() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    aziz.say(&json!({"type": "typing", "is_typing": true})).await;
    assert_eq!(dilnoza.find("typing").await["is_typing"], true);
    let closed = tokio::time::Instant::now();
    drop(aziz);
    assert_eq!(dilnoza.find("typing").await["is_typing"], false);
    assert!(closed.elapsed() <= SECOND + Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn unacceptable_sockets_are_refused_with_their_code() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let code = async |user: UserId, scope| {
        Device::join(world.hub.open(user, scope, "").unwrap())
            .await
            .err()
            .map(|error| error.close_code())
    };
    assert_eq!(code(AZIZ, one(room)).await, None);
    assert_eq!(code(MALIKA, one(room)).await, Some(CloseCode::ConversationNotFound));
    assert_eq!(code(AZIZ, one(ConversationId(999))).await, Some(CloseCode::ConversationNotFound));
    assert_eq!(code(ZAFAR, Scope::All).await, Some(CloseCode::NotAuthenticated));
    assert_eq!(code(NOBODY, Scope::All).await, Some(CloseCode::NotAuthenticated));
    world.store.fail_with_busy(true);
    assert_eq!(code(AZIZ, Scope::All).await, Some(CloseCode::Internal));
}

#[tokio::test(start_paused = true)]
async fn sockets_of_a_user_are_limited() {
    let world = World::new().await;
    let mut seats: Vec<_> = (0..world::SOCKETS_PER_USER)
        .map(|_| world.hub.open(AZIZ, Scope::All, "").unwrap())
        .collect();
    assert_eq!(world.hub.open(AZIZ, Scope::All, "").err(), Some(CloseCode::TooManySockets));
    assert!(world.hub.open(MALIKA, Scope::All, "").is_ok());
    seats.pop();
    assert!(world.hub.open(AZIZ, Scope::All, "").is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_deactivated_account_loses_its_sockets_at_once_where_there_is_an_event() {
    let world = World::new().await;
    let mut aziz = world.device(AZIZ, Scope::All).await;
    let mut malika = world.device(MALIKA, Scope::All).await;
    world.deactivate(AZIZ).await;
    for user in [AZIZ, MALIKA] {
        world.messaging.bus.publish(Event {
            to: vec![user],
            body: Body::AccountChanged,
        });
    }
    assert_eq!(aziz.end().await, CloseCode::NotAuthenticated);
    malika.hears_nothing_for(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_deactivated_account_loses_its_sockets_within_a_heartbeat_without_any_event() {
    let world = World::new().await;
    let mut aziz = world.device(AZIZ, Scope::All).await;
    let mut malika = world.device(MALIKA, Scope::All).await;
    world.deactivate(AZIZ).await;
    let start = tokio::time::Instant::now();
    assert_eq!(aziz.end().await, CloseCode::NotAuthenticated);
    assert!(start.elapsed() <= SECOND * 25);
    malika.hears_nothing_for(SECOND * 60).await;
}

#[tokio::test(start_paused = true)]
async fn a_deactivated_account_that_acts_is_shown_the_door() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    world.deactivate(AZIZ).await;
    aziz.say(&json!({"type": "chat_message", "content": "still here"})).await;
    assert_eq!(aziz.end().await, CloseCode::NotAuthenticated);
}

#[tokio::test(start_paused = true)]
async fn what_the_bus_lost_is_told_by_resync() {
    let world = World::with_bus(1).await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let mut malika = world.device(MALIKA, Scope::All).await;
    dilnoza.settle().await;
    for number in 0..3 {
        // Nothing in the fakes waits, so the hub gets no turn in between.
        world.say(AZIZ, room, &number.to_string()).await;
    }
    assert_eq!(dilnoza.find("resync").await, json!({"type": "resync"}));
    dilnoza.settle().await;
    assert!(dilnoza.has_no("resync"), "once is enough");
    malika.hears_nothing_for(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_too_slow_is_told_so() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut slow = world.device(DILNOZA, one(room)).await;
    let mut quick = world.device(AZIZ, one(room)).await;
    for number in 0..=outbox::MAX_FRAMES {
        world.say(AZIZ, room, &number.to_string()).await;
        quick.settle().await;
    }
    assert_eq!(slow.end().await, CloseCode::TooSlow);
    assert_eq!(quick.closed, None);
}

#[tokio::test(start_paused = true)]
async fn shutting_down_ends_all_sessions_and_lets_nobody_in() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    world.hub.shutdown();
    assert_eq!(world.hub.open(MALIKA, Scope::All, "").err(), Some(CloseCode::Restarting));
    let hub = world.hub.clone();
    let drained = tokio::spawn(async move { hub.drained().await });
    assert_eq!(aziz.end().await, CloseCode::Restarting);
    drop(aziz);
    assert!(!drained.is_finished());
    assert_eq!(dilnoza.end().await, CloseCode::Restarting);
    drop(dilnoza);
    drained.await.unwrap();
    assert_eq!(world.hub.sockets(), 0);
}
