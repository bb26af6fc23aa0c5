//! Whether the parts that the service stands on answer.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// Asks one part whether it works.
pub(crate) type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// A part that takes longer than this does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The parts and how to ask them.
#[derive(Clone)]
pub(crate) struct Health {
    needed: Parts,
    helpful: Parts,
}

type Parts = Vec<(&'static str, Probe)>;

impl Health {
    /// Parts that the service cannot do without, and parts without which it does less, by the names that `readyz` shows.
    pub(crate) fn new(needed: Parts, helpful: Parts) -> Self {
        Self { needed, helpful }
    }

    /// Each part that the service cannot do without, and whether it answers now.
    pub(crate) async fn check(&self) -> Vec<(&'static str, bool)> {
        ask(&self.needed).await
    }

    /// The parts that do not answer now and without which the service does less.
    pub(crate) async fn missed(&self) -> Vec<&'static str> {
        let asked = ask(&self.helpful).await;
        asked.into_iter().filter(|(_, answers)| !answers).map(|(name, _)| name).collect()
    }
}

async fn ask(parts: &Parts) -> Vec<(&'static str, bool)> {
    let asked = parts.iter().map(|(name, probe)| {
        let answer = probe();
        async move { (*name, tokio::time::timeout(PATIENCE, answer).await.unwrap_or(false)) }
    });
    futures_util::future::join_all(asked).await
}
