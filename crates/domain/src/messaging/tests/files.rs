//! Messages with files: what becomes of the objects, who opens them, and what is swept.

use bytes::Bytes;

use super::world::{World, code, named, wish};
use crate::{
    attachment::NewAttachment,
    id::{AttachmentId, ConversationId, UserId},
    message::ClientId,
    messaging::{Error, Foreseen, SendMessage, Sent, Swept},
    ports::Blobs as _,
    rules::sending::Wish,
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, RUSTAM, a_file, client_id},
};

impl World {
    /// Stores an object, as an upload does.
    async fn object(&self, key: &str) {
        let mut writer = self.blobs.create(key).await.expect("the store works");
        writer.write(Bytes::from_static(b"bytes")).await.expect("the store works");
        writer.finish().await.expect("the store works");
    }

    /// A file with a small picture, both stored.
    async fn file(&self, key: &str) -> NewAttachment {
        let small = format!("{key}.small");
        self.object(key).await;
        self.object(&small).await;
        NewAttachment {
            thumbnail_key: Some(small),
            ..a_file(key)
        }
    }

    async fn send_file(&self, actor: UserId, conversation: ConversationId, key: &str, wish: Wish) -> Result<Sent, Error> {
        let wish = Wish {
            attachments: vec![self.file(key).await],
            ..wish
        };
        self.messaging.send_with_files(actor, SendMessage { conversation, wish }).await
    }

    async fn opens(&self, id: AttachmentId, viewer: Option<UserId>) -> bool {
        self.messaging.file(id, viewer).await.expect("the store works").is_some()
    }
}

fn once() -> ClientId {
    client_id("once")
}

#[tokio::test]
async fn files_stay_with_their_message() {
    let (world, room) = World::with_room().await;
    assert_eq!(code(world.send_file(AZIZ, room, "aa/1", wish("mana")).await), "done");
    assert_eq!(world.blobs.keys(), ["aa/1", "aa/1.small"]);
    let (_, _, message, inbox) = world.announced();
    assert_eq!(message.attachments.len(), 1);
    assert!(inbox.preview.as_ref().is_some_and(|preview| preview.has_attachments));
}

#[tokio::test]
async fn files_of_a_message_that_is_refused_are_deleted() {
    let (world, room) = World::with_room().await;
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(code(world.send_file(AZIZ, room, "aa/1", wish("mana")).await), "not_subscribed");
    assert_eq!(
        code(world.send_file(MALIKA, room, "aa/2", wish("mana")).await),
        "conversation_not_found"
    );
    assert_eq!(world.blobs.keys(), Vec::<String>::new());
    world.nothing_announced();
}

#[tokio::test]
async fn a_repeat_keeps_the_files_of_the_first_message_and_deletes_its_own() {
    let (world, room) = World::with_room().await;
    let first = world.send_file(AZIZ, room, "aa/1", named("mana", &once())).await;
    let Ok(Sent::New(first)) = first else { panic!("{first:?}") };
    let again = world.send_file(AZIZ, room, "aa/2", named("mana", &once())).await;
    assert_eq!(again.ok(), Some(Sent::Already(first.id)));
    let elsewhere = world.room(RUSTAM, AZIZ, None).await;
    assert_eq!(
        code(world.send_file(AZIZ, elsewhere, "aa/3", named("mana", &once())).await),
        "client_id_conflict"
    );
    assert_eq!(world.blobs.keys(), ["aa/1", "aa/1.small"]);
}

#[tokio::test]
async fn where_nobody_knows_whether_the_message_is_stored_its_files_are_left_to_the_sweep() {
    let (world, room) = World::with_room().await;
    world.store.fail_with_busy(true);
    assert_eq!(code(world.send_file(AZIZ, room, "aa/1", wish("mana")).await), "unavailable");
    assert_eq!(world.blobs.keys(), ["aa/1", "aa/1.small"]);
    world.store.fail_with_busy(false);
    world.clock.advance(3601);
    assert_eq!(world.messaging.sweep().await.ok().map(|swept| swept.orphans), Some(2));
}

#[tokio::test]
async fn what_would_be_refused_is_refused_before_the_files_are_taken_in() {
    let (world, room) = World::with_room().await;
    let foresee = async |actor, conversation, wish| world.messaging.foresee(actor, &SendMessage { conversation, wish }).await;
    assert_eq!(
        foresee(AZIZ, room, Wish::default()).await.ok(),
        Some(Foreseen::Sendable),
        "without a text: there will be files"
    );
    assert_eq!(code(foresee(MALIKA, room, Wish::default()).await), "conversation_not_found");
    assert_eq!(code(foresee(AZIZ, room, wish(&"x".repeat(10_001))).await), "content_too_long");
    assert_eq!(
        code(foresee(AZIZ, room, super::world::reply("x", crate::id::MessageId(999))).await),
        "invalid_reply"
    );
    let sent = world.send(AZIZ, room, named("salom", &once())).await;
    let Ok(Sent::New(sent)) = sent else { panic!("{sent:?}") };
    assert_eq!(foresee(AZIZ, room, named("", &once())).await.ok(), Some(Foreseen::Already(sent.id)));
    let other = world.room(MALIKA, DILNOZA, Some(BAHOR)).await;
    assert_eq!(code(foresee(AZIZ, other, named("", &once())).await), "conversation_not_found");
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(code(foresee(AZIZ, room, Wish::default()).await), "not_subscribed");
    world.deactivate(AZIZ).await;
    assert_eq!(code(foresee(AZIZ, room, Wish::default()).await), "token_invalid");
}

#[tokio::test]
async fn files_open_to_participants_and_by_links_until_the_message_is_deleted() {
    let (world, room) = World::with_room().await;
    let sent = world.send_file(AZIZ, room, "aa/1", Wish::default()).await;
    let Ok(Sent::New(message)) = sent else { panic!("{sent:?}") };
    let file = message.attachments[0].id;
    for viewer in [Some(AZIZ), Some(DILNOZA), None] {
        assert!(world.opens(file, viewer).await, "{viewer:?}");
    }
    for stranger in [MALIKA, RUSTAM] {
        assert!(!world.opens(file, Some(stranger)).await, "{stranger}");
    }
    world.unfollow(AZIZ, NUR).await;
    assert!(world.opens(file, Some(AZIZ)).await, "history stays readable");
    world.messaging.delete(AZIZ, message.id, None).await.expect("it is Aziz's");
    for viewer in [Some(AZIZ), Some(DILNOZA), None] {
        assert!(!world.opens(file, viewer).await, "{viewer:?}");
    }
}

#[tokio::test]
async fn a_sweep_removes_old_orphans_and_nothing_else() {
    let (world, room) = World::with_room().await;
    assert_eq!(code(world.send_file(AZIZ, room, "aa/used", wish("mana")).await), "done");
    for number in 0..1200 {
        world.object(&format!("bb/{number}")).await;
    }
    world.blobs.crash_midway();
    world.clock.advance(3600);
    assert_eq!(
        world.messaging.sweep().await.ok(),
        Some(Swept::default()),
        "an hour is not more than an hour"
    );
    world.object("cc/young").await;
    world.clock.advance_micros(1);
    let swept = world.messaging.sweep().await.ok();
    assert_eq!(
        swept,
        Some(Swept {
            looked_at: 1202,
            orphans: 1200,
            unfinished: 1
        })
    );
    assert_eq!(world.blobs.keys(), ["aa/used", "aa/used.small", "cc/young"]);
}

#[tokio::test]
async fn a_sweep_deletes_nothing_when_it_cannot_ask_what_is_in_use() {
    let (world, _) = World::with_room().await;
    world.object("aa/1").await;
    world.clock.advance(7200);
    world.store.fail_with_busy(true);
    assert_eq!(code(world.messaging.sweep().await), "unavailable");
    assert_eq!(world.blobs.keys(), ["aa/1"]);
    world.store.fail_with_busy(false);
    world.blobs.fail(true);
    assert_eq!(code(world.messaging.sweep().await), "unavailable");
}
