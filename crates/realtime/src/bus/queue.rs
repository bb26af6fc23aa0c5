use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{
    event::{Body, Event},
    id::UserId,
};
use protocol::render::event_frame_type;
use tokio::sync::Notify;
use tracing::{Span, field::Empty};

/// With more users than this, naming those with a gap costs more than sending `resync` to everybody.
const MISSED_USERS: usize = 1024;

/// The users whose sockets may have missed events since the last batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// No user has a gap.
    #[default]
    Nobody,
    /// These users have a gap.
    Users(HashSet<UserId>),
    /// Too many users to name have a gap, or the bus was interrupted: all sockets get `resync`.
    Everybody,
}

impl Gap {
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

/// An event, and the trace by which its delivery to the sockets is measured.
#[derive(Clone, Debug)]
pub struct Published {
    /// The event as it was published.
    pub event: Event,
    /// The time and the span of its publishing.
    pub trace: DeliveryTrace,
}

/// The start of a delivery to sockets, and its span, which began where the change was committed.
#[derive(Clone, Debug)]
pub struct DeliveryTrace {
    /// The time of publishing: right after the commit, if the event has one.
    pub since: Instant,
    /// The span of the delivery, which ends when the last socket has its frame. Disabled unless traces are collected.
    pub span: Span,
}

impl DeliveryTrace {
    /// The trace of an event that is published now, in the current span.
    fn of(event: &Event) -> Self {
        // Typing and presence are frequent, and their delivery is not measured.
        let frame_type = event_frame_type(&event.body).filter(|_| event.body.is_stored());
        let span = frame_type.map_or_else(Span::none, |frame_type| {
            let span = tracing::debug_span!(
                "delivery",
                kind = frame_type.as_str(),
                conversation.id = event.body.conversation().map(|id| id.0),
                message.id = Empty,
                seq = Empty
            );
            if let Body::Message { message, .. } = &event.body {
                span.record("message.id", message.id.0).record("seq", message.seq.0);
            }
            span
        });
        Self {
            since: Instant::now(),
            span,
        }
    }
}

/// The events that waited, and the gaps between them.
#[derive(Debug, Default)]
pub struct Batch {
    /// The users who missed events, because the queue was full or the bus was interrupted. The changes behind these events are durable already, so `resync`
    /// may be sent before `events`.
    pub gap: Gap,
    /// The events, in the order of publishing.
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
    gap: Gap,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sending half of the queue. Pushing never waits: an event that does not fit is counted, and its users get `resync`.
#[derive(Debug)]
pub struct EventSink(Arc<Shared>);

/// The receiving half of the queue, for one reader.
#[derive(Debug)]
pub struct EventSource(Arc<Shared>);

/// A queue for at most `capacity` events.
pub fn queue(capacity: usize) -> (EventSink, EventSource) {
    let shared = Arc::new(Shared {
        state: Mutex::default(),
        arrived: Notify::new(),
        capacity,
    });
    (EventSink(shared.clone()), EventSource(shared))
}

impl EventSink {
    /// Queues an event, from any thread.
    pub fn push(&self, event: Event) {
        let trace = DeliveryTrace::of(&event);
        let mut state = self.0.lock();
        if state.events.len() < self.0.capacity {
            state.events.push_back(Published { event, trace });
        } else {
            metrics::counter!("suhbat_events_dropped_total").increment(1);
            if !event.body.is_stored() {
                return;
            }
            state.gap.add(event.to);
        }
        drop(state);
        self.0.arrived.notify_one();
    }

    /// Notes that events of any user may have been lost.
    pub fn interrupted(&self) {
        self.0.lock().gap = Gap::Everybody;
        self.0.arrived.notify_one();
    }
}

impl EventSource {
    /// Waits until there is an event or a gap, and takes at most `most` events.
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
        if state.events.is_empty() && state.gap == Gap::Nobody {
            return None;
        }
        let most = most.min(state.events.len());
        let batch = Batch {
            gap: std::mem::take(&mut state.gap),
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
    async fn overflow_names_the_people_who_missed_events_and_keeps_queued_ones() {
        let (sink, mut source) = queue(1);
        sink.push(delivered(1));
        sink.push(delivered(7));
        sink.push(delivered(8));
        let batch = source.next(10).await;
        assert_eq!(batch.gap, Gap::Users([UserId(7), UserId(8)].into()));
        assert_eq!(events(batch), [delivered(1)]);
        sink.push(delivered(9));
        let batch = source.next(10).await;
        assert_eq!(batch.gap, Gap::Nobody);
        assert_eq!(events(batch), [delivered(9)]);
    }

    #[tokio::test]
    async fn lost_typing_events_cause_no_resync() {
        let (sink, mut source) = queue(1);
        sink.push(delivered(1));
        sink.push(typing(7, 1));
        assert_eq!(source.next(10).await.gap, Gap::Nobody);
    }

    #[tokio::test]
    async fn too_many_people_with_gaps_become_everybody() {
        let (sink, mut source) = queue(0);
        for user in 0..=1024 {
            sink.push(delivered(user));
        }
        assert_eq!(source.next(10).await.gap, Gap::Everybody);
    }

    #[tokio::test]
    async fn an_interruption_wakes_the_reader() {
        let (sink, mut source) = queue(10);
        let reader = tokio::spawn(async move { source.next(10).await.gap });
        tokio::task::yield_now().await;
        sink.interrupted();
        assert_eq!(reader.await.unwrap(), Gap::Everybody);
    }
}
