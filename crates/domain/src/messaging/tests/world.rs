//! A service in memory, with shortcuts for the acts of tests.

use std::sync::Arc;

use crate::{
    conversation::{ConversationSummary, OpenRequest},
    event::{Body, Event},
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::{ChangeKind, ClientId, Message, NewMessage},
    messaging::{Actor, Error, Marking, Messaging, Ports},
    people::{DirectoryDocument, Person, Subscription},
    policy::Policy,
    ports::{DirectoryWriter as _, ImportOutcome, Messages, Opened, SendOutcome},
    testing::{
        builders::{AZIZ, DILNOZA, NUR, community, epoch, someone, store_id},
        fakes::{FakeBlobs, FakeBus, FakeDeliveries, FakeIndex, FakeLimiter, FakePresence, FakeStore, FakeUnconfirmed, FixedClock},
    },
};

/// The service with the people of the builders.
pub(super) struct World {
    pub(super) messaging: Messaging,
    pub(super) store: FakeStore,
    pub(super) bus: FakeBus,
    pub(super) blobs: FakeBlobs,
    pub(super) clock: FixedClock,
    pub(super) presence: FakePresence,
    pub(super) unconfirmed: FakeUnconfirmed,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::under(Policy::default()).await
    }

    pub(super) async fn under(policy: Policy) -> Self {
        let (store, bus, clock) = (FakeStore::default(), FakeBus::default(), FixedClock::default());
        let (presence, unconfirmed) = (FakePresence::new(clock.clone()), FakeUnconfirmed::default());
        assert!(matches!(
            store.import(community()).await.expect("the store works"),
            ImportOutcome::Done(_)
        ));
        let shared = Arc::new(store.clone());
        let blobs = FakeBlobs::new(clock.clone());
        let messaging = Messaging::new(Ports {
            directory: shared.clone(),
            conversations: shared.clone(),
            messages: shared.clone(),
            searchable: shared.clone(),
            settings: shared.clone(),
            index: Arc::new(FakeIndex::default()),
            receipts: shared.clone(),
            deliveries: Arc::new(FakeDeliveries::new(Marking {
                receipts: shared,
                bus: Arc::new(bus.clone()),
                clock: Arc::new(clock.clone()),
            })),
            presence: Arc::new(presence.clone()),
            blobs: Arc::new(blobs.clone()),
            bus: Arc::new(bus.clone()),
            unconfirmed: Arc::new(unconfirmed.clone()),
            limiter: Arc::new(FakeLimiter::default()),
            clock: Arc::new(clock.clone()),
            policy: Arc::new(policy),
            epoch: epoch(),
            store: store_id(),
        });
        Self {
            messaging,
            store,
            bus,
            blobs,
            clock,
            presence,
            unconfirmed,
        }
    }

    /// A service with a conversation that Aziz, who follows Nur, opened with its admin Dilnoza.
    pub(super) async fn with_room() -> (Self, ConversationId) {
        let world = Self::new().await;
        let room = world.room(AZIZ, DILNOZA, Some(NUR)).await;
        (world, room)
    }

    /// Opens a conversation of two, and drops its events.
    pub(super) async fn room(&self, opener: UserId, target: UserId, confession: Option<ConfessionId>) -> ConversationId {
        let room = self.open(opener, &[target], confession).await.expect("they may talk").id();
        self.bus.take();
        room
    }

    pub(super) async fn actor(&self, id: UserId) -> Actor {
        self.messaging.actor(id).await.expect("an active account")
    }

    pub(super) async fn open(&self, actor: UserId, targets: &[UserId], confession: Option<ConfessionId>) -> Result<Opened, Error> {
        self.messaging
            .open(OpenRequest {
                actor,
                targets: targets.to_vec(),
                confession,
            })
            .await
    }

    /// Sends this message for `sender`.
    pub(super) async fn send(&self, sender: UserId, conversation: ConversationId, message: NewMessage) -> Result<SendOutcome, Error> {
        let message = NewMessage {
            sender,
            conversation,
            ..message
        };
        self.messaging.send(message).await
    }

    /// Sends a text, and drops its event.
    pub(super) async fn say(&self, actor: UserId, conversation: ConversationId, text: &str) -> MessageId {
        let sent = self.send(actor, conversation, new_message(text)).await;
        self.bus.take();
        new(sent).id
    }

    /// The message as this participant gets it; drops the events of the delivery.
    pub(super) async fn get(&self, id: MessageId, viewer: UserId) -> Message {
        Messages::get(&self.store, id, viewer)
            .await
            .expect("the store works")
            .expect("they take part")
    }

    pub(super) async fn import(&self, document: DirectoryDocument) {
        assert!(matches!(
            self.store.import(document).await.expect("the store works"),
            ImportOutcome::Done(_)
        ));
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

    /// The only event since the last call: its recipients, the kind of change, the message, and the conversation as lists show it.
    pub(super) fn announced(&self) -> (Vec<UserId>, ChangeKind, Arc<Message>, Arc<ConversationSummary>) {
        match self.only_event() {
            Event {
                to,
                body: Body::Message { kind, message, summary },
            } => (to, kind, message, summary),
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

/// A message without content and files; [`World::send`] sets the sender.
pub(super) fn nothing() -> NewMessage {
    NewMessage::empty(UserId(0), ConversationId(0))
}

pub(super) fn new_message(text: &str) -> NewMessage {
    NewMessage {
        content: Some(text.to_owned()),
        ..nothing()
    }
}

pub(super) fn named(text: &str, client_id: &ClientId) -> NewMessage {
    NewMessage {
        client_id: Some(client_id.clone()),
        ..new_message(text)
    }
}

pub(super) fn reply(text: &str, to: MessageId) -> NewMessage {
    NewMessage {
        reply_to: Some(to),
        ..new_message(text)
    }
}

#[track_caller]
pub(super) fn new(sent: Result<SendOutcome, Error>) -> Arc<Message> {
    match sent {
        Ok(SendOutcome::New(change)) => change.message,
        other => panic!("{other:?} is no new message"),
    }
}

#[track_caller]
pub(super) fn code<T>(result: Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(Error::Denied(denial)) => denial.code().as_str(),
        Err(Error::RateLimited { .. }) => "rate_limited",
        Err(Error::Store(_) | Error::Files(_)) => "unavailable",
    }
}
