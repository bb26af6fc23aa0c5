use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    error::PayloadError,
    web::{self, Bytes},
};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, Closed, Message, MessageStream, ProtocolError};
use bytestring::ByteString;
use futures_util::{FutureExt as _, Sink as _, StreamExt as _, stream::FuturesOrdered};
use protocol::{close::CloseCode, frame::MAX_FRAME_BYTES};
use realtime::{
    hub::SocketHandle,
    session::{Outcome, Output, Session},
};
use tokio::{
    sync::oneshot,
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{
    frames::Refusal,
    inlet::{Checked, Inlet},
};
use crate::{connection::Traffic, measure, unhurried::unhurried};

/// After so many steps the other sockets of the thread get a turn: a peer whose frames wait in a full buffer must not hold them up.
const TURNS: u32 = 8;
/// The time that a peer has to make room for the last frame, and to read it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The bytes that are still read, and dropped, after we have closed a socket: a browser with much under way must be able to read the reason.
pub(super) const UNWANTED: usize = 4 * 1024 * 1024;
/// The same for a socket that was refused: clients have no reason to send much before the first frame of the service.
pub(super) const UNWANTED_OF_REFUSED: usize = 256 * 1024;

/// An admitted socket. Its size is the cost of an idle socket, so there are no buffers in it.
pub(super) struct Admitted {
    handle: SocketHandle,
    session: Session,
    calls: Option<Box<Calls>>,
    /// Since when a frame waits until more may be handed to the connection.
    waits_since: Option<Instant>,
}

/// The calls that run, in order; boxed for as long as there are any.
type Calls = FuturesOrdered<Pin<Box<dyn Future<Output = Outcome> + Send>>>;

/// The ways in which a socket ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// The service closes the socket with this code.
    Because(CloseCode),
    /// The peer closed it and gets its reason back.
    Answered(Option<CloseReason>),
    /// The connection ended without a close frame.
    Gone,
}

impl Admitted {
    pub(super) fn new(handle: SocketHandle, session: Session) -> Self {
        Self {
            handle,
            session,
            calls: None,
            waits_since: None,
        }
    }

    /// Carries between the network and the session until one of them ends. Never waits for the peer to read: a frame for which there is no room waits
    /// in the session, and everything else goes on.
    pub(super) async fn run(&mut self, socket: &mut actix_ws::Session, incoming: &mut Incoming) -> Ending {
        let mut timer = std::pin::pin!(sleep_until(self.deadline()));
        let traffic = incoming.traffic.clone();
        let (mut more, mut turns) = (false, 0);
        loop {
            turns = (turns + 1) % TURNS;
            if turns == 0 {
                yield_now().await;
            }
            if let Err(ending) = self.act(socket, traffic.as_deref()) {
                return ending;
            }
            let waits = self.session.has_output();
            if self.deadline() < timer.deadline() {
                timer.as_mut().reset(self.deadline());
            }
            let Self {
                handle, session, calls, ..
            } = self;
            let outbox = handle.outbox();
            if waits && let Some(code) = outbox.closing() {
                session.give_up(code);
                continue;
            }
            tokio::select! {
                sendable = poll_fn(|context| poll_sendable(socket, traffic.as_deref(), context)), if waits => {
                    if let Err(ending) = sendable {
                        return ending;
                    }
                }
                outcome = finished(calls) => match outcome {
                    Some(outcome) => session.done(outcome),
                    None => *calls = None,
                },
                received = incoming.next(), if session.is_reading() && !waits => {
                    if let Err(ending) = self.receive(received) {
                        return ending;
                    }
                }
                () = outbox.filled() => more = true,
                () = std::future::ready(()), if more && !waits => {
                    let batch = outbox.take();
                    more = batch.more;
                    session.batch(batch, std::time::Instant::now());
                }
                () = &mut timer => {
                    let blocked_since = traffic.as_ref().and_then(|traffic| traffic.blocked_since());
                    session.tick(std::time::Instant::now(), blocked_since.map(Instant::into_std));
                    timer.as_mut().reset(self.deadline());
                }
            }
        }
    }

    /// Carries out the commands that arrived before the peer left, though nobody waits for the answer: a message that was sent is stored.
    pub(super) async fn finish(mut self: Box<Self>) {
        loop {
            while let Some(output) = self.session.next_output() {
                self.perform_if_asked(output);
            }
            let Some(outcome) = (match &mut self.calls {
                Some(calls) => calls.next().await,
                None => None,
            }) else {
                return;
            };
            self.session.done(outcome);
        }
    }

    fn deadline(&self) -> Instant {
        Instant::from_std(self.session.deadline())
    }

    /// Carries out the session's outputs, as far as there is room for its frames.
    fn act(&mut self, socket: &mut actix_ws::Session, traffic: Option<&Traffic>) -> Result<(), Ending> {
        let mut has_handed_over = false;
        let mut result = Ok(());
        loop {
            if self.session.next_is_frame() && !self.is_sendable(socket, traffic)? {
                break;
            }
            let message = match self.session.next_output() {
                None => break,
                Some(Output::Write(text)) => Message::Text(text),
                Some(Output::Ping(payload)) => Message::Ping(Bytes::copy_from_slice(&payload)),
                Some(Output::Pong(payload)) => Message::Pong(payload.into()),
                Some(Output::Close(code)) => {
                    if code == CloseCode::TooSlow && self.handle.outbox().closing().is_none() {
                        metrics::counter!(measure::STALLED_WRITES).increment(1);
                    }
                    result = Err(Ending::Because(code));
                    break;
                }
                Some(Output::Drop) => {
                    result = Err(Ending::Gone);
                    break;
                }
                Some(other @ (Output::Perform(_) | Output::Delivered(_))) => {
                    self.perform_if_asked(other);
                    continue;
                }
            };
            hand_over(socket, traffic, message)?;
            has_handed_over = true;
        }
        if has_handed_over || self.waits_since.is_some() {
            self.session.handed_over(std::time::Instant::now());
        }
        result
    }

    /// Nearly always there is room; the wait for it is measured where not.
    fn is_sendable(&mut self, socket: &mut actix_ws::Session, traffic: Option<&Traffic>) -> Result<bool, Ending> {
        let sendable = poll_fn(|context| poll_sendable(socket, traffic, context)).now_or_never();
        match sendable {
            None => {
                self.waits_since.get_or_insert_with(Instant::now);
                Ok(false)
            }
            Some(sendable) => {
                sendable?;
                if let Some(since) = self.waits_since.take() {
                    metrics::histogram!(measure::WRITE_WAIT_SECONDS).record(since.elapsed());
                }
                Ok(true)
            }
        }
    }

    fn perform_if_asked(&mut self, output: Output) {
        match output {
            Output::Perform(asked) => self.calls.get_or_insert_default().push_back(Box::pin(self.handle.perform(*asked))),
            Output::Delivered(mark) => self.handle.hub().delivered(mark),
            Output::Write(_) | Output::Ping(_) | Output::Pong(_) | Output::Close(_) | Output::Drop => {}
        }
    }

    fn receive(&mut self, received: FromPeer) -> Result<(), Ending> {
        let now = std::time::Instant::now();
        match received {
            FromPeer::Text(text) => self.session.text(&text, now),
            FromPeer::Binary => self.session.binary(now),
            FromPeer::Pong(payload) => self.session.pong(&payload, now),
            FromPeer::Ping(payload) => self.session.pinged(&payload, now),
            FromPeer::TooBig => self.session.too_big(),
            FromPeer::Nonsense => self.session.nonsense(),
            FromPeer::Closed(reason) => return Err(Ending::Answered(reason)),
            FromPeer::Gone => return Err(Ending::Gone),
        }
        Ok(())
    }
}

/// Ready once a frame may be handed over: the library has a place for it, and the connection does not hold too much already.
fn poll_sendable(socket: &mut actix_ws::Session, traffic: Option<&Traffic>, context: &mut Context<'_>) -> Poll<Result<(), Ending>> {
    ready!(Pin::new(socket).poll_ready(context)).map_err(|Closed| Ending::Gone)?;
    if let Some(traffic) = traffic {
        ready!(traffic.poll_sendable(context));
    }
    Poll::Ready(Ok(()))
}

/// Hands a frame to the library, which writes all gathered frames together. Only after [`poll_sendable`].
fn hand_over(socket: &mut actix_ws::Session, traffic: Option<&Traffic>, message: Message) -> Result<(), Ending> {
    if let (Some(traffic), Message::Text(text)) = (traffic, &message) {
        traffic.handed(text.len());
    }
    Pin::new(socket).start_send(message).map_err(|Closed| Ending::Gone)
}

/// Waits for the oldest of the running calls; `None` after the last of them. For ever, if there is none.
async fn finished(calls: &mut Option<Box<Calls>>) -> Option<Outcome> {
    match calls {
        Some(calls) => calls.next().await,
        None => std::future::pending().await,
    }
}

/// Closes with the reason, if the peer is still connected. At most so many bytes of the peer are read meanwhile.
pub(super) async fn close(socket: actix_ws::Session, incoming: &mut Incoming, ending: Ending, unwanted: usize) {
    let (reason, is_answer) = match ending {
        Ending::Because(code) => {
            tracing::debug!(code = code.number(), "socket closed");
            let reason = CloseReason {
                code: code.number().into(),
                description: Some(code.reason().to_owned()),
            };
            (Some(reason), false)
        }
        Ending::Answered(reason) => (reason, true),
        Ending::Gone => return,
    };
    // A peer that does not take the last frame in time goes without it.
    let closed = unhurried(CLOSE_TIMEOUT, socket.close(reason)).await;
    if !is_answer && matches!(closed, Some(Ok(()))) {
        // A peer that does not answer the close frame in time has had the time to read it.
        let _ = unhurried(CLOSE_TIMEOUT, incoming.goodbye(unwanted)).await;
    }
}

/// The frames that go out, and then nothing more until the socket's task returns the incoming side: with the end of its answer the HTTP library ends
/// the connection. (Were the incoming side gone before, it might wait for the rest of a request body that never ends.)
pub(super) struct Outgoing {
    frames: BoxBody,
    task: oneshot::Receiver<Box<Incoming>>,
    incoming: Option<Box<Incoming>>,
}

impl Outgoing {
    /// These frames, and where to hand back the incoming side at the end.
    pub(super) fn new(frames: BoxBody) -> (Self, oneshot::Sender<Box<Incoming>>) {
        let (end, task) = oneshot::channel();
        (
            Self {
                frames,
                task,
                incoming: None,
            },
            end,
        )
    }
}

impl MessageBody for Outgoing {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.frames.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(bytes) = ready!(Pin::new(&mut self.frames).poll_next(context)) else {
            self.incoming = ready!(Pin::new(&mut self.task).poll(context)).ok();
            return Poll::Ready(None);
        };
        Poll::Ready(Some(bytes))
    }
}

/// The frames from the network, within the limits.
pub(super) struct Incoming {
    inlet: Rc<RefCell<Inlet>>,
    /// `None` once frames are no longer parsed.
    messages: Option<AggregatedMessageStream>,
    traffic: Option<Rc<Traffic>>,
}

enum FromPeer {
    Text(ByteString),
    Binary,
    Ping(Bytes),
    Pong(Bytes),
    Closed(Option<CloseReason>),
    TooBig,
    Nonsense,
    Gone,
}

/// Answers a handshake: the response, where to write frames, and where they come from.
pub(super) async fn accept(
    request: &HttpRequest,
    body: web::Payload,
) -> Result<(HttpResponse, actix_ws::Session, Box<Incoming>), actix_web::Error> {
    let traffic = Traffic::of(request);
    let inlet = Rc::new(RefCell::new(Inlet::new(body, traffic.clone())));
    let mut checked = Payload::Stream {
        payload: Checked(inlet.clone()).boxed_local(),
    };
    let body = <web::Payload as actix_web::FromRequest>::from_request(request, &mut checked).await?;
    let (response, socket, stream) = actix_ws::handle(request, body)?;
    if let Some(traffic) = &traffic {
        traffic.becomes_socket();
    }
    Ok((response, socket, Box::new(Incoming::new(inlet, stream, traffic))))
}

impl Incoming {
    fn new(inlet: Rc<RefCell<Inlet>>, stream: MessageStream, traffic: Option<Rc<Traffic>>) -> Self {
        let messages = stream
            .max_frame_size(MAX_FRAME_BYTES)
            .aggregate_continuations()
            .max_continuation_size(MAX_FRAME_BYTES);
        Self {
            inlet,
            messages: Some(messages),
            traffic,
        }
    }

    /// The next frame or end of the socket. Cancel safe: dropping the future loses nothing.
    async fn next(&mut self) -> FromPeer {
        let Some(messages) = &mut self.messages else {
            return FromPeer::Gone;
        };
        match messages.recv().await {
            None => match self.inlet.borrow().refusal() {
                None => FromPeer::Gone,
                Some(Refusal::TooBig) => FromPeer::TooBig,
                Some(Refusal::Protocol) => FromPeer::Nonsense,
            },
            Some(Ok(AggregatedMessage::Text(text))) => FromPeer::Text(text),
            Some(Ok(AggregatedMessage::Binary(_))) => FromPeer::Binary,
            Some(Ok(AggregatedMessage::Ping(payload))) => FromPeer::Ping(payload),
            Some(Ok(AggregatedMessage::Pong(payload))) => FromPeer::Pong(payload),
            Some(Ok(AggregatedMessage::Close(reason))) => FromPeer::Closed(reason),
            Some(Err(ProtocolError::Overflow)) => FromPeer::TooBig,
            Some(Err(ProtocolError::Io(error))) => of_io(&error),
            Some(Err(_)) => FromPeer::Nonsense,
        }
    }

    /// Whether the headers that have arrived announce a frame that is too big. For sockets that are refused, whose frames are not parsed.
    pub(super) async fn announces_too_much(&mut self) -> bool {
        self.messages = None;
        let refusal = poll_fn(|context| Poll::Ready(self.inlet.borrow_mut().look(context))).await;
        refusal == Some(Refusal::TooBig)
    }

    /// Waits until the peer has read everything: it answers the close frame. Its other bytes are dropped. A connection that ended before,
    /// with bytes from the peer unread, would be reset, which discards what the peer has not read yet, the close frame included. So a peer that
    /// still sends is read on, up to `unwanted` bytes.
    async fn goodbye(&mut self, unwanted: usize) {
        self.messages = None;
        let mut left = unwanted;
        poll_fn(|context| self.inlet.borrow_mut().poll_goodbye(context, &mut left)).await;
    }
}

/// The library has one error for text that is not UTF-8, for fragments that are too long together, and for a connection that broke.
fn of_io(error: &std::io::Error) -> FromPeer {
    let broke = error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<PayloadError>);
    match error.kind() {
        std::io::ErrorKind::InvalidData => FromPeer::Nonsense,
        _ if broke => FromPeer::Gone,
        _ => FromPeer::TooBig,
    }
}
