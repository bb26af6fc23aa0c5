//! Nodes without a common bus are no cluster, and say so.

use suhbat_tests::eventually;

use crate::Cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_one_database_without_redis_warn_of_each_other() {
    let mut cluster = Cluster::without_nodes().await;
    cluster.join("memory:", &[]).await;
    let degraded = async |cluster: &Cluster, node: usize| {
        let ready = cluster.nodes[node].client().get("/readyz").await.ok();
        ready["degraded"].as_array().expect("a list").iter().any(|part| part == "nodes")
    };
    assert!(!degraded(&cluster, 0).await);
    cluster.join("memory:", &[]).await;
    assert!(degraded(&cluster, 1).await, "known from the start");
    for node in &cluster.nodes {
        node.shown("other services run on this database without sharing a bus").await;
    }
    eventually("the first one knows, too", async || degraded(&cluster, 0).await.then_some(())).await;
    let left = cluster.nodes.remove(0);
    left.stop().await;
    eventually("alone again", async || (!degraded(&cluster, 0).await).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_on_one_bus_warn_of_nobody() {
    let cluster = Cluster::of(2).await;
    for node in &cluster.nodes {
        let ready = node.client().get("/readyz").await.ok();
        assert_eq!(ready["degraded"], serde_json::json!([]));
        assert_eq!(ready["parts"], serde_json::json!(["storage", "bus"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_does_not_start_without_the_redis_that_it_is_told_to_use() {
    let mut cluster = Cluster::without_nodes().await;
    let bus = cluster.redis.url().replace("redis://", "redis://suhbat:secret@");
    cluster.redis.stop();
    let outcome = cluster.binary(&bus).run(&["serve"]).await;
    assert_ne!(outcome.status, Some(0));
    let said = outcome.all();
    assert!(
        said.contains("bus.url") && said.contains("cannot be reached") && !said.contains("secret"),
        "{said}"
    );
}
