use super::world::{World, code, wish};
use crate::{
    denial::Kind,
    id::Seq,
    messaging::Error,
    page::{PageRequest, Window},
    ports::{ReadScope, Shown},
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
        code(world.send(AZIZ, room, wish("Salom")).await),
        code(messaging.edit(AZIZ, his, None, "yangi".to_owned()).await),
        code(messaging.delete(AZIZ, his, None).await),
        code(messaging.pin(AZIZ, his, None, true).await),
        code(messaging.mark_read(AZIZ, room, ReadScope::All).await),
        code(messaging.mark_read(AZIZ, room, ReadScope::One(hers)).await),
        code(messaging.mark_message_read(AZIZ, hers).await),
        code(messaging.conversation(AZIZ, room).await),
        code(
            messaging
                .history(AZIZ, room, Window::Page(PageRequest::new(1, 50)), Shown::default())
                .await,
        ),
        code(messaging.changes(AZIZ, room, Seq(0), 50).await),
        code(messaging.membership(AZIZ, room).await),
        code(messaging.contacts(AZIZ, None, PageRequest::new(1, 20)).await),
        code(messaging.actor(AZIZ).await),
    ];
    assert_eq!(answers, ["token_invalid"; 14]);
    world.nothing_announced();
    assert_eq!(world.get(hers, DILNOZA).await.receipts, []);
}

#[tokio::test]
async fn account_that_is_gone_or_inactive_is_not_authenticated() {
    let world = World::new().await;
    assert_eq!(world.messaging.actor(AZIZ).await.map(|person| person.id).ok(), Some(AZIZ));
    for account in [NOBODY, ZAFAR] {
        let error = world.messaging.actor(account).await.expect_err("no account to act with");
        assert!(matches!(error, Error::AccountInactive));
        assert_eq!((error.kind(), error.code()), (Kind::Unauthenticated, "token_invalid"));
        assert_eq!(code(world.open(account, &[DILNOZA], None).await), "token_invalid");
    }
}
