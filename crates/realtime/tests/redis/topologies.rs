//! Servers behind sentinels, clusters, and servers with TLS.

use std::{path::Path, process::Command, time::Duration};

use domain::{
    ports::{Admission, Budget, Gap, Limiter as _, Presence as _, SocketId, Subscriber as _, Tickets as _},
    testing::{
        builders::{AZIZ, DILNOZA, at},
        conformance::{Works as _, bus, limiter::RATES},
    },
};
use realtime::{
    limiter::RedisLimiter,
    presence::RedisPresence,
    redis::{OpenError, RedisAddress, RedisLink},
    tickets::RedisTickets,
};
use test_servers::{RedisServer, free_port};

use crate::{
    TIMINGS, Tasks, link, node,
    outages::{nodes_at, publish_until_received},
    prefix,
};

/// The adapters beside the bus work on this server.
async fn adapters_work(url: &str) {
    let (prefix, mut tasks) = (prefix(), Tasks::default());
    let link = link(url, &prefix, &mut tasks).await;
    let tickets = RedisTickets::new(link.clone());
    assert!(tickets.redeem("one", at(30), at(0)).await.works());
    assert!(!tickets.redeem("one", at(30), at(0)).await.works());
    let limiter = RedisLimiter::new(link.clone(), RATES);
    let mut allowed = 0;
    for user in [AZIZ, DILNOZA] {
        for _ in 0..30 {
            allowed += usize::from(limiter.check(user, Budget::Messages, at(0)).await == Admission::Allowed);
        }
    }
    assert_eq!(allowed, 2 * 20);
    let presence = RedisPresence::new(link.clone(), &TIMINGS);
    assert!(presence.join(AZIZ, SocketId(1), at(0)).await.works());
    assert!(presence.join(DILNOZA, SocketId(2), at(0)).await.works());
    assert!(presence.status(&[AZIZ, DILNOZA]).await.works().iter().all(|status| status.online));
    presence.leave(AZIZ, SocketId(1), at(0)).await.works();
    let mut gone = Vec::new();
    while gone.is_empty() {
        gone = presence.departed(at(1)).await.works();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gone.iter().map(|status| status.user).collect::<Vec<_>>(), [AZIZ]);
    // Redis did not fail: the adapters would have counted by themselves.
    link.ping().await.expect("a connection");
}

/// Two nodes with a prefix of their own.
async fn nodes(url: &str, tasks: &mut Tasks) -> [crate::Node; 2] {
    let prefix = prefix();
    [node(url, &prefix, 1, tasks).await, node(url, &prefix, 2, tasks).await]
}

#[tokio::test]
async fn behind_sentinels_the_server_that_takes_over_is_found() {
    let mut first = RedisServer::start(&[]).await;
    let port = first.port().to_string();
    let _second = RedisServer::start(&["--replicaof", "127.0.0.1", &port]).await;
    let sentinel = RedisServer::sentinel("main", first.port()).await;
    let url = format!("redis+sentinel://127.0.0.1:{}/main", sentinel.port());
    adapters_work(&url).await;
    let mut tasks = Tasks::default();
    let nodes = nodes_at(&url, &mut tasks).await;
    publish_until_received(&nodes, 1).await;
    first.stop();
    let mut gap = Gap::Nobody;
    while !gap.includes(AZIZ) {
        gap.merge(nodes[1].subscriber.next(10).await.gap);
    }
    let (_, received) = publish_until_received(&nodes, 1000).await;
    assert!(received >= 1000);
    // The sentinel names no server for a moment after it has replaced one.
    while let Err(error) = RedisLink::open(RedisAddress::parse(&url, None).expect("an address"), prefix())
        .await
        .map(|(_, keeping)| keeping.abort())
    {
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    adapters_work(&url).await;
}

#[tokio::test]
async fn a_cluster_spreads_the_topics() {
    let mut servers = Vec::new();
    for _ in 0..3 {
        let bus_port = free_port().to_string();
        servers.push(
            RedisServer::start(&[
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus_port,
                "--cluster-config-file",
                "nodes.conf",
            ])
            .await,
        );
    }
    let addresses: Vec<String> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
    let made = Command::new("redis-cli")
        .args(["--cluster", "create"])
        .args(&addresses)
        .args(["--cluster-yes", "--cluster-replicas", "0"])
        .output()
        .expect("redis-cli is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
    for server in &servers {
        while !server.command(&["CLUSTER", "INFO"]).contains("cluster_state:ok") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let url = format!("redis+cluster://{}", addresses[..2].join(","));
    adapters_work(&url).await;
    let mut tasks = Tasks::default();
    bus::an_event_for_users_of_both_nodes_reaches_each_once(&nodes(&url, &mut tasks).await).await;
    bus::subscribing_twice_doubles_nothing(&nodes(&url, &mut tasks).await).await;
    bus::a_user_who_returns_receives_events_again(&nodes(&url, &mut tasks).await).await;
    bus::many_subscriptions_at_once_take_effect(&nodes(&url, &mut tasks).await).await;
    bus::every_kind_of_event_arrives_unchanged(&nodes(&url, &mut tasks).await).await;
    let channels = servers
        .iter()
        .filter(|server| server.command(&["PUBSUB", "SHARDCHANNELS"]).lines().count() > 100);
    assert_eq!(channels.count(), 3, "each server has a part of the channels");
    // A closed connection to one of them is an interruption.
    let nodes = nodes_at(&url, &mut tasks).await;
    publish_until_received(&nodes, 1).await;
    for server in &servers {
        server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    }
    let mut gap = Gap::Nobody;
    while !gap.includes(AZIZ) {
        gap.merge(nodes[1].subscriber.next(10).await.gap);
    }
    publish_until_received(&nodes, 1000).await;
}

fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl is installed, as a part of every system that has Redis");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn a_server_with_tls_needs_a_certificate_of_a_trusted_authority() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("names.cnf"), "subjectAltName = DNS:localhost\n").expect("our folder");
    for name in ["ca", "other"] {
        openssl(
            folder.path(),
            &format!("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"),
        );
    }
    openssl(
        folder.path(),
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
    );
    openssl(
        folder.path(),
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names.cnf -out server.crt",
    );
    let port = free_port();
    let (certificate, key, authority, tls_port) = (path("server.crt"), path("server.key"), path("ca.pem"), port.to_string());
    let files = [
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
    ];
    let _server = RedisServer::start(&[&files[..], &["--tls-port", &tls_port, "--tls-auth-clients", "no"]].concat()).await;
    let open = |host: &str, authority: Option<&str>| {
        let authority = authority.map(|name| std::fs::read(path(name)).expect("our file"));
        let address = RedisAddress::parse(&format!("rediss://{host}:{port}"), authority).expect("an address");
        async move { RedisLink::open(address, prefix()).await }
    };
    for (host, authority) in [("localhost", None), ("localhost", Some("other.pem")), ("127.0.0.1", Some("ca.pem"))] {
        let error = open(host, authority)
            .await
            .err()
            .expect("a certificate that is not trusted")
            .to_string();
        assert!(error.contains("cannot be reached"), "{error}");
    }
    let (link, keeping) = open("localhost", Some("ca.pem")).await.expect("a trusted certificate");
    let mut tasks = Tasks(vec![keeping]);
    link.ping().await.expect("a connection");
    let clock = std::sync::Arc::new(domain::testing::fakes::FixedClock::default());
    let (_bus, subscriber, running) = realtime::bus::redis_bus(link, 1, clock, &crate::TIMINGS);
    tasks.0.extend(running);
    subscriber
        .is_subscribed()
        .wait_for(|subscribed| *subscribed)
        .await
        .expect("a running node");
}
