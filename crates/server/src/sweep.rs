//! Sweeps the object store, so that orphans left by crashes are removed.

use std::{
    mem::{Discriminant, discriminant},
    time::{Duration, Instant},
};

use domain::messaging::{Messaging, Sweep, SweepStopped, Swept};
use tokio::time::MissedTickBehavior;

/// Repeated stops for the same reason are logged only so often.
const REMIND: Duration = Duration::from_hours(24);

/// Sweeps at once and then every so often, for ever. A sweep that fails or is stopped is tried again at its next time.
pub(crate) async fn run(messaging: Messaging, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told: Option<(Discriminant<SweepStopped>, Instant)> = None;
    loop {
        ticks.tick().await;
        let began = Instant::now();
        match messaging.sweep().await {
            Ok(Sweep::Done(swept)) => {
                told = None;
                count(swept);
            }
            Ok(Sweep::Stopped(stopped)) => {
                metrics::counter!("suhbat_sweep_stopped_total", "reason" => stopped.as_str()).increment(1);
                let reason = discriminant(&stopped);
                if told.is_none_or(|(last, at)| last != reason || at.elapsed() >= REMIND) {
                    told = Some((reason, began));
                    warn(stopped);
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

fn count(swept: Swept) {
    let Swept {
        looked_at,
        orphans,
        deleted,
        put_back,
        removed,
        unfinished,
    } = swept;
    for (kind, number) in [("orphan", orphans), ("deleted", deleted)] {
        metrics::counter!("suhbat_sweep_set_aside_total", "kind" => kind).increment(number);
    }
    for (kind, number) in [("set_aside", removed), ("unfinished", unfinished)] {
        metrics::counter!("suhbat_sweep_removed_total", "kind" => kind).increment(number);
    }
    metrics::counter!("suhbat_sweep_put_back_total").increment(put_back);
    if orphans + deleted + removed + unfinished > 0 {
        tracing::info!(
            looked_at,
            orphans,
            deleted,
            removed,
            unfinished,
            "swept the object store; files that nobody needs are set aside for a day, then removed"
        );
    }
    if put_back > 0 {
        tracing::warn!(put_back, "files that had been set aside are named by messages, and were put back");
    }
}

/// Each reason has its own log line, since the operator must act differently on each.
fn warn(stopped: SweepStopped) {
    match stopped {
        SweepStopped::NotOurs => tracing::warn!(
            "the sweep leaves everything as it is; the object store does not carry the id of the database; check database.url, objects.url and that its volume is mounted"
        ),
        SweepStopped::NothingKnown { objects } => tracing::warn!(
            objects,
            "the sweep leaves everything as it is; the database knows none of the files in the object store; check that it is the right database"
        ),
        SweepStopped::OlderDatabase { orphan, known } => tracing::warn!(
            %orphan,
            %known,
            "the sweep leaves everything as it is; a file that no message names is younger than all that are named; check that the database is no older copy. After a crash it ends with the next upload"
        ),
        SweepStopped::TooMany { orphans, objects } => tracing::warn!(
            orphans,
            objects,
            "the sweep leaves everything as it is; it would take more than a tenth of all files; check that the database is the right one"
        ),
    }
}
