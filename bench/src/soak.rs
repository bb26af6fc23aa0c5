//! A steady mixed load for many minutes: what grows over time is a leak.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::{
    Failure,
    figures::{Latencies, resident_kib},
    people::{Pair, World},
    socket::{Ear, Mouth, connect},
    uploads::{Content, MIB},
};

/// An answer that takes longer fails the run.
const PATIENCE: Duration = Duration::from_secs(20);
/// One of so many messages is edited.
const EDITED: usize = 10;
/// A sender opens a new socket after so many messages.
const RECONNECTS: usize = 50;
/// A receiver marks the conversation as read after so many messages.
const READ: usize = 20;
/// The size of a file.
const FILE: usize = 200 * 1024;

/// The load and how long it lasts.
pub(crate) struct Load {
    pub(crate) time: Duration,
    /// The time between two lines of figures.
    pub(crate) every: Duration,
    pub(crate) conversations: usize,
    /// Messages each second, all conversations together.
    pub(crate) rate: u64,
    /// Lists, histories and changes each second.
    pub(crate) reads: u64,
    /// Files each second.
    pub(crate) files: u64,
}

/// Where the sizes of tables and of the write-ahead log are read.
pub(crate) enum Database {
    /// The file of an embedded database.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(String),
}

/// What was measured since the last line.
#[derive(Default)]
struct Measured {
    acks: Latencies,
    edits: Latencies,
    reads: Latencies,
    uploads: Latencies,
    connects: Latencies,
}

type Shared = Rc<RefCell<Measured>>;

/// Runs the load, and prints a line of figures each interval and one at the end.
pub(crate) async fn run(world: &World, pid: u32, database: &Database, load: &Load) -> Result<(), Failure> {
    let pairs = world.pairs(9_000_000, load.conversations).await?;
    let measured = Shared::default();
    let begun = Instant::now();
    let end = begun + load.time;
    let samples = LocalSet::new()
        .run_until(async {
            let mut tasks = JoinSet::new();
            let [message_gap, read_gap, file_gap] = [(load.rate, pairs.len()), (load.reads, 1), (load.files, 1)].map(gap);
            for pair in &pairs {
                tasks.spawn_local(send(world.clone(), *pair, message_gap, end, measured.clone()));
                tasks.spawn_local(receive(world.clone(), *pair, end));
            }
            tasks.spawn_local(read(world.clone(), pairs.clone(), read_gap, end, measured.clone()));
            if load.files > 0 {
                tasks.spawn_local(upload(world.clone(), pairs.clone(), file_gap, end, measured.clone()));
            }
            let mut samples = Vec::new();
            while Instant::now() < end {
                let next = tokio::time::Instant::now() + load.every;
                loop {
                    tokio::select! {
                        () = tokio::time::sleep_until(next) => break,
                        // A task that fails ends the run; those that are done have reached its end.
                        Some(done) = tasks.join_next() => done??,
                    }
                }
                let sample = sample(begun.elapsed(), pid, database, measured.take()).await?;
                println!("{sample}");
                samples.push(sample);
            }
            while let Some(done) = tasks.join_next().await {
                done??;
            }
            Ok::<_, Failure>(samples)
        })
        .await?;
    println!("{}", verdict(load, &samples));
    Ok(())
}

/// The time between two acts of a task, of which so many make this number each second together.
fn gap((per_second, tasks): (u64, usize)) -> Duration {
    let nanoseconds = 1_000_000_000 * u64::try_from(tasks).unwrap_or(u64::MAX) / per_second.max(1);
    Duration::from_nanos(nanoseconds)
}

async fn sample(at: Duration, pid: u32, database: &Database, measured: Measured) -> Result<Value, Failure> {
    let [tables, log] = sizes(database).await?;
    let Measured {
        acks,
        edits,
        reads,
        uploads,
        connects,
    } = measured;
    Ok(json!({
        "run": "soak", "second": at.as_secs(), "rss_kib": resident_kib(pid).ok_or("the server is gone")?,
        "descriptors": std::fs::read_dir(format!("/proc/{pid}/fd"))?.count(), "tables_bytes": tables, "wal_bytes": log,
        "sent": acks.len(), "ack_ms": acks.summary(), "edit_ms": edits.summary(), "read_ms": reads.summary(), "upload_ms": uploads.summary(),
        "connect_ms": connects.summary(),
    }))
}

/// The first sample after the start and the last one, side by side.
fn verdict(load: &Load, samples: &[Value]) -> Value {
    // The first interval warms up connections, caches and the allocator.
    let of = |pointer: &str| [samples.get(1), samples.last()].map(|sample| sample.and_then(|sample| sample.pointer(pointer)).cloned());
    json!({
        "run": "soak", "config": {"minutes": load.time.as_secs() / 60, "conversations": load.conversations, "rate": load.rate, "reads": load.reads, "files": load.files},
        "rss_kib": of("/rss_kib"), "descriptors": of("/descriptors"), "tables_bytes": of("/tables_bytes"), "wal_bytes": of("/wal_bytes"),
        "ack_p99_ms": of("/ack_ms/p99"), "read_p99_ms": of("/read_ms/p99"),
    })
}

/// The bytes of all tables with their indexes, and of the write-ahead log.
async fn sizes(database: &Database) -> Result<[Option<i64>; 2], Failure> {
    match database {
        Database::File(path) => {
            let size = |path: &Path| std::fs::metadata(path).ok().and_then(|file| i64::try_from(file.len()).ok());
            let mut log = path.as_os_str().to_owned();
            log.push("-wal");
            Ok([size(path), size(Path::new(&log))])
        }
        Database::Server(url) => {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            let driver = tokio::spawn(connection);
            let row = client
                .query_one(
                    "SELECT pg_database_size(current_database()), (SELECT sum(size)::bigint FROM pg_ls_waldir())",
                    &[],
                )
                .await?;
            drop(client);
            driver.await??;
            Ok([row.get(0), row.get(1)])
        }
    }
}

/// The next frame of one of these types.
async fn expect(ear: &mut Ear, types: &[&str]) -> Result<Value, Failure> {
    let reading = async {
        loop {
            let frame = ear.next().await?.ok_or("the server closed a socket")?;
            let frame: Value = serde_json::from_str(&frame)?;
            if frame["type"] == "error" {
                return Err(format!("a frame was refused: {frame}").into());
            }
            if types.iter().any(|name| frame["type"] == *name) {
                return Ok(frame);
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await?
}

async fn send(world: World, pair: Pair, gap: Duration, end: Instant, measured: Shared) -> Result<(), Failure> {
    let nonce = std::time::UNIX_EPOCH.elapsed()?.as_micros();
    let path = format!("/ws/chat/{}/", pair.conversation);
    let (mut mouth, mut ear) = connect(&world, pair.member, &path).await?;
    let mut due = Instant::now() + gap.mul_f64(f64::from(u32::try_from(pair.member.rem_euclid(97))?) / 97.0);
    for number in 1_usize.. {
        tokio::time::sleep_until(due.into()).await;
        if Instant::now() >= end {
            break;
        }
        let id = act(
            (&mut mouth, &mut ear),
            &json!({"type": "chat_message", "content": format!("soak {number}"), "client_id": format!("s{number}-{nonce}-{}", pair.member)}),
        )
        .await?["message_id"]
            .clone();
        measured.borrow_mut().acks.add(due.elapsed());
        due += gap;
        if number.is_multiple_of(EDITED) {
            let began = Instant::now();
            let edit = json!({"type": "edit_message", "message_id": id, "content": format!("soak {number}, edited")});
            act((&mut mouth, &mut ear), &edit).await?;
            measured.borrow_mut().edits.add(began.elapsed());
        }
        if number.is_multiple_of(RECONNECTS) {
            drop((mouth, ear));
            let began = Instant::now();
            (mouth, ear) = connect(&world, pair.member, &path).await?;
            measured.borrow_mut().connects.add(began.elapsed());
        }
    }
    Ok(())
}

/// Sends a frame and waits for its acknowledgement.
async fn act((mouth, ear): (&mut Mouth, &mut Ear), frame: &Value) -> Result<Value, Failure> {
    mouth.say(frame.to_string()).await?;
    expect(ear, &["ack"]).await
}

/// The admin of a conversation reads what comes.
async fn receive(world: World, pair: Pair, end: Instant) -> Result<(), Failure> {
    let (mut mouth, mut ear) = connect(&world, pair.admin, &format!("/ws/chat/{}/", pair.conversation)).await?;
    for number in 1_usize.. {
        let frame = tokio::select! {
            frame = expect(&mut ear, &["chat_message"]) => frame?,
            () = tokio::time::sleep_until(end.into()) => break,
        };
        if number.is_multiple_of(READ) {
            let read = json!({"type": "read_receipt", "up_to": frame["message"]["id"]});
            mouth.say(read.to_string()).await?;
        }
    }
    Ok(())
}

async fn read(world: World, pairs: Vec<Pair>, gap: Duration, end: Instant, measured: Shared) -> Result<(), Failure> {
    let mut due = Instant::now();
    for number in 0_usize.. {
        tokio::time::sleep_until(due.into()).await;
        if Instant::now() >= end {
            break;
        }
        let pair = pairs[number % pairs.len()];
        let path = match number % 4 {
            0 => "/api/messaging/conversations/".to_owned(),
            1 => format!("/api/messaging/messages/?conversation={}", pair.conversation),
            2 => "/api/messaging/conversations/unread_count/".to_owned(),
            _ => format!("/api/messaging/conversations/{}/changes/?after=0", pair.conversation),
        };
        world.get(&world.token(pair.admin)?, &path).await?;
        measured.borrow_mut().reads.add(due.elapsed());
        due += gap;
    }
    Ok(())
}

async fn upload(world: World, pairs: Vec<Pair>, gap: Duration, end: Instant, measured: Shared) -> Result<(), Failure> {
    let contents = [Content::Picture.of(FILE)?, Content::Text.of(FILE + MIB)?].map(bytes::Bytes::from);
    let mut due = Instant::now();
    for number in 0_usize.. {
        tokio::time::sleep_until(due.into()).await;
        if Instant::now() >= end {
            break;
        }
        let (kind, content) = if number % 2 == 0 {
            (Content::Picture, &contents[0])
        } else {
            (Content::Text, &contents[1])
        };
        world.upload(&pairs[number % pairs.len()], kind, content.clone()).await?;
        measured.borrow_mut().uploads.add(due.elapsed());
        due += gap;
    }
    Ok(())
}
