use super::world::{World, code, new, reply};
use crate::{
    id::{Seq, UserId},
    message::ChangeKind,
    messaging::MessageTarget,
    page::{PageRequest, Window},
    people::{DirectoryDocument, Role},
    policy::Policy,
    ports::MessageFilter,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, at, confession},
};

#[tokio::test]
async fn edit_is_stored_before_it_is_announced() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salm").await;
    world.clock.set(at(60));
    let edited = world
        .messaging
        .edit(
            MessageTarget {
                actor: AZIZ,
                message: id,
                within: Some(room),
            },
            "Salom".to_owned(),
        )
        .await
        .expect("it is his");
    let (to, kind, message, summary) = world.announced();
    assert_eq!((to, kind), (vec![DILNOZA, AZIZ], ChangeKind::Edited));
    assert_eq!(message, edited);
    assert_eq!(world.get(id, DILNOZA).await, *edited);
    assert_eq!(
        (edited.content.as_deref(), edited.is_edited, edited.edited_at, edited.seq),
        (Some("Salom"), true, Some(at(60)), Seq(2))
    );
    assert_eq!((edited.created_at, edited.updated_at), (at(0), at(60)));
    assert_eq!(
        summary.preview.as_ref().map(crate::conversation::Preview::text).as_deref(),
        Some("Salom")
    );
}

#[tokio::test]
async fn edit_is_refused_to_all_but_the_sender_and_after_the_window() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let edit = async |actor: UserId| code(world.messaging.edit(MessageTarget::anywhere(actor, id), "yangi".to_owned()).await);
    assert_eq!(edit(DILNOZA).await, "not_sender");
    world.nothing_announced();
    world.clock.set(at(600));
    assert_eq!(edit(AZIZ).await, "done");
    world.bus.take();
    world.clock.advance_micros(1);
    assert_eq!(edit(AZIZ).await, "edit_window_closed");
    world.nothing_announced();
    assert_eq!(world.get(id, AZIZ).await.seq, Seq(2));
}

#[tokio::test]
async fn edit_window_is_a_setting() {
    let world = World::under(Policy {
        edit_window_seconds: 1,
        ..Policy::default()
    })
    .await;
    let room = world.room(AZIZ, DILNOZA, Some(NUR)).await;
    let id = world.say(AZIZ, room, "Salom").await;
    world.clock.set(at(1));
    assert_eq!(
        code(world.messaging.edit(MessageTarget::anywhere(AZIZ, id), "yangi".to_owned()).await),
        "done"
    );
    world.clock.set(at(2));
    assert_eq!(
        code(world.messaging.edit(MessageTarget::anywhere(AZIZ, id), "yangi".to_owned()).await),
        "edit_window_closed"
    );
}

#[tokio::test]
async fn edit_needs_visible_text_without_nul_within_the_limit() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    for (text, refusal) in [
        (" ".to_owned(), "empty_message"),
        ("\0".to_owned(), "invalid_content"),
        ("ў".repeat(10_001), "content_too_long"),
    ] {
        assert_eq!(code(world.messaging.edit(MessageTarget::anywhere(AZIZ, id), text).await), refusal);
    }
    world.nothing_announced();
    assert_eq!(world.get(id, AZIZ).await.content.as_deref(), Some("Salom"));
}

#[tokio::test]
async fn deleting_leaves_a_tombstone_everywhere() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "sir").await;
    let answer = new(world.send(DILNOZA, room, reply("Tushunarli", id)).await).id;
    world.bus.take();
    let deleted = world
        .messaging
        .delete(MessageTarget {
            actor: AZIZ,
            message: id,
            within: Some(room),
        })
        .await
        .expect("it is his");
    let (to, kind, message, _) = world.announced();
    assert_eq!((to, kind), (vec![DILNOZA, AZIZ], ChangeKind::Deleted));
    assert_eq!((message.is_deleted, &message.content, message.seq), (true, &None, Seq(3)));
    assert_eq!(message, deleted);

    for viewer in [AZIZ, DILNOZA] {
        let all = MessageFilter {
            deleted: true,
            pinned_only: false,
        };
        let history = world
            .messaging
            .history(viewer, room, Window::Page(PageRequest::new(1, 50)), all)
            .await
            .expect("they take part");
        let changes = world.messaging.changes(viewer, room, Seq(0), 50).await.expect("they take part");
        let one = world
            .messaging
            .message(&world.actor(viewer).await, answer)
            .await
            .expect("they take part");
        let seen = format!(
            "{history:?}{changes:?}{one:?}{:?}",
            world.messaging.message(&world.actor(viewer).await, id).await
        );
        assert!(!seen.contains("sir"), "{seen}");
        assert!(
            one.reply_to.is_some_and(|reply| reply.id == id && reply.is_deleted),
            "the reply shows a tombstone"
        );
    }
}

#[tokio::test]
async fn deleting_twice_succeeds_without_event_and_takes_no_seq() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    world.messaging.delete(MessageTarget::anywhere(AZIZ, id)).await.expect("it is his");
    world.announced();
    let again = world
        .messaging
        .delete(MessageTarget::anywhere(AZIZ, id))
        .await
        .expect("it is his still");
    assert_eq!((again.is_deleted, again.seq), (true, Seq(2)));
    world.nothing_announced();
    assert_eq!(
        code(world.messaging.edit(MessageTarget::anywhere(AZIZ, id), "yangi".to_owned()).await),
        "message_deleted"
    );
}

#[tokio::test]
async fn nobody_deletes_messages_of_the_other_participant() {
    let (world, room) = World::with_room().await;
    let (his, hers) = (world.say(AZIZ, room, "Salom").await, world.say(DILNOZA, room, "Vaalaykum").await);
    assert_eq!(
        code(world.messaging.delete(MessageTarget::anywhere(AZIZ, hers)).await),
        "not_sender"
    );
    assert_eq!(
        code(world.messaging.delete(MessageTarget::anywhere(DILNOZA, his)).await),
        "not_sender"
    );
    world.nothing_announced();
    assert!(!world.get(his, AZIZ).await.is_deleted && !world.get(hers, AZIZ).await.is_deleted);
}

#[tokio::test]
async fn deleted_messages_are_not_unread() {
    let (world, room) = World::with_room().await;
    world.say(AZIZ, room, "bir").await;
    let second = world.say(AZIZ, room, "ikki").await;
    assert_eq!(world.messaging.unread_total(&world.actor(DILNOZA).await).await.ok(), Some(2));
    world
        .messaging
        .delete(MessageTarget::anywhere(AZIZ, second))
        .await
        .expect("it is his");
    let (_, _, _, summary) = world.announced();
    assert_eq!(summary.unread_of(DILNOZA), Some(1));
    assert_eq!(
        summary.preview.as_ref().map(crate::conversation::Preview::text).as_deref(),
        Some("bir")
    );
    assert_eq!(world.messaging.unread_total(&world.actor(DILNOZA).await).await.ok(), Some(1));
}

#[tokio::test]
async fn admin_of_the_confession_pins_and_unpins_and_repeats_cause_no_event() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    for (pinned, seq) in [(true, Seq(2)), (false, Seq(3))] {
        let answer = world
            .messaging
            .pin(
                MessageTarget {
                    actor: DILNOZA,
                    message: id,
                    within: Some(room),
                },
                pinned,
            )
            .await
            .expect("it is her confession");
        let (to, kind, message, _) = world.announced();
        assert_eq!(
            (to, kind, message.is_pinned, message.seq),
            (vec![DILNOZA, AZIZ], ChangeKind::Pinned, pinned, seq)
        );
        assert_eq!(message, answer.message);
        let again = world
            .messaging
            .pin(
                MessageTarget {
                    actor: DILNOZA,
                    message: id,
                    within: Some(room),
                },
                pinned,
            )
            .await
            .expect("it is so already");
        assert_eq!((again.message.is_pinned, again.message.seq), (pinned, seq));
        world.nothing_announced();
    }
    assert_eq!(
        code(
            world
                .messaging
                .pin(
                    MessageTarget {
                        actor: AZIZ,
                        message: id,
                        within: Some(room)
                    },
                    true
                )
                .await
        ),
        "not_pin_authority"
    );
    world.nothing_announced();
}

#[tokio::test]
async fn pin_right_passes_with_the_confession() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let confessions = vec![confession(NUR.0, "Nur jamoasi", Some(PAVEL))];
    world
        .import(DirectoryDocument {
            confessions,
            ..DirectoryDocument::default()
        })
        .await;
    assert_eq!(
        code(world.messaging.pin(MessageTarget::anywhere(DILNOZA, id), true).await),
        "not_pin_authority"
    );
    assert_eq!(
        code(world.messaging.pin(MessageTarget::anywhere(PAVEL, id), true).await),
        "message_not_found",
        "he does not take part"
    );
    world.nothing_announced();
}

#[tokio::test]
async fn superadmin_pins_anywhere_and_only_participants_get_the_event() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    assert_eq!(code(world.messaging.pin(MessageTarget::anywhere(RUSTAM, id), true).await), "done");
    let (to, ..) = world.announced();
    assert_eq!(to, [DILNOZA, AZIZ]);
    let users = vec![crate::people::Person {
        role: Role::Admin,
        ..crate::testing::builders::someone(RUSTAM)
    }];
    world
        .import(DirectoryDocument {
            users,
            ..DirectoryDocument::default()
        })
        .await;
    assert_eq!(
        code(world.messaging.pin(MessageTarget::anywhere(RUSTAM, id), false).await),
        "message_not_found",
        "the role is looked up at the time of the act"
    );
}

#[tokio::test]
async fn deleting_unpins_and_a_deleted_message_is_not_pinned() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    world
        .messaging
        .pin(MessageTarget::anywhere(DILNOZA, id), true)
        .await
        .expect("it is her confession");
    let deleted = world.messaging.delete(MessageTarget::anywhere(AZIZ, id)).await.expect("it is his");
    assert!(!deleted.is_pinned);
    world.bus.take();
    assert_eq!(
        code(world.messaging.pin(MessageTarget::anywhere(DILNOZA, id), true).await),
        "message_deleted"
    );
    assert_eq!(code(world.messaging.pin(MessageTarget::anywhere(DILNOZA, id), false).await), "done");
    world.nothing_announced();
}

#[tokio::test]
async fn socket_of_a_conversation_changes_nothing_in_another_of_the_same_person() {
    let world = World::new().await;
    let (here, there) = (
        world.room(MALIKA, DILNOZA, Some(NUR)).await,
        world.room(MALIKA, DILNOZA, Some(BAHOR)).await,
    );
    let (own, of_admin) = (world.say(MALIKA, there, "Salom").await, world.say(DILNOZA, there, "Salom").await);
    assert_eq!(
        code(
            world
                .messaging
                .edit(
                    MessageTarget {
                        actor: MALIKA,
                        message: own,
                        within: Some(here)
                    },
                    "yangi".to_owned()
                )
                .await
        ),
        "message_not_found"
    );
    assert_eq!(
        code(
            world
                .messaging
                .delete(MessageTarget {
                    actor: MALIKA,
                    message: own,
                    within: Some(here)
                })
                .await
        ),
        "message_not_found"
    );
    assert_eq!(
        code(
            world
                .messaging
                .pin(
                    MessageTarget {
                        actor: DILNOZA,
                        message: of_admin,
                        within: Some(here)
                    },
                    true
                )
                .await
        ),
        "message_not_found"
    );
    world.nothing_announced();
    assert_eq!(
        code(
            world
                .messaging
                .edit(
                    MessageTarget {
                        actor: MALIKA,
                        message: own,
                        within: Some(there)
                    },
                    "yangi".to_owned()
                )
                .await
        ),
        "done"
    );
}
