//! A node on the fakes, and devices that drive their sessions as the service does.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use domain::{
    conversation::OpenRequest,
    id::{ConfessionId, ConversationId, MessageId, UserId},
    message::NewMessage,
    messaging::{Messaging, Ports},
    people::{DirectoryDocument, Person},
    policy::Policy,
    ports::{Clock, DirectoryWriter, ImportOutcome, SendOutcome},
    testing::{
        builders::{at, community, epoch, someone, store_id},
        conformance::Works as _,
        fakes::{FakeBlobs, FakeBus, FakeIndex, FakeLimiter, FakeStore},
    },
    time::Timestamp,
};
use protocol::{close::CloseCode, render::Links};
use realtime::{
    bus::{MemoryBus, MemorySubscriber},
    delivery::DeliveryGathering,
    hub::{Hub, JoinError, SocketHandle},
    observed::Observed,
    presence::MemoryPresence,
    session::{Output, Scope, Session},
    timings::Timings,
    unconfirmed::UnconfirmedActs,
};
use serde_json::Value;
use tokio::time::Instant;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const SOCKETS_PER_USER: usize = 20;

/// The time of the paused runtime as a wall clock.
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        at(0).plus_micros(i64::try_from(self.0.elapsed().as_micros()).expect("tests are short"))
    }
}

struct NoLinks;

impl Links for NoLinks {
    fn file(&self, _: &domain::attachment::Attachment) -> String {
        String::new()
    }

    fn thumbnail(&self, _: &domain::attachment::Attachment) -> Option<String> {
        None
    }
}

pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) messaging: Messaging,
    pub(crate) store: FakeStore,
    ports: Ports,
}

/// A store with the standard community.
async fn inhabited() -> FakeStore {
    let store = FakeStore::default();
    assert!(matches!(store.import(community()).await.works(), ImportOutcome::Done(_)));
    store
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_bus(MemoryBus::CAPACITY).await
    }

    pub(crate) async fn with_bus(capacity: usize) -> Self {
        let (bus, [subscriber]) = MemoryBus::of_nodes(capacity);
        let store = inhabited().await;
        Self::node(1, store, bus, subscriber, Arc::new(MemoryPresence::new(&Timings::default())))
    }

    /// Two nodes with one store and one bus.
    pub(crate) async fn two_nodes() -> [Self; 2] {
        let (bus, [first, second]) = MemoryBus::of_nodes(MemoryBus::CAPACITY);
        let (store, presence) = (inhabited().await, Arc::new(MemoryPresence::new(&Timings::default())));
        [
            Self::node(1, store.clone(), bus.clone(), first, presence.clone()),
            Self::node(2, store, bus, second, presence),
        ]
    }

    fn node(number: u64, store: FakeStore, bus: MemoryBus, subscriber: MemorySubscriber, presence: Arc<MemoryPresence>) -> Self {
        let timings = Timings::default();
        let delivery = Arc::new(DeliveryGathering::new(timings.fetch_patience));
        let shared = Arc::new(store.clone());
        let unconfirmed = Arc::new(UnconfirmedActs::default());
        let ports = Ports {
            directory: shared.clone(),
            conversations: shared.clone(),
            messages: shared.clone(),
            searchable: shared.clone(),
            settings: shared.clone(),
            index: Arc::new(FakeIndex::default()),
            receipts: shared,
            presence,
            deliveries: delivery.clone(),
            blobs: Arc::new(FakeBlobs::default()),
            bus: Arc::new(bus),
            unconfirmed: unconfirmed.clone(),
            limiter: Arc::new(FakeLimiter::default()),
            clock: Arc::new(PausedClock(Instant::now())),
            policy: Arc::new(Policy::default()),
            epoch: epoch(),
            store: store_id(),
        };
        let messaging = Messaging::new(ports.clone());
        let observed = Observed::new(messaging.clone());
        tokio::spawn(async move { unconfirmed.run(&observed).await });
        let hub = Hub::new(
            number,
            Observed::new(messaging.clone()),
            Arc::new(subscriber),
            delivery,
            Arc::new(|_: &str| Box::new(NoLinks) as Box<dyn Links>),
            timings,
            SOCKETS_PER_USER,
        );
        hub.start();
        Self {
            hub,
            messaging,
            store,
            ports,
        }
    }

    /// The use cases on the same store, whose events reach nobody.
    pub(crate) fn without_bus(&self) -> Messaging {
        Messaging::new(Ports {
            bus: Arc::new(FakeBus::default()),
            ..self.ports.clone()
        })
    }

    pub(crate) async fn room(&self, actor: UserId, target: UserId, confession: ConfessionId) -> ConversationId {
        let request = OpenRequest {
            actor,
            targets: vec![target],
            confession: Some(confession),
        };
        self.messaging.open(request).await.expect("a conversation that may be opened").id()
    }

    pub(crate) async fn say(&self, sender: UserId, room: ConversationId, text: &str) -> MessageId {
        send(&self.messaging, sender, room, text).await
    }

    pub(crate) async fn device(&self, user: UserId, scope: Scope) -> Device {
        // Events from before reach only the sockets that are open already.
        let_others_run().await;
        Device::join(self.hub.open(user, scope, "").await.expect("an accepted socket"))
            .await
            .expect("a joined socket")
    }

    pub(crate) async fn deactivate(&self, user: UserId) {
        let users = vec![Person {
            is_active: false,
            ..someone(user)
        }];
        let document = DirectoryDocument {
            users,
            ..DirectoryDocument::default()
        };
        assert!(matches!(self.store.import(document).await.works(), ImportOutcome::Done(_)));
    }
}

pub(crate) async fn send(messaging: &Messaging, sender: UserId, conversation: ConversationId, text: &str) -> MessageId {
    let message = NewMessage {
        content: Some(text.to_owned()),
        ..NewMessage::empty(sender, conversation)
    };
    match messaging.send(message).await.expect("a message that may be sent") {
        SendOutcome::New(change) => change.message.id,
        SendOutcome::AlreadySent(id) => id,
    }
}

/// Lets the tasks of the node run.
async fn let_others_run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A socket and its client.
pub(crate) struct Device {
    handle: SocketHandle,
    session: Session,
    received: VecDeque<Value>,
    pub(crate) welcome: Value,
    pub(crate) answers_pings: bool,
    pub(crate) closed: Option<CloseCode>,
}

impl Device {
    pub(crate) async fn join(handle: SocketHandle) -> Result<Self, JoinError> {
        let welcome = handle.join().await?;
        let timings = *handle.hub().timings();
        let mut session = Session::new(
            "a-1".into(),
            handle.user(),
            handle.scope(),
            handle.hub().epoch(),
            &timings,
            None,
            Instant::now().into_std(),
        );
        session.welcome(&welcome);
        let mut device = Self {
            handle,
            session,
            received: VecDeque::new(),
            welcome: Value::Null,
            answers_pings: true,
            closed: None,
        };
        device.act().await;
        device.welcome = device.received.pop_front().expect("ready");
        assert_eq!(device.welcome["type"], "ready");
        Ok(device)
    }

    pub(crate) async fn say(&mut self, frame: &Value) {
        self.session.text(&frame.to_string(), Instant::now().into_std());
        self.settle().await;
    }

    /// Carries out all outputs of the session and passes it the waiting frames.
    pub(crate) async fn settle(&mut self) {
        loop {
            self.act().await;
            let_others_run().await;
            let batch = self.handle.outbox().take();
            if batch.frames.is_empty() && batch.close.is_none() && !batch.recheck_account || self.closed.is_some() {
                return;
            }
            self.session.batch(batch, Instant::now().into_std());
        }
    }

    async fn act(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Write(text) => self.received.push_back(serde_json::from_str(&text).expect("frames are JSON")),
                Output::Ping(payload) if self.answers_pings => self.session.pong(&payload, Instant::now().into_std()),
                Output::Ping(_) | Output::Pong(_) => {}
                Output::Perform(command) => {
                    let outcome = self.handle.perform(*command).await;
                    self.session.done(outcome);
                }
                Output::Delivered(mark) => self.handle.hub().delivered(mark),
                Output::Close(code) => self.closed = Some(code),
                Output::Drop => panic!("silent for too long"),
            }
        }
    }

    /// Waits for a frame, a timeout of the session, or `until`.
    async fn wait(&mut self, until: Instant) {
        let deadline = Instant::from_std(self.session.deadline()).min(until);
        tokio::select! {
            () = self.handle.outbox().filled() => {}
            () = tokio::time::sleep_until(deadline) => self.session.tick(Instant::now().into_std(), None),
        }
        self.settle().await;
    }

    /// The next frame of this type, whatever comes before it.
    pub(crate) async fn find(&mut self, kind: &str) -> Value {
        let end = Instant::now() + SECOND * 60;
        loop {
            if let Some(position) = self.received.iter().position(|frame| frame["type"] == kind) {
                return self.received.remove(position).expect("it was found there");
            }
            assert!(
                Instant::now() < end && self.closed.is_none(),
                "no {kind}, but {:?} {:?}",
                self.received,
                self.closed
            );
            self.wait(end).await;
        }
    }

    pub(crate) fn has_no(&self, kind: &str) -> bool {
        self.received.iter().all(|frame| frame["type"] != kind)
    }

    /// Discards the frames received so far.
    pub(crate) async fn drain(&mut self) {
        self.receive_for(Duration::from_millis(10)).await;
        self.received.clear();
    }

    pub(crate) async fn receives_nothing_for(&mut self, time: Duration) {
        self.receive_for(time).await;
        assert_eq!((&self.received, self.closed), (&VecDeque::new(), None));
    }

    async fn receive_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && self.closed.is_none() {
            self.wait(end).await;
        }
    }

    /// Waits for the end of the session, and returns its close code.
    pub(crate) async fn end(&mut self) -> CloseCode {
        self.receive_for(SECOND * 60).await;
        self.closed.expect("still open")
    }
}
