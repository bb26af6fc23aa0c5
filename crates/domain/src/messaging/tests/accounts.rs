use super::world::{World, code, new_message};
use crate::{
    denial::{Denial, Kind},
    id::Seq,
    messaging::{Error, MessageTarget},
    page::{PageRequest, Window},
    ports::MessageFilter,
    receipt::{ReadRequest, ReadScope},
    testing::builders::{AZIZ, DILNOZA, NOBODY, ZAFAR},
};

#[tokio::test]
async fn deactivated_person_acts_no_more() {
    let (world, room) = World::with_room().await;
    let (his, hers) = (world.say(AZIZ, room, "Salom").await, world.say(DILNOZA, room, "Vaalaykum").await);
    world.deactivate(AZIZ).await;
    let messaging = &world.messaging;
    let answers = [
        code(world.open(AZIZ, &[DILNOZA], None).await),
        code(world.send(AZIZ, room, new_message("Salom")).await),
        code(messaging.edit(MessageTarget::anywhere(AZIZ, his), "yangi".to_owned()).await),
        code(messaging.delete(MessageTarget::anywhere(AZIZ, his)).await),
        code(messaging.pin(MessageTarget::anywhere(AZIZ, his), true).await),
        code(messaging.mark_read(ReadRequest::within(room, AZIZ, ReadScope::All)).await),
        code(messaging.mark_read(ReadRequest::within(room, AZIZ, ReadScope::One(hers))).await),
        code(messaging.mark_read(ReadRequest::message(AZIZ, hers)).await),
        code(messaging.conversation(AZIZ, room).await),
        code(
            messaging
                .history(AZIZ, room, Window::Page(PageRequest::new(1, 50)), MessageFilter::default())
                .await,
        ),
        code(messaging.changes(AZIZ, room, Seq(0), 50).await),
        code(messaging.membership(AZIZ, room).await),
        code(messaging.actor(AZIZ).await),
    ];
    assert_eq!(answers, ["token_invalid"; 13]);
    world.nothing_announced();
    assert_eq!(world.get(hers, DILNOZA).await.receipts, []);
}

#[tokio::test]
async fn account_that_is_gone_or_inactive_is_not_authenticated() {
    let world = World::new().await;
    assert_eq!(world.messaging.actor(AZIZ).await.map(|actor| actor.id()).ok(), Some(AZIZ));
    for account in [NOBODY, ZAFAR] {
        let error = world.messaging.actor(account).await.expect_err("no account to act with");
        assert!(matches!(error, Error::Denied(Denial::AccountInactive)));
        assert_eq!(error.kind(), Kind::Unauthenticated);
        assert_eq!(code(world.open(account, &[DILNOZA], None).await), "token_invalid");
    }
}
