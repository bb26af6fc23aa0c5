//! What uploads cost: the memory of the server while they run, and how fast they are.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::{
    Failure,
    figures::{Latencies, cpu_time, resident_kib},
    people::World,
};

const MIB: usize = 1024 * 1024;

/// Sends a file of so many MiB from each of so many people at once, some times over; prints the server's memory before, at its highest, and after.
pub(crate) async fn run(world: &World, pid: u32, parallel: usize, mib: usize, rounds: usize) -> Result<(), Failure> {
    let pairs = world.pairs(7_000_000, parallel).await?;
    // Shared by all requests: this process has memory too.
    let content = bytes::Bytes::from(text(mib * MIB));
    // The first ones warm up what stays: connections, threads, caches of the allocator.
    world.upload(&pairs[0], bytes::Bytes::from(text(MIB / 4))).await?;
    let before = resident_kib(pid).ok_or("no such process")?;
    let (cpu_before, peak, running) = (cpu_time(pid), Cell::new(before), Cell::new(true));
    let began = Instant::now();
    let mut latencies = Latencies::default();
    let watching = async {
        while running.get() {
            peak.set(peak.get().max(resident_kib(pid).unwrap_or(0)));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let sending = async {
        for _ in 0..rounds {
            let sent = pairs.iter().map(|pair| world.upload(pair, content.clone()));
            for latency in futures_util::future::join_all(sent).await {
                latencies.add(latency?);
            }
        }
        running.set(false);
        Ok::<_, Failure>(())
    };
    let ((), sent) = tokio::join!(watching, sending);
    sent?;
    let time = began.elapsed();
    let cpu = cpu_before.zip(cpu_time(pid)).map(|(before, after)| after.saturating_sub(before));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = resident_kib(pid).ok_or("the server is gone")?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let rate = (parallel * rounds * mib) as f64 / time.as_secs_f64();
    println!(
        "{}",
        json!({
            "run": "uploads", "parallel": parallel, "mib": mib, "rounds": rounds,
            "before_kib": before, "peak_kib": peak.get(), "after_kib": after, "rise_kib": peak.get().saturating_sub(before),
            "mib_per_second": (rate * 10.0).round() / 10.0, "server_cpu_seconds": cpu.map(|cpu| cpu.as_secs_f64()), "milliseconds": latencies.summary(),
        })
    );
    Ok(())
}

/// A text, since those are streamed: pictures wait to be decoded, and that takes the memory of their pixels.
fn text(bytes: usize) -> Vec<u8> {
    b"Assalomu alaykum, this is a line of a long text.\n"
        .iter()
        .copied()
        .cycle()
        .take(bytes)
        .collect()
}

impl World {
    /// Sends a file, and says how long it took until it was stored.
    async fn upload(&self, pair: &crate::people::Pair, content: bytes::Bytes) -> Result<Duration, Failure> {
        let length = content.len() as u64;
        let part = Part::stream_with_length(content, length)
            .file_name("bench.txt")
            .mime_str("text/plain")?;
        let form = Form::new()
            .text("conversation", pair.conversation.to_string())
            .part("attachment_files", part);
        let began = Instant::now();
        self.post_form(pair.member, "/api/messaging/messages/", form).await?;
        Ok(began.elapsed())
    }
}
