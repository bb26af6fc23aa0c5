//! The adapters of Redis keep the promises of their ports, and return by themselves when Redis was away. `scripts/redis` starts the server that most tests
//! share; those that stop a server start one of their own.

mod adapters;
mod outages;
mod topologies;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    ports::{Clock, Presence},
    testing::{
        builders::at,
        conformance::{bus::BusNode, limiter::RATES, presence::PresenceFixture},
        fakes::FixedClock,
    },
    time::Timestamp,
};
use realtime::{
    bus::{RedisBus, RedisSubscriber, redis_bus},
    limiter::RedisLimiter,
    presence::RedisPresence,
    redis::{RedisAddress, RedisLink},
    tickets::RedisTickets,
    timings::Timings,
};
use tokio::task::JoinHandle;

/// Ends the tasks of a test.
#[derive(Default)]
pub(crate) struct Tasks(Vec<JoinHandle<()>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// The URL of the server that tests share.
#[expect(clippy::disallowed_methods, reason = "the server of all tests is no setting of the service")]
pub(crate) fn shared() -> String {
    std::env::var("SUHBAT_REDIS").expect("a Redis server: run the tests with scripts/redis")
}

/// The address of a server, without an authority of its own.
pub(crate) fn address(url: &str) -> RedisAddress {
    RedisAddress::parse(url, None).expect("an address")
}

/// A prefix that no other test uses.
pub(crate) fn prefix() -> String {
    static TESTS: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}:", std::process::id(), TESTS.fetch_add(1, Ordering::Relaxed))
}

/// A node's link with this prefix.
pub(crate) async fn link(url: &str, prefix: &str, tasks: &mut Tasks) -> Arc<RedisLink> {
    let (link, keeping) = RedisLink::open(address(url), prefix.to_owned()).await.expect("a running server");
    tasks.0.push(keeping);
    link
}

pub(crate) type Node = BusNode<RedisBus, RedisSubscriber>;

/// A node on the bus, which receives the events of others already.
pub(crate) async fn node(url: &str, prefix: &str, number: u64, tasks: &mut Tasks) -> Node {
    node_with(&TIMINGS, url, prefix, number, tasks).await
}

/// The same, with other intervals.
pub(crate) async fn node_with(timings: &Timings, url: &str, prefix: &str, number: u64, tasks: &mut Tasks) -> Node {
    let link = link(url, prefix, tasks).await;
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let (bus, subscriber, running) = redis_bus(link, number, clock, timings);
    tasks.0.extend(running);
    subscriber
        .is_subscribed()
        .wait_for(|subscribed| *subscribed)
        .await
        .expect("a running node");
    BusNode { bus, subscriber }
}

async fn bus() -> ([Node; 2], Tasks) {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let nodes = [
        node(&shared(), &prefix, 1, &mut tasks).await,
        node(&shared(), &prefix, u64::MAX, &mut tasks).await,
    ];
    (nodes, tasks)
}

mod conformance_of_the_bus {
    domain::bus_conformance!(crate::bus);
}

async fn limiter() -> (RedisLimiter, Tasks) {
    let mut tasks = Tasks::default();
    let link = link(&shared(), &prefix(), &mut tasks).await;
    (RedisLimiter::new(link, RATES), tasks)
}

mod conformance_of_the_limiter {
    domain::limiter_conformance!(crate::limiter);
}

async fn tickets() -> (RedisTickets, Tasks) {
    let mut tasks = Tasks::default();
    let link = link(&shared(), &prefix(), &mut tasks).await;
    (RedisTickets::new(link), tasks)
}

mod conformance_of_the_tickets {
    domain::tickets_conformance!(crate::tickets);
}

/// Short, since Redis has the time of the world.
pub(crate) const TIMINGS: Timings = Timings {
    heartbeat: Duration::from_secs(1),
    slow: Duration::from_secs(10),
    typing_expiry: Duration::from_secs(6),
    typing_throttle: Duration::from_secs(1),
    grace: Duration::from_millis(800),
    delivery_gather: Duration::from_millis(30),
    fetch_patience: Duration::from_millis(10),
    ping_spacing: Duration::from_millis(100),
    node_lease: Duration::from_secs(10),
    frame_gap: None,
};

/// Presence by the time of Redis.
struct RealTime {
    presence: RedisPresence,
    start: Instant,
}

#[async_trait]
impl PresenceFixture for RealTime {
    fn presence(&self) -> &dyn Presence {
        &self.presence
    }

    fn now(&self) -> Timestamp {
        at(0).plus_micros(i64::try_from(self.start.elapsed().as_micros()).expect("tests are short"))
    }

    fn lease(&self) -> Duration {
        TIMINGS.lease()
    }

    fn grace(&self) -> Duration {
        TIMINGS.grace
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

async fn presence() -> (RealTime, Tasks) {
    let mut tasks = Tasks::default();
    let link = link(&shared(), &prefix(), &mut tasks).await;
    let presence = RedisPresence::new(link, &TIMINGS);
    let start = Instant::now();
    (RealTime { presence, start }, tasks)
}

mod conformance_of_presence {
    domain::presence_conformance!(crate::presence);
}
