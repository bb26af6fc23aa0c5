use super::world::{World, code, wish};
use crate::{
    id::{ConversationId, MessageId, Seq, UserId},
    page::{PageRequest, Window},
    ports::{ReadScope, Shown},
    testing::builders::{AZIZ, DILNOZA, KAMOL, MALIKA, PAVEL, RUSTAM, SVETLANA},
};

/// Everything that takes part in a conversation, with its answer.
async fn acts(world: &World, actor: UserId, room: ConversationId, id: MessageId) -> Vec<&'static str> {
    let messaging = &world.messaging;
    vec![
        code(world.send(actor, room, wish("Salom")).await),
        code(messaging.conversation(actor, room).await),
        code(
            messaging
                .history(actor, room, Window::Page(PageRequest::new(1, 50)), Shown::default())
                .await,
        ),
        code(messaging.history(actor, room, Window::Around(id, 50), Shown::default()).await),
        code(messaging.changes(actor, room, Seq(0), 50).await),
        code(messaging.membership(actor, room).await),
        code(messaging.mark_read(actor, room, ReadScope::All).await),
        code(messaging.mark_read(actor, room, ReadScope::UpTo(id)).await),
        code(messaging.mark_read(actor, room, ReadScope::One(id)).await),
        code(messaging.mark_message_read(actor, id).await),
        code(messaging.message(actor, id).await),
        code(messaging.edit(actor, id, None, "yangi".to_owned()).await),
        code(messaging.delete(actor, id, None).await),
    ]
}

#[tokio::test]
async fn to_a_stranger_what_exists_and_what_does_not_are_the_same() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let before = world.get(id, AZIZ).await;
    for stranger in [SVETLANA, MALIKA, KAMOL, PAVEL, RUSTAM] {
        let there = acts(&world, stranger, room, id).await;
        let nowhere = acts(&world, stranger, ConversationId(9999), MessageId(9999)).await;
        assert_eq!(there, nowhere, "{stranger}");
        assert!(there.iter().all(|code| code.ends_with("_not_found")), "{stranger}: {there:?}");
        if stranger != RUSTAM {
            assert_eq!(code(world.messaging.pin(stranger, id, None, true).await), "message_not_found");
        }
    }
    world.nothing_announced();
    assert_eq!(world.get(id, AZIZ).await, before, "and nothing has changed");
}

#[tokio::test]
async fn participant_is_let_in_by_the_same_door() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let answers = acts(&world, DILNOZA, room, id).await;
    assert_eq!(answers[..11], ["done"; 11]);
    assert_eq!(answers[11..], ["not_sender"; 2]);
    assert_eq!(acts(&world, AZIZ, room, id).await, ["done"; 13]);
}
