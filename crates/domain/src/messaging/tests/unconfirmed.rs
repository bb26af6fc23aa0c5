//! Acts of which the store does not say whether they are stored.

use super::world::{World, code, new, new_message};
use crate::{
    messaging::MessageTarget,
    ports::{Gap, UnconfirmedAct},
    receipt::{ReadRequest, ReadScope},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR},
};

#[tokio::test]
async fn an_act_whose_answer_is_lost_is_noted_with_the_people_concerned() {
    let (world, room) = World::with_room().await;
    let id = new(world.send(AZIZ, room, new_message("Salom")).await).id;
    world.bus.take();
    let act = |actor| UnconfirmedAct {
        actor,
        conversation: Some(room),
        concerned: vec![DILNOZA, AZIZ],
    };
    world.store.lose_answers(true);
    assert_eq!(code(world.send(AZIZ, room, new_message("Salom")).await), "unavailable");
    assert_eq!(world.unconfirmed.take(), [act(AZIZ)]);
    let target = MessageTarget::anywhere(AZIZ, id);
    assert_eq!(code(world.messaging.edit(target, "yangi".to_owned()).await), "unavailable");
    assert_eq!(world.unconfirmed.take(), [act(AZIZ)]);
    let reading = ReadRequest::within(room, DILNOZA, ReadScope::All);
    assert_eq!(code(world.messaging.mark_read(reading).await), "unavailable");
    assert_eq!(world.unconfirmed.take(), [act(DILNOZA)]);
    assert_eq!(code(world.open(MALIKA, &[DILNOZA], Some(BAHOR)).await), "unavailable");
    let opened = world.unconfirmed.take();
    assert_eq!((opened[0].actor, opened[0].conversation, opened.len()), (MALIKA, None, 1));
    assert_eq!(opened[0].concerned, [DILNOZA, MALIKA]);
    world.nothing_announced();
}

#[tokio::test]
async fn acts_that_are_stored_refused_or_change_nothing_are_not_noted() {
    let (world, room) = World::with_room().await;
    let id = new(world.send(AZIZ, room, new_message("Salom")).await).id;
    let target = MessageTarget::anywhere(AZIZ, id);
    assert_eq!(code(world.messaging.delete(target).await), "done");
    assert_eq!(code(world.messaging.delete(target).await), "done", "nothing to store");
    assert_eq!(code(world.send(MALIKA, room, new_message("Salom")).await), "conversation_not_found");
    let reading = ReadRequest::within(room, DILNOZA, ReadScope::All);
    assert_eq!(code(world.messaging.mark_read(reading).await), "done");
    assert_eq!(code(world.open(AZIZ, &[DILNOZA], Some(NUR)).await), "done");
    world.store.fail_with_busy(true);
    assert_eq!(code(world.send(AZIZ, room, new_message("Salom")).await), "unavailable");
    assert_eq!(world.unconfirmed.take(), []);
}

#[tokio::test]
async fn the_end_of_unconfirmed_acts_is_awaited_without_storing_anything() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    for within in [Some(room), None] {
        world.store.fail_with_busy(true);
        assert_eq!(code(world.messaging.outlast_unconfirmed(DILNOZA, within).await), "unavailable");
        world.store.fail_with_busy(false);
        assert_eq!(code(world.messaging.outlast_unconfirmed(DILNOZA, within).await), "done");
    }
    assert!(world.get(id, AZIZ).await.receipts.is_empty());
    world.nothing_announced();
    world.messaging.announce_gap(Gap::Users([AZIZ].into()));
    assert_eq!(world.bus.take_missed(), Gap::Users([AZIZ].into()));
}
