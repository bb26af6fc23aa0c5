//! Whether the parts that the service stands on answer.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// Asks one part whether it works.
pub(crate) type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// A part that takes longer than this does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The parts and how to ask them.
#[derive(Clone)]
pub(crate) struct Health(Vec<(&'static str, Probe)>);

impl Health {
    /// These parts, by the names that `readyz` shows.
    pub(crate) fn new(parts: Vec<(&'static str, Probe)>) -> Self {
        Self(parts)
    }

    /// Each part and whether it answers now.
    pub(crate) async fn check(&self) -> Vec<(&'static str, bool)> {
        let asked = self.0.iter().map(|(name, probe)| {
            let answer = probe();
            async move { (*name, tokio::time::timeout(PATIENCE, answer).await.unwrap_or(false)) }
        });
        futures_util::future::join_all(asked).await
    }
}
