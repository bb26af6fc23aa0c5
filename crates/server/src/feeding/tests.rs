use std::{
    io::{self, Write},
    sync::PoisonError,
};

use domain::{
    conversation::NewConversation,
    event::{Body, Event},
    id::{ConversationId, UserId},
    messaging::{Marking, Messaging, Ports},
    people::{Person, Role},
    policy::Policy,
    ports::{DirectoryWriter as _, Presence as _, SocketId},
    testing::{
        builders::{BAHOR, DILNOZA, MALIKA, at, community, epoch, follows, someone, store_id},
        conformance::{Works as _, silent},
        direct::DirectConversations as _,
        fakes::{FakeBlobs, FakeBus, FakeDeliveries, FakeIndex, FakeLimiter, FakePresence, FakeStore, FakeUnconfirmed, FixedClock},
    },
};

use super::*;

/// Malika, who is online, and Dilnoza talk in Bahor, which Malika does not follow any more.
struct World {
    store: FakeStore,
    bus: FakeBus,
    feeding: FeedingTasks,
    conversation: ConversationId,
}

impl World {
    async fn new() -> Self {
        let (store, bus, clock) = (FakeStore::default(), FakeBus::default(), FixedClock::default());
        store.import(community()).await.works();
        store.unfollow(follows(MALIKA, BAHOR)).await.works();
        let mut participants = vec![MALIKA, DILNOZA];
        participants.sort();
        let conversation = NewConversation {
            participants,
            confession: Some(BAHOR),
            opened_by: MALIKA,
            opened_by_staff: false,
            at: at(0),
        };
        let conversation = store.create(conversation, silent()).await.works().id();
        let presence = FakePresence::new(clock.clone());
        presence.join(MALIKA, SocketId(1), at(0)).await.works();
        let shared = Arc::new(store.clone());
        let turns = DirectoryTurns::on(&"sqlite://unused.db".parse().expect("a URL"));
        let messaging = Messaging::new(Ports {
            directory: shared.clone(),
            conversations: shared.clone(),
            messages: shared.clone(),
            searchable: shared.clone(),
            settings: shared.clone(),
            index: Arc::new(FakeIndex::default()),
            receipts: shared.clone(),
            deliveries: Arc::new(FakeDeliveries::new(Marking {
                receipts: shared.clone(),
                bus: Arc::new(bus.clone()),
                clock: Arc::new(clock.clone()),
            })),
            presence: Arc::new(presence),
            blobs: Arc::new(FakeBlobs::new(clock.clone())),
            bus: Arc::new(bus.clone()),
            unconfirmed: Arc::new(FakeUnconfirmed::default()),
            limiter: Arc::new(FakeLimiter::default()),
            clock: Arc::new(clock),
            policy: Arc::new(Policy::default()),
            epoch: epoch(),
            store: store_id(),
        });
        Self {
            store,
            bus,
            feeding: FeedingTasks::new(DirectoryFeeding::new(shared, messaging), turns),
            conversation,
        }
    }

    /// Imports a document as another process does.
    async fn import_beside(&self, document: DirectoryDocument) {
        let outcome = self.store.import_with_note(document).await.works();
        assert!(matches!(outcome, ImportOutcome::Done(_)), "{outcome:?}");
    }

    /// The events that Malika received about her access since the last call.
    fn events(&self) -> Vec<Event> {
        let mut events = self.bus.take();
        events.retain(|event| matches!(event.body, Body::Access { .. }));
        events
    }

    fn may_send(&self) -> Event {
        Event {
            to: vec![MALIKA],
            body: Body::Access {
                conversation: self.conversation,
                cannot_send: None,
                can_pin: false,
            },
        }
    }
}

fn in_role(user: UserId, role: Role) -> DirectoryDocument {
    DirectoryDocument {
        users: vec![Person { role, ..someone(user) }],
        ..DirectoryDocument::default()
    }
}

fn following_bahor() -> DirectoryDocument {
    DirectoryDocument {
        subscriptions: vec![follows(MALIKA, BAHOR)],
        ..DirectoryDocument::default()
    }
}

#[tokio::test]
async fn imports_are_announced_once() {
    let world = World::new().await;
    world.import_beside(following_bahor()).await;
    world.feeding.publish_imports().await;
    assert_eq!(world.events(), [world.may_send()]);
    world.feeding.publish_imports().await;
    assert_eq!(world.events(), []);
}

/// Each of the two changes would have opened the conversation alone, so that undoing only one of them closes nothing.
#[tokio::test]
async fn consecutive_imports_are_announced_by_their_net_effect() {
    let world = World::new().await;
    world.import_beside(in_role(MALIKA, Role::Admin)).await;
    world.import_beside(following_bahor()).await;
    world.feeding.publish_imports().await;
    assert_eq!(world.events(), [world.may_send()]);
}

#[tokio::test]
async fn a_change_over_http_is_announced_with_the_imports_before_it() {
    let world = World::new().await;
    world.import_beside(in_role(MALIKA, Role::Admin)).await;
    world.feeding.import(following_bahor()).await.expect("the store works");
    assert_eq!(world.events(), [world.may_send()]);
    world.feeding.publish_imports().await;
    assert_eq!(world.events(), []);
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    fn count(&self, words: &str) -> usize {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).matches(words).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_failing_store_is_logged_once_and_retried_until_it_works() {
    let (world, log) = (World::new().await, Log::default());
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (failing, working) = (
        "the changes of imports could not be read",
        "the changes of imports can be read again",
    );
    world.import_beside(following_bahor()).await;
    for outage in 1..=2 {
        world.store.fail_with_busy(true);
        for _ in 0..3 {
            world.feeding.publish_imports().await;
        }
        assert_eq!((log.count(failing), log.count(working)), (outage, outage - 1));
        world.store.fail_with_busy(false);
        for _ in 0..3 {
            world.feeding.publish_imports().await;
        }
        assert_eq!((log.count(failing), log.count(working)), (outage, outage));
    }
    assert_eq!(world.events(), [world.may_send()]);
}
