//! Drives the consumers of the outbox, each in a task of its own, so that one that fails or hangs holds up nobody else.
//!
//! On several nodes each consumer runs on one of them: a claim with a lease says on which. A node that is gone is replaced when its lease has ended.

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    ports::{Claim, Clock, Consumer, ConsumerError, Jobs, Outbox, OutboxEntry, OutboxPlace, Passed, StoreError, TRIMMED},
    rules::backoff::KEPT_SECONDS,
};
use futures_util::FutureExt as _;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use crate::{
    causes::with_causes,
    health::{Part, Probe},
    measure, random,
};

/// The time for which a node claims a consumer. With [`ASK`] it bounds how long a consumer stands still when its node is gone: 15 seconds.
const LEASE_SECONDS: i64 = 12;
/// The interval in which a node renews a claim, or asks for one that another node has.
const ASK: Duration = Duration::from_secs(3);
/// The most entries that a consumer is given at once.
const PAGE: usize = 500;
/// The interval in which entries of other nodes are looked for. Those of this process wake the consumer.
const POLL: Duration = Duration::from_millis(100);
/// The shortest pause between two reads of a consumer that has caught up, so that a stream of single messages is read in groups: each group costs the index a
/// transaction, and takes time of the processor from those who send.
const GAP: Duration = Duration::from_millis(200);
/// The interval in which positions are stored. Storing costs a flush to the disk; after a crash the entries of this time come again.
const PASS: Duration = Duration::from_secs(1);
/// The longest pause after a failure; the first one is [`POLL`], and it doubles.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A consumer that makes no progress for so long although entries wait is told in the log and in `readyz`.
const STUCK: Duration = Duration::from_mins(5);
/// The interval in which old entries are removed.
const TRIM: Duration = Duration::from_secs(5);
/// Between two removals, so that they hold up no writer.
const BETWEEN_TRIMS: Duration = Duration::from_millis(20);
/// The interval in which what is left to do is counted.
const COUNT: Duration = Duration::from_secs(15);
/// The interval in which jobs are purged that were given up long ago.
const PURGE: Duration = Duration::from_hours(1);
/// The time that a consumer has for its last entries when the service stops.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the tasks share.
#[derive(Clone)]
pub(crate) struct Follow {
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) jobs: Arc<dyn Jobs>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The tasks that run.
pub(crate) struct Following {
    stop: watch::Sender<bool>,
    consumers: Vec<JoinHandle<()>>,
    upkeep: JoinHandle<()>,
    parts: Vec<Part>,
}

impl Follow {
    /// Runs the consumers until [`Following::stop`].
    pub(crate) fn start(self, consumers: Vec<Arc<dyn Consumer>>) -> Following {
        let holder = random::id();
        let (stop, stopping) = watch::channel(false);
        let (mut tasks, mut parts, mut standings) = (Vec::new(), Vec::new(), Vec::new());
        for consumer in consumers {
            let appended = Arc::new(Notify::new());
            let woken = appended.clone();
            self.outbox.wake_on_append(Arc::new(move || woken.notify_one()));
            let standing = Standing::default();
            parts.push(standing.part(consumer.name()));
            standings.push((consumer.name(), standing.clone()));
            let task = Task {
                follow: self.clone(),
                consumer,
                holder: holder.clone(),
                appended,
                standing,
            };
            tasks.push(tokio::spawn(task.run(stopping.clone())));
        }
        Following {
            stop,
            consumers: tasks,
            upkeep: tokio::spawn(upkeep(self, standings)),
            parts,
        }
    }
}

impl Following {
    /// The parts of the service that `readyz` names while a consumer is stuck. They are taken once.
    pub(crate) fn take_parts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    /// Lets the consumers end what they do, and leaves them to other nodes.
    pub(crate) async fn stop(self) {
        // Without a consumer nobody listens.
        let _ = self.stop.send(true);
        for mut task in self.consumers {
            if timeout(PATIENCE, &mut task).await.is_err() {
                task.abort();
            }
        }
        self.upkeep.abort();
    }
}

/// Since when a consumer has had entries before it without taking any.
#[derive(Clone, Default)]
struct Standing(Arc<Mutex<Option<Instant>>>);

impl Standing {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) {
        self.lock().get_or_insert_with(Instant::now);
    }

    fn moves(&self) {
        *self.lock() = None;
    }

    fn is_stuck(&self) -> bool {
        self.lock().is_some_and(|since| since.elapsed() >= STUCK)
    }

    /// The health of the consumer, as `readyz` asks for it.
    fn part(&self, name: &'static str) -> Part {
        let standing = self.clone();
        let probe: Probe = Arc::new(move || {
            let is_stuck = standing.is_stuck();
            let answer = if is_stuck {
                Err(format!(
                    "it has taken no entry of the outbox for {} minutes although some wait",
                    STUCK.as_secs() / 60
                ))
            } else {
                Ok(())
            };
            Box::pin(std::future::ready(answer))
        });
        // Asked each time, which takes nothing but memory.
        Part::new(name, probe).doubted(Arc::new(|| true))
    }
}

/// Why a consumer pauses.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    #[error("it did not take its entries: {0}")]
    Consumer(#[from] ConsumerError),
    #[error("it panicked")]
    Panic,
}

/// One consumer.
struct Task {
    follow: Follow,
    consumer: Arc<dyn Consumer>,
    holder: String,
    /// Told after each commit of this process that appended entries.
    appended: Arc<Notify>,
    standing: Standing,
}

/// The consumer while this node runs it.
struct Held {
    claim: Claim,
    renewed: Instant,
    /// How far the consumer has come.
    position: OutboxPlace,
    /// The place up to which its effects are durable, which is stored from time to time.
    durable: OutboxPlace,
    passed: Instant,
}

impl Task {
    async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut held: Option<Held> = None;
        let mut failures = 0_u32;
        while !*stopping.borrow() {
            let pause = match self.step(&mut held).await {
                Ok(pause) => {
                    failures = 0;
                    pause
                }
                Err(failure) => {
                    metrics::counter!(measure::CONSUMER_FAILURES, "consumer" => self.consumer.name()).increment(1);
                    // The first failure of a row and each eighth say enough.
                    if failures.is_multiple_of(8) {
                        let (consumer, error) = (self.consumer.name(), with_causes(&failure));
                        tracing::warn!(consumer, error, failures, "a consumer of the outbox has failed; it tries again");
                    }
                    failures = failures.saturating_add(1);
                    self.standing.waits();
                    Pause::For(LONGEST_PAUSE.min(POLL * 2_u32.saturating_pow(failures.min(16))))
                }
            };
            tokio::select! {
                () = self.wait(pause) => {}
                // The sender lives as long as the service.
                _ = stopping.changed() => {}
            }
        }
        if let Some(held) = held {
            self.leave(&held).await;
        }
    }

    async fn wait(&self, pause: Pause) {
        match pause {
            Pause::None => {}
            Pause::For(time) => sleep(time).await,
            Pause::ForEntries => {
                sleep(GAP).await;
                // Without a word from this process, entries of other nodes are looked for.
                let _ = timeout(POLL, self.appended.notified()).await;
            }
        }
    }

    /// Claims the consumer, or takes the next entries.
    async fn step(&self, held: &mut Option<Held>) -> Result<Pause, Failure> {
        if held.as_ref().is_none_or(|held| held.renewed.elapsed() >= ASK) {
            // A failure is one of the consumer: it pauses, and asks again.
            let Some(claim) = self.claim().await? else {
                *held = None;
                self.standing.moves();
                return Ok(Pause::For(ASK));
            };
            match held {
                Some(running) if running.claim.generation == claim.generation => running.renewed = Instant::now(),
                _ => {
                    tracing::debug!(consumer = self.consumer.name(), "this node runs a consumer of the outbox");
                    self.consumer.begin(claim.position).await?;
                    *held = Some(Held {
                        position: claim.position,
                        durable: claim.position,
                        claim,
                        renewed: Instant::now(),
                        passed: Instant::now(),
                    });
                }
            }
        }
        let Some(running) = held else { return Ok(Pause::For(ASK)) };
        let entries = self.follow.outbox.read(running.position, PAGE).await?;
        let may_pass = running.passed.elapsed() >= PASS;
        if let Some(last) = entries.last() {
            self.standing.waits();
            running.durable = running.durable.max(self.take(&entries).await?);
            running.position = last.place;
        } else if may_pass && running.durable < running.position {
            running.durable = running.durable.max(self.take(&[]).await?);
        }
        self.standing.moves();
        if may_pass && running.durable > running.claim.position {
            running.passed = Instant::now();
            match self.follow.outbox.pass(&running.claim, running.durable).await? {
                Passed::Stored => running.claim.position = running.durable,
                Passed::Fenced => {
                    *held = None;
                    return Ok(Pause::For(ASK));
                }
            }
        }
        Ok(match entries.len() {
            PAGE => Pause::None,
            0 if self.go_on().await? => Pause::None,
            _ => Pause::ForEntries,
        })
    }

    async fn take(&self, entries: &[OutboxEntry]) -> Result<OutboxPlace, Failure> {
        let taking = AssertUnwindSafe(self.consumer.take(entries)).catch_unwind();
        Ok(taking.await.map_err(|_| Failure::Panic)??)
    }

    async fn go_on(&self) -> Result<bool, Failure> {
        let going = AssertUnwindSafe(self.consumer.go_on()).catch_unwind();
        Ok(going.await.map_err(|_| Failure::Panic)??)
    }

    async fn claim(&self) -> Result<Option<Claim>, StoreError> {
        let now = self.follow.clock.now();
        let until = now.plus_seconds(LEASE_SECONDS);
        let (name, start) = (self.consumer.name(), self.consumer.start());
        self.follow.outbox.claim(name, &self.holder, start, now, until).await
    }

    /// Stores the position, and lets another node have the consumer.
    async fn leave(&self, held: &Held) {
        let outbox = &self.follow.outbox;
        let mut left = Ok(());
        if held.durable > held.claim.position {
            left = outbox.pass(&held.claim, held.durable).await.map(drop);
        }
        if let Err(error) = left.and(outbox.release(&held.claim).await) {
            tracing::warn!(consumer = self.consumer.name(), %error, "a consumer of the outbox was not left in order; another node has it when the lease ends");
        }
    }
}

/// What a consumer does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    None,
    For(Duration),
    ForEntries,
}

/// Removes old entries and jobs, and counts what is left to do. Every node does: it harms nothing when two do the same.
async fn upkeep(follow: Follow, standings: Vec<(&'static str, Standing)>) {
    let mut told = HashSet::new();
    let mut stuck = HashSet::new();
    let (mut counted, mut purged): (Option<Instant>, Option<Instant>) = (None, None);
    loop {
        let mut kept_up = trim(&*follow.outbox).await;
        if counted.is_none_or(|at| at.elapsed() >= COUNT) {
            counted = Some(Instant::now());
            kept_up = kept_up.and(count(&follow, &mut told).await);
        }
        if purged.is_none_or(|at| at.elapsed() >= PURGE) {
            purged = Some(Instant::now());
            let before = follow.clock.now().plus_seconds(-KEPT_SECONDS);
            kept_up = kept_up.and(follow.jobs.purge(before).await.map(drop));
        }
        if let Err(error) = kept_up {
            // The next time may do better, and the log of the store says more.
            tracing::debug!(%error, "the outbox could not be trimmed or counted");
        }
        for (consumer, standing) in &standings {
            if !standing.is_stuck() {
                stuck.remove(consumer);
            } else if stuck.insert(consumer) {
                tracing::error!(
                    consumer,
                    "a consumer of the outbox makes no progress although entries wait; readyz names it"
                );
            }
        }
        sleep(TRIM).await;
    }
}

async fn trim(outbox: &dyn Outbox) -> Result<(), StoreError> {
    while outbox.trim().await? >= TRIMMED {
        sleep(BETWEEN_TRIMS).await;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far smaller than 2^52")]
async fn count(follow: &Follow, told: &mut HashSet<(String, &'static str)>) -> Result<(), StoreError> {
    let now = follow.clock.now();
    for lag in follow.outbox.lag().await? {
        let age = lag.oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0).max(0));
        metrics::gauge!(measure::OUTBOX_LAG, "consumer" => lag.consumer.clone()).set(lag.entries as f64);
        metrics::gauge!(measure::OUTBOX_LAG_SECONDS, "consumer" => lag.consumer).set(age as f64 / 1e6);
    }
    let counts = follow.jobs.job_counts().await?;
    // A state in which there are no jobs any more is told once as 0.
    for (queue, state) in told.drain() {
        metrics::gauge!(measure::JOBS, "queue" => queue, "state" => state).set(0.0);
    }
    for count in counts {
        let state = count.state.as_str();
        metrics::gauge!(measure::JOBS, "queue" => count.queue.clone(), "state" => state).set(count.jobs as f64);
        told.insert((count.queue, state));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
