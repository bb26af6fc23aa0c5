use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{
    event::{Body, Event},
    id::UserId,
};
use tokio::sync::Notify;
use tracing::Span;

/// Above so many, naming those who missed something costs more than telling everybody.
const MISSED_USERS: usize = 1024;

/// Whose sockets may have missed something since the last batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// Nobody's.
    #[default]
    Nobody,
    /// These users'.
    Users(HashSet<UserId>),
    /// All.
    Everybody,
}

impl Missed {
    fn add(&mut self, users: Vec<UserId>) {
        match self {
            Self::Nobody => *self = Self::Users(users.into_iter().collect()),
            Self::Users(known) => known.extend(users),
            Self::Everybody => return,
        }
        if matches!(self, Self::Users(known) if known.len() > MISSED_USERS) {
            *self = Self::Everybody;
        }
    }
}

/// An event, and what its way to the sockets is measured from.
#[derive(Clone, Debug)]
pub struct Published {
    /// What happened.
    pub event: Event,
    /// Where it came from.
    pub trail: Trail,
}

/// Since when something is on its way to sockets, and the span of that way, which began where the change was committed.
#[derive(Clone, Debug)]
pub struct Trail {
    /// Published then: right after the commit, where there was one.
    pub since: Instant,
    /// Ends when the last socket has its frame. Disabled unless somebody listens.
    pub span: Span,
}

impl Trail {
    /// Of an event that is published now, in the span of the one who publishes it.
    fn of(event: &Event) -> Self {
        let span = match &event.body {
            Body::Message { kind, message, .. } => tracing::debug_span!(
                "delivery",
                kind = kind.frame_type(),
                conversation.id = message.conversation.0,
                message.id = message.id.0,
                seq = message.seq.0
            ),
            Body::Delivered(news) => tracing::debug_span!("delivery", kind = "message_delivered", conversation.id = news.conversation.0),
            Body::Read { conversation, .. } => tracing::debug_span!("delivery", kind = "read_receipt", conversation.id = conversation.0),
            Body::Opened { inbox } => {
                tracing::debug_span!("delivery", kind = "conversation_updated", conversation.id = inbox.conversation.0)
            }
            // These are many, and nobody asks what became of one.
            Body::Typing { .. } | Body::Presence { .. } | Body::AccountChanged => Span::none(),
        };
        Self {
            since: Instant::now(),
            span,
        }
    }
}

/// What has arrived.
#[derive(Debug, Default)]
pub struct Batch {
    /// Who missed something, because it did not fit into the queue or the bus was interrupted. It is durable already, so they may be told before they
    /// hear of `events`.
    pub missed: Missed,
    /// In the order of publishing.
    pub events: Vec<Published>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Published>,
    missed: Missed,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where events go in. Never waits: what does not fit is counted and its people are told to ask.
#[derive(Debug)]
pub struct EventSink(Arc<Shared>);

/// Where events come out, for one reader.
#[derive(Debug)]
pub struct EventSource(Arc<Shared>);

/// A queue of at most so many events.
pub fn queue(capacity: usize) -> (EventSink, EventSource) {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        arrived: Notify::new(),
        capacity,
    });
    (EventSink(shared.clone()), EventSource(shared))
}

impl EventSink {
    /// Hands an event over, from any thread.
    pub fn push(&self, event: Event) {
        let trail = Trail::of(&event);
        let mut state = self.0.lock();
        if state.events.len() < self.0.capacity {
            state.events.push_back(Published { event, trail });
        } else {
            metrics::counter!("suhbat_events_dropped_total").increment(1);
            // Nobody misses a lost typing or presence for long, and the look at accounts is repeated anyway.
            if matches!(event.body, Body::Typing { .. } | Body::Presence { .. } | Body::AccountChanged) {
                return;
            }
            state.missed.add(event.to);
        }
        drop(state);
        self.0.arrived.notify_one();
    }

    /// Anything may have been missed.
    pub fn interrupted(&self) {
        self.0.lock().missed = Missed::Everybody;
        self.0.arrived.notify_one();
    }
}

impl EventSource {
    /// Waits until there is something, and takes at most so many events.
    pub async fn next(&mut self, most: usize) -> Batch {
        loop {
            if let Some(batch) = self.take(most) {
                return batch;
            }
            self.0.arrived.notified().await;
        }
    }

    fn take(&self, most: usize) -> Option<Batch> {
        let mut state = self.0.lock();
        if state.events.is_empty() && state.missed == Missed::Nobody {
            return None;
        }
        let most = most.min(state.events.len());
        let batch = Batch {
            missed: std::mem::take(&mut state.missed),
            events: state.events.drain(..most).collect(),
        };
        #[expect(clippy::cast_precision_loss, reason = "a queue is far shorter than 2^52")]
        metrics::gauge!("suhbat_event_queue_depth").set(state.events.len() as f64);
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use domain::id::ConversationId;

    use super::*;

    fn typing(to: i64, conversation: i64) -> Event {
        Event {
            to: vec![UserId(to)],
            body: Body::Typing {
                conversation: ConversationId(conversation),
                user: UserId(1),
                username: String::new(),
                is_typing: true,
            },
        }
    }

    fn delivered(to: i64) -> Event {
        Event {
            to: vec![UserId(to)],
            body: Body::Delivered(domain::receipt::Delivered {
                conversation: ConversationId(1),
                sender: UserId(to),
                user: UserId(2),
                message: domain::id::MessageId(1),
                delivered_at: domain::time::Timestamp(0),
            }),
        }
    }

    fn events(batch: Batch) -> Vec<Event> {
        batch.events.into_iter().map(|published| published.event).collect()
    }

    #[tokio::test]
    async fn events_come_out_in_the_order_of_publishing() {
        let (sink, mut source) = queue(100);
        let sent: Vec<Event> = (0..50).map(|number| typing(1, number)).collect();
        for event in &sent {
            sink.push(event.clone());
        }
        let mut received = events(source.next(20).await);
        assert_eq!(received.len(), 20);
        received.extend(events(source.next(100).await));
        assert_eq!(received, sent);
    }

    #[tokio::test]
    async fn overflow_names_those_who_missed_something_and_keeps_what_was_there() {
        let (sink, mut source) = queue(1);
        sink.push(delivered(1));
        sink.push(delivered(7));
        sink.push(delivered(8));
        let batch = source.next(10).await;
        assert_eq!(batch.missed, Missed::Users([UserId(7), UserId(8)].into()));
        assert_eq!(events(batch), [delivered(1)]);
        sink.push(delivered(9));
        let batch = source.next(10).await;
        assert_eq!(batch.missed, Missed::Nobody);
        assert_eq!(events(batch), [delivered(9)]);
    }

    #[tokio::test]
    async fn nobody_is_told_of_lost_typing() {
        let (sink, mut source) = queue(1);
        sink.push(delivered(1));
        sink.push(typing(7, 1));
        assert_eq!(source.next(10).await.missed, Missed::Nobody);
    }

    #[tokio::test]
    async fn many_who_missed_something_become_everybody() {
        let (sink, mut source) = queue(0);
        for user in 0..=1024 {
            sink.push(delivered(user));
        }
        assert_eq!(source.next(10).await.missed, Missed::Everybody);
    }

    #[tokio::test]
    async fn an_interruption_wakes_the_reader() {
        let (sink, mut source) = queue(10);
        let reader = tokio::spawn(async move { source.next(10).await.missed });
        tokio::task::yield_now().await;
        sink.interrupted();
        assert_eq!(reader.await.unwrap(), Missed::Everybody);
    }
}
