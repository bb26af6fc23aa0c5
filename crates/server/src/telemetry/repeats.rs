//! Faults that repeat fill a disk within the hour: of the same fault one line a second is enough, and how often it came.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    fmt,
    hash::{Hash as _, Hasher as _},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tracing::{
    Event, Level, Subscriber,
    callsite::Identifier,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// Between two lines of the same fault.
const APART: Duration = Duration::from_secs(1);
/// More faults than this are not distinguished by their `error`.
const FAULTS: usize = 512;
/// The target of the lines about suppressed lines, which are never suppressed.
const TARGET: &str = "server::telemetry::repeats";

/// Lets warnings and errors pass once a second, and counts the suppressed ones. Two of the same place in the program are the same fault if their
/// `error` is. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeats(Arc<Mutex<HashMap<EventKey, Count>>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct EventKey {
    place: Identifier,
    error: u64,
}

#[derive(Debug)]
struct Count {
    shown: Instant,
    message: String,
    kept_back: u64,
}

impl Repeats {
    /// May this line be written now?
    fn pass(&self, mut fault: EventKey, message: String, now: Instant) -> bool {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if faults.len() >= FAULTS && !faults.contains_key(&fault) {
            fault.error = 0;
        }
        match faults.get_mut(&fault) {
            Some(count) if now.duration_since(count.shown) < APART => {
                count.kept_back += 1;
                false
            }
            Some(count) => {
                count.shown = now;
                true
            }
            None => {
                let count = Count {
                    shown: now,
                    message,
                    kept_back: 0,
                };
                faults.insert(fault, count);
                true
            }
        }
    }

    /// The number of suppressed lines since the last call, by message. Faults that have ended are forgotten.
    fn take(&self, now: Instant) -> Vec<(String, u64)> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept_back = faults.values_mut().filter(|count| count.kept_back > 0);
        let taken = kept_back
            .map(|count| (count.message.clone(), std::mem::take(&mut count.kept_back)))
            .collect();
        faults.retain(|_, count| now.duration_since(count.shown) < APART);
        taken
    }

    /// Logs the number of suppressed lines of each fault.
    pub(super) fn log_counts(&self) {
        for (message, times) in self.take(Instant::now()) {
            tracing::warn!(target: TARGET, times, line = message, "the same line came more often");
        }
    }
}

impl Repeats {
    /// May this event be written?
    fn allows(&self, event: &Event<'_>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() > Level::WARN || metadata.target() == TARGET {
            return true;
        }
        let mut fields = EventFields::default();
        event.record(&mut fields);
        let fault = EventKey {
            place: metadata.callsite(),
            error: fields.error.finish(),
        };
        self.pass(fault, fields.message, Instant::now())
    }
}

/// Formats all events but the suppressed ones. (A filter of the library's own kind cannot do it: one that refuses an event by its fields refuses the next
/// one of another place too, since its decision is kept for the thread.)
pub(super) struct Sparing<F> {
    pub(super) format: F,
    /// Without them every event is written.
    pub(super) faults: Option<Repeats>,
}

impl<S, N, F> FormatEvent<S, N> for Sparing<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    /// The error of a suppressed line makes the layer write nothing.
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if self.faults.as_ref().is_some_and(|faults| !faults.allows(event)) {
            return Err(fmt::Error);
        }
        self.format.format_event(context, writer, event)
    }
}

/// The message and the hash of the error, which distinguish two faults.
#[derive(Default)]
struct EventFields {
    message: String,
    error: DefaultHasher,
}

impl Visit for EventFields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "error" => format!("{value:?}").hash(&mut self.error),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing::{Metadata, subscriber::Interest};
    use tracing_subscriber::{Registry, layer::SubscriberExt as _};

    use super::*;

    #[derive(Clone, Default)]
    struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for SharedBuffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn store_failed(error: &str) {
        tracing::error!(error, "the store failed");
    }

    #[test]
    fn a_fault_that_repeats_is_shown_once_a_second_and_counted() {
        let (shown, repeats) = (SharedBuffer::default(), Repeats::default());
        let written = shown.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || written.clone())
            .with_ansi(false)
            .log_internal_errors(false)
            .event_format(Sparing {
                format: tracing_subscriber::fmt::format(),
                faults: Some(repeats.clone()),
            });
        let subscriber = Registry::default().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            for _ in 0..50 {
                store_failed("the disk is full");
                tracing::info!("not a fault");
            }
            store_failed("another reason");
            repeats.log_counts();
            repeats.log_counts();
        });
        let shown = String::from_utf8(shown.0.lock().unwrap().clone()).unwrap();
        let times = |message: &str| shown.lines().filter(|line| line.contains(message)).count();
        assert_eq!(
            (
                times("error=\"the disk is full\""),
                times("error=\"another reason\""),
                times("not a fault")
            ),
            (1, 1, 50)
        );
        assert_eq!(shown.lines().count(), 53, "{shown}");
        assert_eq!(times("the same line came more often times=49"), 1, "{shown}");
    }

    #[test]
    fn a_repeated_line_is_shown_again_after_a_second_and_finished_ones_are_forgotten() {
        let repeats = Repeats::default();
        let begin = Instant::now();
        let fault = EventKey {
            place: Identifier(&NOWHERE),
            error: 1,
        };
        let pass = |millis| repeats.pass(fault.clone(), "x".to_owned(), begin + Duration::from_millis(millis));
        assert!(pass(0));
        assert!(!pass(1) && !pass(999));
        assert!(pass(1000) && !pass(1001));
        assert_eq!(repeats.take(begin + Duration::from_millis(1500)), [("x".to_owned(), 3)]);
        assert_eq!(repeats.take(begin + Duration::from_millis(2500)), []);
        assert!(repeats.0.lock().unwrap().is_empty());
    }

    #[test]
    fn made_up_errors_are_bounded() {
        let repeats = Repeats::default();
        let now = Instant::now();
        let passed = (0..10_000).filter(|error| {
            let fault = EventKey {
                place: Identifier(&NOWHERE),
                error: *error + 1,
            };
            repeats.pass(fault, "x".to_owned(), now)
        });
        assert_eq!(passed.count(), FAULTS + 1);
        let kept: u64 = repeats.take(now).into_iter().map(|(_, times)| times).sum();
        assert_eq!(kept, 10_000 - FAULTS as u64 - 1);
    }

    struct Nowhere;

    static NOWHERE: Nowhere = Nowhere;

    impl tracing::Callsite for Nowhere {
        fn set_interest(&self, _: Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            unreachable!("nobody asks")
        }
    }
}
