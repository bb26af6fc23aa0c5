use std::{
    collections::VecDeque,
    future::{poll_fn, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use async_trait::async_trait;
use futures_core::future::BoxFuture;

use crate::{
    event::Event,
    id::UserId,
    ports::{Batch, Bus, Gap, Received, Subscriber},
};

/// Keeps published events, and brings them to its subscribers. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct FakeBus {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    missed: Gap,
    subscribers: Vec<Inbox>,
}

type Inbox = Arc<Mutex<Waiting>>;

#[derive(Debug, Default)]
struct Waiting {
    users: Vec<UserId>,
    events: VecDeque<Event>,
    gap: Gap,
    reader: Option<Waker>,
}

impl FakeBus {
    /// All events published since the last [`FakeBus::take`], in order.
    pub fn events(&self) -> Vec<Event> {
        lock(&self.state).events.clone()
    }

    /// Returns the same events, and removes them.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut lock(&self.state).events)
    }

    /// The users of whom the bus was told since the last call that they missed an event.
    pub fn take_missed(&self) -> Gap {
        std::mem::take(&mut lock(&self.state).missed)
    }

    /// The subscriber of another node, without any subscription.
    pub fn subscriber(&self) -> FakeSubscriber {
        let inbox = Inbox::default();
        lock(&self.state).subscribers.push(inbox.clone());
        FakeSubscriber { inbox }
    }
}

impl Bus for FakeBus {
    fn publish(&self, event: Event) {
        let mut state = lock(&self.state);
        for inbox in &state.subscribers {
            let mut inbox = lock(inbox);
            if event.to.iter().any(|user| inbox.users.contains(user)) {
                inbox.events.push_back(event.clone());
                if let Some(reader) = inbox.reader.take() {
                    reader.wake();
                }
            }
        }
        state.events.push(event);
    }

    fn missed(&self, gap: Gap) {
        let mut state = lock(&self.state);
        for inbox in &state.subscribers {
            let mut inbox = lock(inbox);
            inbox.gap.merge(gap.clone());
            if let Some(reader) = inbox.reader.take() {
                reader.wake();
            }
        }
        state.missed.merge(gap);
    }
}

/// Receives the events of a [`FakeBus`]; there are no gaps but those that the bus is told of.
#[derive(Debug)]
pub struct FakeSubscriber {
    inbox: Inbox,
}

#[async_trait]
impl Subscriber for FakeSubscriber {
    type Trace = ();

    fn subscribe(&self, user: UserId) -> BoxFuture<'_, ()> {
        let mut inbox = lock(&self.inbox);
        if !inbox.users.contains(&user) {
            inbox.users.push(user);
        }
        Box::pin(ready(()))
    }

    fn unsubscribe(&self, user: UserId) {
        lock(&self.inbox).users.retain(|known| *known != user);
    }

    async fn next(&self, most: usize) -> Batch<()> {
        poll_fn(|context| {
            let mut inbox = lock(&self.inbox);
            if inbox.events.is_empty() && inbox.gap == Gap::Nobody {
                inbox.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            let most = most.min(inbox.events.len());
            let events = inbox.events.drain(..most).map(|event| Received { event, trace: () }).collect();
            let gap = std::mem::take(&mut inbox.gap);
            Poll::Ready(Batch { gap, events })
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
