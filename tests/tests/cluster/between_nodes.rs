//! What happens on one node is told on the others.

use domain::testing::builders::{AZIZ, DILNOZA, MALIKA, NUR};
use serde_json::{Value, json};
use suhbat_tests::{Closed, Socket, eventually};

use crate::Cluster;

/// The numbers of the changes among these frames.
fn seqs(frames: &[Value]) -> Vec<i64> {
    frames.iter().filter_map(|frame| frame["seq"].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_reaches_the_sockets_of_all_participants_on_all_nodes() {
    let cluster = Cluster::of(3).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let mut sockets = vec![aziz.chat(id).await, cluster.client(1, AZIZ).all().await, dilnoza.chat(id).await];
    let ack = sockets[0]
        .act("chat_message", json!({ "content": "Salom", "client_id": "c-1" }))
        .await;
    let message = ack["message_id"].as_i64().expect("an id");
    sockets[0]
        .act("edit_message", json!({ "message_id": message, "content": "Salom!" }))
        .await;
    dilnoza.post_empty(&format!("messages/{message}/pin/")).await.ok();
    let reply = dilnoza.says(id, "Va alaykum").await;
    assert_eq!(aziz.delete(&format!("messages/{message}/")).await.status, 204);
    for socket in &mut sockets {
        let frames = socket.until("message_deleted", |_| true).await;
        let changes: Vec<&Value> = frames.iter().filter(|frame| frame["seq"].is_i64()).collect();
        let kinds: Vec<&str> = changes.iter().filter_map(|frame| frame["type"].as_str()).collect();
        assert_eq!(
            kinds,
            [
                "chat_message",
                "message_edited",
                "message_pinned",
                "chat_message",
                "message_deleted"
            ]
        );
        assert_eq!(seqs(&frames), [1, 2, 3, 4, 5]);
        assert_eq!(changes[3]["message"]["id"], reply);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_counts_and_lists_are_told_across_nodes() {
    let cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let (mut his, mut hers) = (aziz.chat(id).await, dilnoza.all().await);
    let message = aziz.says(id, "Salom").await;
    let updated = hers.expect_that("conversation_updated", |frame| frame["unread_count"] == 1).await;
    assert_eq!((&updated["conversation"], &updated["last_seq"]), (&json!(id), &json!(1)));
    let delivered = his.expect("message_delivered").await;
    assert_eq!(
        (&delivered["message_id"], &delivered["user_id"]),
        (&json!(message), &json!(DILNOZA.0))
    );
    hers.send("read_receipt", json!({ "conversation": id, "up_to": message })).await;
    let read = his.expect("read_receipt").await;
    assert_eq!((&read["message_id"], &read["user_id"]), (&json!(message), &json!(DILNOZA.0)));
    assert_eq!(aziz.message(message).await["status"], "seen");
    assert_eq!(dilnoza.get("conversations/unread_count/").await.ok()["unread_count"], 0);
    // A conversation that is opened on one node appears on the others.
    let opened = cluster
        .client(0, MALIKA)
        .post("conversations/", json!({ "participant_ids": [DILNOZA.0], "confession": NUR.0 }))
        .await
        .expect(201);
    hers.expect_that("conversation_updated", |frame| frame["conversation"] == opened["id"])
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typing_and_presence_are_told_across_nodes() {
    let cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let mut his = aziz.chat(id).await;
    let mut hers = Socket::open(&dilnoza.socket_url("/ws/")).await;
    assert_eq!(hers.expect("ready").await["online"], json!([AZIZ.0]));
    let online = his.expect("user_status").await;
    assert_eq!((&online["user_id"], &online["status"]), (&json!(DILNOZA.0), &json!("online")));
    his.send("typing", json!({ "is_typing": true })).await;
    assert_eq!(hers.expect("typing").await["user_id"], AZIZ.0);
    hers.expect_that("typing", |frame| frame["is_typing"] == false).await;
    // A second socket on the other node keeps Dilnoza online.
    let second = cluster.client(0, DILNOZA).all().await;
    hers.close().await;
    let conversation = aziz.conversation(id).await;
    assert_eq!(conversation["presence"][0]["status"], "online");
    second.close().await;
    let frames = his.until("user_status", |frame| frame["status"] == "offline").await;
    let statuses = frames.iter().filter(|frame| frame["type"] == "user_status").count();
    assert_eq!(statuses, 1, "{frames:?}");
    assert_eq!(aziz.conversation(id).await["presence"][0]["status"], "offline");
}

/// Both nodes write into the conversation as fast as they can.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_two_writing_nodes_arrive_in_the_order_of_seq() {
    const EACH: i64 = 200;
    let cluster = Cluster::of(2).await;
    let (aziz, dilnoza, id) = cluster.conversation().await;
    let (mut his, mut hers) = (aziz.chat(id).await, dilnoza.chat(id).await);
    for number in 0..EACH {
        let content = json!({ "content": number.to_string() });
        his.send("chat_message", content.clone()).await;
        hers.send("chat_message", content).await;
    }
    for socket in [&mut his, &mut hers] {
        let frames = socket.until("chat_message", |frame| frame["seq"] == 2 * EACH).await;
        let numbers: Vec<i64> = frames
            .iter()
            .filter(|frame| frame["type"] == "chat_message")
            .filter_map(|frame| frame["seq"].as_i64())
            .collect();
        assert_eq!(numbers, (1..=2 * EACH).collect::<Vec<_>>());
        assert!(frames.iter().all(|frame| frame["type"] != "resync"));
    }
}

/// The events of a node without Redis reach nobody else, as if they had been lost on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_was_lost_on_the_way_is_read_from_storage() {
    let mut cluster = Cluster::of(2).await;
    let lonely = cluster.join("memory:", &[]).await;
    let (aziz, dilnoza) = (cluster.client(0, AZIZ), cluster.client(1, DILNOZA));
    let id = aziz.open(DILNOZA).await;
    let (mut his, mut hers) = (aziz.chat(id).await, dilnoza.chat(id).await);
    aziz.say(id, "one").await;
    for socket in [&mut his, &mut hers] {
        assert_eq!(socket.expect("chat_message").await["seq"], 1);
    }
    for text in ["two", "three"] {
        cluster.client(lonely, AZIZ).say(id, text).await;
    }
    aziz.say(id, "four").await;
    for socket in [&mut his, &mut hers] {
        let frames = socket.until("chat_message", |frame| frame["seq"] == 4).await;
        let contents: Vec<&str> = frames.iter().filter_map(|frame| frame["message"]["content"].as_str()).collect();
        assert_eq!(contents, ["two", "three", "four"]);
        assert!(frames.iter().all(|frame| frame["type"] != "resync"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_of_one_node_opens_one_socket_on_any_node() {
    let cluster = Cluster::of(2).await;
    let aziz = cluster.client(0, AZIZ);
    let ticket = aziz.post_empty("ws_ticket/").await.ok()["ticket"]
        .as_str()
        .expect("a ticket")
        .to_owned();
    let url = |node: usize| cluster.nodes[node].base().replacen("http", "ws", 1) + "/ws/?ticket=" + &ticket;
    let mut socket = Socket::open(&url(1)).await;
    socket.expect("ready").await;
    for node in [0, 1] {
        let Closed { code, .. } = Socket::open(&url(node)).await.closed().await;
        assert_eq!(code, 4401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_counts_the_messages_of_all_nodes() {
    let cluster = Cluster::with(2, &[("rate.messages_per_minute", "12")]).await;
    let (aziz, _, id) = cluster.conversation().await;
    let there = cluster.client(1, AZIZ);
    let say = async |client: &suhbat_tests::Client| {
        let message = json!({ "conversation": id, "content": "Salom" });
        client.post("messages/", message).await.status
    };
    // Two at once, and one in five seconds.
    assert_eq!(
        [say(&aziz).await, say(&there).await, say(&aziz).await, say(&there).await],
        [201, 201, 429, 429]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_the_directory_acts_on_all_nodes() {
    let cluster = Cluster::of(2).await;
    let (aziz, _, id) = cluster.conversation().await;
    let mut his = aziz.all().await;
    let platform = cluster.directory_client(1);
    platform.delete(&format!("/api/directory/subscriptions/{AZIZ}/{NUR}/")).await;
    let access = his.expect("conversation_access").await;
    assert_eq!((&access["conversation"], &access["can_send"]), (&json!(id), &json!(false)));
    let person = json!({ "username": "aziz", "role": "user", "is_active": false });
    platform.put(&format!("/api/directory/users/{AZIZ}/"), person).await;
    assert_eq!(his.closed().await.code, 4401);
    // An import by a process of its own is announced by one of the nodes.
    let mut hers = cluster.client(0, DILNOZA).all().await;
    let document = json!({ "users": [{ "id": DILNOZA.0, "username": "dilnoza", "role": "admin", "is_active": false }] });
    let binary = cluster.binary(&cluster.redis.url());
    let file = binary.file("people.json", &document.to_string());
    assert_eq!(binary.run(&["import", &file]).await.status, Some(0));
    assert_eq!(hers.closed().await.code, 4401);
    eventually("nobody is left", async || {
        let metrics = cluster.nodes[0].client().get("/metrics").await.text;
        metrics.contains("suhbat_sockets_open 0").then_some(())
    })
    .await;
}
