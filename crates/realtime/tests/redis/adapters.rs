//! Promises beyond the ports: several nodes share what they count, and nothing stays in Redis for ever.

use std::time::Duration;

use domain::{
    event::{Body, Event},
    id::{ConversationId, UserId},
    ports::{Admission, Budget, Bus as _, Gap, Limiter as _, Presence as _, SocketId, Subscriber as _, Tickets as _},
    testing::{
        builders::{AZIZ, DILNOZA, MALIKA, at},
        conformance::{Works as _, limiter::RATES},
        join_all,
    },
};
use realtime::{limiter::RedisLimiter, presence::RedisPresence, redis::RedisLink, tickets::RedisTickets};

use test_servers::{RedisServer, cli, free_port};

use crate::{TIMINGS, Tasks, address, link, node, prefix, shared};

#[tokio::test]
async fn two_nodes_allow_no_more_than_one() {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let mut limiters = Vec::new();
    for _ in 0..2 {
        limiters.push(RedisLimiter::new(link(&shared(), &prefix, &mut tasks).await, RATES));
    }
    let asked = (0..64).map(|number: usize| limiters[number % 2].check(AZIZ, Budget::Messages, at(0)));
    let answers = join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Admission::Allowed).count(), 20);
}

#[tokio::test]
async fn a_ticket_is_used_on_one_of_two_nodes() {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let mut nodes = Vec::new();
    for _ in 0..2 {
        nodes.push(RedisTickets::new(link(&shared(), &prefix, &mut tasks).await));
    }
    let uses = join_all((0..16).map(|number: usize| nodes[number % 2].redeem("one", at(30), at(0)))).await;
    assert_eq!(uses.into_iter().filter(|first| matches!(first, Ok(true))).count(), 1);
}

#[tokio::test]
async fn a_user_on_two_nodes_is_online_until_the_last_one_goes() {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let one = RedisPresence::new(link(&shared(), &prefix, &mut tasks).await, &TIMINGS);
    let other = RedisPresence::new(link(&shared(), &prefix, &mut tasks).await, &TIMINGS);
    assert!(one.join(AZIZ, SocketId(1), at(0)).await.works());
    assert!(!other.join(AZIZ, SocketId(2), at(0)).await.works());
    one.leave(AZIZ, SocketId(1), at(1)).await.works();
    tokio::time::sleep(TIMINGS.grace * 3 / 2).await;
    assert!(one.departed(at(2)).await.works().is_empty());
    assert!(one.status(&[AZIZ]).await.works()[0].online);
    other.leave(AZIZ, SocketId(2), at(3)).await.works();
    tokio::time::sleep(TIMINGS.grace * 3 / 2).await;
    let departed = [one.departed(at(4)).await.works(), other.departed(at(4)).await.works()].concat();
    assert_eq!(
        departed.iter().map(|status| (status.user, status.last_seen)).collect::<Vec<_>>(),
        [(AZIZ, Some(at(3)))]
    );
}

/// The memory of Redis is bounded: by the people who were active lately.
#[tokio::test]
async fn every_key_expires() {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let _node = node(&shared(), &prefix, 1, &mut tasks).await;
    let link = link(&shared(), &prefix, &mut tasks).await;
    let presence = RedisPresence::new(link.clone(), &TIMINGS);
    let limiter = RedisLimiter::new(link.clone(), RATES);
    let tickets = RedisTickets::new(link);
    presence.join(AZIZ, SocketId(1), at(0)).await.works();
    presence.join(DILNOZA, SocketId(2), at(0)).await.works();
    presence.leave(DILNOZA, SocketId(2), at(0)).await.works();
    presence.departed(at(0)).await.works();
    presence.watch(&[(AZIZ, DILNOZA)]).await.works();
    for budget in [Budget::Messages, Budget::Uploads, Budget::UploadBytes] {
        limiter.take(AZIZ, budget, 1, at(0)).await;
    }
    limiter.give_back(AZIZ, Budget::UploadBytes, 0, at(0)).await;
    tickets.redeem("one", at(30), at(0)).await.works();
    let keys = cli(&shared(), &["--scan", "--pattern", &format!("{prefix}*")]);
    assert_eq!(keys.lines().count(), 2 + 3 + 3 + 1 + 1 + 1, "{keys}");
    for key in keys.lines() {
        let left: i64 = cli(&shared(), &["TTL", key]).trim().parse().expect("a number");
        assert!(left > 0, "{key} never expires");
    }
}

fn typing(to: UserId) -> Event {
    Event {
        to: vec![to],
        body: Body::Typing {
            conversation: ConversationId(1),
            user: MALIKA,
            username: "malika".to_owned(),
            is_typing: true,
            node: 1,
        },
    }
}

/// As a node of a newer version publishes it.
#[tokio::test]
async fn an_event_that_cannot_be_read_is_a_gap_of_its_recipient() {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let node = node(&shared(), &prefix, 1, &mut tasks).await;
    node.subscriber.subscribe(AZIZ).await;
    let channel = format!("{prefix}user:{AZIZ}");
    cli(&shared(), &["PUBLISH", &channel, "2 something else"]);
    let mut gap = Gap::Nobody;
    while gap == Gap::Nobody {
        gap = node.subscriber.next(10).await.gap;
    }
    assert_eq!(gap, Gap::Users([AZIZ].into()));
    node.bus.publish(typing(AZIZ));
    assert_eq!(node.subscriber.next(10).await.events.len(), 1, "it goes on");
}

/// The prefixes keep several services on one server apart.
#[tokio::test]
async fn a_node_with_another_prefix_hears_nothing() {
    let mut tasks = Tasks::default();
    let ours = prefix();
    let [one, same, other] = [ours.clone(), ours, prefix()];
    let one = node(&shared(), &one, 1, &mut tasks).await;
    let same = node(&shared(), &same, 2, &mut tasks).await;
    let other = node(&shared(), &other, 3, &mut tasks).await;
    for node in [&same, &other] {
        node.subscriber.subscribe(AZIZ).await;
    }
    one.bus.publish(typing(AZIZ));
    assert_eq!(same.subscriber.next(10).await.events.len(), 1);
    let heard = tokio::time::timeout(Duration::from_millis(100), other.subscriber.next(10)).await;
    assert!(heard.is_err(), "the event arrived elsewhere long ago");
}

/// The permissions are those of docs/operations.md.
#[tokio::test]
async fn a_server_with_accounts_and_databases_is_used_as_the_url_says() {
    let rights = "on >p@ss ~ours:* &ours:* +@read +@write +@connection +@pubsub +@scripting +@transaction +time +info";
    let user = ["--user", "suhbat"].into_iter().chain(rights.split(' '));
    let arguments: Vec<&str> = ["--requirepass", "another"].into_iter().chain(user).collect();
    let server = RedisServer::start(&arguments).await;
    let url = |account: &str| server.url().replace("redis://", &format!("redis://{account}@")) + "/3";
    let wrong = RedisLink::open(address(&url("suhbat:wrong")), "ours:".to_owned()).await;
    let error = wrong.err().expect("a wrong password").to_string();
    assert!(
        error.starts_with("Redis at 127.0.0.1:") && !error.contains("suhbat:wrong"),
        "{error}"
    );
    let (url, mut tasks) = (url("suhbat:p%40ss"), Tasks::default());
    let node = node(&url, "ours:", 1, &mut tasks).await;
    let other = crate::node(&url, "ours:", 2, &mut tasks).await;
    node.subscriber.subscribe(AZIZ).await;
    other.bus.publish(typing(AZIZ));
    assert_eq!(node.subscriber.next(10).await.events.len(), 1);
    let link = link(&url, "ours:", &mut tasks).await;
    assert!(RedisTickets::new(link.clone()).redeem("one", at(30), at(0)).await.works());
    RedisLimiter::new(link.clone(), RATES).check(AZIZ, Budget::Messages, at(0)).await;
    let presence = RedisPresence::new(link.clone(), &TIMINGS);
    assert!(presence.join(AZIZ, SocketId(1), at(0)).await.works());
    presence.leave(AZIZ, SocketId(1), at(0)).await.works();
    presence.departed(at(0)).await.works();
    presence.status(&[AZIZ]).await.works();
    let admin = server.url().replace("redis://", "redis://default:another@") + "/3";
    let keys = cli(&admin, &["--scan"]);
    assert_eq!(keys.lines().count(), 1 + 1 + 4 + 1, "{keys}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let url = format!("redis://suhbat:secret@127.0.0.1:{}", free_port());
    let error = RedisLink::open(address(&url), String::new())
        .await
        .err()
        .expect("nobody listens")
        .to_string();
    assert!(
        error.contains("cannot be reached") && error.contains("127.0.0.1") && !error.contains("secret"),
        "{error}"
    );
}
