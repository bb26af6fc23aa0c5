use super::world::{World, code};
use crate::{
    denial::DenialCode,
    event::{Body, Event},
    feeding::DirectoryChanges,
    ports::{DirectoryWriter as _, Presence as _, SocketId},
    testing::builders::{AZIZ, DILNOZA, NOBODY, NUR, ZAFAR, at, follows},
};

async fn online(world: &World) {
    for (number, user) in [AZIZ, DILNOZA].into_iter().enumerate() {
        world
            .presence
            .join(user, SocketId(number as u128), at(0))
            .await
            .expect("presence works");
    }
}

#[tokio::test]
async fn a_change_of_rights_is_announced_to_the_online_people_whom_it_affects() {
    let (world, room) = World::with_room().await;
    let ended = world.store.unfollow(follows(AZIZ, NUR)).await.expect("the store works");
    world.messaging.directory_changed(&ended).await.expect("the store works");
    world.nothing_announced();
    online(&world).await;
    world.messaging.directory_changed(&ended).await.expect("the store works");
    let expected = Event {
        to: vec![AZIZ],
        body: Body::Access {
            conversation: room,
            cannot_send: Some(DenialCode::NotSubscribed),
            can_pin: false,
        },
    };
    assert_eq!(world.only_event(), expected);
    world
        .messaging
        .directory_changed(&DirectoryChanges::default())
        .await
        .expect("the store works");
    world.nothing_announced();
}

#[tokio::test]
async fn missing_or_inactive_account_is_refused() {
    let world = World::new().await;
    let me = world.messaging.me(AZIZ).await.expect("an account");
    assert_eq!((me.person.id, me.follows.len(), me.administers.len()), (AZIZ, 1, 0));
    for account in [NOBODY, ZAFAR] {
        assert_eq!(code(world.messaging.me(account).await), "token_invalid");
    }
}
