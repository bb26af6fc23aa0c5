use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{
    event::{Body, Event},
    id::UserId,
    ports::{Gap, Received},
};
use protocol::render::event_frame_type;
use tokio::sync::Notify;
use tracing::{Span, field::Empty};

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
    pub(crate) fn of(event: &Event) -> Self {
        Self::since(event, Instant::now())
    }

    /// The trace of an event that was published at this time.
    pub(crate) fn since(event: &Event, since: Instant) -> Self {
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
        Self { since, span }
    }
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    arrived: Notify,
    capacity: usize,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    gap: Gap,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sending half of the queue. Pushing never waits: an item that does not fit is counted, and its users have a gap.
#[derive(Debug)]
pub struct EventSink<T>(Arc<Shared<T>>);

/// The receiving half of the queue, for one reader.
#[derive(Debug)]
pub struct EventSource<T>(Arc<Shared<T>>);

impl<T> Clone for EventSink<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// A queue for at most `capacity` items.
pub fn queue<T>(capacity: usize) -> (EventSink<T>, EventSource<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            items: VecDeque::new(),
            gap: Gap::Nobody,
        }),
        arrived: Notify::new(),
        capacity,
    });
    (EventSink(shared.clone()), EventSource(shared))
}

/// Something that the queue may have no room for.
pub trait Losable {
    /// The users who have to be told that they missed it; none for events that are not stored.
    fn missed_by(self) -> Vec<UserId>;
}

impl Losable for Received<DeliveryTrace> {
    fn missed_by(self) -> Vec<UserId> {
        if self.event.body.is_stored() { self.event.to } else { Vec::new() }
    }
}

impl<T: Losable> EventSink<T> {
    /// Queues an item, from any thread.
    pub fn push(&self, item: T) {
        let mut state = self.0.lock();
        if state.items.len() < self.0.capacity {
            state.items.push_back(item);
        } else {
            metrics::counter!("suhbat_events_dropped_total").increment(1);
            state.gap.add(item.missed_by());
        }
        drop(state);
        self.0.arrived.notify_one();
    }

    /// Notes that events of these users may have been lost.
    pub fn interrupted(&self, gap: Gap) {
        self.0.lock().gap.merge(gap);
        self.0.arrived.notify_one();
    }
}

impl<T> EventSource<T> {
    /// Waits until there is an item or a gap, and takes at most `most` items. Dropping the future loses nothing.
    pub async fn next(&self, most: usize) -> (Gap, Vec<T>) {
        loop {
            if let Some(batch) = self.take(most) {
                return batch;
            }
            self.0.arrived.notified().await;
        }
    }

    fn take(&self, most: usize) -> Option<(Gap, Vec<T>)> {
        let mut state = self.0.lock();
        if state.items.is_empty() && state.gap == Gap::Nobody {
            return None;
        }
        let most = most.min(state.items.len());
        let batch = (std::mem::take(&mut state.gap), state.items.drain(..most).collect());
        #[expect(clippy::cast_precision_loss, reason = "a queue is far shorter than 2^52")]
        metrics::gauge!("suhbat_event_queue_depth").set(state.items.len() as f64);
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
                node: 1,
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

    type Traced = Received<DeliveryTrace>;

    fn events((_, received): (Gap, Vec<Traced>)) -> Vec<Event> {
        received.into_iter().map(|received| received.event).collect()
    }

    fn push(sink: &EventSink<Traced>, event: Event) {
        let trace = DeliveryTrace::of(&event);
        sink.push(Received { event, trace });
    }

    #[tokio::test]
    async fn events_come_out_in_the_order_of_publishing() {
        let (sink, source) = queue(100);
        let sent: Vec<Event> = (0..50).map(|number| typing(1, number)).collect();
        for event in &sent {
            push(&sink, event.clone());
        }
        let mut received = events(source.next(20).await);
        assert_eq!(received.len(), 20);
        received.extend(events(source.next(100).await));
        assert_eq!(received, sent);
    }

    #[tokio::test]
    async fn overflow_names_the_people_who_missed_events_and_keeps_queued_ones() {
        let (sink, source) = queue(1);
        push(&sink, delivered(1));
        push(&sink, delivered(7));
        push(&sink, delivered(8));
        let batch = source.next(10).await;
        assert_eq!(batch.0, Gap::Users([UserId(7), UserId(8)].into()));
        assert_eq!(events(batch), [delivered(1)]);
        push(&sink, delivered(9));
        let batch = source.next(10).await;
        assert_eq!(batch.0, Gap::Nobody);
        assert_eq!(events(batch), [delivered(9)]);
    }

    #[tokio::test]
    async fn lost_typing_events_cause_no_resync() {
        let (sink, source) = queue(1);
        push(&sink, delivered(1));
        push(&sink, typing(7, 1));
        assert_eq!(source.next(10).await.0, Gap::Nobody);
    }

    #[tokio::test]
    async fn too_many_people_with_gaps_become_everybody() {
        let (sink, source) = queue(0);
        for user in 0..=1024 {
            push(&sink, delivered(user));
        }
        assert_eq!(source.next(10).await.0, Gap::Everybody);
    }

    #[tokio::test]
    async fn an_interruption_wakes_the_reader() {
        let (sink, source) = queue::<Traced>(10);
        let reader = tokio::spawn(async move { source.next(10).await.0 });
        tokio::task::yield_now().await;
        sink.interrupted(Gap::Everybody);
        assert_eq!(reader.await.unwrap(), Gap::Everybody);
    }
}
