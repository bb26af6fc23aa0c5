//! A service in memory, and short ways to use it.

use std::sync::Arc;

use crate::{
    conversation::Inbox,
    event::{Body, Event},
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::{ChangeKind, ClientId, Message},
    messaging::{Error, Messaging, OpenRequest, SendMessage, Sent},
    people::{DirectoryDocument, Person, Subscription},
    policy::Policy,
    ports::{DirectoryFeed as _, Fed, Messages, Opened},
    rules::sending::Wish,
    testing::{
        builders::{AZIZ, DILNOZA, NUR, community, someone},
        fakes::{FakeBlobs, FakeBus, FakeLimiter, FakePresence, FakeStore, FixedClock},
    },
};

/// The people of the builders, and everything that they say.
pub(super) struct World {
    pub(super) messaging: Messaging,
    pub(super) store: FakeStore,
    pub(super) bus: FakeBus,
    pub(super) blobs: FakeBlobs,
    pub(super) clock: FixedClock,
    pub(super) presence: FakePresence,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::under(Policy::default()).await
    }

    pub(super) async fn under(policy: Policy) -> Self {
        let (store, bus, clock) = (FakeStore::default(), FakeBus::default(), FixedClock::default());
        let presence = FakePresence::new(clock.clone());
        assert_eq!(store.import(community()).await.expect("the store works"), Fed::Done);
        let shared = Arc::new(store.clone());
        let blobs = FakeBlobs::new(clock.clone());
        let messaging = Messaging {
            directory: shared.clone(),
            conversations: shared.clone(),
            messages: shared.clone(),
            receipts: shared,
            presence: Arc::new(presence.clone()),
            blobs: Arc::new(blobs.clone()),
            bus: Arc::new(bus.clone()),
            limiter: Arc::new(FakeLimiter::default()),
            clock: Arc::new(clock.clone()),
            policy: Arc::new(policy),
        };
        Self {
            messaging,
            store,
            bus,
            blobs,
            clock,
            presence,
        }
    }

    /// With a conversation that Aziz, who follows Nur, opened with its admin Dilnoza.
    pub(super) async fn with_room() -> (Self, ConversationId) {
        let world = Self::new().await;
        let room = world.room(AZIZ, DILNOZA, Some(NUR)).await;
        (world, room)
    }

    /// A conversation of two; forgets what was announced of it.
    pub(super) async fn room(&self, opener: UserId, target: UserId, confession: Option<ConfessionId>) -> ConversationId {
        let room = self.open(opener, &[target], confession).await.expect("they may talk").id();
        self.bus.take();
        room
    }

    pub(super) async fn open(&self, actor: UserId, targets: &[UserId], confession: Option<ConfessionId>) -> Result<Opened, Error> {
        self.messaging
            .open(
                actor,
                OpenRequest {
                    targets: targets.to_vec(),
                    confession,
                },
            )
            .await
    }

    pub(super) async fn send(&self, actor: UserId, conversation: ConversationId, wish: Wish) -> Result<Sent, Error> {
        self.messaging.send(actor, SendMessage { conversation, wish }).await
    }

    /// Sends a text; forgets what was announced of it.
    pub(super) async fn say(&self, actor: UserId, conversation: ConversationId, text: &str) -> MessageId {
        let sent = self.send(actor, conversation, wish(text)).await;
        self.bus.take();
        new(sent).id
    }

    /// The message as this participant gets it; forgets what was announced of it.
    pub(super) async fn get(&self, id: MessageId, viewer: UserId) -> Message {
        Messages::get(&self.store, id, viewer)
            .await
            .expect("the store works")
            .expect("they take part")
    }

    pub(super) async fn import(&self, document: DirectoryDocument) {
        assert_eq!(self.store.import(document).await.expect("the store works"), Fed::Done);
    }

    pub(super) async fn unfollow(&self, user: UserId, confession: ConfessionId) {
        self.store
            .unfollow(Subscription { user, confession })
            .await
            .expect("the store works");
    }

    pub(super) async fn deactivate(&self, id: UserId) {
        let users = vec![Person {
            is_active: false,
            ..someone(id)
        }];
        self.import(DirectoryDocument {
            users,
            ..DirectoryDocument::default()
        })
        .await;
    }

    /// The only event since the last look: to whom, how the message changed, the message, and what lists show.
    pub(super) fn announced(&self) -> (Vec<UserId>, ChangeKind, Arc<Message>, Arc<Inbox>) {
        match self.only_event() {
            Event {
                to,
                body: Body::Message { kind, message, inbox },
            } => (to, kind, message, inbox),
            other => panic!("{other:?} is no change of a message"),
        }
    }

    pub(super) fn only_event(&self) -> Event {
        let mut events = self.bus.take();
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    #[track_caller]
    pub(super) fn nothing_announced(&self) {
        assert_eq!(self.bus.take(), []);
    }
}

pub(super) fn wish(text: &str) -> Wish {
    Wish {
        content: Some(text.to_owned()),
        ..Wish::default()
    }
}

pub(super) fn named(text: &str, client_id: &ClientId) -> Wish {
    Wish {
        client_id: Some(client_id.clone()),
        ..wish(text)
    }
}

pub(super) fn reply(text: &str, to: MessageId) -> Wish {
    Wish {
        reply_to: Some(to),
        ..wish(text)
    }
}

#[track_caller]
pub(super) fn new(sent: Result<Sent, Error>) -> Arc<Message> {
    match sent {
        Ok(Sent::New(message)) => message,
        other => panic!("{other:?} is no new message"),
    }
}

#[track_caller]
pub(super) fn code<T>(result: Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(error) => error.code(),
    }
}
