//! The sockets of this node: the registry of them, the events that each receives, and the presence that opening and closing one changes.

mod dispatch;
mod handle;
mod heartbeat;
mod order;
mod presence;
mod registry;
mod resync;
mod topics;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    id::{ConversationId, UserId},
    identity::Epoch,
    messaging::Membership,
    ports::SocketId,
    receipt::DeliveryMark,
};
use protocol::{close::CloseCode, render::Links};
use tokio::{sync::Notify, task::JoinHandle, time::Instant};

pub(crate) use handle::watching;
pub use handle::{JoinError, SocketHandle};

use crate::{
    bus::Events,
    delivery::DeliveryGathering,
    observed::Observed,
    session::Scope,
    timings::Timings,
    typing::{Relay, TypingTracker},
};
use presence::SocketEvent;
use registry::{Registry, Socket};
use topics::Topics;

/// Makes the links to files below a base, which is where the client of a socket reaches the service.
pub type LinksBelow = dyn Fn(&str) -> Box<dyn Links> + Send + Sync;

/// All sockets of this node. Clones are the same hub.
#[derive(Clone, Debug)]
pub struct Hub {
    node: Arc<Node>,
}

/// The state that the tasks of the node share.
struct Node {
    /// The upper half of the ids of this node's sockets.
    number: u64,
    timings: Timings,
    sockets_per_user: usize,
    messaging: Observed,
    links: Arc<LinksBelow>,
    registry: Registry,
    subscriber: Arc<Events>,
    topics: Topics,
    next_socket: AtomicU64,
    is_closing: AtomicBool,
    typing: Mutex<TypingTracker>,
    /// Bounded by the number of sockets: each is opened and closed once.
    socket_events: Mutex<Vec<SocketEvent>>,
    /// Notified when a socket event was added, or typing is due earlier than before.
    stirred: Notify,
    delivery: Arc<DeliveryGathering>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub without sockets. Each node has a `number` of its own, which makes the ids of their sockets differ. The hub writes the marks that gather in
    /// `delivery`; `messaging` adds marks to it too.
    pub fn new(
        number: u64,
        messaging: Observed,
        subscriber: Arc<Events>,
        delivery: Arc<DeliveryGathering>,
        links: Arc<LinksBelow>,
        timings: Timings,
        sockets_per_user: usize,
    ) -> Self {
        let node = Node {
            number,
            timings,
            sockets_per_user,
            messaging,
            links,
            registry: Registry::default(),
            subscriber,
            topics: Topics::default(),
            next_socket: AtomicU64::new(0),
            is_closing: AtomicBool::new(false),
            typing: Mutex::new(TypingTracker::new(timings.typing_expiry, timings.typing_throttle)),
            socket_events: Mutex::default(),
            stirred: Notify::new(),
            delivery,
        };
        Self { node: Arc::new(node) }
    }

    /// Starts the tasks of the node on the runtime of the caller. They run until they are aborted.
    pub fn start(&self) -> Vec<JoinHandle<()>> {
        let (node, gather) = (self.node.clone(), self.node.timings.delivery_gather);
        vec![
            tokio::spawn(dispatch::run(self.node.clone())),
            tokio::spawn(presence::run(self.node.clone())),
            tokio::spawn(heartbeat::renew(self.node.clone())),
            tokio::spawn(heartbeat::check_accounts(self.node.clone())),
            tokio::spawn(async move { node.delivery.run(&node.messaging, gather).await }),
        ]
    }

    /// Registers a new socket. When the future has ended, the socket receives events, or gets `resync` once this is possible again. The links to files in its
    /// frames begin with `base`.
    pub async fn open(&self, user: UserId, scope: Scope, base: impl Into<Arc<str>>) -> Result<SocketHandle, CloseCode> {
        if self.node.is_closing.load(Ordering::SeqCst) {
            return Err(CloseCode::Restarting);
        }
        let number = self.node.next_socket.fetch_add(1, Ordering::Relaxed);
        let id = SocketId((u128::from(self.node.number) << 64) | u128::from(number));
        let socket = Arc::new(Socket::new(id, user, scope, base.into()));
        if !self.node.registry.add(socket.clone(), self.node.sockets_per_user) {
            return Err(CloseCode::TooManySockets);
        }
        let handle = SocketHandle::new(self.clone(), socket);
        // `shutdown` may have missed a socket that was registered meanwhile, so it is closed here.
        if self.node.is_closing.load(Ordering::SeqCst) {
            handle.outbox().close(CloseCode::Restarting);
        }
        self.node.topics.subscribe(&*self.node.subscriber, user).await;
        Ok(handle)
    }

    /// The use cases that sockets call.
    pub fn messaging(&self) -> &Observed {
        &self.node.messaging
    }

    /// The epoch of the database when it was opened.
    pub fn epoch(&self) -> Epoch {
        self.node.messaging.epoch().clone()
    }

    /// The intervals of this node, which its sessions use too.
    pub fn timings(&self) -> &Timings {
        &self.node.timings
    }

    /// Notes that a device has messages up to this mark. Marks gather and are written together.
    pub fn delivered(&self, mark: DeliveryMark) {
        self.node.delivery.add(mark);
    }

    /// The number of open sockets on this node.
    pub fn sockets(&self) -> usize {
        self.node.registry.sockets()
    }

    /// Refuses new sockets from now on, and asks every session to end.
    pub fn shutdown(&self) {
        self.node.is_closing.store(true, Ordering::SeqCst);
        self.node
            .registry
            .read()
            .all()
            .for_each(|socket| socket.outbox.close(CloseCode::Restarting));
    }

    /// Waits until the last socket is closed and all delivery marks are written. The caller has to bound the time.
    pub async fn drained(&self) {
        self.node.registry.emptied().await;
        while !self.node.delivery.write(&self.node.messaging).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The membership of a user who typed here lately, so that it need not be loaded again.
    pub(crate) fn known_typist(&self, user: UserId, conversation: ConversationId) -> Option<Arc<Membership>> {
        self.node.typing().known(user, conversation)
    }

    /// Relays the state to the other participants unless the throttle delays it, and schedules its expiry.
    pub(crate) fn typing(&self, typist: Arc<Membership>, conversation: ConversationId, is_typing: bool) {
        let (relay, is_sooner) = {
            let mut typing = self.node.typing();
            let before = typing.due();
            let relay = typing.typed(typist, conversation, is_typing, Instant::now());
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
        for Relay {
            conversation,
            typist,
            is_typing,
            for_others,
        } in relays
        {
            let others: &[UserId] = if for_others { &typist.others } else { &[] };
            self.messaging
                .announce_typing(&typist.person, others, conversation, is_typing, self.number);
        }
    }

    /// Takes into account that a user types on another node, or has stopped there.
    fn typed_elsewhere(&self, user: UserId, conversation: ConversationId, is_typing: bool) {
        let relay = self.typing().typed_elsewhere(user, conversation, is_typing, Instant::now());
        self.publish(relay);
        self.stirred.notify_one();
    }

    fn tell(&self, socket_events: SocketEvent) {
        self.socket_events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(socket_events);
        self.stirred.notify_one();
    }
}
