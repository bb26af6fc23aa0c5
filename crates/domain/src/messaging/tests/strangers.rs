use super::{
    files::Objects,
    world::{World, code, new, new_message},
};
use crate::{
    attachment::{FileType, NewAttachment},
    id::{ConversationId, MessageId, Seq, UserId},
    message::{ClientId, NewMessage},
    messaging::MessageTarget,
    page::{PageRequest, Window},
    ports::MessageFilter,
    receipt::{ReadRequest, ReadScope},
    testing::builders::{AZIZ, DILNOZA, KAMOL, MALIKA, PAVEL, RUSTAM, SVETLANA},
};

/// All acts of a participant, each with its result.
async fn acts(world: &World, actor: UserId, room: ConversationId, id: MessageId) -> Vec<&'static str> {
    let messaging = &world.messaging;
    vec![
        code(world.send(actor, room, new_message("Salom")).await),
        code(messaging.conversation(actor, room).await),
        code(
            messaging
                .history(actor, room, Window::Page(PageRequest::new(1, 50)), MessageFilter::default())
                .await,
        ),
        code(
            messaging
                .history(actor, room, Window::Around(id, 50), MessageFilter::default())
                .await,
        ),
        code(messaging.changes(actor, room, Seq(0), 50).await),
        code(messaging.membership(actor, room).await),
        code(messaging.mark_read(ReadRequest::within(room, actor, ReadScope::All)).await),
        code(messaging.mark_read(ReadRequest::within(room, actor, ReadScope::UpTo(id))).await),
        code(messaging.mark_read(ReadRequest::within(room, actor, ReadScope::One(id))).await),
        code(messaging.mark_read(ReadRequest::message(actor, id)).await),
        code(messaging.message(&world.actor(actor).await, id).await),
        code(messaging.edit(MessageTarget::anywhere(actor, id), "yangi".to_owned()).await),
        code(messaging.delete(MessageTarget::anywhere(actor, id)).await),
    ]
}

#[tokio::test]
async fn strangers_get_the_same_denial_for_existing_and_missing_objects() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let before = world.get(id, AZIZ).await;
    for stranger in [SVETLANA, MALIKA, KAMOL, PAVEL, RUSTAM] {
        let there = acts(&world, stranger, room, id).await;
        let nowhere = acts(&world, stranger, ConversationId(9999), MessageId(9999)).await;
        assert_eq!(there, nowhere, "{stranger}");
        assert!(there.iter().all(|code| code.ends_with("_not_found")), "{stranger}: {there:?}");
        if stranger != RUSTAM {
            assert_eq!(
                code(world.messaging.pin(MessageTarget::anywhere(stranger, id), true).await),
                "message_not_found"
            );
        }
    }
    world.nothing_announced();
    assert_eq!(world.get(id, AZIZ).await, before, "and nothing has changed");
}

#[tokio::test]
async fn participant_reaches_the_same_resources() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let answers = acts(&world, DILNOZA, room, id).await;
    assert_eq!(answers[..11], ["done"; 11]);
    assert_eq!(answers[11..], ["not_sender"; 2]);
    assert_eq!(acts(&world, AZIZ, room, id).await, ["done"; 13]);
}

#[tokio::test]
async fn superadmin_who_pins_in_a_conversation_of_others_reads_nothing() {
    let (world, room) = World::with_room().await;
    let first = world.say(DILNOZA, room, "Savol").await;
    let file = NewAttachment {
        file_type: FileType::Document,
        file_name: "sir.txt".to_owned(),
        file_size: 3,
        mime_type: "text/plain".to_owned(),
        width: None,
        height: None,
        key: "ab/sir".to_owned(),
        thumbnail: None,
        voice: None,
    };
    let new_message = NewMessage {
        reply_to: Some(first),
        client_id: ClientId::new("c-1"),
        sender: AZIZ,
        conversation: room,
        ..new_message("Javob")
    };
    let mut session = world.messaging.upload(AZIZ).await.expect("there is room");
    session.attach(file, Box::new(Objects::default()));
    let id = new(world.messaging.send_with_files(session, new_message).await).id;
    world
        .messaging
        .mark_read(ReadRequest::message(DILNOZA, id))
        .await
        .expect("she takes part");
    world.bus.take();

    // Each pin changes something or not: not pinned, unpinned again; pinned, pinned again.
    for (pinned, seq) in [(false, 2), (true, 3), (true, 3), (false, 4)] {
        let answer = world
            .messaging
            .pin(MessageTarget::anywhere(RUSTAM, id), pinned)
            .await
            .expect("he may pin anywhere");
        let whole = world.get(id, DILNOZA).await;
        assert!(whole.content.is_some() && whole.reply_to.is_some() && whole.client_id.is_some());
        assert!(!whole.attachments.is_empty() && !whole.receipts.is_empty());
        assert!(!answer.takes_part);
        let shown = &*answer.message;
        assert_eq!((shown.id, shown.is_pinned, shown.seq), (id, pinned, Seq(seq)));
        assert_eq!((&shown.content, &shown.reply_to, &shown.client_id), (&None, &None, &None));
        assert_eq!((&shown.attachments[..], &shown.receipts[..]), (&[][..], &[][..]));
        for event in world.bus.take() {
            assert!(!event.to.contains(&RUSTAM), "{event:?}");
        }
    }
    let own = world
        .messaging
        .pin(MessageTarget::anywhere(DILNOZA, id), true)
        .await
        .expect("it is her confession");
    assert!(own.takes_part);
    assert_eq!(own.message.content.as_deref(), Some("Javob"));
}
