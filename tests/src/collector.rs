use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A collector of traces: OTLP over HTTP, as far as the service speaks it.
#[derive(Debug)]
pub struct Collector {
    address: String,
    received: Arc<Mutex<Received>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Received {
    spans: Vec<Span>,
    raw: Vec<u8>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Collector {
    /// At a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let received = Arc::<Mutex<Received>>::default();
        let into = received.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                take(stream, &into).await;
            }
        });
        Self { address, received, task }
    }

    /// The value for `telemetry.otlp_endpoint`.
    pub fn endpoint(&self) -> &str {
        &self.address
    }

    /// All spans so far.
    pub fn spans(&self) -> Vec<Span> {
        self.lock().spans.clone()
    }

    /// Whether this text is anywhere in the received spans.
    pub fn has_heard(&self, text: &str) -> bool {
        self.lock().raw.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes one request and answers it.
async fn take(mut stream: TcpStream, received: &Mutex<Received>) {
    let mut bytes = Vec::new();
    let body = loop {
        if stream.read_buf(&mut bytes).await.expect("a request") == 0 {
            return;
        }
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        if bytes.len() >= end + 4 + length.expect("a length") {
            break end + 4;
        }
    };
    let request = ExportTraceServiceRequest::decode(&bytes[body..]).expect("a batch of the protocol");
    let spans = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    {
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        received.spans.extend(spans.flat_map(|scope| scope.spans));
        received.raw.extend_from_slice(&bytes);
    }
    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    // A service that does not wait for the answer has sent the batch all the same.
    let _ = stream.write_all(answer).await;
}

/// The value of a span's attribute, as text.
pub fn attribute(span: &Span, name: &str) -> Option<String> {
    span.attributes.iter().find_map(|KeyValue { key, value, .. }| {
        let value = match value {
            Some(AnyValue { value: Some(value) }) if key == name => value,
            _ => return None,
        };
        Some(match value {
            Value::StringValue(text) => text.clone(),
            Value::IntValue(number) => number.to_string(),
            other => format!("{other:?}"),
        })
    })
}
