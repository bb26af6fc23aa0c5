//! The cost of an idle socket.

use serde_json::json;

use crate::{Failure, figures::resident_kib, people::World, socket::connect};

/// Sockets of each made-up person; the server allows 20 by default.
const EACH: usize = 10;

/// Opens the sockets, prints the memory that they took, and closes them.
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
    println!(
        "{}",
        json!({"run": "idle", "sockets": sockets, "before_kib": before, "after_kib": after, "kib_per_socket": (each * 100.0).round() / 100.0})
    );
    Ok(())
}
