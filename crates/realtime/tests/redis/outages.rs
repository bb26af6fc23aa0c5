//! Redis goes away and returns: nobody waits for it, everybody who may have missed something is told, and all goes on without a restart.

use std::{sync::Arc, time::Duration};

use domain::{
    event::{Body, Event},
    id::{ConversationId, MessageId},
    ports::{Admission, Budget, Bus as _, Gap, Limiter as _, Presence as _, SocketId, Subscriber as _, Tickets as _},
    receipt::Delivered,
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, at},
        conformance::{Works as _, limiter::RATES},
    },
};
use realtime::{limiter::RedisLimiter, presence::RedisPresence, tickets::RedisTickets, timings::Timings};

use test_servers::{RedisServer, cli};

use crate::{Node, TIMINGS, Tasks, link, node, node_with, prefix, shared};

/// An event of a stored change, with a number.
fn stored(number: i64) -> Event {
    Event {
        to: vec![AZIZ],
        body: Body::Delivered(Delivered {
            conversation: ConversationId(1),
            sender: AZIZ,
            user: MALIKA,
            message: MessageId(number),
            delivered_at: at(0),
        }),
    }
}

fn number(event: &Event) -> i64 {
    match &event.body {
        Body::Delivered(delivered) => delivered.message.0,
        other => panic!("{other:?}"),
    }
}

/// Two nodes, of which the second hosts Aziz.
pub(crate) async fn nodes_at(url: &str, tasks: &mut Tasks) -> [Node; 2] {
    let prefix = prefix();
    let nodes = [node(url, &prefix, 1, tasks).await, node(url, &prefix, 2, tasks).await];
    nodes[1].subscriber.subscribe(AZIZ).await;
    nodes
}

async fn nodes(server: &RedisServer, tasks: &mut Tasks) -> [Node; 2] {
    nodes_at(&server.url(), tasks).await
}

/// Publishes on the first node until it is received by the second, or Aziz has a gap. Returns the gaps until then.
pub(crate) async fn publish_until_received(nodes: &[Node; 2], mut next: i64) -> (Gap, i64) {
    let mut gap = Gap::Nobody;
    loop {
        nodes[0].bus.publish(stored(next));
        let received = tokio::time::timeout(Duration::from_millis(100), nodes[1].subscriber.next(10)).await;
        if let Ok(batch) = received {
            gap.merge(batch.gap);
            if let Some(last) = batch.events.last() {
                return (gap, number(&last.event));
            }
        }
        next += 1;
    }
}

#[tokio::test]
async fn a_closed_subscription_is_a_gap_and_returns() {
    let (server, mut tasks) = (RedisServer::start(&[]).await, Tasks::default());
    let nodes = nodes(&server, &mut tasks).await;
    for round in 0..3 {
        assert!(server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).trim() != "0");
        let mut gap = Gap::Nobody;
        while !gap.includes(AZIZ) {
            gap.merge(nodes[1].subscriber.next(10).await.gap);
        }
        let first = 1000 * (round + 1);
        let (_, received) = publish_until_received(&nodes, first).await;
        assert!(received >= first, "{received}");
    }
}

/// The subscribing node notices nothing: the publishing node has to say that it lost events.
#[tokio::test]
async fn events_that_could_not_be_published_are_a_gap_on_other_nodes() {
    let (server, mut tasks) = (RedisServer::start(&[]).await, Tasks::default());
    let nodes = nodes(&server, &mut tasks).await;
    // The server refuses the command for a while, and keeps the subscription.
    server.command(&["ACL", "SETUSER", "default", "-publish"]);
    for number in 0..3 {
        nodes[0].bus.publish(stored(number));
    }
    let refused = tokio::time::timeout(Duration::from_millis(300), nodes[1].subscriber.next(10)).await;
    assert!(refused.is_err(), "{refused:?}");
    server.command(&["ACL", "SETUSER", "default", "+publish"]);
    let batch = nodes[1].subscriber.next(10).await;
    assert_eq!(batch.gap, Gap::Users([AZIZ].into()));
}

async fn outage(time: Duration) {
    let (mut server, mut tasks) = (RedisServer::start(&[]).await, Tasks::default());
    let nodes = nodes(&server, &mut tasks).await;
    server.stop();
    let ended = tokio::time::Instant::now() + time;
    let mut number = 0;
    while tokio::time::Instant::now() < ended {
        // Local events arrive, and new sockets do not wait.
        nodes[1].bus.publish(stored(number));
        while nodes[1].subscriber.next(10).await.events.is_empty() {}
        tokio::time::timeout(Duration::from_secs(3), nodes[1].subscriber.subscribe(DILNOZA))
            .await
            .expect("nobody waits for Redis");
        nodes[0].bus.publish(stored(-1));
        tokio::time::sleep(time / 50).await;
        number += 1;
    }
    server.resume().await;
    let mut gap = Gap::Nobody;
    while !(gap.includes(AZIZ) && gap.includes(DILNOZA)) {
        gap.merge(nodes[1].subscriber.next(10).await.gap);
    }
    let (_, received) = publish_until_received(&nodes, 1000).await;
    assert!(received >= 1000);
}

#[tokio::test]
async fn a_short_outage_ends_with_a_gap_and_events() {
    outage(Duration::from_millis(500)).await;
}

/// Longer than any library tries again by itself.
#[tokio::test]
async fn a_long_outage_ends_with_a_gap_and_events() {
    outage(Duration::from_secs(13)).await;
}

#[tokio::test]
async fn limits_and_tickets_work_for_each_node_alone_while_redis_is_away() {
    let (mut server, mut tasks) = (RedisServer::start(&[]).await, Tasks::default());
    let link = link(&server.url(), "t:", &mut tasks).await;
    let (limiter, tickets) = (RedisLimiter::new(link.clone(), RATES), RedisTickets::new(link.clone()));
    assert!(tickets.redeem("before", at(30), at(0)).await.works());
    server.stop();
    let mut allowed = 0;
    for _ in 0..100 {
        allowed += usize::from(limiter.check(AZIZ, Budget::Messages, at(0)).await == Admission::Allowed);
    }
    assert_eq!(allowed, 20);
    assert!(!tickets.redeem("before", at(30), at(1)).await.works());
    assert!(tickets.redeem("meanwhile", at(30), at(1)).await.works());
    assert!(!tickets.redeem("meanwhile", at(30), at(1)).await.works());
    assert!(link.ping().await.is_err());
    server.resume().await;
    while link.ping().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!tickets.redeem("meanwhile", at(30), at(1)).await.works());
    assert_eq!(
        limiter.check(AZIZ, Budget::Messages, at(0)).await,
        Admission::Allowed,
        "Redis counts anew"
    );
}

#[tokio::test]
async fn presence_is_frozen_while_redis_is_away_and_renewed_when_it_returns() {
    let (mut server, mut tasks) = (RedisServer::start(&[]).await, Tasks::default());
    let here = RedisPresence::new(link(&server.url(), "t:", &mut tasks).await, &TIMINGS);
    let there = RedisPresence::new(link(&server.url(), "t:", &mut tasks).await, &TIMINGS);
    assert!(here.join(AZIZ, SocketId(1), at(0)).await.works());
    assert!(there.join(DILNOZA, SocketId(2), at(0)).await.works());
    let online = async |presence: &RedisPresence| {
        let statuses = presence.status(&[AZIZ, DILNOZA, MALIKA]).await.works();
        [statuses[0].online, statuses[1].online, statuses[2].online]
    };
    for presence in [&here, &there] {
        assert!(presence.departed(at(0)).await.works().is_empty());
        assert_eq!(online(presence).await, [true, true, false]);
    }
    server.stop();
    // The first call notices it.
    here.departed(at(1)).await.works();
    assert!(!here.join(MALIKA, SocketId(3), at(1)).await.works());
    assert_eq!(
        online(&here).await,
        [true, true, true],
        "as it was, and with the sockets of this node"
    );
    assert!(here.departed(at(60)).await.works().is_empty());
    server.resume().await;
    let mut returned = Vec::new();
    while !returned.contains(&MALIKA) {
        returned.extend(
            here.departed(at(61))
                .await
                .works()
                .iter()
                .filter(|status| status.online)
                .map(|status| status.user),
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    while online(&here).await != [true, true, true] {
        assert!(there.departed(at(61)).await.works().iter().all(|status| status.online));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn presence_that_redis_forgot_is_renewed_at_once() {
    let (server, mut tasks) = (RedisServer::start(&[]).await, Tasks::default());
    let presence = Arc::new(RedisPresence::new(link(&server.url(), "t:", &mut tasks).await, &TIMINGS));
    presence.join(AZIZ, SocketId(1), at(0)).await.works();
    presence.departed(at(0)).await.works();
    cli(&server.url(), &["FLUSHALL"]);
    assert!(!presence.status(&[AZIZ]).await.works()[0].online);
    let returned = presence.departed(at(1)).await.works();
    assert_eq!(
        returned.iter().map(|status| (status.user, status.online)).collect::<Vec<_>>(),
        [(AZIZ, true)]
    );
    assert!(presence.status(&[AZIZ]).await.works()[0].online);
}

/// The gap is everybody's: nobody knows what the lost node has not published.
#[tokio::test]
async fn a_node_that_ends_without_leaving_is_a_gap_on_the_others() {
    let (prefix, mut tasks, mut its_tasks) = (prefix(), Tasks::default(), Tasks::default());
    let timings = Timings {
        node_lease: Duration::from_secs(2),
        ..TIMINGS
    };
    let other = node_with(&timings, &shared(), &prefix, 1, &mut tasks).await;
    let lost = node_with(&timings, &shared(), &prefix, 2, &mut its_tasks).await;
    let name = format!("{:016x}", 2);
    while cli(&shared(), &["HGET", &format!("{prefix}nodes"), &name]).trim().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop((its_tasks, lost));
    assert_eq!(other.subscriber.next(10).await.gap, Gap::Everybody);
}

#[tokio::test]
async fn a_node_leaves_after_its_last_event() {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let nodes = [
        node(&shared(), &prefix, 1, &mut tasks).await,
        node(&shared(), &prefix, 2, &mut tasks).await,
    ];
    nodes[1].subscriber.subscribe(AZIZ).await;
    for event in 1..=1000 {
        nodes[0].bus.publish(stored(event));
    }
    nodes[0].bus.leave().await;
    let lease = cli(&shared(), &["HGET", &format!("{prefix}nodes"), &format!("{:016x}", 1)]);
    assert!(lease.starts_with("left:"), "{lease}");
    let mut last = 0;
    while last < 1000 {
        let batch = nodes[1].subscriber.next(100).await;
        assert_eq!(batch.gap, Gap::Nobody);
        last = batch.events.last().map_or(last, |received| number(&received.event));
    }
}
