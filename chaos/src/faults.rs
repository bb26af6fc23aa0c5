//! The faults, and the order in which a seed brings them.

use std::{collections::BTreeMap, time::Duration};

use suhbat_tests::PostgresServer;

use crate::{
    Failure,
    chance::Chance,
    cluster::{Cluster, Database},
    proxy::{Mode, Proxy},
};

/// A kind of fault. Each heals what it broke before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A node is killed (SIGKILL) and started again.
    KillNode,
    /// A node is stopped on the spot (SIGSTOP) for a while.
    PauseNode,
    /// One node after the other is asked to end (SIGTERM) and started again.
    RollingRestart,
    /// The database server ends all connections, ends, and starts again.
    RestartDatabase,
    /// The database server ends at once, and recovers when it starts again.
    CrashDatabase,
    /// All connections of the database server are ended by an administrator.
    TerminateBackends,
    /// Redis is killed, and started again empty.
    RestartRedis,
    /// Redis forgets everything.
    FlushRedis,
    /// Redis ends the connections of its clients.
    KillRedisClients,
    /// The proxies in front of a part are slow.
    Delay(Part),
    /// They end all connections.
    Cut(Part),
    /// They take new connections and bytes, and return nothing.
    HalfOpen(Part),
    /// They end new connections at once.
    Close(Part),
}

/// The part of the system in front of which a proxy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The nodes, as clients reach them.
    Nodes,
    /// The database.
    Database,
    /// Redis.
    Redis,
}

impl Part {
    /// All parts.
    const ALL: [Self; 3] = [Self::Nodes, Self::Database, Self::Redis];
}

impl Fault {
    /// All kinds.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::KillNode,
            Self::PauseNode,
            Self::RollingRestart,
            Self::RestartDatabase,
            Self::CrashDatabase,
            Self::TerminateBackends,
            Self::RestartRedis,
            Self::FlushRedis,
            Self::KillRedisClients,
        ];
        for part in Part::ALL {
            all.extend([Self::Delay(part), Self::Cut(part), Self::HalfOpen(part), Self::Close(part)]);
        }
        all
    }

    /// Its name in reports and on the command line, such as `kill-node` or `cut-redis`.
    pub fn name(self) -> String {
        let part = |part| match part {
            Part::Nodes => "nodes",
            Part::Database => "database",
            Part::Redis => "redis",
        };
        match self {
            Self::KillNode => "kill-node".to_owned(),
            Self::PauseNode => "pause-node".to_owned(),
            Self::RollingRestart => "rolling-restart".to_owned(),
            Self::RestartDatabase => "restart-database".to_owned(),
            Self::CrashDatabase => "crash-database".to_owned(),
            Self::TerminateBackends => "terminate-backends".to_owned(),
            Self::RestartRedis => "restart-redis".to_owned(),
            Self::FlushRedis => "flush-redis".to_owned(),
            Self::KillRedisClients => "kill-redis-clients".to_owned(),
            Self::Delay(of) => format!("delay-{}", part(of)),
            Self::Cut(of) => format!("cut-{}", part(of)),
            Self::HalfOpen(of) => format!("half-open-{}", part(of)),
            Self::Close(of) => format!("close-{}", part(of)),
        }
    }

    /// Faults of the same target are not run at once: each heals what it broke.
    const fn target(self) -> (bool, Part) {
        match self {
            Self::KillNode | Self::PauseNode | Self::RollingRestart => (false, Part::Nodes),
            Self::RestartDatabase | Self::CrashDatabase | Self::TerminateBackends => (false, Part::Database),
            Self::RestartRedis | Self::FlushRedis | Self::KillRedisClients => (false, Part::Redis),
            Self::Delay(part) | Self::Cut(part) | Self::HalfOpen(part) | Self::Close(part) => (true, part),
        }
    }

    /// Whether a run of this shape has the part that this breaks.
    pub fn concerns(self, cluster: &Cluster) -> bool {
        match self {
            Self::KillNode | Self::PauseNode | Self::RollingRestart => true,
            Self::RestartDatabase | Self::CrashDatabase | Self::TerminateBackends => matches!(cluster.database, Database::Server { .. }),
            Self::RestartRedis | Self::FlushRedis | Self::KillRedisClients => cluster.redis.is_some(),
            Self::Delay(part) | Self::Cut(part) | Self::HalfOpen(part) | Self::Close(part) => !cluster.proxies(part).is_empty(),
        }
    }

    /// Breaks something, and heals it after a while.
    pub async fn run(self, cluster: &Cluster, chance: &mut Chance) -> Result<(), Failure> {
        let short = chance.milliseconds(100, 1_500);
        match self {
            Self::KillNode => {
                let mut node = cluster.nodes[chance.below(cluster.nodes.len())].lock().await;
                node.kill().await?;
                tokio::time::sleep(short).await;
                node.start().await
            }
            Self::PauseNode => {
                let node = cluster.nodes[chance.below(cluster.nodes.len())].lock().await;
                node.signal("STOP").await?;
                tokio::time::sleep(chance.milliseconds(200, 5_000)).await;
                node.signal("CONT").await
            }
            Self::RollingRestart => {
                for node in &cluster.nodes {
                    let mut node = node.lock().await;
                    node.stop().await?;
                    node.start().await?;
                }
                Ok(())
            }
            Self::RestartDatabase => restart_database(cluster, false, short).await,
            Self::CrashDatabase => restart_database(cluster, true, short).await,
            Self::TerminateBackends => terminate_backends(cluster).await,
            Self::RestartRedis => {
                let Some(redis) = &cluster.redis else { return Ok(()) };
                let mut redis = redis.lock().await;
                redis.stop();
                tokio::time::sleep(chance.milliseconds(100, 4_000)).await;
                redis.resume().await;
                Ok(())
            }
            Self::FlushRedis => redis_command(cluster, &["FLUSHALL"]).await,
            Self::KillRedisClients => {
                for kind in ["pubsub", "normal"] {
                    redis_command(cluster, &["CLIENT", "KILL", "TYPE", kind]).await?;
                }
                Ok(())
            }
            Self::Delay(part) => {
                let (delay, lasting) = (chance.milliseconds(5, 300), chance.milliseconds(500, 3_000));
                set(cluster, part, chance, Mode::Delayed(delay), lasting).await;
                Ok(())
            }
            Self::Cut(part) => {
                some(cluster, part, chance).into_iter().for_each(Proxy::cut);
                Ok(())
            }
            Self::HalfOpen(part) => {
                let lasting = chance.milliseconds(500, 6_000);
                set(cluster, part, chance, Mode::HalfOpen, lasting).await;
                Ok(())
            }
            Self::Close(part) => {
                let proxies = some(cluster, part, chance);
                for proxy in &proxies {
                    proxy.set(Mode::Closed);
                    proxy.cut();
                }
                tokio::time::sleep(short).await;
                for proxy in &proxies {
                    proxy.set(Mode::Open);
                }
                Ok(())
            }
        }
    }
}

/// One of the proxies in front of a part, or all of them.
fn some<'c>(cluster: &'c Cluster, part: Part, chance: &mut Chance) -> Vec<&'c Proxy> {
    let proxies = cluster.proxies(part);
    if chance.percent(50) {
        proxies.iter().collect()
    } else {
        chance.pick(proxies).into_iter().collect()
    }
}

async fn set(cluster: &Cluster, part: Part, chance: &mut Chance, mode: Mode, lasting: Duration) {
    let proxies = some(cluster, part, chance);
    for proxy in &proxies {
        proxy.set(mode);
    }
    tokio::time::sleep(lasting).await;
    for proxy in &proxies {
        proxy.set(Mode::Open);
    }
}

async fn restart_database(cluster: &Cluster, at_once: bool, down: Duration) -> Result<(), Failure> {
    cluster
        .with_server(move |server| if at_once { server.stop_at_once() } else { server.stop() })
        .await?;
    tokio::time::sleep(down).await;
    cluster.with_server(PostgresServer::resume).await
}

async fn terminate_backends(cluster: &Cluster) -> Result<(), Failure> {
    let crate::stored::Source::Server(url) = &cluster.source else {
        return Ok(());
    };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let driver = tokio::spawn(connection);
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'chat' AND pid <> pg_backend_pid()";
    client.query(terminate, &[]).await?;
    drop(client);
    driver.await??;
    Ok(())
}

async fn redis_command(cluster: &Cluster, command: &[&str]) -> Result<(), Failure> {
    let Some(redis) = &cluster.redis else { return Ok(()) };
    let answer = redis.lock().await.command(command);
    if answer.is_empty() || answer.starts_with("ERR") {
        return Err(format!("{command:?}: {answer}").into());
    }
    Ok(())
}

impl Cluster {
    fn proxies(&self, part: Part) -> &[Proxy] {
        match part {
            Part::Nodes => &self.to_nodes,
            Part::Database => &self.to_database,
            Part::Redis => &self.to_redis,
        }
    }
}

/// The faults of a run: which may happen, and how often each has.
#[derive(Debug)]
pub struct Faults {
    allowed: Vec<Fault>,
    chance: Chance,
    /// By name.
    pub counts: BTreeMap<String, usize>,
}

impl Faults {
    /// Those of these kinds that concern the cluster.
    pub fn new(cluster: &Cluster, kinds: &[Fault], chance: Chance) -> Self {
        Self {
            allowed: kinds.iter().copied().filter(|fault| fault.concerns(cluster)).collect(),
            chance,
            counts: BTreeMap::new(),
        }
    }

    /// How many there were.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }

    /// Brings one fault, or two of different targets at once, and heals them.
    pub async fn next(&mut self, cluster: &Cluster) -> Result<(), Failure> {
        tokio::time::sleep(self.chance.milliseconds(300, 2_500)).await;
        let Some(first) = self.chance.pick(&self.allowed).copied() else {
            return Ok(());
        };
        let second = self
            .chance
            .pick(&self.allowed)
            .copied()
            .filter(|second| second.target() != first.target());
        let second = second.filter(|_| self.chance.percent(25));
        for fault in [Some(first), second].into_iter().flatten() {
            *self.counts.entry(fault.name()).or_default() += 1;
        }
        let (mut one, mut other) = (self.chance.fork(), self.chance.fork());
        let both = async {
            match second {
                Some(second) => second.run(cluster, &mut other).await,
                None => Ok(()),
            }
        };
        let (first, second) = tokio::join!(first.run(cluster, &mut one), both);
        first.and(second)
    }
}
