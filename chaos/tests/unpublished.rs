//! A change that is stored, and that its node could not publish, reaches all sockets nevertheless: soon, and without a later change that shows the gap.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chaos::{
    cluster::{Cluster, Shape},
    device::requests::Service,
    people::People,
    proxy::{Mode, Proxy},
    stored::Source,
};
use serde_json::json;
use suhbat_tests::{Socket, eventually};
use tokio::task::JoinHandle;

/// More than the connections of a pool, so that each of them has stored a message and need not prepare its statements any more: then the commit is sent together
/// with what it commits.
const WARM: usize = 48;

/// An admin and a member, whose conversation it is.
const ADMIN: u64 = 2;

/// Two nodes; the admin has a socket on each.
struct Scene {
    cluster: Cluster,
    member: Service,
    conversation: u64,
    sockets: [Socket; 2],
}

/// Holds up everybody who stores a message, while it lives.
struct HeldUp(tokio_postgres::Client);

impl Scene {
    async fn new() -> Self {
        let people = People::new(1);
        let shape = Shape {
            program: PathBuf::from(env!("CARGO_BIN_EXE_suhbat-for-chaos")),
            on_server: true,
            nodes: 2,
            seeded_fault: None,
        };
        let cluster = Cluster::start(&shape, &people).await.expect("servers that can be started");
        let ports: Arc<[u16]> = cluster.to_nodes.iter().map(Proxy::port).collect();
        let (member, _) = people.pairs().find(|(_, admin)| *admin == ADMIN).expect("somebody follows them");
        let member = Service::new(ports.clone(), token(&cluster, member).await);
        let opened = member
            .ask(0, "conversations/get_or_create/", Some(json!({ "target_user_id": ADMIN })))
            .await;
        let conversation = opened.expect("an answer").1["id"].as_u64().expect("a conversation");
        let token = token(&cluster, ADMIN).await;
        let url = |node: usize| format!("ws://127.0.0.1:{}/ws/?token={token}", ports[node]);
        let mut sockets = [Socket::open(&url(0)).await, Socket::open(&url(1)).await];
        for socket in &mut sockets {
            socket.expect("ready").await;
        }
        let scene = Self {
            cluster,
            member,
            conversation,
            sockets,
        };
        for _ in 0..WARM {
            scene.send("before").await.expect("a node that can be asked");
        }
        scene
    }

    /// Sends a message by the first node.
    fn send(&self, text: &str) -> JoinHandle<bool> {
        let (member, body) = (self.member.clone(), json!({ "conversation": self.conversation, "content": text }));
        tokio::spawn(async move { matches!(member.ask(0, "messages/", Some(body)).await, Ok((201, _))) })
    }

    async fn hold_up(&self) -> HeldUp {
        let holder = HeldUp(self.administrator().await);
        holder
            .0
            .batch_execute("BEGIN; LOCK TABLE messaging_message IN SHARE MODE")
            .await
            .expect("a lock");
        holder
    }

    async fn administrator(&self) -> tokio_postgres::Client {
        let Source::Server(url) = &self.cluster.source else {
            panic!("a server")
        };
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("a server");
        tokio::spawn(connection);
        client
    }

    /// Waits until this message is stored.
    async fn stores(&self, text: &str) {
        let administrator = self.administrator().await;
        eventually("the message is stored", async || {
            let found = administrator
                .query("SELECT 1 FROM messaging_message WHERE content = $1", &[&text])
                .await;
            (found.expect("a query").len() == 1).then_some(())
        })
        .await;
    }

    /// The contents that the first `changes` after the warming up has.
    async fn changes(&self, node: usize) -> Vec<String> {
        let path = format!("conversations/{}/changes/?after={WARM}", self.conversation);
        let (_, body) = self.member.ask(node, &path, None).await.expect("an answer");
        let changes = body["changes"].as_array().expect("a list").iter();
        changes
            .filter_map(|change| Some(change["message"]["content"].as_str()?.to_owned()))
            .collect()
    }
}

impl HeldUp {
    /// Waits until somebody is held up.
    async fn has_caught_somebody(&self) {
        let waiting = "SELECT 1 FROM pg_locks WHERE relation = 'messaging_message'::regclass AND NOT granted";
        eventually("somebody waits", async || {
            (!self.0.query(waiting, &[]).await.expect("a query").is_empty()).then_some(())
        })
        .await;
    }

    async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.expect("a transaction");
    }
}

async fn token(cluster: &Cluster, user: u64) -> String {
    let node = cluster.nodes[0].lock().await;
    let output = node
        .command(&["token", "--user", &user.to_string()])
        .output()
        .await
        .expect("a program");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The node stands still while its change is committed, and never runs again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_its_node_did_not_live_to_publish_is_told_when_the_lease_of_the_node_ends() {
    let mut scene = Scene::new().await;
    let held_up = scene.hold_up().await;
    let sending = scene.send("unpublished");
    held_up.has_caught_somebody().await;
    {
        let mut node = scene.cluster.nodes[0].lock().await;
        node.signal("STOP").await.expect("a signal");
        held_up.release().await;
        scene.stores("unpublished").await;
        node.kill().await.expect("a process of ours");
    }
    assert!(!sending.await.expect("a task"), "nobody answered");
    scene.sockets[1].expect("resync").await;
    scene.sockets[1].settle().await;
    let seen = scene.sockets[1].left("chat_message");
    assert!(seen.iter().all(|frame| frame["message"]["content"] == "before"), "it was published");
    assert_eq!(scene.changes(1).await, ["unpublished"]);
}

/// The node lives, and does not get the answer of its commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_node_lost_the_database_during_the_commit_is_told_to_the_people_concerned() {
    let mut scene = Scene::new().await;
    let held_up = scene.hold_up().await;
    let sending = scene.send("unconfirmed");
    held_up.has_caught_somebody().await;
    let to_database = &scene.cluster.to_database[0];
    to_database.set(Mode::HalfOpen);
    held_up.release().await;
    scene.stores("unconfirmed").await;
    // Now the connections end.
    to_database.set(Mode::Open);
    assert!(!sending.await.expect("a task"), "it failed");
    let told = tokio::time::timeout(Duration::from_secs(30), async {
        for socket in &mut scene.sockets {
            socket.expect("resync").await;
        }
    });
    told.await.expect("both nodes tell");
    assert_eq!(scene.changes(0).await, ["unconfirmed"]);
}
