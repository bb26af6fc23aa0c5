//! Two nodes: members have their sockets on the one, admins on the other.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    Failure,
    figures::cpu_time,
    people::World,
    sending::{Exchanged, Pace, exchange},
    socket::connect,
};

/// The targets, in the units of the figures beside them.
const CROSSING_MS: (f64, f64) = (3.0, 20.0);
const PER_SECOND: u64 = 6_000;
const REDIS_BYTES_PER_SOCKET: u64 = 1_000;

/// The nodes, and the Redis server between them.
pub(crate) struct Cluster {
    pub(crate) members: World,
    pub(crate) admins: World,
    /// The processes of both nodes.
    pub(crate) pids: Vec<u32>,
    /// Address and port.
    pub(crate) redis: String,
}

impl Cluster {
    /// Sends from one node to the other. At a fixed `rate`, or as fast as `depth` messages of each conversation under way allow.
    pub(crate) async fn crossing(&self, conversations: usize, pace: Pace, time: Duration) -> Result<(), Failure> {
        let pairs = self.members.pairs(0, conversations).await?;
        let before: Vec<_> = self.pids.iter().map(|pid| cpu_time(*pid)).collect();
        let Exchanged {
            sent,
            receipts,
            acks,
            crossings,
            elapsed,
        } = exchange(&self.members, &self.admins, pairs, pace, time).await?;
        let done = receipts.len().min(acks.len());
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let cpu_us: Vec<_> = self
            .pids
            .iter()
            .zip(before)
            .map(|(pid, before)| Some((cpu_time(*pid)?.checked_sub(before?)?.as_secs_f64() * 1e6 / done.max(1) as f64).round()))
            .collect();
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let per_second = (done as f64 / elapsed.as_secs_f64()).round();
        let (config, targets) = match pace {
            Pace::Depth(depth) => (
                json!({"conversations": conversations, "depth": depth}),
                json!({"per_second": PER_SECOND}),
            ),
            Pace::Every(_) => (
                json!({"conversations": conversations}),
                json!({"crossing_ms": {"p50": CROSSING_MS.0, "p99": CROSSING_MS.1}}),
            ),
        };
        println!(
            "{}",
            json!({"run": "crossing", "config": config, "targets": targets, "seconds": elapsed.as_secs_f64(), "sent": sent, "acknowledged": acks.len(),
                "received": receipts.len(), "per_second": per_second, "cpu_us_per_message": cpu_us, "crossing_ms": crossings.summary(),
                "receipt_ms": receipts.summary(), "ack_ms": acks.summary()})
        );
        if done == sent {
            Ok(())
        } else {
            Err(format!("{sent} sent, but only {done} acknowledged and received").into())
        }
    }

    /// So many sockets that do nothing, each of another person, half of them on each node: what they take in Redis.
    pub(crate) async fn idle(&self, sockets: usize) -> Result<(), Failure> {
        let pairs = self.members.pairs(4_000_000, sockets.div_ceil(2)).await?;
        let before = used_memory(&self.redis).await?;
        let mut open = Vec::with_capacity(2 * pairs.len());
        for pair in &pairs {
            let path = format!("/ws/chat/{}/", pair.conversation);
            open.push(connect(&self.members, pair.member, &path).await?);
            open.push(connect(&self.admins, pair.admin, &path).await?);
        }
        let after = used_memory(&self.redis).await?;
        let each = after.saturating_sub(before) / u64::try_from(open.len())?.max(1);
        println!(
            "{}",
            json!({"run": "idle on two nodes", "sockets": open.len(), "targets": {"redis_bytes_per_socket": REDIS_BYTES_PER_SOCKET},
                "redis_before": before, "redis_after": after, "redis_bytes_per_socket": each})
        );
        Ok(())
    }
}

/// The memory that Redis uses, in bytes.
async fn used_memory(redis: &str) -> Result<u64, Failure> {
    let mut stream = TcpStream::connect(redis).await?;
    stream.write_all(b"INFO memory\r\nQUIT\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let used = answer.lines().find_map(|line| line.strip_prefix("used_memory:"));
    Ok(used.ok_or("Redis does not say how much memory it uses")?.trim().parse()?)
}
