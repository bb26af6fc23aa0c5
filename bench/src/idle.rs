//! The cost of an idle socket.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{Failure, figures::resident_kib, people::World, socket::connect};

/// Sockets of each made-up person; the server allows 20 by default.
const EACH: usize = 10;
/// The memory has settled if it did not fall for so long: the allocator gives back free pages within ten seconds.
const SETTLED: Duration = Duration::from_secs(15);
/// A smaller fall does not count, in KiB.
const FALL: u64 = 256;

/// Opens the sockets, prints the memory that they take, and what is left of it after they were closed.
pub(crate) async fn run(world: &World, pid: u32, sockets: usize) -> Result<(), Failure> {
    let pairs = world.pairs(2_000_000, sockets.div_ceil(EACH)).await?;
    let before = resident_kib(pid).ok_or("no such process")?;
    let mut open = Vec::with_capacity(sockets);
    for number in 0..sockets {
        let pair = pairs[number / EACH];
        open.push(connect(world, pair.member, &format!("/ws/chat/{}/", pair.conversation)).await?);
        if (number + 1).is_multiple_of(1000) {
            eprintln!("{} sockets, {} KiB", number + 1, resident_kib(pid).unwrap_or_default());
        }
    }
    let after = resident_kib(pid).ok_or("the server is gone")?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let each = (after.saturating_sub(before)) as f64 / sockets as f64;
    drop(open);
    let closed = settled(pid).await?;
    println!(
        "{}",
        json!({"run": "idle", "sockets": sockets, "before_kib": before, "after_kib": after, "closed_kib": closed,
            "kib_per_socket": (each * 100.0).round() / 100.0})
    );
    Ok(())
}

/// The memory of the server when it has given back what it can.
async fn settled(pid: u32) -> Result<u64, Failure> {
    let (mut least, mut since) = (u64::MAX, Instant::now());
    while since.elapsed() < SETTLED {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = resident_kib(pid).ok_or("the server is gone")?;
        if now < least.saturating_sub(FALL) {
            (least, since) = (now, Instant::now());
        }
    }
    Ok(least)
}
