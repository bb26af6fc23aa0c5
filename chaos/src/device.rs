//! A device of a person: it connects to any node, follows the protocol, acts, loses its connection and resumes.

mod acting;
mod frames;
pub mod requests;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    chance::Chance,
    checker::{DeviceEnd, Held},
    feed::{Effect, Feed, MessageId},
    ledger::{ConversationId, Number, SharedLedger, State, UserId, Wish},
    violation::Kind,
};
use requests::{Reply, Service};

/// A node that answers neither a handshake nor a ping in this time is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a device pings when nothing else happens any more; before, it does so only every so many times.
const QUIET_PING: Duration = Duration::from_millis(250);
const QUIET_PINGS: usize = 8;
/// The requests that may be unanswered at once.
const DEPTH: usize = 12;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What the devices do at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// They act, come and go.
    Act,
    /// They finish what they began, and wait.
    Quiet,
    /// They report what they hold; the number tells one report from another.
    Report(usize),
    /// The devices of people with an odd id leave.
    HalfLeave,
    /// They end.
    Stop,
}

/// What all devices share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What they do and see.
    pub ledger: SharedLedger,
    /// The ports of the proxies in front of the nodes.
    pub ports: Arc<[u16]>,
    /// What they do at the moment.
    pub phase: watch::Receiver<Phase>,
    /// The mean time between two acts of a device.
    pub pace: Duration,
}

/// The plan of a device.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its number among all devices.
    pub device: usize,
    /// Whose device.
    pub user: UserId,
    /// The token of this person.
    pub token: String,
    /// The conversations that it follows: all of the person, or one.
    pub conversations: Vec<ConversationId>,
    /// Whether it has the socket of one conversation instead of that of all.
    pub is_chat: bool,
}

/// What the suite can see of a device from outside.
#[derive(Clone, Debug, Default)]
pub struct Window {
    is_idle: Arc<AtomicBool>,
    end: Arc<Mutex<Option<(usize, DeviceEnd)>>>,
}

impl Window {
    /// Whether it is connected, and waits for nothing.
    pub fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    /// What it held when it was asked for this report.
    pub fn report(&self, number: usize) -> Option<DeviceEnd> {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.as_ref().filter(|(of, _)| *of == number).map(|(_, end)| end.clone())
    }
}

/// A request over the socket that is not answered yet.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Send(Number),
    Change(ConversationId, MessageId, Wish),
    Read(ConversationId, MessageId),
}

/// The device while it lives.
pub struct Device {
    shared: Shared,
    plan: Plan,
    chance: Chance,
    window: Window,
    service: Service,
    feeds: BTreeMap<ConversationId, Feed<String, State>>,
    unread: HashMap<ConversationId, (u64, Instant)>,
    /// The newest messages that it sent itself.
    own: VecDeque<(ConversationId, MessageId)>,
    /// Sent, and perhaps not stored; to be sent again at this time.
    doubtful: VecDeque<(Instant, Number)>,
    pending: HashMap<u64, Pending>,
    requests: u64,
    replies: JoinSet<Reply>,
    /// The newest number that this socket has brought of each conversation.
    brought: HashMap<ConversationId, u64>,
    /// The number of the connection.
    session: u64,
    pinged: Option<Instant>,
    pings: usize,
}

impl Device {
    /// A device with this plan, and a window to it.
    pub fn new(shared: &Shared, plan: Plan, chance: Chance) -> (Self, Window) {
        let window = Window::default();
        let device = Self {
            service: Service::new(shared.ports.clone(), plan.token.clone()),
            feeds: plan.conversations.iter().map(|id| (*id, Feed::default())).collect(),
            shared: shared.clone(),
            plan,
            chance,
            window: window.clone(),
            unread: HashMap::new(),
            own: VecDeque::new(),
            doubtful: VecDeque::new(),
            pending: HashMap::new(),
            requests: 0,
            replies: JoinSet::new(),
            brought: HashMap::new(),
            session: 0,
            pinged: None,
            pings: 0,
        };
        (device, window)
    }

    fn phase(&self) -> Phase {
        *self.shared.phase.borrow()
    }

    fn has_left(&self) -> bool {
        self.phase() == Phase::HalfLeave && self.plan.user % 2 == 1
    }

    /// Connects again and again until the end.
    pub async fn run(mut self) {
        while self.phase() != Phase::Stop {
            if self.has_left() {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            if let Some(stream) = self.connect().await {
                self.shared.ledger.lock().count("connections");
                self.stay(stream).await;
                self.disconnected();
            }
            tokio::time::sleep(self.chance.milliseconds(50, 1_500)).await;
        }
    }

    async fn connect(&mut self) -> Option<Stream> {
        let port = *self.chance.pick(&self.shared.ports)?;
        let path = match self.plan.conversations.first() {
            Some(conversation) if self.plan.is_chat => format!("/ws/chat/{conversation}/"),
            _ => "/ws/".to_owned(),
        };
        let url = format!("ws://127.0.0.1:{port}{path}?token={}", self.plan.token);
        let (stream, _) = timeout(PATIENCE, connect_async(url)).await.ok()?.ok()?;
        Some(stream)
    }

    /// Reads and acts until the socket ends, or the device leaves.
    async fn stay(&mut self, mut stream: Stream) {
        // Some sockets live for a moment, some until something breaks.
        let leaves_at = self
            .chance
            .percent(30)
            .then(|| Instant::now() + self.chance.milliseconds(200, 8_000));
        let mut acting = interval(self.shared.pace);
        let mut pinging = interval(QUIET_PING);
        for ticks in [&mut acting, &mut pinging] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        }
        let mut phase = self.shared.phase.clone();
        loop {
            let out = tokio::select! {
                message = stream.next() => match message {
                    Some(Ok(Message::Text(text))) => self.frame(&text),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => Vec::new(),
                },
                Some(reply) = self.replies.join_next(), if !self.replies.is_empty() => {
                    if let Ok(reply) = reply {
                        self.reply(reply);
                    }
                    Vec::new()
                }
                _ = acting.tick(), if self.phase() == Phase::Act => self.act(),
                _ = pinging.tick() => {
                    if self.pinged.is_some_and(|pinged| pinged.elapsed() > PATIENCE) {
                        // Half open, or the node stands still.
                        return;
                    }
                    let mut out = self.resend();
                    out.extend(self.ping());
                    out
                }
                changed = phase.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.enter(*phase.borrow_and_update());
                    Vec::new()
                }
            };
            for text in out {
                match timeout(PATIENCE, stream.send(Message::text(text))).await {
                    Ok(Ok(())) => {}
                    _ => return,
                }
            }
            self.ask();
            self.window.is_idle.store(self.is_idle(), Ordering::Relaxed);
            let leaves = leaves_at.is_some_and(|at| Instant::now() > at) && self.phase() == Phase::Act;
            if self.has_left() || self.phase() == Phase::Stop || leaves {
                // Half of the time without a goodbye.
                if self.chance.percent(50) {
                    let _ = timeout(PATIENCE, stream.close(None)).await;
                }
                return;
            }
        }
    }

    fn is_idle(&self) -> bool {
        self.pending.is_empty()
            && self.doubtful.is_empty()
            && self.replies.is_empty()
            && self.feeds.values().all(|feed| feed.is_settled() && feed.epoch().is_some())
    }

    /// What is not answered yet may be stored or not.
    fn disconnected(&mut self) {
        self.window.is_idle.store(false, Ordering::Relaxed);
        self.pinged = None;
        self.brought.clear();
        // Answers of `changes/` that are still on their way belong to this connection.
        self.session += 1;
        for (_, pending) in std::mem::take(&mut self.pending) {
            self.doubt(pending);
        }
        for feed in self.feeds.values_mut() {
            feed.disconnected();
        }
        let forgets = self.phase() == Phase::Act && self.chance.percent(5);
        if forgets && self.feeds.values().all(|feed| feed.known() < 2_000) {
            self.shared.ledger.lock().count("devices that forgot everything");
            self.feeds.values_mut().for_each(|feed| *feed = Feed::default());
        }
    }

    fn doubt(&mut self, pending: Pending) {
        match pending {
            // Not at once: a service that is slow must not get more to do for it.
            Pending::Send(number) => self
                .doubtful
                .push_back((Instant::now() + self.chance.milliseconds(500, 3_000), number)),
            Pending::Change(conversation, ..) => {
                *self.shared.ledger.lock().doubtful_changes.entry(conversation).or_default() += 1;
            }
            Pending::Read(..) => {}
        }
    }

    fn enter(&mut self, phase: Phase) {
        if let Phase::Report(number) = phase {
            let end = self.end();
            *self.window.end.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, end));
        }
    }

    fn end(&self) -> DeviceEnd {
        let held = self.feeds.iter().map(|(id, feed)| {
            let messages = feed
                .messages()
                .iter()
                .map(|(message, change)| (*message, (change.seq, change.state)));
            let held = Held {
                known: feed.known(),
                messages: messages.collect(),
                unread: self.unread.get(id).map(|(unread, _)| *unread),
            };
            (*id, held)
        });
        DeviceEnd {
            user: self.plan.user,
            device: self.plan.device,
            held: held.collect(),
        }
    }

    /// Checks what a feed did: numbers grow unless everything was dropped.
    fn note(&self, conversation: ConversationId, before: u64, effects: &[Effect]) {
        let mut known = before;
        for effect in effects {
            match effect {
                Effect::Applied(seq) if *seq > known => known = *seq,
                Effect::Applied(seq) => {
                    let what = format!(
                        "device {} applied seq {seq} of conversation {conversation} after {known}",
                        self.plan.device
                    );
                    self.shared.ledger.lock().violated(Kind::AppliedTwice, what);
                }
                Effect::Dropped => known = 0,
            }
        }
    }
}
