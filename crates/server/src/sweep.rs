//! Keeps the object store free of what crashes leave.

use std::time::{Duration, Instant};

use domain::messaging::{Messaging, Swept};
use tokio::time::MissedTickBehavior;

/// Sweeps at once and then every so often, for ever. A sweep that fails is tried again at its next time.
pub(crate) async fn run(messaging: Messaging, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let began = Instant::now();
        match messaging.sweep().await {
            Ok(Swept {
                looked_at,
                orphans,
                unfinished,
            }) => {
                metrics::counter!("suhbat_sweep_removed_total", "kind" => "orphan").increment(orphans);
                metrics::counter!("suhbat_sweep_removed_total", "kind" => "unfinished").increment(unfinished);
                if orphans + unfinished > 0 {
                    tracing::info!(looked_at, orphans, unfinished, "removed what interrupted uploads had left");
                }
            }
            Err(error) => {
                metrics::counter!("suhbat_sweep_failures_total").increment(1);
                tracing::warn!(%error, source = ?std::error::Error::source(&error), "the object store could not be swept; the next sweep tries again");
            }
        }
        metrics::histogram!("suhbat_sweep_seconds").record(began.elapsed());
    }
}
