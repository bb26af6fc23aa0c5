use super::world::{World, code};
use crate::{
    event::{Body, Event},
    id::MessageId,
    message::Status,
    receipt::{ReadRequest, ReadScope},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, at},
};

#[tokio::test]
async fn reading_one_message_reads_no_other_and_is_announced_once() {
    let (world, room) = World::with_room().await;
    let (first, second) = (world.say(AZIZ, room, "bir").await, world.say(AZIZ, room, "ikki").await);
    world.clock.set(at(9));
    let read = world
        .messaging
        .mark_read(ReadRequest::message(DILNOZA, second))
        .await
        .expect("she takes part");
    assert_eq!((read.message, read.summary.unread_of(DILNOZA)), (Some(second), Some(1)));
    let Event {
        to,
        body:
            Body::Read {
                conversation,
                message,
                up_to,
                user,
                username,
                read_at,
                summary,
            },
    } = world.only_event()
    else {
        panic!("reading is announced")
    };
    assert_eq!((to, conversation, message, up_to), (vec![DILNOZA, AZIZ], room, second, false));
    assert_eq!((user, username.as_str(), read_at), (DILNOZA, "dilnoza", at(9)));
    assert_eq!(*summary, read.summary);
    assert_eq!(
        (
            world.get(first, AZIZ).await.status(AZIZ),
            world.get(second, AZIZ).await.status(AZIZ)
        ),
        (Status::Sent, Status::Seen)
    );

    let again = world
        .messaging
        .mark_read(ReadRequest::message(DILNOZA, second))
        .await
        .expect("she takes part");
    assert_eq!(again.message, None);
    world.nothing_announced();
}

#[tokio::test]
async fn reading_all_or_up_to_a_message_says_so() {
    let (world, room) = World::with_room().await;
    let first = world.say(AZIZ, room, "bir").await;
    world.say(AZIZ, room, "ikki").await;
    let last = world.say(AZIZ, room, "uch").await;
    for (scope, newest, unread) in [(ReadScope::UpTo(first), first, 2), (ReadScope::All, last, 0)] {
        let read = world
            .messaging
            .mark_read(ReadRequest::within(room, DILNOZA, scope))
            .await
            .expect("she takes part");
        assert_eq!((read.message, read.summary.unread_of(DILNOZA)), (Some(newest), Some(unread)));
        assert!(matches!(world.only_event().body, Body::Read { message, up_to: true, .. } if message == newest));
    }
    assert_eq!(
        world
            .messaging
            .mark_read(ReadRequest::within(room, DILNOZA, ReadScope::All))
            .await
            .expect("she takes part")
            .message,
        None
    );
    world.nothing_announced();
}

#[tokio::test]
async fn single_mark_in_a_conversation_says_that_it_is_one() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "bir").await;
    world
        .messaging
        .mark_read(ReadRequest::within(room, DILNOZA, ReadScope::One(id)))
        .await
        .expect("she takes part");
    assert!(matches!(world.only_event().body, Body::Read { message, up_to: false, .. } if message == id));
}

#[tokio::test]
async fn own_message_is_not_read_by_its_sender() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    assert_eq!(
        world
            .messaging
            .mark_read(ReadRequest::message(AZIZ, id))
            .await
            .map(|read| read.message)
            .ok(),
        Some(None)
    );
    assert_eq!(
        world
            .messaging
            .mark_read(ReadRequest::within(room, AZIZ, ReadScope::All))
            .await
            .map(|read| read.message)
            .ok(),
        Some(None)
    );
    world.nothing_announced();
    assert_eq!(world.get(id, AZIZ).await.receipts, []);
}

#[tokio::test]
async fn message_is_seen_only_when_all_others_have_read_it() {
    let world = World::new().await;
    let room = world.open(RUSTAM, &[DILNOZA, PAVEL], None).await.expect("a superadmin may").id();
    let id = world.say(RUSTAM, room, "Majlis").await;
    for (reader, status) in [(DILNOZA, Status::Delivered), (PAVEL, Status::Seen)] {
        world
            .messaging
            .mark_read(ReadRequest::message(reader, id))
            .await
            .expect("they take part");
        assert_eq!(world.get(id, RUSTAM).await.status(RUSTAM), status);
    }
}

#[tokio::test]
async fn message_of_another_conversation_is_not_marked_through_this_one() {
    let world = World::new().await;
    let (here, there) = (
        world.room(MALIKA, DILNOZA, Some(NUR)).await,
        world.room(MALIKA, DILNOZA, Some(BAHOR)).await,
    );
    let foreign = world.say(MALIKA, world.room(MALIKA, PAVEL, None).await, "sir").await;
    let mine = world.say(MALIKA, there, "Salom").await;
    for id in [foreign, mine, MessageId(9999)] {
        assert_eq!(
            code(
                world
                    .messaging
                    .mark_read(ReadRequest::within(here, DILNOZA, ReadScope::One(id)))
                    .await
            ),
            "message_not_found"
        );
    }
    assert_eq!(
        code(world.messaging.mark_read(ReadRequest::message(DILNOZA, foreign)).await),
        "message_not_found"
    );
    world.nothing_announced();
    assert_eq!(world.get(foreign, PAVEL).await.receipts, []);
    assert_eq!(
        code(
            world
                .messaging
                .mark_read(ReadRequest::within(there, DILNOZA, ReadScope::One(mine)))
                .await
        ),
        "done"
    );
}
