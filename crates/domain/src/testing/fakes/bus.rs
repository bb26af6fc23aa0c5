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
    subscribers: Vec<Inbox>,
}

type Inbox = Arc<Mutex<Waiting>>;

#[derive(Debug, Default)]
struct Waiting {
    users: Vec<UserId>,
    events: VecDeque<Event>,
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
}

/// Receives the events of a [`FakeBus`]; there are never gaps.
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
            if inbox.events.is_empty() {
                inbox.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            let most = most.min(inbox.events.len());
            let events = inbox.events.drain(..most).map(|event| Received { event, trace: () }).collect();
            Poll::Ready(Batch { gap: Gap::Nobody, events })
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
