use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use deadpool_redis::redis::{RedisResult, cmd, pipe};
use domain::{
    event::{Body, Event},
    ports::{Clock, Gap},
};
use futures_util::future::try_join_all;
use tokio::sync::Notify;

use super::wire;
use crate::{
    measure,
    redis::{Connection, RedisLink},
};

/// The most events that wait, and the bytes of their texts.
const MOST_EVENTS: usize = 16_384;
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// The most events that are sent at once.
const BATCH: usize = 256;
/// The pause while Redis is away.
const PAUSE: Duration = Duration::from_millis(50);

/// The events that wait to be sent to other nodes. Pushing never waits. What does not fit, or cannot be sent, is counted, and the other nodes are told whose
/// events are missing as soon as that is possible.
pub(super) struct Outgoing {
    node: u64,
    clock: Arc<dyn Clock>,
    waiting: Mutex<Waiting>,
    pushed: Notify,
    /// Notified when nothing waits any more.
    emptied: Notify,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    bytes: usize,
    lost: Gap,
    /// Whether events that were taken out are being sent.
    is_sending: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.lost == Gap::Nobody && !self.is_sending
    }

    fn lose(&mut self, event: Event) {
        metrics::counter!("suhbat_events_dropped_total").increment(1);
        if event.body.is_stored() {
            self.lost.add(event.to);
        }
    }
}

/// About the memory that an event holds.
fn bytes_of(event: &Event) -> usize {
    let text = match &event.body {
        Body::Message { message, .. } => message.content.as_ref().map_or(0, String::len),
        _ => 0,
    };
    size_of::<Event>() + text
}

impl Outgoing {
    pub(super) fn new(node: u64, clock: Arc<dyn Clock>) -> Self {
        Self {
            node,
            clock,
            waiting: Mutex::default(),
            pushed: Notify::new(),
            emptied: Notify::new(),
        }
    }

    pub(super) fn push(&self, event: Event) {
        let mut waiting = self.lock();
        let bytes = bytes_of(&event);
        if waiting.events.len() < MOST_EVENTS && waiting.bytes + bytes <= MOST_BYTES {
            waiting.bytes += bytes;
            waiting.events.push_back(event);
        } else {
            waiting.lose(event);
        }
        drop(waiting);
        self.pushed.notify_one();
    }

    /// Tells the other nodes that these users have missed events.
    pub(super) fn lose(&self, gap: Gap) {
        self.lock().lost.merge(gap);
        self.pushed.notify_one();
    }

    /// Waits until everything is sent.
    pub(super) async fn emptied(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            emptied.as_mut().enable();
            if self.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// Sends what waits, in the order of publishing, for ever.
    pub(super) async fn run(self: Arc<Self>, link: Arc<RedisLink>) {
        let connected = link.watch();
        let mut number = 0;
        loop {
            self.pushed.notified().await;
            while let Some((events, lost)) = self.take() {
                let sent = *connected.borrow() && self.send(&link, &mut number, &events, &lost).await;
                if !sent {
                    {
                        let mut waiting = self.lock();
                        waiting.lost.merge(lost);
                        for event in events {
                            waiting.lose(event);
                        }
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn take(&self) -> Option<(Vec<Event>, Gap)> {
        let mut waiting = self.lock();
        waiting.is_sending = false;
        if waiting.is_empty() {
            self.emptied.notify_waiters();
            return None;
        }
        waiting.is_sending = true;
        let count = waiting.events.len().min(BATCH);
        let events: Vec<Event> = waiting.events.drain(..count).collect();
        waiting.bytes -= events.iter().map(bytes_of).sum::<usize>();
        Some((events, std::mem::take(&mut waiting.lost)))
    }

    async fn send(&self, link: &RedisLink, number: &mut u64, events: &[Event], lost: &Gap) -> bool {
        let prefix = link.prefix();
        let mut messages: Vec<(String, Arc<[u8]>)> = Vec::with_capacity(2 * events.len());
        if let Some(gap) = wire::encode_gap(self.node, lost) {
            messages.push((gap_channel(prefix), gap.into_bytes().into()));
        }
        for event in events {
            *number += 1;
            let Some(text) = wire::encode(event, (self.node, *number), self.clock.now()) else {
                tracing::error!("an event cannot be written for other nodes");
                self.lock().lose(event.clone());
                continue;
            };
            let text: Arc<[u8]> = text.into();
            messages.extend(event.to.iter().map(|user| (user_channel(prefix, user.0), text.clone())));
        }
        #[expect(clippy::cast_precision_loss, reason = "a batch is far shorter than 2^52")]
        metrics::histogram!(measure::BUS_BATCH_SIZE).record(messages.len() as f64);
        link.run("publish", async |connection| publish(connection, &messages).await)
            .await
            .is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The channel of a user's events.
pub(super) fn user_channel(prefix: &str, user: i64) -> String {
    format!("{prefix}user:{user}")
}

/// The channel on which nodes tell each other that they could not publish events.
pub(super) fn gap_channel(prefix: &str) -> String {
    format!("{prefix}gaps")
}

async fn publish(connection: Connection, messages: &[(String, Arc<[u8]>)]) -> RedisResult<()> {
    match connection {
        Connection::Single(mut connection) => {
            let mut commands = pipe();
            for (channel, text) in messages {
                commands.cmd("PUBLISH").arg(channel).arg(&**text).ignore();
            }
            commands.query_async(&mut connection).await
        }
        // Each channel belongs to a node of the cluster.
        Connection::Cluster(connection) => {
            let publish = messages.iter().map(|(channel, text)| {
                let mut connection = connection.clone();
                async move { cmd("SPUBLISH").arg(channel).arg(&**text).query_async::<()>(&mut connection).await }
            });
            try_join_all(publish).await?;
            Ok(())
        }
    }
}
