//! The metrics of the realtime part: their names on `/metrics` and for dashboards, and the measuring of use cases, whether REST or a socket calls them.
//!
//! # How to add a …
//! - **use case**: a variant of [`UseCase`], and its line in [`crate::observed`].
//! - **metric**: a constant, its description in [`describe`], and its line in `docs/operations.md`, which a test compares.

use std::{
    fmt,
    sync::LazyLock,
    time::{Duration, Instant},
};

use domain::messaging::Error;
use metrics::{Counter, Histogram, Unit, describe_counter, describe_gauge, describe_histogram};
use protocol::frame::{ClientFrameType, ServerFrameType};
use tracing::Instrument as _;

/// Histogram by `use_case` and `outcome`: how long it took, its reads and commits included, in seconds.
pub const USE_CASE_SECONDS: &str = "suhbat_use_case_seconds";
/// Histogram by `type`: how long the command of a frame took, in seconds.
pub const CALL_SECONDS: &str = "suhbat_call_seconds";
/// Counter by `type`: frames from clients.
pub const FRAMES_IN_TOTAL: &str = "suhbat_frames_in_total";
/// Counter by `type`: frames to clients.
pub const FRAMES_OUT_TOTAL: &str = "suhbat_frames_out_total";
/// Histogram: how long an event was on the bus, from being published to being received by a node's hub, in seconds.
pub const BUS_SECONDS: &str = "suhbat_bus_seconds";
/// Histogram: from a commit to its frame being handed to one socket, for each socket, in seconds.
pub const DELIVERY_SECONDS: &str = "suhbat_delivery_seconds";

/// Gauge: 1 while Redis can be reached.
pub const REDIS_UP: &str = "suhbat_redis_up";
/// Counter by `operation`: calls of Redis that failed, or that were not made while it was away.
pub const REDIS_FAILURES_TOTAL: &str = "suhbat_redis_failures_total";
/// Histogram: copies of events, one for each recipient, that were published to other nodes at once.
pub const BUS_BATCH_SIZE: &str = "suhbat_bus_batch_size";
/// Gauge: users whose events this node asks other nodes for.
pub const BUS_SUBSCRIPTIONS: &str = "suhbat_bus_subscriptions";
/// Counter: how often this node did not receive the events of other nodes for a while.
pub const BUS_INTERRUPTIONS_TOTAL: &str = "suhbat_bus_interruptions_total";
/// Counter: events of nodes of another version that this node could not read.
pub const BUS_UNREADABLE_TOTAL: &str = "suhbat_bus_unreadable_total";
/// Counter by `outcome`: changes that came too early because others were missing: these `arrived` soon, were `read` from storage, or the clients got `resync`.
pub const HOLES_TOTAL: &str = "suhbat_holes_total";
/// Counter: nodes that ended without saying so, as seen by this node.
pub const NODES_LOST_TOTAL: &str = "suhbat_nodes_lost_total";
/// Counter: acts of which the store did not say whether they are stored.
pub const UNCONFIRMED_ACTS_TOTAL: &str = "suhbat_unconfirmed_acts_total";

/// The use cases, in the order of the doc of the domain's `messaging`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UseCase {
    Open,
    Send,
    Edit,
    Delete,
    Pin,
    MarkRead,
    /// Mutes, archives or marks a row, or decides whether a member waits.
    Arrange,
    /// Stores the delivery marks of devices.
    Deliver,
    /// Reads one conversation with its participants.
    Conversation,
    Conversations,
    /// Counts the unread messages of a user.
    Unread,
    /// Counts the conversations of each filter of a user's list.
    ListCounts,
    History,
    Message,
    /// Reads the changes of a conversation after a `seq`.
    Changes,
    Contacts,
    /// Searches messages.
    Search,
    /// Reads the account of the caller, with the confessions that the caller administers and follows.
    Me,
    /// Reads the settings of the caller or of a confession.
    Settings,
    ChangeSettings,
    /// Reads whether a user takes part in a conversation, for joining, typing and `last_seq`.
    Membership,
}

impl UseCase {
    /// All variants, in the order of their discriminants.
    pub(crate) const ALL: [Self; 21] = [
        Self::Open,
        Self::Send,
        Self::Edit,
        Self::Delete,
        Self::Pin,
        Self::MarkRead,
        Self::Arrange,
        Self::Deliver,
        Self::Conversation,
        Self::Conversations,
        Self::Unread,
        Self::ListCounts,
        Self::History,
        Self::Message,
        Self::Changes,
        Self::Contacts,
        Self::Search,
        Self::Me,
        Self::Settings,
        Self::ChangeSettings,
        Self::Membership,
    ];

    /// The name in metrics, traces and logs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Send => "send",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Pin => "pin",
            Self::MarkRead => "mark_read",
            Self::Arrange => "arrange",
            Self::Deliver => "deliver",
            Self::Conversation => "conversation",
            Self::Conversations => "conversations",
            Self::Unread => "unread",
            Self::ListCounts => "list_counts",
            Self::History => "history",
            Self::Message => "message",
            Self::Changes => "changes",
            Self::Contacts => "contacts",
            Self::Search => "search",
            Self::Me => "me",
            Self::Settings => "settings",
            Self::ChangeSettings => "change_settings",
            Self::Membership => "membership",
        }
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcomes of use cases. They are separate labels because refusals are quick and failures often slow, which would distort the latency of the rest.
const OUTCOMES: [&str; 3] = ["done", "refused", "failed"];

/// Looked up once, because every message uses one. The recorder must be installed before the first use; the server does so when it is wired.
static USE_CASES: LazyLock<[[Histogram; OUTCOMES.len()]; UseCase::ALL.len()]> = LazyLock::new(|| {
    UseCase::ALL.map(|use_case| {
        OUTCOMES.map(|outcome| metrics::histogram!(USE_CASE_SECONDS, "use_case" => use_case.as_str(), "outcome" => outcome))
    })
});
static CALLS: LazyLock<ByType<Histogram>> = LazyLock::new(|| {
    ByType::new(
        ClientFrameType::ALL.iter().map(|of| of.as_str()).chain([RECHECK_ACCOUNT]),
        |kind| metrics::histogram!(CALL_SECONDS, "type" => kind),
    )
});
static FRAMES_IN: LazyLock<ByType<Counter>> = LazyLock::new(|| {
    ByType::new(
        ClientFrameType::ALL.iter().map(|of| of.as_str()).chain([MALFORMED]),
        |kind| metrics::counter!(FRAMES_IN_TOTAL, "type" => kind),
    )
});
/// Indexed by the discriminant of the frame type.
static FRAMES_OUT: LazyLock<Vec<Counter>> = LazyLock::new(|| {
    let counter = |of: &ServerFrameType| metrics::counter!(FRAMES_OUT_TOTAL, "type" => of.as_str());
    ServerFrameType::ALL.iter().map(counter).collect()
});
static BUS: LazyLock<Histogram> = LazyLock::new(|| metrics::histogram!(BUS_SECONDS));
static DELIVERY: LazyLock<Histogram> = LazyLock::new(|| metrics::histogram!(DELIVERY_SECONDS));

/// The label for the check of an account that the service itself starts.
pub(crate) const RECHECK_ACCOUNT: &str = "recheck_account";
/// The label for text and binary frames that could not be parsed.
pub(crate) const MALFORMED: &str = "malformed";
/// The metrics of one name by frame type. A lookup here costs a tenth of asking the recorder for a name with a label.
struct ByType<M>(Vec<(&'static str, M)>);

impl<M> ByType<M> {
    fn new(kinds: impl IntoIterator<Item = &'static str>, metric: impl Fn(&'static str) -> M) -> Self {
        Self(kinds.into_iter().map(|kind| (kind, metric(kind))).collect())
    }

    fn of(&self, kind: &str) -> Option<&M> {
        self.0.iter().find(|(known, _)| *known == kind).map(|(_, metric)| metric)
    }
}

/// Records how long a command took.
pub(crate) fn called(kind: &'static str, took: Duration) {
    if let Some(calls) = CALLS.of(kind) {
        calls.record(took);
    }
}

/// Counts a frame from a client.
pub(crate) fn frame_received(kind: &'static str) {
    if let Some(frames) = FRAMES_IN.of(kind) {
        frames.increment(1);
    }
}

/// Counts a frame to a client.
pub(crate) fn frame_sent(frame_type: ServerFrameType) {
    if let Some(frames) = FRAMES_OUT.get(frame_type as usize) {
        frames.increment(1);
    }
}

/// Carries out a use case within a span of its own, and records how long it took.
pub(crate) async fn observed<T>(use_case: UseCase, act: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let began = Instant::now();
    let span = tracing::debug_span!("use_case", otel.name = use_case.as_str(), use_case = use_case.as_str());
    let result = act.instrument(span).await;
    let outcome = match &result {
        Ok(_) => 0,
        Err(Error::Denied(_) | Error::RateLimited { .. }) => 1,
        Err(Error::Store(_) | Error::Files(_)) => 2,
    };
    USE_CASES[use_case as usize][outcome].record(began.elapsed());
    result
}

/// Records how long an event was on the bus.
pub(crate) fn received(after: Duration) {
    BUS.record(after);
}

/// Records the time from the commit of a change to handing its frame to a socket.
pub(crate) fn delivered(after: Duration) {
    DELIVERY.record(after);
}

/// Registers the descriptions of these metrics with the installed recorder.
pub fn describe() {
    describe_histogram!(USE_CASE_SECONDS, Unit::Seconds, "Duration of use cases.");
    describe_histogram!(CALL_SECONDS, Unit::Seconds, "Duration of the commands of frames.");
    describe_counter!(FRAMES_IN_TOTAL, "Frames from clients.");
    describe_counter!(FRAMES_OUT_TOTAL, "Frames to clients.");
    describe_gauge!(REDIS_UP, "1 while Redis can be reached.");
    describe_counter!(REDIS_FAILURES_TOTAL, "Calls of Redis that failed.");
    describe_histogram!(BUS_BATCH_SIZE, Unit::Count, "Copies of events published to other nodes at once.");
    describe_gauge!(BUS_SUBSCRIPTIONS, "Users whose events are received from other nodes.");
    describe_counter!(BUS_INTERRUPTIONS_TOTAL, "Interruptions of the events of other nodes.");
    describe_counter!(BUS_UNREADABLE_TOTAL, "Events of other nodes that could not be read.");
    describe_counter!(HOLES_TOTAL, "Changes that came before earlier ones of their conversation.");
    describe_counter!(NODES_LOST_TOTAL, "Nodes that ended without saying so.");
    describe_counter!(
        UNCONFIRMED_ACTS_TOTAL,
        "Acts of which the store did not say whether they are stored."
    );
    describe_histogram!(BUS_SECONDS, Unit::Seconds, "From an event's publishing until a hub received it.");
    describe_histogram!(
        DELIVERY_SECONDS,
        Unit::Seconds,
        "From a commit until its frame was handed to a socket, for each socket."
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_use_cases_are_their_places_in_the_table() {
        for (place, use_case) in UseCase::ALL.into_iter().enumerate() {
            assert_eq!(use_case as usize, place, "{use_case}");
        }
    }
}
