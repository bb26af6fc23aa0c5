use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    error::PayloadError,
    web::Bytes,
};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, Closed, MessageStream, ProtocolError};
use bytestring::ByteString;
use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesOrdered};
use realtime::{
    close::CloseCode,
    hub::Seat,
    session::{MAX_FRAME_BYTES, Outcome, Output, Session},
};
use tokio::{
    sync::oneshot,
    task::yield_now,
    time::{Instant, sleep_until, timeout},
};

use crate::measure;

/// After so many steps the other sockets of the thread get a turn: a peer whose frames wait in a full buffer must not hold them up.
const TURNS: u32 = 8;
/// A peer that takes nothing for so long does not keep up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a peer may take until there is room for the last frame, and until it has read that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// A socket that was let in. What it holds is what an idle socket costs, so there are no buffers in it.
pub(super) struct Admitted {
    seat: Seat,
    session: Session,
    calls: Option<Box<Calls>>,
}

/// The calls that run, in order; boxed for as long as there are any.
type Calls = FuturesOrdered<Pin<Box<dyn Future<Output = Outcome> + Send>>>;

/// How a socket ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// We close it.
    Because(CloseCode),
    /// The peer closed it and gets its reason back.
    Answered(Option<CloseReason>),
    /// There is nobody any more.
    Gone,
}

impl Admitted {
    pub(super) fn new(seat: Seat, session: Session) -> Self {
        Self {
            seat,
            session,
            calls: None,
        }
    }

    /// Carries between the network and the session until one of them ends.
    pub(super) async fn run(&mut self, socket: &mut actix_ws::Session, incoming: &mut Incoming) -> Ending {
        let mut timer = std::pin::pin!(sleep_until(self.deadline()));
        let (mut more, mut turns) = (false, 0);
        loop {
            turns = (turns + 1) % TURNS;
            if turns == 0 {
                yield_now().await;
            }
            if let Err(ending) = self.act(socket).await {
                return ending;
            }
            if self.deadline() < timer.deadline() {
                timer.as_mut().reset(self.deadline());
            }
            let outbox = self.seat.outbox();
            tokio::select! {
                outcome = finished(&mut self.calls) => match outcome {
                    Some(outcome) => self.session.done(outcome),
                    None => self.calls = None,
                },
                heard = incoming.next(), if self.session.is_reading() => {
                    if let Err(ending) = self.hear(heard, socket).await {
                        return ending;
                    }
                }
                () = outbox.filled(), if !more => more = true,
                () = std::future::ready(()), if more => {
                    let batch = outbox.take();
                    more = batch.more;
                    self.session.batch(batch, std::time::Instant::now());
                }
                () = &mut timer => {
                    self.session.tick(std::time::Instant::now());
                    timer.as_mut().reset(self.deadline());
                }
            }
        }
    }

    /// Performs what was asked for before the peer went, though nobody waits for the answer: what was sent is sent.
    pub(super) async fn finish(mut self: Box<Self>) {
        while let Some(calls) = &mut self.calls
            && let Some(outcome) = calls.next().await
        {
            self.session.done(outcome);
            while let Some(output) = self.session.next_output() {
                self.perform_if_asked(output);
            }
        }
    }

    fn deadline(&self) -> Instant {
        Instant::from_std(self.session.deadline())
    }

    /// Does what the session wants.
    async fn act(&mut self, socket: &mut actix_ws::Session) -> Result<(), Ending> {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Write(text) => write(socket.text(text)).await?,
                Output::Ping(payload) => write(socket.ping(&payload)).await?,
                Output::Close(code) => return Err(Ending::Because(code)),
                Output::Drop => return Err(Ending::Gone),
                other @ (Output::Perform(_) | Output::Delivered(_)) => self.perform_if_asked(other),
            }
        }
        Ok(())
    }

    fn perform_if_asked(&mut self, output: Output) {
        match output {
            Output::Perform(asked) => self.calls.get_or_insert_default().push_back(Box::pin(self.seat.perform(*asked))),
            Output::Delivered(mark) => self.seat.hub().delivered(mark),
            Output::Write(_) | Output::Ping(_) | Output::Close(_) | Output::Drop => {}
        }
    }

    async fn hear(&mut self, heard: Heard, socket: &mut actix_ws::Session) -> Result<(), Ending> {
        let now = std::time::Instant::now();
        match heard {
            Heard::Text(text) => self.session.text(&text, now),
            Heard::Binary => self.session.binary(now),
            Heard::Pong(payload) => self.session.pong(&payload, now),
            Heard::Ping(payload) => {
                self.session.pinged(now);
                write(socket.pong(&payload)).await?;
            }
            Heard::TooBig => self.session.too_big(),
            Heard::Nonsense => self.session.nonsense(),
            Heard::Closed(reason) => return Err(Ending::Answered(reason)),
            Heard::Gone => return Err(Ending::Gone),
        }
        Ok(())
    }
}

/// Waits for the oldest of the running calls; `None` after the last of them. For ever, if there is none.
async fn finished(calls: &mut Option<Box<Calls>>) -> Option<Outcome> {
    match calls {
        Some(calls) => calls.next().await,
        None => std::future::pending().await,
    }
}

/// Hands something to the library, which writes together what has gathered there. Nearly always there is room; the wait for it is noted where not.
async fn write(writing: impl Future<Output = Result<(), Closed>>) -> Result<(), Ending> {
    let mut writing = std::pin::pin!(writing);
    if let Some(written) = writing.as_mut().now_or_never() {
        return written.map_err(|Closed| Ending::Gone);
    }
    let began = Instant::now();
    let written = timeout(WRITE_TIMEOUT, writing).await;
    metrics::histogram!(measure::WRITE_WAIT_SECONDS).record(began.elapsed());
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Closed)) => Err(Ending::Gone),
        Err(_) => {
            metrics::counter!(measure::STALLED_WRITES).increment(1);
            Err(Ending::Because(CloseCode::TooSlow))
        }
    }
}

/// Says why and closes, if somebody is there to read it.
pub(super) async fn close(socket: actix_ws::Session, incoming: &mut Incoming, ending: Ending) {
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
    // Who does not take the last frame in time goes without it.
    let closed = timeout(CLOSE_TIMEOUT, socket.close(reason)).await;
    if !is_answer && matches!(closed, Ok(Ok(()))) {
        let _ = timeout(CLOSE_TIMEOUT, goodbye(incoming)).await;
    }
}

/// Waits until the peer has read all that was written: it answers the close frame. What it says meanwhile is dropped. A connection that ended before,
/// with something from the peer unread, would be reset, which takes from the peer what it has not read yet, the close frame included.
async fn goodbye(incoming: &mut Incoming) {
    loop {
        match incoming.next().await {
            Heard::Closed(_) | Heard::Gone | Heard::Nonsense | Heard::TooBig => return,
            Heard::Text(_) | Heard::Binary | Heard::Ping(_) | Heard::Pong(_) => {}
        }
    }
}

/// The frames that go out, and then nothing more until the socket's task hands back what came in: with the end of its answer the HTTP library ends
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

/// What comes from the network, within the limits.
pub(super) struct Incoming(AggregatedMessageStream);

/// What came.
enum Heard {
    Text(ByteString),
    Binary,
    Ping(Bytes),
    Pong(Bytes),
    Closed(Option<CloseReason>),
    TooBig,
    Nonsense,
    Gone,
}

impl Incoming {
    pub(super) fn new(stream: MessageStream) -> Self {
        Self(
            stream
                .max_frame_size(MAX_FRAME_BYTES)
                .aggregate_continuations()
                .max_continuation_size(MAX_FRAME_BYTES),
        )
    }

    /// What comes next. Dropped while it waits, nothing is lost.
    async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            None => Heard::Gone,
            Some(Ok(AggregatedMessage::Text(text))) => Heard::Text(text),
            Some(Ok(AggregatedMessage::Binary(_))) => Heard::Binary,
            Some(Ok(AggregatedMessage::Ping(payload))) => Heard::Ping(payload),
            Some(Ok(AggregatedMessage::Pong(payload))) => Heard::Pong(payload),
            Some(Ok(AggregatedMessage::Close(reason))) => Heard::Closed(reason),
            Some(Err(ProtocolError::Overflow)) => Heard::TooBig,
            Some(Err(ProtocolError::Io(error))) => of_io(&error),
            Some(Err(_)) => Heard::Nonsense,
        }
    }
}

/// The library has one error for text that is not UTF-8, for fragments that are too long together, and for a connection that broke.
fn of_io(error: &std::io::Error) -> Heard {
    let broke = error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<PayloadError>);
    match error.kind() {
        std::io::ErrorKind::InvalidData => Heard::Nonsense,
        _ if broke => Heard::Gone,
        _ => Heard::TooBig,
    }
}
