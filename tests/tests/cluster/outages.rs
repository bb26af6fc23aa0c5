//! Redis or a node goes away, and all heals by itself.

use std::time::{Duration, Instant};

use domain::testing::builders::{AZIZ, DILNOZA};
use serde_json::json;
use suhbat_tests::{Client, Socket, eventually};

use crate::{Cluster, ready};

/// Sends on one node until the socket on the other receives one of these messages.
async fn tells(from: &Client, conversation: i64, to: &mut Socket) {
    let mut sent = 0;
    eventually("a message crosses", async || {
        sent += 1;
        let id = from.says(conversation, &format!("message {sent}")).await;
        to.settle().await;
        let arrived = to.left("chat_message");
        arrived.iter().any(|frame| frame["message"]["id"] == id).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_messages_are_stored_and_told_on_their_node_and_all_heals_when_it_returns() {
    outage(Duration::from_secs(13), Duration::from_millis(300)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it takes ten minutes: ./just test outage"]
async fn after_ten_minutes_without_redis_all_heals_within_seconds() {
    let healing = outage(Duration::from_mins(10), Duration::from_secs(3)).await;
    println!("healed {healing:?} after the return of Redis");
    assert!(healing < Duration::from_secs(15), "{healing:?}");
}

/// Redis is away for so long, during which somebody acts at this pace. Returns how long it took after its return until everything worked again.
async fn outage(lasting: Duration, pace: Duration) -> Duration {
    let mut cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let (mut his, mut hers) = (aziz.chat(id).await, dilnoza.all().await);
    tells(&aziz, id, &mut hers).await;
    cluster.redis.stop();
    let stopped = Instant::now();
    while stopped.elapsed() < lasting {
        let asked = Instant::now();
        his.act("chat_message", json!({ "content": "meanwhile" })).await;
        his.expect_that("chat_message", |frame| frame["message"]["content"] == "meanwhile")
            .await;
        aziz.conversation(id).await;
        let mut another = aziz.chat(id).await;
        another.settle().await;
        assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
        tokio::time::sleep(pace).await;
    }
    let answer = cluster.nodes[0].client().get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("bus"), "{}", answer.text);
    assert!(cluster.nodes[0].client().get("/metrics").await.text.contains("suhbat_redis_up 0"));
    cluster.redis.resume().await;
    let returned = Instant::now();
    hers.expect("resync").await;
    let changes = dilnoza.changes(id, 0).await;
    assert_eq!(changes["last_seq"], aziz.changes(id, 0).await["last_seq"]);
    tells(&aziz, id, &mut hers).await;
    for node in &cluster.nodes {
        ready(node).await;
    }
    assert!(cluster.nodes[0].client().get("/metrics").await.text.contains("suhbat_redis_up 1"));
    // Presence is known again.
    eventually("both are online", async || {
        let online = aziz.conversation(id).await["presence"][0]["status"] == "online";
        let other = dilnoza.conversation(id).await["presence"][0]["status"] == "online";
        (online && other).then_some(())
    })
    .await;
    returned.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_subscription_ends_with_resync() {
    let cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let mut hers = dilnoza.all().await;
    for _ in 0..2 {
        tells(&aziz, id, &mut hers).await;
        cluster.redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        hers.expect("resync").await;
    }
    tells(&aziz, id, &mut hers).await;
    cluster.redis.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    tells(&aziz, id, &mut hers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_redis_has_forgotten_is_there_again_soon() {
    let cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let (_his, mut hers) = (aziz.chat(id).await, dilnoza.all().await);
    tells(&aziz, id, &mut hers).await;
    cluster.redis.command(&["FLUSHALL"]);
    cluster.redis.command(&["SCRIPT", "FLUSH"]);
    eventually("both are online again", async || {
        let online = aziz.conversation(id).await["presence"][0]["status"] == "online";
        let other = dilnoza.conversation(id).await["presence"][0]["status"] == "online";
        (online && other).then_some(())
    })
    .await;
    tells(&aziz, id, &mut hers).await;
}

/// By the real intervals, which allow for a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_users_of_a_killed_node_are_told_to_be_offline_once_within_a_minute() {
    let mut cluster = Cluster::of(3).await;
    let (aziz, _, id) = cluster.conversation().await;
    let mut his = aziz.chat(id).await;
    let _hers = cluster.client(2, DILNOZA).all().await;
    his.expect_that("user_status", |frame| frame["status"] == "online").await;
    let killed = Instant::now();
    cluster.nodes.remove(2).kill().await;
    let gone = his.expect("user_status").await;
    assert_eq!((&gone["user_id"], &gone["status"]), (&json!(DILNOZA.0), &json!("offline")));
    assert!(killed.elapsed() < Duration::from_mins(1), "{:?}", killed.elapsed());
    tokio::time::sleep(Duration::from_secs(2)).await;
    his.settle().await;
    assert!(his.left("user_status").is_empty());
    // Dilnoza returns on another node.
    cluster.client(1, DILNOZA).all().await;
    his.expect_that("user_status", |frame| frame["status"] == "online").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_killed_and_started_again_goes_on() {
    let mut cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let mut hers = dilnoza.all().await;
    tells(&aziz, id, &mut hers).await;
    let binary = cluster.nodes.remove(0).kill().await;
    let node = binary.serve(&[]).await;
    ready(&node).await;
    cluster.nodes.insert(0, node);
    tells(&cluster.client(0, AZIZ), id, &mut hers).await;
}

/// The first node follows the outbox for all, since it was there first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_keeps_the_index_of_the_search_when_the_one_that_did_is_killed() {
    // The test asks often.
    let mut cluster = Cluster::with(2, &[("rate.searches_per_minute", "0")]).await;
    let (_, dilnoza, id) = cluster.conversation().await;
    let searched = async || dilnoza.get("search/?q=message").await.ok();
    dilnoza.says(id, "message 1").await;
    eventually("the first node has it in the index", async || {
        (searched().await["indexing"] == 0).then_some(())
    })
    .await;
    let killed = Instant::now();
    cluster.nodes.remove(0).kill().await;
    dilnoza.says(id, "message 2").await;
    let meanwhile = searched().await;
    assert_eq!(meanwhile["indexing"], 1, "the second node does not follow yet");
    assert_eq!(meanwhile["results"].as_array().map(Vec::len), Some(2), "and yet all is found");
    eventually("the second node follows", async || {
        (searched().await["indexing"] == 0).then_some(())
    })
    .await;
    // A lease of 12 seconds, asked for every 3.
    assert!(killed.elapsed() < Duration::from_secs(16), "{:?}", killed.elapsed());
    assert_eq!(searched().await["results"].as_array().map(Vec::len), Some(2));
}
