//! The sockets of this node: who has one, what reaches it, and what happens when it opens and closes.

mod attendance;
mod dispatch;
mod heartbeat;
mod registry;
mod seat;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    id::{ConversationId, UserId},
    messaging::{Membership, Messaging},
    ports::SocketId,
    receipt::DeliveryMark,
};
use protocol::render::Links;
use tokio::{sync::Notify, task::JoinHandle, time::Instant};

pub use seat::{JoinError, Seat};

use crate::{
    bus::EventSource,
    close::CloseCode,
    delivery::DeliveryGathering,
    session::Scope,
    timings::Timings,
    typing::{Relay, TypingTracker},
};
use attendance::News;
use registry::{Registry, Socket};

/// Makes the links to files below a base, which is where the client of a socket reaches the service.
pub type LinksBelow = dyn Fn(&str) -> Box<dyn Links> + Send + Sync;

/// All sockets of this node. Clones are the same hub.
#[derive(Clone, Debug)]
pub struct Hub {
    node: Arc<Node>,
}

/// What the tasks of the node share.
struct Node {
    /// The upper half of the ids of this node's sockets.
    number: u64,
    timings: Timings,
    sockets_per_user: usize,
    messaging: Messaging,
    links: Arc<LinksBelow>,
    registry: Registry,
    next_socket: AtomicU64,
    is_closing: AtomicBool,
    typing: Mutex<TypingTracker>,
    /// Not bounded by a number, but by what there is: a socket comes and goes once.
    news: Mutex<Vec<News>>,
    /// There is news, or typing has something due earlier than before.
    stirred: Notify,
    delivery: DeliveryGathering,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub without sockets. Of several nodes each has a `number` of its own, which makes the ids of their sockets differ.
    pub fn new(number: u64, messaging: Messaging, links: Arc<LinksBelow>, timings: Timings, sockets_per_user: usize) -> Self {
        let node = Node {
            number,
            timings,
            sockets_per_user,
            messaging,
            links,
            registry: Registry::default(),
            next_socket: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            typing: Mutex::new(TypingTracker::new(timings.typing_expiry, timings.typing_throttle)),
            news: Mutex::default(),
            stirred: Notify::new(),
            delivery: DeliveryGathering::default(),
        };
        Self { node: Arc::new(node) }
    }

    /// Starts the tasks of the node on the runtime of the caller. They run until they are aborted.
    pub fn start(&self, events: EventSource) -> Vec<JoinHandle<()>> {
        let (node, gather) = (self.node.clone(), self.node.timings.delivery_gather);
        vec![
            tokio::spawn(dispatch::run(self.node.clone(), events)),
            tokio::spawn(attendance::run(self.node.clone())),
            tokio::spawn(heartbeat::run(self.node.clone())),
            tokio::spawn(async move { node.delivery.run(&node.messaging, gather).await }),
        ]
    }

    /// A place for a new socket, which hears of events from now on, with links to files below this base.
    pub fn open(&self, user: UserId, scope: Scope, base: impl Into<Arc<str>>) -> Result<Seat, CloseCode> {
        if self.node.is_closing.load(Ordering::SeqCst) {
            return Err(CloseCode::Restarting);
        }
        let number = self.node.next_socket.fetch_add(1, Ordering::Relaxed);
        let id = SocketId((u128::from(self.node.number) << 64) | u128::from(number));
        let socket = Arc::new(Socket::new(id, user, scope, base.into()));
        if !self.node.registry.add(socket.clone(), self.node.sockets_per_user) {
            return Err(CloseCode::TooManySockets);
        }
        let seat = Seat::new(self.clone(), socket);
        // Whoever came in while the doors were being closed is told as well.
        if self.node.is_closing.load(Ordering::SeqCst) {
            seat.outbox().close(CloseCode::Restarting);
        }
        Ok(seat)
    }

    /// The use cases that sockets call.
    pub fn messaging(&self) -> &Messaging {
        &self.node.messaging
    }

    /// The intervals.
    pub fn timings(&self) -> &Timings {
        &self.node.timings
    }

    /// Notes that a device has something; it is written with others in a moment.
    pub fn delivered(&self, mark: DeliveryMark) {
        self.node.delivery.add(mark);
    }

    /// How many sockets are open.
    pub fn sockets(&self) -> usize {
        self.node.registry.sockets()
    }

    /// Lets nobody in any more and asks every session to end.
    pub fn shutdown(&self) {
        self.node.is_closing.store(true, Ordering::SeqCst);
        self.node
            .registry
            .read()
            .all()
            .for_each(|socket| socket.outbox.close(CloseCode::Restarting));
    }

    /// Waits until the last socket is closed and what devices have proven is written. To be bounded by the caller.
    pub async fn drained(&self) {
        self.node.registry.emptied().await;
        while !self.node.delivery.write(&self.node.messaging).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Who types, from a session: the membership is loaded unless it was lately.
    pub(crate) fn known_typist(&self, user: UserId, conversation: ConversationId) -> Option<Arc<Membership>> {
        self.node.typing().known(user, conversation)
    }

    /// Tells others, if it is time, and sees to it that it ends.
    pub(crate) fn typing(&self, typist: Arc<Membership>, conversation: ConversationId, is_typing: bool) {
        let (relay, is_sooner) = {
            let mut typing = self.node.typing();
            let before = typing.due();
            let relay = typing.heard(typist, conversation, is_typing, Instant::now());
            (relay, typing.due() != before)
        };
        self.node.publish(relay);
        if is_sooner {
            self.node.stirred.notify_one();
        }
    }
}

impl Node {
    fn typing(&self) -> std::sync::MutexGuard<'_, TypingTracker> {
        self.typing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, relays: impl IntoIterator<Item = Relay>) {
        for relay in relays {
            self.messaging.bus.publish(relay.into());
        }
    }

    fn tell(&self, news: News) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push(news);
        self.stirred.notify_one();
    }
}
