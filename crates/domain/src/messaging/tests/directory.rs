use std::sync::Arc;

use super::world::{World, code};
use crate::{
    denial::DenialCode,
    event::{Body, Event},
    feeding::DirectoryChanges,
    messaging::DirectoryFeeding,
    people::DirectoryDocument,
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
async fn a_fed_change_is_published_with_the_imports_noted_before_it() {
    let (world, room) = World::with_room().await;
    online(&world).await;
    let following = |subscriptions| DirectoryDocument {
        subscriptions,
        ..DirectoryDocument::default()
    };
    let feeding = DirectoryFeeding::new(Arc::new(world.store.clone()), world.messaging.clone());
    let unpublished = feeding.unfollow(follows(AZIZ, NUR)).await.expect("the store works");
    assert!(unpublished.notes.is_none() && unpublished.changes.is_none(), "{unpublished:?}");
    let access = |cannot_send| Event {
        to: vec![AZIZ],
        body: Body::Access {
            conversation: room,
            cannot_send,
            can_pin: false,
        },
    };
    assert_eq!(world.only_event(), access(Some(DenialCode::NotSubscribed)));

    // An import beside the service, and one of the service that changes nothing.
    let note = following(vec![follows(AZIZ, NUR)]);
    world.store.import_with_note(note).await.expect("the store works");
    feeding.import(following(Vec::new())).await.expect("the store works");
    assert_eq!(world.only_event(), access(None));
    let unpublished = feeding.publish_imports().await;
    assert!(unpublished.notes.is_none() && unpublished.changes.is_none(), "{unpublished:?}");
    world.nothing_announced();

    world.store.fail_with_busy(true);
    assert!(feeding.publish_imports().await.notes.is_some());
    world.store.fail_with_busy(false);
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
