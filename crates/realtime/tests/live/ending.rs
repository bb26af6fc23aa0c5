//! Sockets that are refused, warned or closed.

use domain::feeding::DirectoryChanges;

use super::*;

#[tokio::test(start_paused = true)]
async fn unacceptable_sockets_are_refused_with_their_code() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let code = async |user: UserId, scope| {
        Device::join(world.hub.open(user, scope, "").await.unwrap())
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
    let mut seats = Vec::new();
    for _ in 0..world::SOCKETS_PER_USER {
        seats.push(world.hub.open(AZIZ, Scope::All, "").await.unwrap());
    }
    assert_eq!(world.hub.open(AZIZ, Scope::All, "").await.err(), Some(CloseCode::TooManySockets));
    assert!(world.hub.open(MALIKA, Scope::All, "").await.is_ok());
    seats.pop();
    assert!(world.hub.open(AZIZ, Scope::All, "").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_deactivated_account_loses_its_sockets_at_once_on_the_event() {
    let world = World::new().await;
    let mut aziz = world.device(AZIZ, Scope::All).await;
    let mut malika = world.device(MALIKA, Scope::All).await;
    world.deactivate(AZIZ).await;
    let changes = DirectoryChanges {
        accounts: [AZIZ, MALIKA].into(),
        ..DirectoryChanges::default()
    };
    world.messaging.directory_changed(&changes).await.unwrap();
    assert_eq!(aziz.end().await, CloseCode::NotAuthenticated);
    malika.receives_nothing_for(SECOND).await;
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
    malika.receives_nothing_for(SECOND * 60).await;
}

#[tokio::test(start_paused = true)]
async fn a_deactivated_account_loses_its_socket_when_it_acts() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    world.deactivate(AZIZ).await;
    aziz.say(&json!({"type": "chat_message", "content": "still here"})).await;
    assert_eq!(aziz.end().await, CloseCode::NotAuthenticated);
}

#[tokio::test(start_paused = true)]
async fn lost_events_lead_to_a_resync_frame() {
    let world = World::with_bus(1).await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut dilnoza = world.device(DILNOZA, one(room)).await;
    let mut malika = world.device(MALIKA, Scope::All).await;
    dilnoza.settle().await;
    for number in 0..3 {
        // The fakes never wait, so the hub does not run in between.
        world.say(AZIZ, room, &number.to_string()).await;
    }
    assert_eq!(dilnoza.find("resync").await, json!({"type": "resync"}));
    dilnoza.settle().await;
    assert!(dilnoza.has_no("resync"), "`resync` is sent once");
    malika.receives_nothing_for(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_with_a_full_outbox_is_closed_as_slow_and_a_burst_alone_is_not() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut busy = world.device(DILNOZA, one(room)).await;
    let mut slow = world.device(DILNOZA, Scope::All).await;
    let mut quick = world.device(AZIZ, one(room)).await;
    let text = "x".repeat(10_000);
    for number in 1..=outbox::MAX_BYTES / text.len() {
        world.say(AZIZ, room, &text).await;
        quick.settle().await;
        if number == 50 {
            for seq in 1..=number {
                assert_eq!(busy.find("chat_message").await["seq"], seq);
            }
        }
    }
    assert_eq!(slow.end().await, CloseCode::TooSlow);
    assert_eq!((quick.closed, busy.closed), (None, None));
}

#[tokio::test(start_paused = true)]
async fn shutting_down_ends_all_sessions_and_refuses_new_ones() {
    let world = World::new().await;
    let room = world.room(AZIZ, DILNOZA, NUR).await;
    let mut aziz = world.device(AZIZ, one(room)).await;
    let mut dilnoza = world.device(DILNOZA, Scope::All).await;
    world.hub.shutdown();
    assert_eq!(world.hub.open(MALIKA, Scope::All, "").await.err(), Some(CloseCode::Restarting));
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
