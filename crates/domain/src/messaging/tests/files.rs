//! Messages with files: the objects in the store, access to files, and the sweep.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;

use super::world::{World, code, named, new_message, nothing};
use crate::{
    attachment::{NewAttachment, Thumbnail},
    id::{AttachmentId, ConversationId, UserId},
    identity::StoreId,
    message::{ClientId, NewMessage},
    messaging::{
        DELETED_FILES_DAYS, Error, MessageTarget, Messaging, ObjectsOwner, Ports, SET_ASIDE_SECONDS, StoredObjects, Sweep, SweepStopped,
        Swept,
    },
    ports::{Blobs as _, SendOutcome},
    testing::builders::{AZIZ, BAHOR, DILNOZA, MALIKA, NUR, RUSTAM, a_file, at, client_id, store_id},
};

impl World {
    /// Stores an object, as an upload does.
    async fn object(&self, key: &str) {
        let mut writer = self.blobs.create(key).await.expect("the store works");
        writer.write(Bytes::from_static(b"bytes")).await.expect("the store works");
        writer.finish().await.expect("the store works");
    }

    /// A file with a thumbnail, both stored.
    async fn file(&self, key: &str) -> NewAttachment {
        let small = format!("{key}.small");
        self.object(key).await;
        self.object(&small).await;
        NewAttachment {
            thumbnail: Some(Thumbnail {
                key: small,
                mime_type: "image/webp".to_owned(),
            }),
            ..a_file(key)
        }
    }

    async fn send_file(
        &self,
        actor: UserId,
        conversation: ConversationId,
        key: &str,
        new_message: NewMessage,
    ) -> Result<SendOutcome, Error> {
        let message = NewMessage {
            sender: actor,
            conversation,
            ..new_message
        };
        let mut session = self.messaging.upload(actor).await?;
        session.attach(self.file(key).await, Box::new(Objects::default()));
        self.messaging.send_with_files(session, message).await
    }

    async fn opens(&self, id: AttachmentId, viewer: Option<UserId>) -> bool {
        self.messaging.file(id, viewer).await.expect("the store works").is_some()
    }
}

/// Objects that tell whether they were claimed.
#[derive(Clone, Default)]
pub(super) struct Objects(Arc<AtomicBool>);

impl StoredObjects for Objects {
    fn claim(self: Box<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn once() -> ClientId {
    client_id("once")
}

#[tokio::test]
async fn files_stay_with_their_message() {
    let (world, room) = World::with_room().await;
    assert_eq!(code(world.send_file(AZIZ, room, "aa/1", new_message("mana")).await), "done");
    assert_eq!(world.blobs.keys(), ["aa/1", "aa/1.small"]);
    let (_, _, message, summary) = world.announced();
    assert_eq!(message.attachments.len(), 1);
    assert!(summary.preview.as_ref().is_some_and(|preview| preview.has_attachments));
}

#[tokio::test]
async fn objects_are_claimed_by_sending_and_given_up_by_abandoning() {
    let (world, room) = World::with_room().await;
    let message = NewMessage {
        sender: AZIZ,
        conversation: room,
        ..new_message("mana")
    };
    for (key, abandons) in [("aa/1", true), ("aa/2", false)] {
        let objects = Objects::default();
        let mut session = world.messaging.upload(AZIZ).await.expect("there is room");
        session.attach(world.file(key).await, Box::new(objects.clone()));
        if abandons {
            session.abandon().await;
        } else {
            world.messaging.send_with_files(session, message.clone()).await.expect("allowed");
        }
        assert_eq!(objects.0.load(Ordering::Relaxed), !abandons);
        assert_eq!(Arc::strong_count(&objects.0), 1, "nobody holds them any more");
    }
}

#[tokio::test]
async fn files_of_a_message_that_is_refused_are_deleted() {
    let (world, room) = World::with_room().await;
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(
        code(world.send_file(AZIZ, room, "aa/1", new_message("mana")).await),
        "not_subscribed"
    );
    assert_eq!(
        code(world.send_file(MALIKA, room, "aa/2", new_message("mana")).await),
        "conversation_not_found"
    );
    assert_eq!(world.blobs.keys(), Vec::<String>::new());
    world.nothing_announced();
}

#[tokio::test]
async fn a_repeat_keeps_the_files_of_the_first_message_and_deletes_its_own() {
    let (world, room) = World::with_room().await;
    let first = world.send_file(AZIZ, room, "aa/1", named("mana", &once())).await;
    let Ok(SendOutcome::New(first)) = first else { panic!("{first:?}") };
    let again = world.send_file(AZIZ, room, "aa/2", named("mana", &once())).await;
    assert_eq!(again.ok(), Some(SendOutcome::AlreadySent(first.message.id)));
    let elsewhere = world.room(RUSTAM, AZIZ, None).await;
    assert_eq!(
        code(world.send_file(AZIZ, elsewhere, "aa/3", named("mana", &once())).await),
        "client_id_conflict"
    );
    assert_eq!(world.blobs.keys(), ["aa/1", "aa/1.small"]);
}

#[tokio::test]
async fn files_of_a_message_in_doubt_are_left_to_the_sweep() {
    let (world, room) = World::with_room().await;
    world.store.fail_with_busy(true);
    assert_eq!(code(world.send_file(AZIZ, room, "aa/1", new_message("mana")).await), "unavailable");
    assert_eq!(world.blobs.keys(), ["aa/1", "aa/1.small"]);
    world.store.fail_with_busy(false);
    world.clock.advance(3601);
    let room = world.room(RUSTAM, AZIZ, None).await;
    for number in 0..10 {
        assert_eq!(
            code(world.send_file(AZIZ, room, &format!("bb/{number}"), new_message("mana")).await),
            "done"
        );
    }
    assert_eq!(done(world.messaging.sweep().await).orphans, 2);
}

#[tokio::test]
async fn a_denied_message_is_refused_before_its_files_are_received() {
    let (world, room) = World::with_room().await;
    let precheck = async |sender, conversation, message| {
        let message = NewMessage {
            sender,
            conversation,
            ..message
        };
        let session = world.messaging.upload(sender).await?;
        session.precheck(message).await
    };
    assert_eq!(
        precheck(AZIZ, room, nothing()).await.ok(),
        Some(None),
        "without a text: there will be files"
    );
    assert_eq!(code(precheck(MALIKA, room, nothing()).await), "conversation_not_found");
    assert_eq!(
        code(precheck(AZIZ, room, new_message(&"x".repeat(10_001))).await),
        "content_too_long"
    );
    assert_eq!(
        code(precheck(AZIZ, room, super::world::reply("x", crate::id::MessageId(999))).await),
        "invalid_reply"
    );
    let sent = world.send(AZIZ, room, named("salom", &once())).await;
    let Ok(SendOutcome::New(sent)) = sent else { panic!("{sent:?}") };
    assert_eq!(precheck(AZIZ, room, named("", &once())).await.ok(), Some(Some(sent.message.id)));
    let other = world.room(MALIKA, DILNOZA, Some(BAHOR)).await;
    assert_eq!(code(precheck(AZIZ, other, named("", &once())).await), "conversation_not_found");
    world.unfollow(AZIZ, NUR).await;
    assert_eq!(code(precheck(AZIZ, room, nothing()).await), "not_subscribed");
    world.deactivate(AZIZ).await;
    assert_eq!(code(precheck(AZIZ, room, nothing()).await), "token_invalid");
}

#[tokio::test]
async fn files_open_to_participants_and_by_links_until_the_message_is_deleted() {
    let (world, room) = World::with_room().await;
    let sent = world.send_file(AZIZ, room, "aa/1", nothing()).await;
    let Ok(SendOutcome::New(sent)) = sent else { panic!("{sent:?}") };
    let file = sent.message.attachments[0].id;
    for viewer in [Some(AZIZ), Some(DILNOZA), None] {
        assert!(world.opens(file, viewer).await, "{viewer:?}");
    }
    for stranger in [MALIKA, RUSTAM] {
        assert!(!world.opens(file, Some(stranger)).await, "{stranger}");
    }
    world.unfollow(AZIZ, NUR).await;
    assert!(world.opens(file, Some(AZIZ)).await, "history stays readable");
    world
        .messaging
        .delete(MessageTarget::anywhere(AZIZ, sent.message.id))
        .await
        .expect("it is Aziz's");
    for viewer in [Some(AZIZ), Some(DILNOZA), None] {
        assert!(!world.opens(file, viewer).await, "{viewer:?}");
    }
}

fn done(swept: Result<Sweep, Error>) -> Swept {
    match swept {
        Ok(Sweep::Done(swept)) => swept,
        other => panic!("the sweep was not done: {other:?}"),
    }
}

#[track_caller]
fn stopped(swept: Result<Sweep, Error>) -> SweepStopped {
    match swept {
        Ok(Sweep::Stopped(stopped)) => stopped,
        other => panic!("the sweep was not stopped: {other:?}"),
    }
}

/// This many messages with a file and a thumbnail each.
async fn with_files(files: usize) -> (World, ConversationId) {
    let (world, room) = World::with_room().await;
    for number in 0..files {
        assert_eq!(
            code(world.send_file(AZIZ, room, &format!("aa/{number}"), new_message("mana")).await),
            "done"
        );
    }
    (world, room)
}

#[tokio::test]
async fn a_sweep_sets_old_orphans_aside_and_nothing_else_and_removes_them_a_day_later() {
    let (world, room) = with_files(300).await;
    for number in 0..60 {
        world.object(&format!("bb/{number}")).await;
    }
    // A file that is stored later proves that the database is not an older copy.
    world.clock.advance(1);
    assert_eq!(code(world.send_file(AZIZ, room, "aa/last", new_message("mana")).await), "done");
    world.blobs.crash_midway();
    let kept = world.blobs.keys();
    world.clock.advance(3599);
    let expected = Swept {
        looked_at: 662,
        ..Swept::default()
    };
    assert_eq!(done(world.messaging.sweep().await), expected, "an hour is not more than an hour");
    assert_eq!(world.blobs.keys(), kept);

    world.clock.advance(2);
    world.object("cc/young").await;
    let expected = Swept {
        looked_at: 663,
        orphans: 60,
        unfinished: 1,
        ..Swept::default()
    };
    assert_eq!(done(world.messaging.sweep().await), expected);
    assert_eq!(world.blobs.keys_set_aside().len(), 60);
    assert!(world.blobs.keys_set_aside().iter().all(|key| key.starts_with("bb/")));
    assert_eq!(world.blobs.keys().len(), 603);

    world.clock.advance(SET_ASIDE_SECONDS);
    assert_eq!(code(world.send_file(AZIZ, room, "aa/tomorrow", new_message("mana")).await), "done");
    assert_eq!(done(world.messaging.sweep().await).removed, 0, "a day is not more than a day");
    world.clock.advance_micros(1);
    assert_eq!(done(world.messaging.sweep().await).removed, 60);
    assert_eq!(world.blobs.keys_set_aside(), ["cc/young"]);
}

#[tokio::test]
async fn sweeping_an_empty_store_does_nothing() {
    let (world, _) = World::with_room().await;
    assert_eq!(done(world.messaging.sweep().await), Swept::default());
    world.object("aa/young").await;
    assert_eq!(done(world.messaging.sweep().await).looked_at, 1);
}

/// The other database may be an older copy of this one or a trial instance; it may need objects that this database does not name.
#[tokio::test]
async fn a_sweep_stops_where_the_stores_do_not_belong_together() {
    let (world, _) = with_files(20).await;
    world.clock.advance(1);
    world.object("bb/newer").await;
    world.clock.advance(10_000);
    world.blobs.crash_midway();
    let kept = world.blobs.keys();
    for owner in [Some(StoreId::new("theirs")), None] {
        world.blobs.carry(owner);
        assert_eq!(stopped(world.messaging.sweep().await), SweepStopped::NotOurs);
    }
    world.blobs.carry(Some(store_id()));
    let older = SweepStopped::OlderDatabase {
        orphan: at(1),
        known: at(0),
    };
    assert_eq!(stopped(world.messaging.sweep().await), older);

    let other = World::new().await;
    let nothing = Messaging::new(Ports {
        messages: other.messaging.ports.messages.clone(),
        ..Ports::clone(&world.messaging.ports)
    });
    assert_eq!(stopped(nothing.sweep().await), SweepStopped::NothingKnown { objects: 41 });
    assert_eq!((world.blobs.keys(), world.blobs.keys_set_aside()), (kept, vec![]));
    assert_eq!(world.blobs.clear_unfinished(at(20_000)).await.ok(), Some(1), "it was left");
}

#[tokio::test]
async fn a_sweep_takes_at_most_a_tenth_of_all_files() {
    let (world, room) = with_files(8).await;
    world.object("bb/1").await;
    world.object("bb/2").await;
    world.clock.advance(1);
    assert_eq!(code(world.send_file(AZIZ, room, "aa/last", new_message("mana")).await), "done");
    world.clock.advance(7200);
    // A message's file and its thumbnail are two of twenty, so two orphans are a tenth.
    assert_eq!(done(world.messaging.sweep().await).orphans, 2);
    world.clock.advance(-7200);
    for key in ["bb/3", "bb/4"] {
        world.object(key).await;
    }
    world
        .messaging
        .ports
        .blobs
        .delete(&["aa/0".to_owned()])
        .await
        .expect("the store works");
    world.clock.advance(1);
    assert_eq!(code(world.send(AZIZ, room, new_message("salom")).await), "done");
    world.clock.advance(7200);
    let many = SweepStopped::TooMany { orphans: 2, objects: 19 };
    assert_eq!(stopped(world.messaging.sweep().await), many);
    assert!(world.blobs.keys().contains(&"bb/3".to_owned()));
}

/// A trial instance with a copy of the database set it aside.
#[tokio::test]
async fn a_file_set_aside_comes_back_if_a_message_names_it() {
    let (world, _) = with_files(3).await;
    let kept = world.blobs.keys();
    world
        .blobs
        .set_aside(&["aa/1".to_owned(), "aa/1.small".to_owned()])
        .await
        .expect("it works");
    world.clock.advance(2 * SET_ASIDE_SECONDS);
    let swept = done(world.messaging.sweep().await);
    assert_eq!((swept.put_back, swept.removed), (2, 0));
    assert_eq!((world.blobs.keys(), world.blobs.keys_set_aside()), (kept, vec![]));
}

#[tokio::test]
async fn files_of_a_deleted_message_are_removed_after_thirty_days() {
    let (world, room) = with_files(10).await;
    for key in ["bb/1", "bb/2"] {
        let sent = world.send_file(AZIZ, room, key, new_message("mana")).await;
        let Ok(SendOutcome::New(sent)) = sent else { panic!("{sent:?}") };
        world
            .messaging
            .delete(MessageTarget::anywhere(AZIZ, sent.message.id))
            .await
            .expect("it is Aziz's");
    }
    world.clock.advance(DELETED_FILES_DAYS * 86_400);
    assert_eq!(
        done(world.messaging.sweep().await).deleted,
        0,
        "thirty days are not more than thirty days"
    );
    world.clock.advance(1);
    let swept = done(world.messaging.sweep().await);
    assert_eq!((swept.deleted, swept.orphans), (2, 0), "a tenth of all files at once");
    assert_eq!(done(world.messaging.sweep().await).deleted, 2, "and the rest the next time");
    assert_eq!(world.blobs.keys_set_aside(), ["bb/1", "bb/1.small", "bb/2", "bb/2.small"]);
    world.clock.advance(SET_ASIDE_SECONDS + 1);
    let swept = done(world.messaging.sweep().await);
    assert_eq!((swept.removed, swept.put_back), (4, 0));
    assert_eq!(world.blobs.keys().len(), 20);
}

#[tokio::test]
async fn a_sweep_removes_nothing_when_the_keys_in_use_cannot_be_read() {
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

#[tokio::test]
async fn an_object_store_gets_the_id_of_the_database_only_if_it_belongs_to_it() {
    let theirs = || Some(StoreId::new("theirs"));
    // The object store is empty, and the database knows no files.
    let (world, room) = World::with_room().await;
    assert_eq!(world.messaging.claim_objects().await.ok(), Some(ObjectsOwner::Ours));
    world.blobs.carry(None);
    assert_eq!(world.messaging.claim_objects().await.ok(), Some(ObjectsOwner::Claimed));
    world.blobs.carry(theirs());
    assert_eq!(world.messaging.claim_objects().await.ok(), Some(ObjectsOwner::Foreign));
    // The object store holds files of another service.
    world.blobs.carry(Some(store_id()));
    world.object("zz/1").await;
    world.blobs.carry(None);
    assert_eq!(world.messaging.claim_objects().await.ok(), Some(ObjectsOwner::Unknown));
    // The object store was made before stores carried ids.
    world.blobs.carry(Some(store_id()));
    for number in 0..3 {
        assert_eq!(
            code(world.send_file(AZIZ, room, &format!("aa/{number}"), new_message("mana")).await),
            "done"
        );
    }
    world.messaging.ports.blobs.delete(&["aa/0".to_owned()]).await.expect("it works");
    world.blobs.carry(None);
    assert_eq!(
        world.messaging.claim_objects().await.ok(),
        Some(ObjectsOwner::Adopted),
        "one is lost"
    );
    assert_eq!(world.blobs.owner().await.ok(), Some(Some(store_id())));
    // The volume is not mounted.
    world.blobs.delete(&world.blobs.keys()).await.expect("it works");
    world.blobs.carry(None);
    assert_eq!(world.messaging.claim_objects().await.ok(), Some(ObjectsOwner::Missing));
    assert_eq!(world.blobs.owner().await.ok(), Some(None));
    world.blobs.fail(true);
    assert_eq!(code(world.messaging.claim_objects().await), "unavailable");
}
