//! What is measured on the way of an act: the names for `/metrics` and for dashboards, and the measuring of use cases, whichever door they come in by.
//!
//! # How to add a …
//! - **use case**: a variant of [`UseCase`]; its doors call it through [`observed`].
//! - **metric**: a constant, its description in [`describe`], and its line in `docs/operations.md`, which a test compares.

use std::{
    fmt,
    sync::LazyLock,
    time::{Duration, Instant},
};

use domain::messaging::Error;
use metrics::{Counter, Histogram, Unit, describe_counter, describe_histogram};
use tracing::Instrument as _;

/// Histogram by `use_case` and `outcome`: how long it took, its reads and commits included, in seconds.
pub const USE_CASE_SECONDS: &str = "suhbat_use_case_seconds";
/// Histogram by `type`: how long what a frame asked for took, in seconds.
pub const CALL_SECONDS: &str = "suhbat_call_seconds";
/// Counter by `type`: frames from clients.
pub const FRAMES_IN_TOTAL: &str = "suhbat_frames_in_total";
/// Counter by `type`: frames to clients.
pub const FRAMES_OUT_TOTAL: &str = "suhbat_frames_out_total";
/// Histogram: how long an event was on the bus, from being published to being received by a node's hub, in seconds.
pub const BUS_SECONDS: &str = "suhbat_bus_seconds";
/// Histogram: from a commit to its frame being handed to one socket, for each socket, in seconds.
pub const DELIVERY_SECONDS: &str = "suhbat_delivery_seconds";

/// What a person, or the service in their name, can do. The order is that of the doc of the domain's `messaging`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseCase {
    /// Opening a conversation, or finding it.
    Open,
    /// Sending a message.
    Send,
    /// Editing one.
    Edit,
    /// Deleting one.
    Delete,
    /// Pinning or unpinning one.
    Pin,
    /// Marking messages as read.
    MarkRead,
    /// Noting what devices have.
    Deliver,
    /// A conversation in full.
    Conversation,
    /// The list of conversations.
    Conversations,
    /// How much is unread.
    Unread,
    /// A window of messages.
    History,
    /// One message.
    Message,
    /// What changed.
    Changes,
    /// Whom one may write to.
    Contacts,
    /// Taking part: for joining, typing and asking for `last_seq`.
    Membership,
}

impl UseCase {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Open,
        Self::Send,
        Self::Edit,
        Self::Delete,
        Self::Pin,
        Self::MarkRead,
        Self::Deliver,
        Self::Conversation,
        Self::Conversations,
        Self::Unread,
        Self::History,
        Self::Message,
        Self::Changes,
        Self::Contacts,
        Self::Membership,
    ];

    /// The name in metrics, traces and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Send => "send",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Pin => "pin",
            Self::MarkRead => "mark_read",
            Self::Deliver => "deliver",
            Self::Conversation => "conversation",
            Self::Conversations => "conversations",
            Self::Unread => "unread",
            Self::History => "history",
            Self::Message => "message",
            Self::Changes => "changes",
            Self::Contacts => "contacts",
            Self::Membership => "membership",
        }
    }
}

impl fmt::Display for UseCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How use cases end, for whoever looks at latencies: what was refused is quick, and what failed often is not.
const OUTCOMES: [&str; 3] = ["done", "refused", "failed"];

/// Looked up once, since it is done for every message. The recorder must be there by the first use, as it is where the service is wired.
static USE_CASES: LazyLock<[[Histogram; OUTCOMES.len()]; UseCase::ALL.len()]> = LazyLock::new(|| {
    UseCase::ALL.map(|use_case| {
        OUTCOMES.map(|outcome| metrics::histogram!(USE_CASE_SECONDS, "use_case" => use_case.as_str(), "outcome" => outcome))
    })
});
static CALLS: LazyLock<ByType<Histogram>> = LazyLock::new(|| {
    ByType::new(
        HEARD.iter().chain(&[LOOK_AGAIN]),
        |kind| metrics::histogram!(CALL_SECONDS, "type" => kind),
    )
});
static FRAMES_IN: LazyLock<ByType<Counter>> = LazyLock::new(|| {
    ByType::new(
        HEARD.iter().chain(&[MALFORMED]),
        |kind| metrics::counter!(FRAMES_IN_TOTAL, "type" => kind),
    )
});
static FRAMES_OUT: LazyLock<ByType<Counter>> =
    LazyLock::new(|| ByType::new(&SAID, |kind| metrics::counter!(FRAMES_OUT_TOTAL, "type" => kind)));
static BUS: LazyLock<Histogram> = LazyLock::new(|| metrics::histogram!(BUS_SECONDS));
static DELIVERY: LazyLock<Histogram> = LazyLock::new(|| metrics::histogram!(DELIVERY_SECONDS));

/// What clients say.
const HEARD: [&str; 7] = [
    "chat_message",
    "typing",
    "read_receipt",
    "edit_message",
    "delete_message",
    "pin_message",
    "ping",
];
/// What sessions ask for besides.
pub(crate) const LOOK_AGAIN: &str = "look_again";
/// What is no frame.
pub(crate) const MALFORMED: &str = "malformed";
/// What clients are told.
const SAID: [&str; 14] = [
    "chat_message",
    "ack",
    "message_delivered",
    "read_receipt",
    "conversation_updated",
    "typing",
    "user_status",
    "ready",
    "pong",
    "error",
    "message_edited",
    "message_deleted",
    "message_pinned",
    "resync",
];

/// Metrics of one name by the type of a frame. A look into this costs a tenth of asking the recorder for a name with a label.
struct ByType<M>(Vec<(&'static str, M)>);

impl<M> ByType<M> {
    fn new<'a>(kinds: impl IntoIterator<Item = &'a &'static str>, metric: impl Fn(&'static str) -> M) -> Self {
        Self(kinds.into_iter().map(|kind| (*kind, metric(kind))).collect())
    }

    /// `None` if the lists above lack a type, which a test does not let happen.
    fn of(&self, kind: &str) -> Option<&M> {
        self.0.iter().find(|(known, _)| *known == kind).map(|(_, metric)| metric)
    }
}

/// A call took so long.
pub(crate) fn called(kind: &'static str, took: Duration) {
    if let Some(calls) = CALLS.of(kind) {
        calls.record(took);
    }
}

/// A frame came.
pub(crate) fn heard(kind: &'static str) {
    if let Some(frames) = FRAMES_IN.of(kind) {
        frames.increment(1);
    }
}

/// A frame was written.
pub(crate) fn said(kind: &'static str) {
    if let Some(frames) = FRAMES_OUT.of(kind) {
        frames.increment(1);
    }
}

/// Carries a use case out within a span of its own, and notes how long it took.
pub async fn observed<T>(use_case: UseCase, act: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let began = Instant::now();
    let span = tracing::debug_span!("use_case", otel.name = use_case.as_str(), use_case = use_case.as_str());
    let result = act.instrument(span).await;
    let outcome = match &result {
        Ok(_) => 0,
        Err(Error::Denied(_) | Error::AccountInactive | Error::RateLimited { .. }) => 1,
        Err(Error::Store(_) | Error::Files(_)) => 2,
    };
    USE_CASES[use_case as usize][outcome].record(began.elapsed());
    result
}

/// An event was so long on the bus.
pub(crate) fn received(after: Duration) {
    BUS.record(after);
}

/// A frame was handed to a socket so long after what it tells of was durable.
pub(crate) fn delivered(after: Duration) {
    DELIVERY.record(after);
}

/// Registers the descriptions of all of them with the recorder that is installed.
pub fn describe() {
    describe_histogram!(USE_CASE_SECONDS, Unit::Seconds, "Duration of use cases.");
    describe_histogram!(CALL_SECONDS, Unit::Seconds, "Duration of what frames asked for.");
    describe_counter!(FRAMES_IN_TOTAL, "Frames from clients.");
    describe_counter!(FRAMES_OUT_TOTAL, "Frames to clients.");
    describe_histogram!(BUS_SECONDS, Unit::Seconds, "From an event's publishing until a hub received it.");
    describe_histogram!(
        DELIVERY_SECONDS,
        Unit::Seconds,
        "From a commit until its frame was handed to a socket, for each socket."
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_type_of_frame_is_counted() {
        let document = protocol::schema::asyncapi("0", &protocol::schema::components());
        let messages = document["components"]["messages"].as_object().unwrap();
        let documented = |direction: &str| -> BTreeSet<String> {
            let of = messages.iter().filter(|(key, _)| key.starts_with(direction));
            of.map(|(_, message)| message["name"].as_str().unwrap().to_owned()).collect()
        };
        let counted = |list: &[&str]| list.iter().map(|kind| (*kind).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(counted(&SAID), documented("server"));
        assert_eq!(counted(&HEARD), documented("client"));
    }

    #[test]
    fn numbers_of_use_cases_are_their_places_in_the_table() {
        for (place, use_case) in UseCase::ALL.into_iter().enumerate() {
            assert_eq!(use_case as usize, place, "{use_case}");
        }
    }
}
