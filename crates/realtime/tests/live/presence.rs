//! Presence and typing, as other people's sockets receive them.

use super::*;

#[tokio::test(start_paused = true)]
async fn presence_is_sent_to_counterparts_only_and_ready_lists_who_is_online() {
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
        device.receives_nothing_for(SECOND).await;
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
    in_room.receives_nothing_for(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn offline_is_announced_after_the_grace_of_the_last_closed_socket() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let first = world.device(AZIZ, one(room)).await;
    dilnoza.find("user_status").await;
    let second = world.device(AZIZ, Scope::All).await;
    drop(first);
    dilnoza.receives_nothing_for(SECOND * 30).await;
    drop(second);
    dilnoza.receives_nothing_for(Duration::from_millis(4900)).await;
    let status = dilnoza.find("user_status").await;
    assert_eq!((&status["user_id"], &status["status"]), (&json!(AZIZ.0), &json!("offline")));
    assert!(status["last_seen"].is_string());
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_of_the_service_everybody_is_still_online() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let aziz = world.device(AZIZ, one(room)).await;
    dilnoza.find("user_status").await;
    // No task runs meanwhile: by the clock, all leases have ended and all peers were silent for too long.
    tokio::time::advance(Duration::from_mins(2)).await;
    dilnoza.receives_nothing_for(SECOND * 60).await;
    let online = world.messaging.online_among(&[AZIZ, DILNOZA]).await.unwrap();
    assert_eq!(online.len(), 2, "{online:?}");
    drop(aziz);
    assert_eq!(dilnoza.find("user_status").await["status"], "offline");
}

#[tokio::test(start_paused = true)]
async fn a_reload_within_the_grace_announces_no_offline() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let mut page = world.device(AZIZ, one(room)).await;
    dilnoza.find("user_status").await;
    for _ in 0..5 {
        drop(page);
        dilnoza.receives_nothing_for(SECOND * 4).await;
        page = world.device(AZIZ, one(room)).await;
    }
    dilnoza.receives_nothing_for(SECOND * 300).await;
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
    aziz.receives_nothing_for(SECOND).await;
    tablet.receives_nothing_for(SECOND).await;
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
