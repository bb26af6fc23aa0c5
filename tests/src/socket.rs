use std::collections::VecDeque;

use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _, handshake::client::Request, protocol::CloseFrame},
};

use crate::PATIENCE;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The close code and reason that the service sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The close code; 1006 if the connection just ended.
    pub code: u16,
    /// The sentence beside it.
    pub reason: String,
}

enum Received {
    Frame(Value),
    Closed(Closed),
}

/// An open socket that is read from all the time, as a browser does: pings are answered by themselves, which proves delivery.
#[derive(Debug)]
pub struct Socket {
    sink: SplitSink<Stream, Message>,
    received: UnboundedReceiver<Received>,
    /// Received, and not asked for yet.
    waiting: VecDeque<Value>,
    closed: Option<Closed>,
    reader: JoinHandle<()>,
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Frame(frame) => frame.fmt(f),
            Self::Closed(closed) => closed.fmt(f),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Socket {
    /// Opens a socket; nothing needs to be accepted yet.
    pub async fn open(url: &str) -> Self {
        Self::try_open(url.into_client_request().expect("a URL"))
            .await
            .unwrap_or_else(|error| panic!("the handshake failed: {error}"))
    }

    /// Opens a socket with these headers; the error describes a refused handshake.
    pub async fn try_open(request: Request) -> Result<Self, Box<tungstenite::Error>> {
        let (stream, _) = connect_async(request).await.map_err(Box::new)?;
        let (sink, mut stream) = stream.split();
        let (sender, received) = unbounded_channel();
        let reader = tokio::spawn(async move {
            let mut closed = None;
            while let Some(Ok(message)) = stream.next().await {
                let sent = match message {
                    Message::Text(text) => sender.send(Received::Frame(serde_json::from_str(&text).expect("frames are JSON"))),
                    Message::Binary(_) => panic!("frames are text"),
                    Message::Close(frame) => sender.send(Received::Closed(closed.insert(reason(frame)).clone())),
                    _ => Ok(()),
                };
                if sent.is_err() {
                    return;
                }
            }
            if closed.is_none() {
                // Nobody listens any more if this fails.
                let _ = sender.send(Received::Closed(Closed {
                    code: 1006,
                    reason: String::new(),
                }));
            }
        });
        Ok(Self {
            sink,
            received,
            waiting: VecDeque::new(),
            closed: None,
            reader,
        })
    }

    /// Sends a frame of this type with these fields.
    pub async fn send(&mut self, kind: &str, mut fields: Value) {
        fields["type"] = json!(kind);
        self.send_raw(Message::text(fields.to_string())).await;
    }

    /// Sends any text, valid or not.
    pub async fn send_raw(&mut self, message: Message) {
        self.sink.send(message).await.expect("the socket is open");
    }

    /// Sends any text, valid or not, to a service that may have closed the socket meanwhile.
    pub async fn try_send_raw(&mut self, message: Message) -> bool {
        self.sink.send(message).await.is_ok()
    }

    /// The next frame of this type. Others that come before it wait for their turn.
    pub async fn expect(&mut self, kind: &str) -> Value {
        self.expect_that(kind, |_| true).await
    }

    /// The next frame of this type that fits. Others that come before it wait for their turn.
    pub async fn expect_that(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let wanted = |frame: &Value| frame["type"] == kind && fits(frame);
        if let Some(at) = self.waiting.iter().position(wanted) {
            return self.waiting.remove(at).expect("just found");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match timeout_at(deadline, self.received.recv()).await {
                Ok(Some(Received::Frame(frame))) if wanted(&frame) => return frame,
                Ok(Some(Received::Frame(frame))) => self.waiting.push_back(frame),
                Ok(Some(Received::Closed(closed))) => panic!("closed with {closed:?} instead of {kind}; came: {:?}", self.waiting),
                Ok(None) => panic!("closed instead of {kind}; came: {:?}", self.waiting),
                Err(late) => panic!("no {kind} came ({late}), but: {:?}", self.waiting),
            }
        }
    }

    /// All frames up to the next one of this type that fits, included: to show which frames did *not* arrive. Frames waiting from before count.
    pub async fn until(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut before: Vec<Value> = Vec::new();
        let last = loop {
            let frame = self.any().await;
            if frame["type"] == kind && fits(&frame) {
                break frame;
            }
            before.push(frame);
        };
        before.push(last);
        before
    }

    /// The next frame, of any type.
    pub async fn any(&mut self) -> Value {
        if let Some(frame) = self.waiting.pop_front() {
            return frame;
        }
        match timeout_at(Instant::now() + PATIENCE, self.received.recv()).await {
            Ok(Some(Received::Frame(frame))) => frame,
            other => panic!("no frame came: {other:?}"),
        }
    }

    /// The next frame, or none if the service closes the socket first.
    pub async fn any_or_closed(&mut self) -> Option<Value> {
        if let Some(frame) = self.waiting.pop_front() {
            return Some(frame);
        }
        match timeout_at(Instant::now() + PATIENCE, self.received.recv()).await {
            Ok(Some(Received::Frame(frame))) => Some(frame),
            Ok(Some(Received::Closed(closed))) => {
                self.closed = Some(closed);
                None
            }
            other => panic!("neither a frame nor the end came: {other:?}"),
        }
    }

    /// Sends a ping and waits for the pong: all that was put into this socket's outbox before has come now.
    pub async fn settle(&mut self) -> Value {
        let mark = format!("settle-{}", self.waiting.len());
        self.send("ping", json!({ "request_id": mark })).await;
        self.expect("pong").await
    }

    /// The frames of this type that arrived and were not expected yet.
    pub fn left(&mut self, kind: &str) -> Vec<Value> {
        while let Ok(Received::Frame(frame)) = self.received.try_recv() {
            self.waiting.push_back(frame);
        }
        let (wanted, others): (VecDeque<Value>, VecDeque<Value>) = self.waiting.drain(..).partition(|frame| frame["type"] == kind);
        self.waiting = others;
        wanted.into()
    }

    /// Sends a frame and waits for its `ack`.
    pub async fn act(&mut self, kind: &str, fields: Value) -> Value {
        let (fields, mark) = marked(fields);
        self.send(kind, fields).await;
        self.expect_that("ack", |frame| frame["request_id"] == mark.as_str()).await
    }

    /// Sends a frame and waits for the `error` that answers it, which must have this code.
    pub async fn refused(&mut self, kind: &str, fields: Value, code: &str) -> Value {
        let (fields, mark) = marked(fields);
        self.send(kind, fields).await;
        let error = self.expect_that("error", |frame| frame["request_id"] == mark.as_str()).await;
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().is_some_and(|sentence| sentence.len() > 3), "{error}");
        error
    }

    /// Waits until the service closes the socket.
    pub async fn closed(&mut self) -> Closed {
        if let Some(closed) = &self.closed {
            return closed.clone();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match timeout_at(deadline, self.received.recv()).await {
                Ok(Some(Received::Frame(frame))) => self.waiting.push_back(frame),
                Ok(Some(Received::Closed(closed))) => {
                    self.closed = Some(closed.clone());
                    return closed;
                }
                Ok(None) => panic!("the reader ended without telling"),
                Err(late) => panic!("still open ({late}); came: {:?}", self.waiting),
            }
        }
    }

    /// Waits until the service has ended the connection too.
    pub async fn ended(&mut self) {
        let reading = &mut self.reader;
        let ended = tokio::time::timeout(PATIENCE, reading).await;
        ended
            .expect("the service ends the connection")
            .expect("a reader that does not fail");
    }

    /// Sends a close frame, and does not wait for the service.
    pub async fn say_goodbye(&mut self) {
        self.sink.close().await.expect("the socket is open");
    }

    /// Closes the socket and waits until the service has noticed.
    pub async fn close(mut self) {
        // It may be closed already, which is as good.
        let _ = self.sink.close().await;
        self.closed().await;
    }
}

/// The code and reason of a close frame; 1005 stands for a frame without a code.
fn reason(frame: Option<CloseFrame>) -> Closed {
    frame.map_or(
        Closed {
            code: 1005,
            reason: String::new(),
        },
        |frame| Closed {
            code: frame.code.into(),
            reason: frame.reason.to_string(),
        },
    )
}

/// Fields with a `request_id` of their own, unless they have one.
fn marked(mut fields: Value) -> (Value, String) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    if fields["request_id"].is_null() {
        fields["request_id"] = json!(format!("request-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
    }
    let mark = fields["request_id"].as_str().expect("request ids are strings").to_owned();
    (fields, mark)
}

/// A socket that is open and never read from: nothing is proven to have reached it.
#[derive(Debug)]
pub struct UnreadSocket {
    stream: Stream,
}

impl UnreadSocket {
    pub(crate) async fn open(url: &str) -> Self {
        let (stream, _) = connect_async(url)
            .await
            .unwrap_or_else(|error| panic!("the handshake failed: {error}"));
        Self { stream }
    }

    /// Writes a frame, still without reading.
    pub async fn send(&mut self, kind: &str, mut fields: Value) {
        fields["type"] = json!(kind);
        self.stream
            .send(Message::text(fields.to_string()))
            .await
            .expect("the socket is open");
    }

    /// Reads so many frames, and then nothing again.
    pub async fn read(&mut self, count: usize) -> Vec<Value> {
        let mut frames = Vec::new();
        let reading = async {
            while frames.len() < count {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => frames.push(serde_json::from_str(&text).expect("frames are JSON")),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("{other:?} after {} frames", frames.len()),
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("the frames come");
        frames
    }

    /// Begins to read, and waits until the service closes the socket; with all frames that came before.
    pub async fn listen(mut self) -> (Vec<Value>, Closed) {
        let mut frames = Vec::new();
        let reading = async {
            let mut closed = Closed {
                code: 1006,
                reason: String::new(),
            };
            while let Some(Ok(message)) = self.stream.next().await {
                match message {
                    Message::Text(text) => frames.push(serde_json::from_str(&text).expect("frames are JSON")),
                    Message::Close(frame) => closed = reason(frame),
                    _ => {}
                }
            }
            closed
        };
        let closed = tokio::time::timeout(PATIENCE, reading).await.expect("the service closes it");
        (frames, closed)
    }
}
