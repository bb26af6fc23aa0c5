//! Several nodes as processes of their own, on one PostgreSQL server and one Redis server: every promise that a single node keeps to its sockets, kept between
//! nodes, also while Redis or a node goes away. `./just test cluster` brings the database server up; each test has a Redis server of its own.

mod between_nodes;
mod outages;
mod without_redis;

use domain::{
    id::UserId,
    testing::builders::{AZIZ, DILNOZA},
};
use server::wiring::Options;
use suhbat_tests::{Binary, Client, Database, RedisServer, SECRET, Served, Token, eventually};
use tempfile::TempDir;

/// Nodes on one database.
struct Cluster {
    nodes: Vec<Served>,
    redis: RedisServer,
    folder: TempDir,
    database: Database,
}

impl Cluster {
    /// So many nodes on one bus, with the standard community.
    async fn of(nodes: usize) -> Self {
        Self::with(nodes, &[]).await
    }

    /// The same, with these settings.
    async fn with(nodes: usize, settings: &[(&str, &str)]) -> Self {
        let mut cluster = Self::without_nodes().await;
        for _ in 0..nodes {
            let bus = cluster.redis.url();
            cluster.join(&bus, settings).await;
        }
        cluster
    }

    async fn without_nodes() -> Self {
        Self {
            nodes: Vec::new(),
            redis: RedisServer::start(&[]).await,
            folder: tempfile::tempdir().expect("a temporary folder"),
            database: Database::inhabited().await,
        }
    }

    /// The program, with this bus.
    fn binary(&self, bus: &str) -> Binary {
        let url = self.database.url(self.folder.path());
        assert!(url.starts_with("postgres"), "run this suite with scripts/postgres");
        Binary::in_folder(env!("CARGO_BIN_EXE_suhbat-under-test"), self.folder.path())
            .with("auth.secret", SECRET)
            .with("database.url", &url)
            .with("database.pool_size", "4")
            .with("rate.messages_per_minute", "0")
            .with("rate.requests_per_minute", "0")
            .with("bus.url", bus)
    }

    /// Starts one more node, and waits until it is ready.
    async fn join(&mut self, bus: &str, settings: &[(&str, &str)]) -> usize {
        let binary = settings
            .iter()
            .fold(self.binary(bus), |binary, (name, value)| binary.with(name, value));
        let node = binary.serve(&[]).await;
        ready(&node).await;
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// A person's client on this node.
    fn client(&self, node: usize, user: UserId) -> Client {
        let token = Token::access(user, Options::default().clock.now()).mint();
        self.nodes[node].client().with_token(token)
    }

    /// The platform's client on this node.
    fn directory_client(&self, node: usize) -> Client {
        let token = Token::access(UserId(1), Options::default().clock.now())
            .claim("scope", "directory")
            .mint();
        self.nodes[node].client().with_token(token)
    }

    /// A conversation of Aziz on the first node with Dilnoza on the last one: their clients, and its id.
    async fn conversation(&self) -> (Client, Client, i64) {
        let (aziz, dilnoza) = (self.client(0, AZIZ), self.client(self.nodes.len() - 1, DILNOZA));
        let id = aziz.open(DILNOZA).await;
        (aziz, dilnoza, id)
    }
}

/// Waits until `readyz` has nothing to complain about.
async fn ready(node: &Served) {
    eventually("the node is ready", async || {
        (node.client().get("/readyz").await.status == 200).then_some(())
    })
    .await;
}
