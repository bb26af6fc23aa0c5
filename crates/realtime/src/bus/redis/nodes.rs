//! The nodes on the bus. Each holds a lease, which it renews while it runs and ends when it leaves. A node whose lease ends by itself is lost: it may have
//! committed changes that it did not publish, and nobody can tell which. So the sockets of every other node get `resync`.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_redis::redis::Script;
use domain::ports::Gap;
use tokio::sync::Mutex;

use super::{Queued, outgoing::Outgoing};
use crate::{
    bus::queue::EventSink,
    measure,
    redis::{Away, RedisLink, lengthened},
    timings::Timings,
};

/// Ended leases are remembered for this many milliseconds: an hour, so that every node sees them.
const REMEMBERED_MS: u64 = 3600 * 1000;

/// The lease of this node.
pub(super) struct NodeLease {
    link: Arc<RedisLink>,
    node: u64,
    lease: Duration,
    renewal: Duration,
    script: Script,
    /// Locked while the lease is renewed, so that no renewal arrives after the node has left.
    has_left: Mutex<bool>,
}

/// What the leases say about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Here,
    Left,
    Lost,
}

impl NodeLease {
    pub(super) fn new(link: Arc<RedisLink>, node: u64, timings: &Timings) -> Self {
        Self {
            link,
            node,
            lease: timings.node_lease,
            renewal: timings.node_lease_renewal(),
            script: Script::new(include_str!("nodes.lua")),
            has_left: Mutex::new(false),
        }
    }

    /// Renews the lease and looks for lost nodes, until the node leaves.
    pub(super) async fn run(self: Arc<Self>, sink: EventSink<Queued>) {
        let mut nodes = Nodes::new(self.node, self.lease);
        loop {
            {
                let has_left = self.has_left.lock().await;
                if *has_left {
                    return;
                }
                // While Redis is away, nobody's lease can be looked at.
                if let Ok(states) = self.hold(self.lease).await {
                    let lost = nodes.look(&states, Instant::now());
                    if !lost.is_empty() {
                        metrics::counter!(measure::NODES_LOST_TOTAL).increment(lost.len() as u64);
                        tracing::warn!(nodes = ?lost, "other nodes ended without saying so; open sockets get resync, in case changes of theirs were not told");
                        sink.interrupted(Gap::Everybody);
                    }
                }
            }
            tokio::time::sleep(lengthened(self.renewal)).await;
        }
    }

    /// Ends the lease, once everything that was published is sent.
    pub(super) async fn leave(&self, outgoing: &Outgoing) {
        outgoing.emptied().await;
        *self.has_left.lock().await = true;
        if let Err(error) = self.hold(Duration::ZERO).await {
            tracing::warn!(error = %error, "the other nodes could not be told that this one leaves; their sockets will get resync");
        }
    }

    async fn hold(&self, lasting: Duration) -> Result<HashMap<u64, State>, Away> {
        let mut call = self.script.key(format!("{}nodes", self.link.prefix()));
        call.arg(format!("{:016x}", self.node))
            .arg(u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX))
            .arg(REMEMBERED_MS);
        let pairs: Vec<(String, String)> = self
            .link
            .run("nodes", async |mut connection| call.invoke_async(&mut connection).await)
            .await?;
        let states = pairs.into_iter().filter_map(|(node, state)| {
            let state = match state.as_str() {
                "here" => State::Here,
                "left" => State::Left,
                _ => State::Lost,
            };
            Some((u64::from_str_radix(&node, 16).ok()?, state))
        });
        Ok(states.collect())
    }
}

/// The other nodes that this one has seen.
#[derive(Debug)]
struct Nodes {
    own: u64,
    lease: Duration,
    /// When this node looked last.
    looked_at: Option<Instant>,
    /// With the time since when a node is awaited, because it may not have been able to renew its lease, or Redis has forgotten it.
    known: HashMap<u64, Option<Instant>>,
}

impl Nodes {
    fn new(own: u64, lease: Duration) -> Self {
        Self {
            own,
            lease,
            looked_at: None,
            known: HashMap::new(),
        }
    }

    /// The nodes that turn out to be lost. Each is returned once, unless it comes back.
    fn look(&mut self, states: &HashMap<u64, State>, now: Instant) -> Vec<u64> {
        // After an outage of Redis the leases of all nodes may have ended; those that run renew them soon.
        let was_away = self.looked_at.is_some_and(|at| now.saturating_duration_since(at) >= self.lease);
        self.looked_at = Some(now);
        let here = states.iter().filter(|(node, state)| **state == State::Here && **node != self.own);
        self.known.extend(here.map(|(node, _)| (*node, None)));
        let (lease, mut lost) = (self.lease, Vec::new());
        self.known.retain(|node, awaited| {
            let has_ended = match states.get(node) {
                Some(State::Here) => return true,
                Some(State::Left) => return false,
                Some(State::Lost) => true,
                None => false,
            };
            let is_awaited = awaited.is_some() || was_away || !has_ended;
            let since = *awaited.get_or_insert(now);
            if is_awaited && now.saturating_duration_since(since) < lease {
                return true;
            }
            lost.push(*node);
            false
        });
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);
    const NOBODY: [u64; 0] = [];

    struct Looking {
        nodes: Nodes,
        start: Instant,
    }

    impl Looking {
        fn new() -> Self {
            Self {
                nodes: Nodes::new(1, LEASE),
                start: Instant::now(),
            }
        }

        /// The lost nodes at this second.
        fn at(&mut self, second: u64, states: &[(u64, State)]) -> Vec<u64> {
            let states = states.iter().copied().collect();
            self.nodes.look(&states, self.start + Duration::from_secs(second))
        }
    }

    #[test]
    fn a_node_whose_lease_ends_is_lost_once_and_one_that_leaves_is_not() {
        let mut looking = Looking::new();
        assert_eq!(
            looking.at(0, &[(1, State::Here), (2, State::Here), (3, State::Here), (4, State::Lost)]),
            NOBODY
        );
        assert_eq!(looking.at(2, &[(1, State::Here), (2, State::Lost), (3, State::Left)]), [2]);
        assert_eq!(looking.at(4, &[(1, State::Here), (2, State::Lost), (3, State::Left)]), NOBODY);
        assert_eq!(looking.at(6, &[(2, State::Here)]), NOBODY, "it was only paused");
        assert_eq!(looking.at(8, &[(2, State::Lost)]), [2]);
    }

    #[test]
    fn a_node_that_redis_forgot_is_lost_unless_it_renews_its_lease() {
        let mut looking = Looking::new();
        looking.at(0, &[(2, State::Here), (3, State::Here)]);
        assert_eq!(looking.at(2, &[]), NOBODY);
        assert_eq!(looking.at(4, &[(3, State::Here)]), NOBODY);
        assert_eq!(looking.at(11, &[(3, State::Here)]), NOBODY);
        assert_eq!(looking.at(12, &[(3, State::Here)]), [2]);
    }

    #[test]
    fn after_an_outage_of_redis_running_nodes_have_the_time_to_renew_their_leases() {
        let mut looking = Looking::new();
        looking.at(0, &[(2, State::Here), (3, State::Here)]);
        assert_eq!(looking.at(60, &[(2, State::Lost), (3, State::Lost)]), NOBODY);
        assert_eq!(looking.at(62, &[(2, State::Here), (3, State::Lost)]), NOBODY);
        assert_eq!(looking.at(70, &[(2, State::Here), (3, State::Lost)]), [3]);
    }
}
