//! The names of what the store measures, for `/metrics` and for dashboards.

/// Histogram: how long the transaction of a batch took, from its beginning until it was durable, in seconds.
pub const COMMIT_SECONDS: &str = "suhbat_store_commit_seconds";
/// Histogram: how long a command waited for the writer, while it was busy or the queue was full, in seconds; on a database server how long a call waited for a
/// connection.
pub const WAIT_SECONDS: &str = "suhbat_store_wait_seconds";
/// Histogram: how long the commit itself took, which is mostly the disk's flush, in seconds.
pub const SYNC_SECONDS: &str = "suhbat_store_sync_seconds";
/// Histogram: how many commands shared a transaction.
pub const BATCH_SIZE: &str = "suhbat_store_batch_size";
/// Gauge: how many commands wait for the writer, or on a database server how many calls wait for a connection.
pub const QUEUE_DEPTH: &str = "suhbat_store_queue_depth";
/// Histogram: how long a read took, waiting aside, in seconds.
pub const READ_SECONDS: &str = "suhbat_store_read_seconds";
/// Counter by `reason`: reads that were ended before they had their answer, since their caller had left (`abandoned`) or for their length (`too_slow`).
pub const READS_ENDED: &str = "suhbat_store_reads_ended_total";
/// Histogram: duration of a checkpoint, in seconds.
pub const CHECKPOINT_SECONDS: &str = "suhbat_store_checkpoint_seconds";
/// Gauge: the length of the write-ahead log, in pages.
pub const WAL_PAGES: &str = "suhbat_store_wal_pages";

/// Gauge by `state` (`in_use`, `idle`): the connections to a database server.
pub const CONNECTIONS: &str = "suhbat_store_connections";
/// Counter: connections to a database server that could not be made.
pub const CONNECTIONS_FAILED: &str = "suhbat_store_connections_failed_total";
/// Counter: transactions on a database server that were run again, since another one was in the way.
pub const RETRIES: &str = "suhbat_store_retries_total";

/// Counter: what the object store failed to do, by `operation` (write, read, size, rename, delete, list, sign, abort).
pub const OBJECT_FAILURES: &str = "suhbat_object_store_failures_total";

/// Registers the descriptions of all of them with the recorder that is installed.
pub fn describe() {
    metrics::describe_histogram!(
        COMMIT_SECONDS,
        metrics::Unit::Seconds,
        "Duration of a batch's transaction until it was durable."
    );
    metrics::describe_histogram!(WAIT_SECONDS, metrics::Unit::Seconds, "How long a command waited for the writer.");
    metrics::describe_histogram!(
        SYNC_SECONDS,
        metrics::Unit::Seconds,
        "Duration of the commit itself: mostly the disk's flush."
    );
    metrics::describe_histogram!(BATCH_SIZE, metrics::Unit::Count, "Commands that shared a transaction.");
    metrics::describe_gauge!(QUEUE_DEPTH, metrics::Unit::Count, "Commands waiting for the writer.");
    metrics::describe_histogram!(READ_SECONDS, metrics::Unit::Seconds, "Duration of a read, waiting aside.");
    metrics::describe_counter!(READS_ENDED, "Reads that were ended before they had their answer.");
    metrics::describe_histogram!(
        CHECKPOINT_SECONDS,
        metrics::Unit::Seconds,
        "Duration of checkpoints of the write-ahead log."
    );
    metrics::describe_gauge!(WAL_PAGES, metrics::Unit::Count, "Pages in the write-ahead log.");
    metrics::describe_gauge!(CONNECTIONS, metrics::Unit::Count, "Connections to a database server.");
    metrics::describe_counter!(CONNECTIONS_FAILED, "Connections to a database server that could not be made.");
    metrics::describe_counter!(RETRIES, "Transactions that were run again, since another one was in the way.");
    metrics::describe_counter!(OBJECT_FAILURES, metrics::Unit::Count, "Failures of the object store.");
}
