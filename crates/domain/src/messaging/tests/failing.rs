use super::world::{World, code, wish};
use crate::{
    conversation::ListFilter,
    denial::{Denial, Kind},
    id::Seq,
    messaging::Error,
    page::{PageRequest, Window},
    ports::{ReadScope, Shown, StoreError, UniqueKey},
    receipt::DeliveryMark,
    testing::builders::{AZIZ, DILNOZA, NUR},
};

#[tokio::test]
async fn failing_store_is_unavailable_never_not_found_and_nothing_is_announced() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    world.store.fail_with_busy(true);
    let (messaging, page) = (&world.messaging, PageRequest::new(1, 20));
    let mark = DeliveryMark {
        user: DILNOZA,
        conversation: room,
        up_to: id,
    };
    let answers = [
        code(world.open(AZIZ, &[DILNOZA], Some(NUR)).await),
        code(world.send(AZIZ, room, wish("Salom")).await),
        code(messaging.edit(AZIZ, id, None, "yangi".to_owned()).await),
        code(messaging.delete(AZIZ, id, None).await),
        code(messaging.pin(DILNOZA, id, None, true).await),
        code(messaging.mark_read(DILNOZA, room, ReadScope::All).await),
        code(messaging.mark_message_read(DILNOZA, id).await),
        code(messaging.deliver(vec![mark]).await),
        code(messaging.conversation(AZIZ, room).await),
        code(messaging.conversations(AZIZ, &ListFilter::default(), page).await),
        code(messaging.unread_total(AZIZ).await),
        code(messaging.contacts(AZIZ, None, page).await),
        code(messaging.history(AZIZ, room, Window::Page(page), Shown::default()).await),
        code(messaging.message(AZIZ, id).await),
        code(messaging.changes(AZIZ, room, Seq(0), 50).await),
        code(messaging.membership(AZIZ, room).await),
        code(messaging.counterparts(AZIZ).await),
        code(messaging.actor(AZIZ).await),
    ];
    assert_eq!(answers, ["unavailable"; 18]);
    world.nothing_announced();

    world.store.fail_with_busy(false);
    assert_eq!(code(world.send(AZIZ, room, wish("Salom")).await), "done");
}

#[test]
fn errors_say_what_kind_of_failure_they_are() {
    let kind = |error: Error| (error.kind(), error.code());
    assert_eq!(kind(StoreError::Busy.into()), (Kind::Unavailable, "unavailable"));
    assert_eq!(kind(StoreError::Failed("disk".into()).into()), (Kind::Unavailable, "unavailable"));
    assert_eq!(
        kind(StoreError::Duplicate(UniqueKey::Username).into()),
        (Kind::Internal, "internal_error")
    );
    assert_eq!(
        kind(StoreError::Corrupt { table: "t", column: "c" }.into()),
        (Kind::Internal, "internal_error")
    );
    assert_eq!(kind(Denial::NotSender.into()), (Kind::Forbidden, "not_sender"));
    assert_eq!(kind(Denial::ClientIdConflict.into()), (Kind::Conflict, "client_id_conflict"));
}

#[test]
fn what_failed_below_is_not_told_to_people() {
    let error = Error::from(StoreError::Failed("/var/lib/suhbat.db is locked".into()));
    assert!(!error.to_string().contains("suhbat.db"));
}
