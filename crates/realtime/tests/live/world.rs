//! A node on the fakes, and devices that drive their sessions as the service does.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use domain::{
    id::{ConfessionId, ConversationId, MessageId, UserId},
    messaging::{Messaging, OpenRequest, SendMessage, Sent},
    people::{DirectoryDocument, Person},
    policy::Policy,
    ports::{Clock, DirectoryFeed, Fed},
    rules::sending::Wish,
    testing::{
        builders::{at, community, someone},
        conformance::Works as _,
        fakes::{FakeBlobs, FakeLimiter, FakeStore},
    },
    time::Timestamp,
};
use protocol::render::Links;
use realtime::{
    bus::MemoryBus,
    close::CloseCode,
    hub::{Hub, JoinError, Seat},
    presence::MemoryPresence,
    session::{Output, Scope, Session},
    timings::Timings,
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
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_bus(MemoryBus::CAPACITY).await
    }

    pub(crate) async fn with_bus(capacity: usize) -> Self {
        let (store, timings) = (FakeStore::default(), Timings::default());
        assert_eq!(store.import(community()).await.works(), Fed::Done);
        let (bus, events) = MemoryBus::new(capacity);
        let shared = Arc::new(store.clone());
        let messaging = Messaging {
            directory: shared.clone(),
            conversations: shared.clone(),
            messages: shared.clone(),
            receipts: shared,
            presence: Arc::new(MemoryPresence::new(&timings)),
            blobs: Arc::new(FakeBlobs::default()),
            bus: Arc::new(bus),
            limiter: Arc::new(FakeLimiter::default()),
            clock: Arc::new(PausedClock(Instant::now())),
            policy: Arc::new(Policy::default()),
        };
        let hub = Hub::new(
            1,
            messaging.clone(),
            Arc::new(|_: &str| Box::new(NoLinks) as Box<dyn Links>),
            timings,
            SOCKETS_PER_USER,
        );
        hub.start(events);
        Self { hub, messaging, store }
    }

    pub(crate) async fn room(&self, actor: UserId, target: UserId, confession: ConfessionId) -> ConversationId {
        let request = OpenRequest {
            targets: vec![target],
            confession: Some(confession),
        };
        self.messaging
            .open(actor, request)
            .await
            .expect("a conversation that may be opened")
            .id()
    }

    pub(crate) async fn say(&self, sender: UserId, room: ConversationId, text: &str) -> MessageId {
        send(&self.messaging, sender, room, text).await
    }

    pub(crate) async fn device(&self, user: UserId, scope: Scope) -> Device {
        // What happened before is heard by those who were there.
        let_others_run().await;
        Device::join(self.hub.open(user, scope, "").expect("a place"))
            .await
            .expect("an acceptable socket")
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
        assert_eq!(self.store.import(document).await.works(), Fed::Done);
    }
}

pub(crate) async fn send(messaging: &Messaging, sender: UserId, conversation: ConversationId, text: &str) -> MessageId {
    let wish = Wish {
        content: Some(text.to_owned()),
        ..Wish::default()
    };
    match messaging
        .send(sender, SendMessage { conversation, wish })
        .await
        .expect("a message that may be sent")
    {
        Sent::New(message) => message.id,
        Sent::Already(id) => id,
    }
}

/// The tasks of the node get their turn.
async fn let_others_run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A socket and whoever holds it.
pub(crate) struct Device {
    seat: Seat,
    session: Session,
    heard: VecDeque<Value>,
    pub(crate) welcome: Value,
    pub(crate) answers_pings: bool,
    pub(crate) closed: Option<CloseCode>,
}

impl Device {
    pub(crate) async fn join(seat: Seat) -> Result<Self, JoinError> {
        let welcome = seat.join().await?;
        let timings = *seat.hub().timings();
        let mut session = Session::new("a-1".into(), seat.user(), seat.scope(), &timings, None, Instant::now().into_std());
        session.welcome(&welcome);
        let mut device = Self {
            seat,
            session,
            heard: VecDeque::new(),
            welcome: Value::Null,
            answers_pings: true,
            closed: None,
        };
        device.act().await;
        device.welcome = device.heard.pop_front().expect("ready");
        assert_eq!(device.welcome["type"], "ready");
        Ok(device)
    }

    pub(crate) async fn say(&mut self, frame: &Value) {
        self.session.text(&frame.to_string(), Instant::now().into_std());
        self.settle().await;
    }

    /// Does all that there is to do now.
    pub(crate) async fn settle(&mut self) {
        loop {
            self.act().await;
            let_others_run().await;
            let batch = self.seat.outbox().take();
            if batch.frames.is_empty() && batch.close.is_none() && !batch.look_again || self.closed.is_some() {
                return;
            }
            self.session.batch(batch, Instant::now().into_std());
        }
    }

    async fn act(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Write(text) => self.heard.push_back(serde_json::from_str(&text).expect("frames are JSON")),
                Output::Ping(payload) if self.answers_pings => self.session.pong(&payload, Instant::now().into_std()),
                Output::Ping(_) => {}
                Output::Perform(asked) => {
                    let outcome = self.seat.perform(*asked).await;
                    self.session.done(outcome);
                }
                Output::Delivered(mark) => self.seat.hub().delivered(mark),
                Output::Close(code) => self.closed = Some(code),
                Output::Drop => panic!("silent for too long"),
            }
        }
    }

    /// Waits for something to happen, or for so long.
    async fn wait(&mut self, until: Instant) {
        let deadline = Instant::from_std(self.session.deadline()).min(until);
        tokio::select! {
            () = self.seat.outbox().filled() => {}
            () = tokio::time::sleep_until(deadline) => self.session.tick(Instant::now().into_std()),
        }
        self.settle().await;
    }

    /// The next frame of this type, whatever comes before it.
    pub(crate) async fn find(&mut self, kind: &str) -> Value {
        let end = Instant::now() + SECOND * 60;
        loop {
            if let Some(position) = self.heard.iter().position(|frame| frame["type"] == kind) {
                return self.heard.remove(position).expect("it was found there");
            }
            assert!(
                Instant::now() < end && self.closed.is_none(),
                "no {kind}, but {:?} {:?}",
                self.heard,
                self.closed
            );
            self.wait(end).await;
        }
    }

    pub(crate) fn has_no(&self, kind: &str) -> bool {
        self.heard.iter().all(|frame| frame["type"] != kind)
    }

    /// Forgets what was heard so far.
    pub(crate) async fn drain(&mut self) {
        self.hears_for(Duration::from_millis(10)).await;
        self.heard.clear();
    }

    pub(crate) async fn hears_nothing_for(&mut self, time: Duration) {
        self.hears_for(time).await;
        assert_eq!((&self.heard, self.closed), (&VecDeque::new(), None));
    }

    async fn hears_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && self.closed.is_none() {
            self.wait(end).await;
        }
    }

    /// Why the session ends.
    pub(crate) async fn end(&mut self) -> CloseCode {
        self.hears_for(SECOND * 60).await;
        self.closed.expect("still open")
    }
}
