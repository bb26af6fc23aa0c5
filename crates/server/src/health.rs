//! Whether the parts that the service stands on answer, and could store something now.
//!
//! A check may write to a disk, so each part is checked at most once at a time, and all requests share the answer for a moment.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::Shared};

/// Asks one part whether it works. The error is for the log.
pub(crate) type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Whether a part works; one answer for all waiting requests.
type Answer = Shared<Pin<Box<dyn Future<Output = bool> + Send>>>;

/// Whether the cached answer is void. Answers from memory, without I/O.
pub(crate) type Doubt = Arc<dyn Fn() -> bool + Send + Sync>;

/// A part that takes longer than this does not answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// The lifetime of an answer: anybody may ask as often as they like, which must not keep the disk busy.
const FRESH: Duration = Duration::from_millis(250);

/// Something that the service stands on.
pub(crate) struct Part {
    name: &'static str,
    probe: Probe,
    doubt: Doubt,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    asked: Option<Answer>,
    /// The last answer, and when it came.
    answered: Option<(bool, Instant)>,
    /// The log has a line about the failure, and none since about the recovery.
    is_told: bool,
}

impl State {
    /// Logs each change for the operator.
    fn tell(&mut self, part: &'static str, outcome: Result<(), &str>) {
        match outcome {
            Err(error) if !self.is_told => tracing::error!(part, error, "a part of the service does not work; readyz says so"),
            Ok(()) if self.is_told => tracing::info!(part, "a part of the service works again"),
            _ => {}
        }
        self.is_told = outcome.is_err();
    }
}

impl Part {
    /// By the name that `readyz` shows.
    pub(crate) fn new(name: &'static str, probe: Probe) -> Self {
        Self {
            name,
            probe,
            doubt: Arc::new(|| false),
            state: Arc::default(),
        }
    }

    /// With a reason to ask again before an answer is old.
    pub(crate) fn doubted(self, doubt: Doubt) -> Self {
        Self { doubt, ..self }
    }

    /// Whether the part works. The check runs in a task of its own, which goes on when nobody waits any more.
    async fn works(&self) -> bool {
        tokio::time::timeout(PATIENCE, self.ask()).await.unwrap_or_else(|_| {
            self.lock().tell(self.name, Err("it does not answer in time"));
            false
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer that is fresh, or is on its way.
    fn ask(&self) -> Answer {
        let mut state = self.lock();
        if let Some(asked) = &state.asked
            && asked.peek().is_none()
        {
            return asked.clone();
        }
        if let Some((works, at)) = state.answered
            && at.elapsed() < FRESH
            && !(self.doubt)()
        {
            return futures_util::future::ready(works).boxed().shared();
        }
        let (name, answer, noted) = (self.name, (self.probe)(), self.state.clone());
        let asking = tokio::spawn(async move {
            let outcome = answer.await;
            let mut state = noted.lock().unwrap_or_else(PoisonError::into_inner);
            state.tell(
                name,
                match &outcome {
                    Ok(()) => Ok(()),
                    Err(error) => Err(error),
                },
            );
            state.answered = Some((outcome.is_ok(), Instant::now()));
            outcome.is_ok()
        });
        let asked = asking.map(|answer| answer.unwrap_or(false)).boxed().shared();
        state.asked = Some(asked.clone());
        asked
    }
}

#[derive(Clone)]
pub(crate) struct Health {
    needed: Arc<[Part]>,
    helpful: Arc<[Part]>,
}

impl Health {
    /// Parts that the service cannot do without, and parts without which it does less.
    pub(crate) fn new(needed: Vec<Part>, helpful: Vec<Part>) -> Self {
        Self {
            needed: needed.into(),
            helpful: helpful.into(),
        }
    }

    /// Each part that the service cannot do without, and whether it works now.
    pub(crate) async fn check(&self) -> Vec<(&'static str, bool)> {
        ask(&self.needed).await
    }

    /// The parts that do not work now and without which the service does less.
    pub(crate) async fn missed(&self) -> Vec<&'static str> {
        let asked = ask(&self.helpful).await;
        let mut missed: Vec<&'static str> = Vec::new();
        for (name, works) in asked {
            // The index of the search has a part for itself and one for its consumer.
            if !works && !missed.contains(&name) {
                missed.push(name);
            }
        }
        missed
    }
}

async fn ask(parts: &[Part]) -> Vec<(&'static str, bool)> {
    let asked = parts.iter().map(|part| async move { (part.name, part.works().await) });
    futures_util::future::join_all(asked).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// A part that answers when it is let to, and counts how often it is asked.
    struct Stage {
        asked: AtomicUsize,
        doubt: AtomicBool,
        fails: AtomicBool,
        let_go: Semaphore,
    }

    fn stage() -> (Arc<Stage>, Health) {
        let stage = Arc::new(Stage {
            asked: AtomicUsize::new(0),
            doubt: AtomicBool::new(false),
            fails: AtomicBool::new(false),
            let_go: Semaphore::new(0),
        });
        let (probed, doubted) = (stage.clone(), stage.clone());
        let probe: Probe = Arc::new(move || {
            let stage = probed.clone();
            Box::pin(async move {
                stage.asked.fetch_add(1, Ordering::SeqCst);
                stage.let_go.acquire().await.map_err(|error| error.to_string())?.forget();
                if stage.fails.load(Ordering::SeqCst) {
                    return Err("on purpose".to_owned());
                }
                Ok(())
            })
        });
        let part = Part::new("storage", probe).doubted(Arc::new(move || doubted.doubt.load(Ordering::SeqCst)));
        (stage, Health::new(vec![part], vec![]))
    }

    #[tokio::test(start_paused = true)]
    async fn concurrent_health_requests_check_each_part_once() {
        let (stage, health) = stage();
        stage.let_go.add_permits(10);
        let answers = futures_util::future::join_all((0..100).map(|_| health.check())).await;
        assert!(answers.iter().all(|answer| answer == &[("storage", true)]));
        assert_eq!(stage.asked.load(Ordering::SeqCst), 1);
        health.check().await;
        assert_eq!(stage.asked.load(Ordering::SeqCst), 1, "it is fresh");
        stage.doubt.store(true, Ordering::SeqCst);
        stage.fails.store(true, Ordering::SeqCst);
        assert_eq!(health.check().await, [("storage", false)]);
        assert_eq!(stage.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_hangs_is_not_asked_again_and_does_not_work() {
        let (stage, health) = stage();
        for _ in 0..5 {
            assert_eq!(health.check().await, [("storage", false)]);
        }
        assert_eq!(stage.asked.load(Ordering::SeqCst), 1);
        stage.let_go.add_permits(1);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(health.check().await, [("storage", true)]);
    }
}
