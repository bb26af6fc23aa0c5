use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_redis::redis::{PushInfo, PushKind, RedisResult, Value, cmd};
use domain::{id::UserId, ports::Gap};
use futures_core::future::BoxFuture;
use futures_util::future::try_join_all;
use tokio::sync::{Notify, oneshot, watch};

use super::{
    Queued,
    outgoing::{gap_channel, user_channel},
    wire,
};
use crate::{
    bus::queue::EventSink,
    measure,
    redis::{Connection, RedisLink, lengthened},
};

/// How long a socket waits for its subscription.
const PATIENCE: Duration = Duration::from_secs(1);
/// Channels that are subscribed to by one command.
const AT_ONCE: usize = 1000;
/// The interval of the questions whether the server still answers. Without them a connection that broke silently would never be noticed.
const CHECK: Duration = Duration::from_secs(3);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(2);
/// The pauses between two attempts to connect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// The subscriptions that this node wants, and those that it has.
#[derive(Default)]
pub(super) struct Topics {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// True once the subscription is in effect.
    wanted: HashMap<UserId, bool>,
    to_subscribe: Vec<UserId>,
    to_unsubscribe: Vec<UserId>,
    waiters: HashMap<UserId, Vec<oneshot::Sender<()>>>,
    is_connected: bool,
}

impl State {
    fn take_effect(&mut self, users: &[UserId]) {
        for user in users {
            if let Some(in_effect) = self.wanted.get_mut(user) {
                *in_effect = true;
            }
            // Dropping the senders wakes the waiters.
            self.waiters.remove(user);
        }
    }
}

impl Topics {
    pub(super) fn subscribe(&self, user: UserId) -> BoxFuture<'_, ()> {
        let waiting = {
            let mut state = self.lock();
            if state.wanted.get(&user) == Some(&true) {
                None
            } else {
                if state.wanted.insert(user, false).is_none() {
                    state.to_subscribe.push(user);
                }
                state.is_connected.then(|| {
                    let (sender, waiting) = oneshot::channel();
                    state.waiters.entry(user).or_default().push(sender);
                    waiting
                })
            }
        };
        self.changed.notify_one();
        Box::pin(async move {
            if let Some(waiting) = waiting
                && tokio::time::timeout(PATIENCE, waiting).await.is_err()
            {
                // The connection is about to be given up, after which everybody has a gap.
                tracing::debug!(user.id = user.0, "a subscription takes long");
            }
        })
    }

    pub(super) fn unsubscribe(&self, user: UserId) {
        {
            let mut state = self.lock();
            if state.wanted.remove(&user).is_none() {
                return;
            }
            state.waiters.remove(&user);
            state.to_unsubscribe.push(user);
        }
        self.changed.notify_one();
    }

    /// All wanted users, whose subscriptions have to be made on a new connection.
    fn begin(&self) -> Vec<UserId> {
        let mut state = self.lock();
        state.to_subscribe.clear();
        state.to_unsubscribe.clear();
        state.is_connected = true;
        state.wanted.keys().copied().collect()
    }

    /// The subscriptions to make and to end. The last request for a user counts.
    fn changes(&self) -> (Vec<UserId>, Vec<UserId>) {
        let mut state = self.lock();
        let (mut add, mut end) = (std::mem::take(&mut state.to_subscribe), std::mem::take(&mut state.to_unsubscribe));
        add.retain(|user| state.wanted.get(user) == Some(&false));
        end.retain(|user| !state.wanted.contains_key(user));
        (add, end)
    }

    fn is_wanted(&self, user: UserId) -> bool {
        self.lock().wanted.contains_key(&user)
    }

    fn lose_all(&self) {
        let mut state = self.lock();
        state.is_connected = false;
        state.waiters.clear();
        state.wanted.values_mut().for_each(|in_effect| *in_effect = false);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receives the events of the wanted users, for ever. After each interruption everybody has a gap, once all subscriptions are in effect again.
pub(super) async fn run(link: Arc<RedisLink>, node: u64, topics: Arc<Topics>, sink: EventSink<Queued>, subscribed: watch::Sender<bool>) {
    let mut pause = PAUSES.0;
    loop {
        let receiver = Arc::new(Receiver::new(&link, node, &topics, sink.clone()));
        let lost = receiver.lost.clone();
        let connecting = link.address().subscribe(move |push| receiver.receive(push));
        let reason = match tokio::time::timeout(2 * ANSWER, connecting).await {
            Err(_) => "the connection takes too long".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Ok(Ok(connection)) => {
                let mut listening = Listening {
                    link: &link,
                    topics: &topics,
                    connection,
                    is_sharded: link.address().is_cluster(),
                };
                let ended = listening.serve(&lost, &sink, &subscribed).await;
                if *subscribed.borrow() {
                    pause = PAUSES.0;
                    metrics::counter!(measure::BUS_INTERRUPTIONS_TOTAL).increment(1);
                }
                ended
            }
        };
        if subscribed.send_replace(false) {
            tracing::warn!(
                reason,
                "events of other nodes are not received; open sockets get resync when they are again"
            );
        } else {
            tracing::debug!(reason, "events of other nodes are still not received");
        }
        topics.lose_all();
        tokio::time::sleep(lengthened(pause)).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// One connection and its subscriptions.
struct Listening<'l> {
    link: &'l RedisLink,
    topics: &'l Topics,
    connection: Connection,
    is_sharded: bool,
}

impl Listening<'_> {
    /// Subscribes, and follows all changes until the connection fails. Returns why it ended.
    async fn serve(&mut self, lost: &Notify, sink: &EventSink<Queued>, subscribed: &watch::Sender<bool>) -> String {
        let wanted = self.topics.begin();
        let gaps = [gap_channel(self.link.prefix())];
        if let Err(error) = self.subscribe(&gaps).await {
            return error;
        }
        if let Err(error) = self.add(&wanted).await {
            return error;
        }
        sink.interrupted(if wanted.is_empty() { Gap::Nobody } else { Gap::Everybody });
        subscribed.send_replace(true);
        tracing::info!(users = wanted.len(), "events of other nodes are received");
        loop {
            let (add, end) = self.topics.changes();
            let followed = async {
                self.add(&add).await?;
                self.end(&end).await
            };
            if let Err(error) = followed.await {
                return error;
            }
            #[expect(clippy::cast_precision_loss, reason = "there are far fewer users than 2^52")]
            metrics::gauge!(measure::BUS_SUBSCRIPTIONS).set(self.topics.lock().wanted.len() as f64);
            tokio::select! {
                () = self.topics.changed.notified() => {}
                () = lost.notified() => return "the connection was closed".to_owned(),
                () = tokio::time::sleep(CHECK) => {
                    if let Err(error) = self.ping().await {
                        return error;
                    }
                }
            }
        }
    }

    async fn add(&mut self, users: &[UserId]) -> Result<(), String> {
        for users in users.chunks(AT_ONCE) {
            let channels = self.channels(users);
            self.subscribe(&channels).await?;
            self.topics.lock().take_effect(users);
        }
        Ok(())
    }

    async fn end(&mut self, users: &[UserId]) -> Result<(), String> {
        for users in users.chunks(AT_ONCE) {
            let channels = self.channels(users);
            in_time(async {
                match &mut self.connection {
                    Connection::Single(connection) => connection.unsubscribe(&channels).await,
                    Connection::Cluster(connection) => {
                        let ended = channels.iter().map(|channel| {
                            let mut connection = connection.clone();
                            async move { connection.sunsubscribe(channel).await }
                        });
                        try_join_all(ended).await.map(drop)
                    }
                }
            })
            .await?;
        }
        Ok(())
    }

    async fn subscribe(&mut self, channels: &[String]) -> Result<(), String> {
        in_time(async {
            match &mut self.connection {
                Connection::Single(connection) => connection.subscribe(channels).await,
                Connection::Cluster(connection) if self.is_sharded => {
                    let subscribed = channels.iter().map(|channel| {
                        let mut connection = connection.clone();
                        async move { connection.ssubscribe(channel).await }
                    });
                    try_join_all(subscribed).await.map(drop)
                }
                Connection::Cluster(connection) => connection.subscribe(channels).await,
            }
        })
        .await
    }

    async fn ping(&mut self) -> Result<(), String> {
        in_time(async { cmd("PING").query_async::<()>(&mut self.connection).await }).await
    }

    fn channels(&self, users: &[UserId]) -> Vec<String> {
        users.iter().map(|user| user_channel(self.link.prefix(), user.0)).collect()
    }
}

async fn in_time(answer: impl Future<Output = RedisResult<()>>) -> Result<(), String> {
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err("it does not answer in time".to_owned()),
    }
}

/// Takes what the server pushes. It runs on the task that reads the connection.
struct Receiver {
    /// The beginning of the channels of users.
    users: Vec<u8>,
    gaps: Vec<u8>,
    node: u64,
    topics: Arc<Topics>,
    sink: EventSink<Queued>,
    lost: Arc<Notify>,
}

impl Receiver {
    fn new(link: &RedisLink, node: u64, topics: &Arc<Topics>, sink: EventSink<Queued>) -> Self {
        Self {
            users: format!("{}user:", link.prefix()).into_bytes(),
            gaps: gap_channel(link.prefix()).into_bytes(),
            node,
            topics: topics.clone(),
            sink,
            lost: Arc::default(),
        }
    }

    fn receive(&self, push: PushInfo) {
        match push.kind {
            PushKind::Message | PushKind::SMessage => {
                let mut data = push.data.into_iter();
                if let (Some(Value::BulkString(channel)), Some(Value::BulkString(payload))) = (data.next(), data.next()) {
                    self.message(&channel, payload);
                }
            }
            PushKind::Disconnection => self.lost.notify_one(),
            // A cluster ends a subscription by itself when the channel moves to another of its nodes.
            PushKind::SUnsubscribe => {
                let channel = push.data.into_iter().next();
                if let Some(Value::BulkString(channel)) = channel
                    && self.user(&channel).is_some_and(|user| self.topics.is_wanted(user))
                {
                    self.lost.notify_one();
                }
            }
            _ => {}
        }
    }

    fn message(&self, channel: &[u8], payload: Vec<u8>) {
        if let Some(user) = self.user(channel) {
            // Events of this node were handed over when they were published.
            if wire::id(&payload).is_none_or(|(node, _)| node != self.node) {
                self.sink.push(Queued::Remote { user, payload });
            }
        } else if channel == self.gaps {
            let (node, gap) = wire::decode_gap(&payload);
            if node != Some(self.node) {
                self.sink.interrupted(gap);
            }
        }
    }

    fn user(&self, channel: &[u8]) -> Option<UserId> {
        let id = std::str::from_utf8(channel.strip_prefix(&self.users[..])?).ok()?;
        id.parse().ok().map(UserId)
    }
}
