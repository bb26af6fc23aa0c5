//! The recorder of metrics, one for the process.

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::StartError;
use crate::telemetry;

/// One recorder for the process, however many services a test starts in it.
pub(super) fn metrics_recorder() -> Result<PrometheusHandle, StartError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    const SECONDS: [f64; 12] = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];
    const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    let recorder = RECORDER.get_or_init(|| {
        PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES))
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())
            .inspect(|_| {
                crate::measure::describe();
                realtime::measure::describe();
                storage::measure::describe();
                uploads::describe_metrics();
            })
    });
    recorder.clone().map_err(StartError::Metrics)
}

/// The exporter keeps every value of a histogram until it is drained: under load that is some megabytes a second. Also logs the suppressed lines.
pub(super) async fn upkeep(metrics: PrometheusHandle) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
        telemetry::tell_omitted();
    }
}
