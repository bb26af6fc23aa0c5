//! Reading over REST: whether its cost grows with the amount of data.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    Failure,
    figures::Latencies,
    people::{Pair, World},
    socket::connect,
};

/// Messages in flight while a long conversation is filled.
const FILL_DEPTH: usize = 16;

/// Makes people and conversations of both sizes (unless an earlier run did), then reads.
pub(crate) async fn run(world: &World, concurrency: usize, time: Duration, conversations: usize, messages: usize) -> Result<(), Failure> {
    let (quiet, small) = world.busy_admin(5_000_000, 10).await?;
    eprintln!("opening {conversations} conversations");
    let (busy, many) = world.busy_admin(6_000_000, conversations).await?;
    for pair in small.iter().chain(many.iter().take(20)) {
        fill(world, *pair, 2).await?;
    }
    let (short, long) = (small[0], many[0]);
    fill(world, short, 100).await?;
    eprintln!("sending {messages} messages");
    fill(world, long, messages).await?;
    for (what, size, user, path) in [
        ("list", 10, quiet, "/api/messaging/conversations/".to_owned()),
        ("list", conversations, busy, "/api/messaging/conversations/".to_owned()),
        ("unread_count", 10, quiet, "/api/messaging/conversations/unread_count/".to_owned()),
        (
            "unread_count",
            conversations,
            busy,
            "/api/messaging/conversations/unread_count/".to_owned(),
        ),
        (
            "history",
            100,
            quiet,
            format!("/api/messaging/messages/?conversation={}", short.conversation),
        ),
        (
            "history",
            messages,
            busy,
            format!("/api/messaging/messages/?conversation={}", long.conversation),
        ),
    ] {
        measure(world, what, size, user, &path, concurrency, time).await?;
    }
    Ok(())
}

async fn measure(world: &World, what: &str, size: usize, user: i64, path: &str, concurrency: usize, time: Duration) -> Result<(), Failure> {
    let token = world.token(user)?;
    let end = Instant::now() + time;
    let readers = (0..concurrency).map(|_| async {
        let mut latencies = Latencies::default();
        while Instant::now() < end {
            latencies.add(world.get(&token, path).await?);
        }
        Ok::<_, Failure>(latencies)
    });
    let mut all = Latencies::default();
    for reader in futures_util::future::join_all(readers).await {
        all.merge(reader?);
    }
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let per_second = (all.len() as f64 / time.as_secs_f64()).round();
    println!(
        "{}",
        json!({"run": "reads", "what": what, "size": size, "concurrency": concurrency, "per_second": per_second, "ms": all.summary()})
    );
    Ok(())
}

/// Sends messages until the conversation has so many. The `client_id`s are fixed, so a repeat stores nothing new.
async fn fill(world: &World, pair: Pair, messages: usize) -> Result<(), Failure> {
    let (mut mouth, mut ear) = connect(world, pair.member, &format!("/ws/chat/{}/", pair.conversation)).await?;
    let (mut sent, mut acknowledged) = (0, 0);
    while acknowledged < messages {
        while sent < messages && sent - acknowledged < FILL_DEPTH {
            mouth
                .say(format!(
                    "{{\"type\":\"chat_message\",\"content\":\"filling {sent}\",\"client_id\":\"f{sent}-{}\"}}",
                    pair.conversation
                ))
                .await?;
            sent += 1;
        }
        let frame = ear.next().await?.ok_or("the socket was closed while a conversation was filled")?;
        if frame.starts_with("{\"type\":\"ack\"") {
            acknowledged += 1;
            if acknowledged.is_multiple_of(50_000) {
                eprintln!("{acknowledged} messages");
            }
        } else if frame.starts_with("{\"type\":\"error\"") {
            return Err(frame.into());
        }
    }
    Ok(())
}
