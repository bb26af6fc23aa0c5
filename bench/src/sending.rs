//! Messages from members to admins: acknowledged to the one, received by the other.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{sync::Notify, task::JoinSet, task::LocalSet};

use crate::{
    Failure,
    figures::{Latencies, cpu_time, resident_kib},
    people::{Pair, World},
    socket::{Ear, Mouth, connect, number_after},
};

/// One conversation's messages: their (intended) times of sending, and their results.
#[derive(Default)]
struct Ledger {
    sent: Vec<Instant>,
    acknowledged: usize,
    received: usize,
    receipts: Latencies,
    acks: Latencies,
    /// When the sender's own socket had each message.
    echoed: Vec<Option<Instant>>,
    /// How much later than that the recipient's socket had it.
    crossings: Latencies,
}

struct Conversation {
    ledger: RefCell<Ledger>,
    progress: Notify,
}

/// The pacing of messages.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// So many under way at once.
    Depth(usize),
    /// One each so often.
    Every(Duration),
}

/// The most that the server takes.
pub(crate) async fn closed(world: &World, pid: Option<u32>, conversations: usize, depth: usize, time: Duration) -> Result<(), Failure> {
    let config = json!({"conversations": conversations, "depth": depth});
    run(world, pid, "closed", config, conversations, Pace::Depth(depth), time).await
}

/// Sends at a fixed rate, whatever the latency of the acknowledgements.
pub(crate) async fn open(world: &World, pid: Option<u32>, conversations: usize, rate: u64, time: Duration) -> Result<(), Failure> {
    let config = json!({"conversations": conversations, "rate": rate});
    run(
        world,
        pid,
        "open",
        config,
        conversations,
        Pace::Every(gap(conversations, rate)?),
        time,
    )
    .await
}

/// The time between two messages of a conversation, if all together send so many a second.
pub(crate) fn gap(conversations: usize, rate: u64) -> Result<Duration, Failure> {
    Ok(Duration::from_secs(1) * u32::try_from(conversations)? / u32::try_from(rate)?)
}

async fn run(
    world: &World,
    pid: Option<u32>,
    kind: &str,
    config: serde_json::Value,
    conversations: usize,
    pace: Pace,
    time: Duration,
) -> Result<(), Failure> {
    let pairs = world.pairs(0, conversations).await?;
    let cpu_before = pid.and_then(cpu_time);
    let Exchanged {
        sent,
        receipts,
        acks,
        elapsed,
        ..
    } = exchange(world, world, pairs, pace, time).await?;
    let cpu = cpu_before.and_then(|before| pid.and_then(cpu_time)?.checked_sub(before));
    let done = receipts.len().min(acks.len());
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (per_second, cpu_us) = (
        (done as f64 / elapsed.as_secs_f64()).round(),
        cpu.map(|cpu| (cpu.as_secs_f64() * 1e6 / done.max(1) as f64).round()),
    );
    println!(
        "{}",
        json!({"run": kind, "config": config, "seconds": elapsed.as_secs_f64(), "sent": sent, "acknowledged": acks.len(), "received": receipts.len(),
            "per_second": per_second, "server_cpu_us_per_message": cpu_us, "server_rss_kib": pid.and_then(resident_kib),
            "receipt_ms": receipts.summary(), "ack_ms": acks.summary()})
    );
    if done == sent {
        Ok(())
    } else {
        Err(format!("{sent} sent, but only {done} acknowledged and received").into())
    }
}

/// The result of sending for a while.
pub(crate) struct Exchanged {
    pub(crate) sent: usize,
    pub(crate) receipts: Latencies,
    pub(crate) acks: Latencies,
    /// From the frame of a message on the sender's own socket to the one on the recipient's.
    pub(crate) crossings: Latencies,
    pub(crate) elapsed: Duration,
}

/// Opens a socket for both sides of each pair, for members and admins on servers of their own, and lets the members write to the admins for a while.
pub(crate) async fn exchange(members: &World, admins: &World, pairs: Vec<Pair>, pace: Pace, time: Duration) -> Result<Exchanged, Failure> {
    let nonce = std::time::UNIX_EPOCH.elapsed()?.as_micros();
    let conversations = u32::try_from(pairs.len())?;
    let mut sockets = Vec::new();
    for pair in pairs {
        let path = format!("/ws/chat/{}/", pair.conversation);
        sockets.push((
            pair,
            connect(members, pair.member, &path).await?,
            connect(admins, pair.admin, &path).await?,
        ));
    }
    let begun = Instant::now();
    let ledgers = LocalSet::new()
        .run_until(async {
            let mut tasks = JoinSet::new();
            for (number, (pair, member, admin)) in (0..).zip(sockets) {
                // Spread open-loop conversations over the gap, so that they don't all send at once.
                let start = begun
                    + match pace {
                        Pace::Depth(_) => Duration::ZERO,
                        Pace::Every(gap) => gap * number / conversations,
                    };
                tasks.spawn_local(converse(pair, nonce, member, admin, pace, start, begun + time));
            }
            let mut ledgers = Vec::new();
            while let Some(done) = tasks.join_next().await {
                ledgers.push(done??);
            }
            Ok::<_, Failure>(ledgers)
        })
        .await?;
    let mut exchanged = Exchanged {
        sent: 0,
        receipts: Latencies::default(),
        acks: Latencies::default(),
        crossings: Latencies::default(),
        elapsed: begun.elapsed(),
    };
    for ledger in ledgers {
        exchanged.sent += ledger.sent.len();
        exchanged.receipts.merge(ledger.receipts);
        exchanged.acks.merge(ledger.acks);
        exchanged.crossings.merge(ledger.crossings);
    }
    Ok(exchanged)
}

/// Sends until the end, then waits until everything has arrived.
async fn converse(
    pair: Pair,
    nonce: u128,
    (mouth, member_ear): (Mouth, Ear),
    (_admin_mouth, admin_ear): (Mouth, Ear),
    pace: Pace,
    start: Instant,
    end: Instant,
) -> Result<Ledger, Failure> {
    let conversation = Rc::new(Conversation {
        ledger: RefCell::default(),
        progress: Notify::new(),
    });
    let acks = tokio::task::spawn_local(listen(member_ear, conversation.clone(), |frame, ledger| {
        if frame.starts_with("{\"type\":\"ack\"") {
            let number = number_after(frame, "\"client_id\":\"b").and_then(|number| usize::try_from(number).ok());
            if let Some(at) = number.and_then(|number| ledger.sent.get(number)) {
                let latency = at.elapsed();
                ledger.acks.add(latency);
                ledger.acknowledged += 1;
            }
        } else if let Some(number) = number_of(frame) {
            ledger.had_by_sender(number);
        }
    }));
    let receipts = tokio::task::spawn_local(listen(admin_ear, conversation.clone(), |frame, ledger| {
        if let Some(number) = number_of(frame)
            && let Some(at) = ledger.sent.get(number)
        {
            let latency = at.elapsed();
            ledger.receipts.add(latency);
            ledger.received += 1;
            ledger.had_by_recipient(number);
        }
    }));
    let outcome = tokio::time::timeout_at(
        (end + Duration::from_secs(20)).into(),
        send(pair, nonce, mouth, &conversation, pace, start, end),
    )
    .await;
    acks.abort();
    receipts.abort();
    if let Ok(outcome) = outcome {
        outcome?;
    }
    Ok(conversation.ledger.take())
}

/// The number of the message in a frame; `None` for other frames.
fn number_of(frame: &str) -> Option<usize> {
    if !frame.starts_with("{\"type\":\"chat_message\"") {
        return None;
    }
    usize::try_from(number_after(frame, "\"content\":\"bench ")?).ok()
}

impl Ledger {
    fn echo(&mut self, number: usize) -> &mut Option<Instant> {
        if self.echoed.len() <= number {
            self.echoed.resize(number + 1, None);
        }
        &mut self.echoed[number]
    }

    fn had_by_sender(&mut self, number: usize) {
        let now = Instant::now();
        if self.echo(number).replace(now).is_some() {
            // The recipient had it before.
            self.crossings.add(Duration::ZERO);
        }
    }

    fn had_by_recipient(&mut self, number: usize) {
        let now = Instant::now();
        match self.echo(number) {
            Some(echoed) => {
                let crossing = now - *echoed;
                self.crossings.add(crossing);
            }
            unknown => *unknown = Some(now),
        }
    }
}

async fn listen(mut ear: Ear, conversation: Rc<Conversation>, note: fn(&str, &mut Ledger)) -> Result<(), Failure> {
    while let Some(frame) = ear.next().await? {
        note(&frame, &mut conversation.ledger.borrow_mut());
        conversation.progress.notify_one();
    }
    Ok(())
}

async fn send(
    pair: Pair,
    nonce: u128,
    mut mouth: Mouth,
    conversation: &Conversation,
    pace: Pace,
    start: Instant,
    end: Instant,
) -> Result<(), Failure> {
    let mut due = start;
    while Instant::now() < end {
        match pace {
            Pace::Depth(depth) => {
                while conversation.under_way() >= depth {
                    conversation.progress.notified().await;
                }
                due = Instant::now();
            }
            Pace::Every(gap) => {
                tokio::time::sleep_until(due.into()).await;
                conversation.ledger.borrow_mut().sent.push(due);
                due += gap;
            }
        }
        if matches!(pace, Pace::Depth(_)) {
            conversation.ledger.borrow_mut().sent.push(due);
        }
        let number = conversation.ledger.borrow().sent.len() - 1;
        mouth
            .say(format!(
                "{{\"type\":\"chat_message\",\"content\":\"bench {number} to the admin of {}\",\"client_id\":\"b{number}-{nonce}-{}\"}}",
                pair.conversation, pair.member
            ))
            .await?;
    }
    while conversation.under_way() > 0 {
        conversation.progress.notified().await;
    }
    Ok(())
}

impl Conversation {
    fn under_way(&self) -> usize {
        let ledger = self.ledger.borrow();
        ledger.sent.len() - ledger.acknowledged.min(ledger.received)
    }
}
