use super::world::{World, code};
use crate::{
    denial::Denial,
    event::{Body, Event},
    id::{Seq, UserId},
    people::DirectoryDocument,
    ports::Opened,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NOBODY, NUR, PAVEL, RUSTAM, SVETLANA, ZAFAR, confession},
};

#[tokio::test]
async fn member_opens_with_no_admin_whose_confessions_they_do_not_follow() {
    let world = World::new().await;
    assert_eq!(code(world.open(AZIZ, &[DILNOZA], None).await), "done");
    world.bus.take();
    assert_eq!(code(world.open(AZIZ, &[PAVEL], None).await), "not_subscribed");
    world.unfollow(AZIZ, NUR).await;
    world.unfollow(MALIKA, NUR).await;
    world.unfollow(MALIKA, BAHOR).await;
    assert_eq!(code(world.open(MALIKA, &[DILNOZA], None).await), "not_subscribed");
    world.nothing_announced();
}

#[tokio::test]
async fn member_who_unfollowed_opens_the_existing_conversation_and_may_not_send_there() {
    let (world, room) = World::with_room().await;
    world.unfollow(AZIZ, NUR).await;
    for confession in [None, Some(NUR)] {
        assert_eq!(world.open(AZIZ, &[DILNOZA], confession).await.ok(), Some(Opened::Existing(room)));
    }
    let view = world.messaging.conversation(AZIZ, room).await.expect("he takes part");
    assert_eq!(view.cannot_send, Some(Denial::NotSubscribed));
    world.nothing_announced();
}

#[tokio::test]
async fn opening_is_announced_once_to_all_participants_with_their_list_entry() {
    let world = World::new().await;
    let opened = world.open(RUSTAM, &[DILNOZA, PAVEL], None).await.expect("a superadmin may");
    let Event {
        to,
        body: Body::Opened { summary },
    } = world.only_event()
    else {
        panic!("an opening is announced")
    };
    assert_eq!(to, [RUSTAM, DILNOZA, PAVEL]);
    assert_eq!(opened, Opened::New((*summary).clone()));
    assert_eq!((summary.last_seq, &summary.preview), (Seq(0), &None));
    assert_eq!(summary.unread, [(RUSTAM, 0), (DILNOZA, 0), (PAVEL, 0)]);
}

#[tokio::test]
async fn opening_again_from_either_side_finds_the_same_conversation_and_announces_nothing() {
    let (world, room) = World::with_room().await;
    for (actor, target) in [(AZIZ, DILNOZA), (DILNOZA, AZIZ)] {
        for confession in [None, Some(NUR)] {
            assert_eq!(world.open(actor, &[target], confession).await.ok(), Some(Opened::Existing(room)));
        }
    }
    world.nothing_announced();
    assert_ne!(world.open(DILNOZA, &[AZIZ], Some(BAHOR)).await.expect("it is hers").id(), room);
}

#[tokio::test]
async fn admin_finds_the_conversation_again_after_the_confession_has_passed_to_another() {
    let (world, room) = World::with_room().await;
    let confessions = vec![confession(NUR.0, "Nur jamoasi", Some(PAVEL))];
    world
        .import(DirectoryDocument {
            confessions,
            ..DirectoryDocument::default()
        })
        .await;
    assert_eq!(world.open(DILNOZA, &[AZIZ], Some(NUR)).await.ok(), Some(Opened::Existing(room)));
    assert_eq!(code(world.open(DILNOZA, &[MALIKA], Some(NUR)).await), "not_confession_admin");
}

#[tokio::test]
async fn people_named_twice_count_once() {
    let world = World::new().await;
    let first = world.open(AZIZ, &[DILNOZA, DILNOZA], None).await.expect("it is one admin");
    assert_eq!(world.open(AZIZ, &[DILNOZA], None).await.ok(), Some(Opened::Existing(first.id())));
    let many: Vec<_> = std::iter::repeat_n(PAVEL, 60).collect();
    assert_eq!(code(world.open(DILNOZA, &many, None).await), "done");
    // A request has room for this many ids; work that grows with their square would not end.
    let crowd: Vec<_> = (1_000..1_000_000).map(UserId).collect();
    assert_eq!(code(world.open(RUSTAM, &crowd, None).await), "too_many_participants");
}

#[tokio::test]
async fn refused_opening_leaves_nothing_behind() {
    let world = World::new().await;
    for (actor, targets, refusal) in [
        (AZIZ, vec![MALIKA], "not_an_admin"),
        (AZIZ, vec![AZIZ], "cannot_message_self"),
        (AZIZ, vec![DILNOZA, PAVEL], "one_admin_at_a_time"),
        (MALIKA, vec![DILNOZA], "confession_required"),
        (DILNOZA, vec![PAVEL, SVETLANA], "admins_only"),
        (DILNOZA, vec![ZAFAR], "user_inactive"),
        (DILNOZA, vec![NOBODY], "user_not_found"),
    ] {
        assert_eq!(code(world.open(actor, &targets, None).await), refusal);
    }
    world.nothing_announced();
    for actor in [AZIZ, MALIKA, DILNOZA] {
        assert_eq!(world.messaging.counterparts(actor).await.ok(), Some(Vec::new()));
    }
}
