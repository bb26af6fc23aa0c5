//! From the start of the program to its first `readyz`.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use crate::{
    Failure,
    figures::{Latencies, resident_kib},
};

/// Starts the program so often, its settings taken from the environment, on a database that exists.
pub(crate) async fn run(server: &str, program: &Path, rounds: usize) -> Result<(), Failure> {
    let mut latencies = Latencies::default();
    let mut most_kib = 0;
    for _ in 0..rounds {
        let started = Instant::now();
        let mut child = Command::new(program)
            .arg("serve")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        while !is_ready(server).await {
            if let Some(status) = child.try_wait()? {
                return Err(format!("the program ended with {status}").into());
            }
            sleep(Duration::from_millis(1)).await;
        }
        latencies.add(started.elapsed());
        most_kib = most_kib.max(resident_kib(child.id()).unwrap_or_default());
        child.kill()?;
        child.wait()?;
    }
    println!(
        "{}",
        json!({"run": "start", "rounds": rounds, "ready_ms": latencies.summary(), "server_rss_kib": most_kib})
    );
    Ok(())
}

async fn is_ready(server: &str) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(server).await?;
        stream
            .write_all(format!("GET /readyz HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").as_bytes())
            .await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with("HTTP/1.1 200"))
    };
    asked.await.unwrap_or(false)
}
