//! The effect of hostile clients on the others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use serde_json::json;

use crate::{
    Failure,
    figures::cpu_time,
    people::{Pair, World},
    sending::{self, Pace},
    socket::{Mouth, connect},
};

/// Well-behaved conversations, each with a message a second: within everybody's rate limit.
const OTHERS: usize = 200;
/// Sockets that the server allows each person by default.
const EACH: usize = 20;

#[derive(Clone, Copy, Debug)]
enum Attack {
    /// No attacker: the baseline.
    None,
    /// A thousand sockets that do nothing.
    Crowd,
    /// Twenty sockets that send far more messages than they may.
    Flood,
    /// Twenty sockets that ask far more than they may and read no answer.
    Deaf,
}

/// Measures the others without an attack and during each; the server must have its usual limits.
pub(crate) async fn run(world: &World, pid: Option<u32>, rounds: usize, time: Duration) -> Result<(), Failure> {
    let others = world.pairs(3_000_000, OTHERS).await?;
    let mut attackers = Attackers(world.pairs(4_000_000, rounds * (1000 / EACH + 2)).await?);
    // Warms up.
    sending::exchange(
        world,
        world,
        others.clone(),
        Pace::Every(Duration::from_secs(1)),
        Duration::from_secs(2),
    )
    .await?;
    for round in 0..rounds {
        for attack in [Attack::None, Attack::Crowd, Attack::Flood, Attack::Deaf] {
            // Each time other people: a server that reads a flood slowly keeps its sockets for a while.
            let assault = Assault::begin(world.clone(), attackers.next(attack), attack);
            let cpu_before = pid.and_then(cpu_time);
            let exchanged = sending::exchange(world, world, others.clone(), Pace::Every(Duration::from_secs(1)), time).await?;
            let cpu = cpu_before.and_then(|before| pid.and_then(cpu_time)?.checked_sub(before));
            let (frames, sockets) = assault.end()?;
            println!(
                "{}",
                json!({"run": "hostile", "round": round, "attack": format!("{attack:?}").to_lowercase(), "attack_frames": frames, "attack_sockets": sockets,
                    "server_cpu_seconds": cpu.map(|cpu| cpu.as_secs_f64()), "sent": exchanged.sent, "received": exchanged.receipts.len(),
                    "receipt_ms": exchanged.receipts.summary(), "ack_ms": exchanged.acks.summary()})
            );
        }
    }
    Ok(())
}

/// The attackers, one for each attack.
struct Attackers(Vec<Pair>);

impl Attackers {
    fn next(&mut self, attack: Attack) -> Vec<Pair> {
        let count = match attack {
            Attack::None => 0,
            Attack::Crowd => 1000 / EACH,
            Attack::Flood | Attack::Deaf => 1,
        };
        self.0.drain(..count).collect()
    }
}

#[derive(Debug, Default)]
struct Damage {
    stop: AtomicBool,
    frames: AtomicU64,
    sockets: AtomicU64,
}

/// An attack, on a thread of its own so that it does not slow down the measured clients.
struct Assault {
    damage: Arc<Damage>,
    thread: JoinHandle<Result<(), Failure>>,
}

impl Assault {
    /// Comes back once the sockets are open.
    fn begin(world: World, pairs: Vec<Pair>, attack: Attack) -> Self {
        let damage = Arc::new(Damage::default());
        let (done, theirs) = (damage.clone(), damage.clone());
        let (opened, wait) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut sockets = Vec::new();
                for pair in pairs {
                    for _ in 0..EACH {
                        sockets.push((pair, connect(&world, pair.member, &path(pair)).await?));
                    }
                }
                theirs.sockets.store(sockets.len() as u64, Ordering::Relaxed);
                opened.send(()).ok();
                let assaults = sockets.into_iter().map(async |(pair, (mouth, mut ear))| match attack {
                    Attack::None | Attack::Crowd => while ear.next().await.is_ok_and(|frame| frame.is_some()) {},
                    Attack::Flood => {
                        let hear = async { while ear.next().await.is_ok_and(|frame| frame.is_some()) {} };
                        futures_util::future::join(
                            hear,
                            pour(mouth, &theirs, &|number| {
                                format!(
                                    "{{\"type\":\"chat_message\",\"content\":\"flood {number}\",\"client_id\":\"{number}-{}\"}}",
                                    pair.member
                                )
                            }),
                        )
                        .await;
                    }
                    Attack::Deaf => {
                        pour(mouth, &theirs, &|number| {
                            format!("{{\"type\":\"ping\",\"request_id\":\"{number}\"}}")
                        })
                        .await;
                    }
                });
                let stopped = async {
                    while !theirs.stop.load(Ordering::Relaxed) {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                };
                tokio::select! {
                    () = stopped => {}
                    _ = futures_util::future::join(futures_util::future::join_all(assaults), std::future::pending::<()>()) => {}
                }
                Ok(())
            })
        });
        // If the thread has failed, the channel is closed, and `end` returns the reason.
        wait.recv().ok();
        Self { damage: done, thread }
    }

    fn end(self) -> Result<(u64, u64), Failure> {
        self.damage.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the attack panicked")??;
        Ok((
            self.damage.frames.load(Ordering::Relaxed),
            self.damage.sockets.load(Ordering::Relaxed),
        ))
    }
}

fn path(pair: Pair) -> String {
    format!("/ws/chat/{}/", pair.conversation)
}

/// Sends a thousand frames a second, or as fast as the server reads: nine times its long-term rate. Faster would measure how the attacker and the
/// server share the processor, for they are on one machine.
async fn pour(mut mouth: Mouth, damage: &Damage, frame: &dyn Fn(u64) -> String) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    while !damage.stop.load(Ordering::Relaxed) {
        ticks.tick().await;
        for _ in 0..10 {
            let number = damage.frames.fetch_add(1, Ordering::Relaxed);
            if mouth.say(frame(number)).await.is_err() {
                return;
            }
        }
    }
}
