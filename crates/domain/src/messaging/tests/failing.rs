use super::world::{World, code, new_message};
use crate::{
    conversation::ListFilter,
    denial::{Denial, Kind},
    id::Seq,
    messaging::{Error, MessageTarget},
    page::{PageRequest, Window},
    people::ContactFilter,
    ports::{MessageFilter, StoreError, UniqueKey},
    receipt::{DeliveryMark, ReadRequest, ReadScope},
    testing::builders::{AZIZ, DILNOZA, NUR},
};

#[tokio::test]
async fn failing_store_is_unavailable_never_not_found_and_nothing_is_announced() {
    let (world, room) = World::with_room().await;
    let id = world.say(AZIZ, room, "Salom").await;
    let aziz = world.actor(AZIZ).await;
    world.store.fail_with_busy(true);
    let (messaging, page) = (&world.messaging, PageRequest::new(1, 20));
    let mark = DeliveryMark {
        user: DILNOZA,
        conversation: room,
        up_to: id,
    };
    let answers = [
        code(world.open(AZIZ, &[DILNOZA], Some(NUR)).await),
        code(world.send(AZIZ, room, new_message("Salom")).await),
        code(messaging.edit(MessageTarget::anywhere(AZIZ, id), "yangi".to_owned()).await),
        code(messaging.delete(MessageTarget::anywhere(AZIZ, id)).await),
        code(messaging.pin(MessageTarget::anywhere(DILNOZA, id), true).await),
        code(messaging.mark_read(ReadRequest::within(room, DILNOZA, ReadScope::All)).await),
        code(messaging.mark_read(ReadRequest::message(DILNOZA, id)).await),
        code(messaging.deliver(vec![mark]).await),
        code(messaging.conversation(AZIZ, room).await),
        code(messaging.conversations(&aziz, &ListFilter::default(), page).await),
        code(messaging.unread_total(&aziz).await),
        code(messaging.contacts(&aziz, &ContactFilter::default(), page).await),
        code(messaging.contact(&aziz, DILNOZA).await),
        code(messaging.history(AZIZ, room, Window::Page(page), MessageFilter::default()).await),
        code(messaging.message(&aziz, id).await),
        code(messaging.changes(AZIZ, room, Seq(0), 50).await),
        code(messaging.membership(AZIZ, room).await),
        code(messaging.counterparts(AZIZ).await),
        code(messaging.actor(AZIZ).await),
    ];
    assert_eq!(answers, ["unavailable"; 19]);
    world.nothing_announced();

    world.store.fail_with_busy(false);
    assert_eq!(code(world.send(AZIZ, room, new_message("Salom")).await), "done");
}

#[test]
fn every_error_has_its_kind() {
    let kind = |error: Error| error.kind();
    assert_eq!(kind(StoreError::Busy.into()), Kind::Unavailable);
    assert_eq!(kind(StoreError::Failed("disk".into()).into()), Kind::Unavailable);
    assert_eq!(kind(StoreError::Duplicate(UniqueKey::Username).into()), Kind::Internal);
    assert_eq!(kind(StoreError::Corrupt { table: "t", column: "c" }.into()), Kind::Internal);
    assert_eq!(kind(StoreError::Damaged("disk".into()).into()), Kind::Internal);
    assert_eq!(kind(Denial::NotSender.into()), Kind::Forbidden);
    assert_eq!(kind(Denial::ClientIdConflict.into()), Kind::Conflict);
    assert_eq!(kind(Denial::AccountInactive.into()), Kind::Unauthenticated);
}

#[test]
fn causes_of_failures_are_not_shown_to_people() {
    let error = Error::from(StoreError::Failed("/var/lib/suhbat.db is locked".into()));
    assert!(!error.to_string().contains("suhbat.db"));
}
