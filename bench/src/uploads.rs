//! The cost of uploads: the memory of the server while they run, and their speed.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use png::{BitDepth, ColorType, Compression, Encoder};
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::{
    Failure,
    figures::{Latencies, cpu_time, resident_kib},
    people::World,
};

pub(crate) const MIB: usize = 1024 * 1024;

/// The kinds of content to upload.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Content {
    /// Streamed to the store.
    Text,
    /// Looked at as a whole, cleaned of its metadata, and made smaller.
    Picture,
}

impl Content {
    /// A file of about so many bytes.
    pub(crate) fn of(self, bytes: usize) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Text => Ok(b"Assalomu alaykum, this is a line of a long text.\n"
                .iter()
                .copied()
                .cycle()
                .take(bytes)
                .collect()),
            Self::Picture => picture(bytes),
        }
    }

    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("bench.txt", "text/plain"),
            Self::Picture => ("bench.png", "image/png"),
        }
    }
}

/// A square PNG whose pixels are stored as they are, so that its size is known beforehand.
fn picture(bytes: usize) -> Result<Vec<u8>, Failure> {
    let side = (bytes / 3).isqrt();
    let mut file = Vec::with_capacity(bytes + bytes / 100);
    let mut encoder = Encoder::new(&mut file, u32::try_from(side)?, u32::try_from(side)?);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::NoCompression);
    let pixels: Vec<u8> = (0..side * side * 3)
        .map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

/// Sends a file of so many MiB from each of so many people at once, some times over; prints the server's memory before, at its highest, and after.
pub(crate) async fn run(world: &World, pid: u32, kind: Content, parallel: usize, mib: usize, rounds: usize) -> Result<(), Failure> {
    let pairs = world.pairs(7_000_000, parallel).await?;
    // Shared by all requests, since this process has memory too. A little less than the limit, for the headers around the pixels.
    let content = bytes::Bytes::from(kind.of(mib * MIB - MIB / 64)?);
    // The first ones warm up connections, threads and caches of the allocator.
    world.upload(&pairs[0], kind, bytes::Bytes::from(kind.of(MIB / 4)?)).await?;
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
            let sent = pairs.iter().map(|pair| world.upload(pair, kind, content.clone()));
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
            "run": "uploads", "content": kind.name().1, "parallel": parallel, "mib": mib, "rounds": rounds,
            "before_kib": before, "peak_kib": peak.get(), "after_kib": after, "rise_kib": peak.get().saturating_sub(before),
            "mib_per_second": (rate * 10.0).round() / 10.0, "server_cpu_seconds": cpu.map(|cpu| cpu.as_secs_f64()), "milliseconds": latencies.summary(),
        })
    );
    Ok(())
}

impl World {
    /// Sends a file, and returns the time until it was stored.
    pub(crate) async fn upload(&self, pair: &crate::people::Pair, kind: Content, content: bytes::Bytes) -> Result<Duration, Failure> {
        let length = content.len() as u64;
        let (name, mime_type) = kind.name();
        let part = Part::stream_with_length(content, length).file_name(name).mime_str(mime_type)?;
        let form = Form::new()
            .text("conversation", pair.conversation.to_string())
            .part("attachment_files", part);
        let began = Instant::now();
        self.post_form(pair.member, "/api/messaging/messages/", form).await?;
        Ok(began.elapsed())
    }
}
