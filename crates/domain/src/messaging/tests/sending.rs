use super::world::{World, code, named, new, new_message, nothing, reply};
use crate::{
    id::{MessageId, Seq},
    message::{ChangeKind, Status},
    messaging::MessageTarget,
    policy::Policy,
    ports::SendOutcome,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, PAVEL, RUSTAM, at, client_id},
};

#[tokio::test]
async fn message_is_stored_and_announced_once_to_everybody_in_the_conversation() {
    let (world, room) = World::with_room().await;
    world.clock.set(at(5));
    let sent = new(world.send(AZIZ, room, new_message(" Salom! \n")).await);
    let (to, kind, message, summary) = world.announced();
    assert_eq!((to, kind), (vec![DILNOZA, AZIZ], ChangeKind::Sent));
    assert_eq!(message, sent);
    assert_eq!(world.get(sent.id, DILNOZA).await, *sent);
    assert_eq!(
        (sent.content.as_deref(), sent.created_at, sent.seq),
        (Some(" Salom! \n"), at(5), Seq(1))
    );
    assert_eq!((summary.unread_of(DILNOZA), summary.unread_of(AZIZ)), (Some(1), Some(0)));
    assert_eq!(summary.preview.as_ref().map(|preview| preview.id), Some(sent.id));
}

#[tokio::test]
async fn the_actor_is_the_sender_and_sees_the_message_as_sent() {
    let (world, room) = World::with_room().await;
    let sent = new(world.send(DILNOZA, room, new_message("Salom")).await);
    assert_eq!(sent.sender.id, DILNOZA);
    assert_eq!((sent.status(DILNOZA), sent.status(AZIZ)), (Status::Sent, Status::Received));
}

#[tokio::test]
async fn unfollowing_forbids_sending_at_once_and_following_allows_it() {
    let (world, room) = World::with_room().await;
    let first = world.say(AZIZ, room, "Salom").await;
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(code(world.send(AZIZ, room, new_message("Salom?")).await), "not_subscribed");
    assert_eq!(
        world
            .messaging
            .message(&world.actor(AZIZ).await, first)
            .await
            .map(|message| message.id)
            .ok(),
        Some(first),
        "history stays readable"
    );
    world.nothing_announced();
    world.import(crate::testing::builders::community()).await;
    assert_eq!(code(world.send(AZIZ, room, new_message("Salom!")).await), "done");
}

#[tokio::test]
async fn member_answers_an_admin_who_wrote_first() {
    let world = World::new().await;
    let room = world.room(PAVEL, AZIZ, None).await;
    assert_eq!(code(world.send(AZIZ, room, new_message("Salom")).await), "done");
}

#[tokio::test]
async fn repeat_of_a_client_id_is_neither_stored_nor_announced_again() {
    let (world, room) = World::with_room().await;
    let name = client_id("c1");
    let first = new(world.send(AZIZ, room, named("Salom", &name)).await);
    world.announced();
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(
        world.send(AZIZ, room, named("boshqa", &name)).await.ok(),
        Some(SendOutcome::AlreadySent(first.id))
    );
    world.nothing_announced();
    assert_eq!(world.get(first.id, AZIZ).await, *first);
    assert_eq!(
        world.messaging.membership(AZIZ, room).await.map(|member| member.last_seq).ok(),
        Some(Seq(1))
    );
}

#[tokio::test]
async fn client_id_belongs_to_its_sender_and_its_conversation() {
    let world = World::new().await;
    let (here, there) = (
        world.room(MALIKA, DILNOZA, Some(NUR)).await,
        world.room(MALIKA, DILNOZA, Some(BAHOR)).await,
    );
    let name = client_id("c1");
    let first = new(world.send(MALIKA, here, named("Salom", &name)).await);
    let other = new(world.send(DILNOZA, here, named("Salom", &name)).await);
    assert_ne!(first.id, other.id);
    world.bus.take();
    assert_eq!(code(world.send(MALIKA, there, named("Salom", &name)).await), "client_id_conflict");
    world.nothing_announced();
}

#[tokio::test]
async fn reply_names_the_message_it_answers() {
    let (world, room) = World::with_room().await;
    let question = world.say(AZIZ, room, "Qachon?").await;
    let answer = new(world.send(DILNOZA, room, reply("Ertaga", question)).await);
    let shown = answer.reply_to.as_ref().expect("it is a reply");
    assert_eq!(
        (shown.id, shown.content.as_deref(), shown.sender.id),
        (question, Some("Qachon?"), AZIZ)
    );
    assert_eq!(world.get(answer.id, AZIZ).await.reply_to.as_ref(), Some(shown));
}

#[tokio::test]
async fn message_of_another_conversation_cannot_be_read_by_replying_to_it() {
    let (world, room) = World::with_room().await;
    let secret = world.say(MALIKA, world.room(MALIKA, DILNOZA, Some(BAHOR)).await, "sir").await;
    let own = world.say(AZIZ, room, "Salom").await;
    assert_eq!(code(world.send(AZIZ, room, reply("Salom", secret)).await), "invalid_reply");
    assert_eq!(
        code(world.send(DILNOZA, room, reply("Salom", secret)).await),
        "invalid_reply",
        "the reader of both conversations is refused, too"
    );
    assert_eq!(
        code(world.send(AZIZ, room, reply("Salom", MessageId(9999))).await),
        "invalid_reply",
        "the denial does not reveal whether it exists"
    );
    world.nothing_announced();
    assert_eq!(code(world.send(AZIZ, room, reply("Salom", own)).await), "done");
}

#[tokio::test]
async fn deleted_message_is_not_replied_to() {
    let (world, room) = World::with_room().await;
    let question = world.say(AZIZ, room, "Qachon?").await;
    assert_eq!(code(world.send(DILNOZA, room, reply("Ertaga", question)).await), "done");
    world
        .messaging
        .delete(MessageTarget::anywhere(AZIZ, question))
        .await
        .expect("it is his");
    world.bus.take();
    assert_eq!(code(world.send(DILNOZA, room, reply("Indinga", question)).await), "invalid_reply");
    world.nothing_announced();
}

#[tokio::test]
async fn message_that_is_blank_or_holds_nul_or_is_too_long_is_refused_and_not_shortened() {
    let world = World::under(Policy {
        content_chars: 5,
        ..Policy::default()
    })
    .await;
    let room = world.room(AZIZ, DILNOZA, Some(NUR)).await;
    for (text, refusal) in [
        ("", "empty_message"),
        (" \n\t", "empty_message"),
        ("sa\0m", "invalid_content"),
        ("salom!", "content_too_long"),
    ] {
        assert_eq!(code(world.send(AZIZ, room, new_message(text)).await), refusal, "{text:?}");
    }
    assert_eq!(code(world.send(AZIZ, room, nothing()).await), "empty_message");
    world.nothing_announced();
    assert_eq!(
        new(world.send(AZIZ, room, new_message("салом")).await).seq,
        Seq(1),
        "refused messages take no seq"
    );
}

#[tokio::test]
async fn seqs_and_ids_grow_together_without_gaps() {
    let world = World::new().await;
    let room = world.open(RUSTAM, &[DILNOZA, AZIZ], None).await.expect("a superadmin may").id();
    let mut sent = Vec::new();
    for actor in [RUSTAM, DILNOZA, AZIZ].into_iter().cycle().take(30) {
        sent.push(new(world.send(actor, room, new_message("Salom")).await));
    }
    assert!(sent.iter().map(|message| message.seq).eq((1..=30).map(Seq)));
    assert!(sent.is_sorted_by(|one, next| one.id < next.id));
}
