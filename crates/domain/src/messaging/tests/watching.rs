//! People who look at a conversation are told the presence of its participants.

use super::world::World;
use crate::{
    event::Body,
    ports::{Presence as _, SocketId},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, PAVEL, at},
        conformance::Works as _,
    },
};

#[tokio::test]
async fn presence_is_published_to_counterparts_who_are_online_and_to_watchers() {
    let (world, _) = World::with_room().await;
    for (user, socket) in [(AZIZ, 1), (PAVEL, 2), (DILNOZA, 3)] {
        world.presence.join(user, SocketId(socket), at(0)).await.works();
    }
    // Malika looks at a conversation that is too old to count.
    let watching = [(MALIKA, DILNOZA), (AZIZ, DILNOZA)];
    world.messaging.watch_presence(&watching).await.expect("presence works");
    world.messaging.announce_presence(DILNOZA, None).await.expect("presence works");
    let event = world.only_event();
    assert!(matches!(event.body, Body::Presence { .. }), "{event:?}");
    assert_eq!(event.to, [AZIZ, MALIKA]);
}
