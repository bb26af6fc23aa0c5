//! The names of the server's own metrics, for `/metrics` and for dashboards.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Counter by `method`, `route` and `status`: answers.
pub(crate) const REQUESTS: &str = "suhbat_http_requests_total";
/// Histogram by `method` and `route`: how long an answer took, in seconds.
pub(crate) const REQUEST_SECONDS: &str = "suhbat_http_request_seconds";
/// Counter by `method`: requests whose client left before the answer.
pub(crate) const ABANDONED: &str = "suhbat_http_requests_abandoned_total";
/// Counter by `code`: handshakes that were closed at once.
pub(crate) const REFUSED_SOCKETS: &str = "suhbat_sockets_refused_total";
/// Histogram: how long a write to a socket waited for the peer to read, where it had to, in seconds.
pub(crate) const WRITE_WAIT_SECONDS: &str = "suhbat_socket_write_wait_seconds";
/// Counter: sockets given up because nothing could be written to them.
pub(crate) const STALLED_WRITES: &str = "suhbat_stalled_writes_total";
/// Counter: lines of the log that were lost since nobody read them in time.
pub(crate) const LOST_LINES: &str = "suhbat_log_lines_lost_total";

/// Gauge: free bytes of the volume that files are kept on, when it was last asked about.
pub(crate) const FREE_BYTES: &str = "suhbat_objects_free_bytes";

/// Counter by `range` (`yes`, `no`): files and thumbnails that were sent, whole or a range of them.
pub(crate) const FILES_SERVED: &str = "suhbat_files_served_total";
/// Counter: downloads of files and thumbnails that were redirected to the object store.
pub(crate) const FILES_REDIRECTED: &str = "suhbat_files_redirected_total";

/// Histogram by `phase` (`index`, `texts`, `tail`, `facts`): duration of the parts of a search, in seconds.
pub(crate) const SEARCH_SECONDS: &str = "suhbat_search_seconds";
/// Gauge: messages that the index of the search may lack.
pub(crate) const SEARCH_LAG: &str = "suhbat_search_lag_messages";
/// Gauge by `consumer`: entries of the outbox that it has not passed, counted up to 100,000.
pub(crate) const OUTBOX_LAG: &str = "suhbat_outbox_lag";
/// Gauge by `consumer`: the age of the oldest of them, in seconds.
pub(crate) const OUTBOX_LAG_SECONDS: &str = "suhbat_outbox_lag_seconds";
/// Counter by `consumer`: attempts to take entries that failed.
pub(crate) const CONSUMER_FAILURES: &str = "suhbat_consumer_failures_total";
/// Gauge by `queue` and `state` (`waiting`, `retrying`, `failed`): jobs.
pub(crate) const JOBS: &str = "suhbat_jobs";

/// Registers the descriptions of all of them with the recorder that is installed.
pub(crate) fn describe() {
    describe_counter!(REQUESTS, "Answers to HTTP requests.");
    describe_counter!(ABANDONED, "Requests whose client left before the answer.");
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Duration of HTTP requests.");
    describe_gauge!(
        FREE_BYTES,
        Unit::Bytes,
        "Free room on the volume of the files, when last asked about."
    );
    describe_histogram!(SEARCH_SECONDS, Unit::Seconds, "Duration of the parts of a search.");
    describe_counter!(FILES_SERVED, "Files and thumbnails that were sent.");
    describe_counter!(FILES_REDIRECTED, "Downloads that were redirected to the object store.");
    describe_counter!(REFUSED_SOCKETS, "Handshakes closed at once, by close code.");
    describe_histogram!(
        WRITE_WAIT_SECONDS,
        Unit::Seconds,
        "How long a write to a socket waited for its peer, where it had to."
    );
    describe_counter!(LOST_LINES, "Lines of the log that nobody read in time.");
    describe_gauge!(SEARCH_LAG, "Messages that the index of the search may lack.");
    describe_gauge!(OUTBOX_LAG, "Entries of the outbox behind the position of a consumer.");
    describe_gauge!(
        OUTBOX_LAG_SECONDS,
        Unit::Seconds,
        "Age of the oldest entry behind the position of a consumer."
    );
    describe_counter!(CONSUMER_FAILURES, "Failures of a consumer of the outbox.");
    describe_gauge!(JOBS, "Jobs by queue and state.");
    describe_counter!(STALLED_WRITES, "Sockets given up because nothing could be written to them.");
}
