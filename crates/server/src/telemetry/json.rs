//! The log for machines: one flat JSON object a line. The fields of the spans around an event stand beside its own fields, so that one search for a
//! `request.id` finds all lines of the request.

use std::fmt;

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// Writes events so. Fields of spans are to be formatted by [`tracing_subscriber::fmt::format::JsonFields`].
pub(super) struct Flat;

impl<S, N> FormatEvent<S, N> for Flat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Line::default();
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.of_span(&fields.fields);
            }
        }
        event.record(&mut line);

        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let Line { fields, message, target } = line;
        let head = [
            ("timestamp", time),
            ("level", event.metadata().level().to_string()),
            ("message", message),
            ("target", target.unwrap_or_else(|| event.metadata().target().to_owned())),
        ];
        let fields = fields.into_iter().filter(|(name, _)| head.iter().all(|(taken, _)| taken != name));
        let mut separator = '{';
        for (name, value) in head.iter().map(|(name, value)| (*name, Value::from(value.as_str()))) {
            write!(writer, "{separator}{}:{value}", Value::from(name))?;
            separator = ',';
        }
        for (name, value) in fields {
            write!(writer, ",{}:{value}", Value::from(name))?;
        }
        writeln!(writer, "}}")
    }
}

/// The fields of a log line. Nearer spans override farther ones, and the event overrides all.
#[derive(Default)]
struct Line {
    fields: Map<String, Value>,
    message: String,
    target: Option<String>,
}

impl Line {
    fn of_span(&mut self, fields: &str) {
        if let Ok(fields) = serde_json::from_str::<Map<String, Value>>(fields) {
            self.fields
                .extend(fields.into_iter().filter(|(name, _)| !name.starts_with("otel.")));
        }
    }

    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        match field.name() {
            "message" => {
                self.message = match value.into() {
                    Value::String(text) => text,
                    other => other.to_string(),
                }
            }
            // Libraries with a log of the older kind: these fields say where in their sources they were when they were built.
            "log.target" => self.target = value.into().as_str().map(str::to_owned),
            name if name.starts_with("log.") => {}
            name => {
                self.fields.insert(name.to_owned(), value.into());
            }
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;
    use tracing_subscriber::{fmt::format::JsonFields, layer::SubscriberExt as _};

    use super::*;

    /// The lines that are logged meanwhile, without their times.
    fn logged(act: impl FnOnce()) -> Vec<Value> {
        #[derive(Clone, Default)]
        struct Page(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Page {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let page = Page::default();
        let into = page.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(Flat)
            .fmt_fields(JsonFields::new())
            .with_writer(move || into.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act);
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| {
                let mut line: Value = serde_json::from_str(line).unwrap();
                assert!(line["timestamp"].take().as_str().is_some_and(|time| time.ends_with('Z')));
                line
            })
            .collect()
    }

    #[test]
    fn fields_of_spans_stand_beside_fields_of_the_event() {
        let lines = logged(|| {
            let _request = tracing::info_span!("request", request.id = "r-1", kind = "outer", otel.kind = "server").entered();
            let _call = tracing::info_span!("call", kind = "inner", user.id = 7).entered();
            tracing::warn!(kind = "own", answer = 42, "it \"happened\"\n");
            tracing::info!("nothing to add");
        });
        let (timestamp, target) = (Value::Null, "server::telemetry::json::tests");
        assert_eq!(
            lines,
            [
                json!({"timestamp": timestamp, "level": "WARN", "message": "it \"happened\"\n", "target": target,
                    "request.id": "r-1", "user.id": 7, "kind": "own", "answer": 42}),
                json!({"timestamp": timestamp, "level": "INFO", "message": "nothing to add", "target": target,
                    "request.id": "r-1", "user.id": 7, "kind": "inner"}),
            ]
        );
    }

    #[test]
    fn build_paths_of_libraries_are_not_logged() {
        let lines = logged(|| {
            tracing::info!(
                log.target = "mio::poll",
                log.file = "/somewhere/poll.rs",
                log.line = 7,
                "registering"
            );
        });
        assert_eq!(
            lines,
            [json!({"timestamp": null, "level": "INFO", "message": "registering", "target": "mio::poll"})]
        );
    }

    #[test]
    fn a_field_cannot_replace_a_standard_field_of_the_line() {
        let lines = logged(|| tracing::info!(level = "fatal", "all is well"));
        assert_eq!(lines[0]["level"], "INFO");
    }
}
