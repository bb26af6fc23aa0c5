//! The names of what the store measures, for `/metrics` and for dashboards.

/// Histogram: how long the transaction of a batch took, from its beginning until it was durable, in seconds.
pub const COMMIT_SECONDS: &str = "suhbat_store_commit_seconds";
/// Histogram: how many commands shared a transaction.
pub const BATCH_SIZE: &str = "suhbat_store_batch_size";
/// Gauge: how many commands wait for the writer.
pub const QUEUE_DEPTH: &str = "suhbat_store_queue_depth";
/// Histogram: how long a read took, waiting aside, in seconds.
pub const READ_SECONDS: &str = "suhbat_store_read_seconds";

/// Counter: what the object store failed to do, by `operation` (write, read, size, delete, list).
pub const OBJECT_FAILURES: &str = "suhbat_object_store_failures_total";

/// Registers the descriptions of all of them with the recorder that is installed.
pub fn describe() {
    metrics::describe_histogram!(
        COMMIT_SECONDS,
        metrics::Unit::Seconds,
        "Duration of a batch's transaction until it was durable."
    );
    metrics::describe_histogram!(BATCH_SIZE, metrics::Unit::Count, "Commands that shared a transaction.");
    metrics::describe_gauge!(QUEUE_DEPTH, metrics::Unit::Count, "Commands waiting for the writer.");
    metrics::describe_histogram!(READ_SECONDS, metrics::Unit::Seconds, "Duration of a read, waiting aside.");
    metrics::describe_counter!(OBJECT_FAILURES, metrics::Unit::Count, "Failures of the object store.");
}
