//! Request bodies between the connection and their reader: those that stop arriving are cut off, and the rest of an unread body is drained,
//! for a while, so that a client that is still sending gets to read its answer.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{
        Method, StatusCode,
        header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE},
    },
    middleware::Next,
    web::{self, Bytes},
};
use futures_util::{Stream, StreamExt as _};
use pin_project_lite::pin_project;
use protocol::error::Code;
use tokio::time::{Instant, Sleep, timeout};

use crate::connection::{InProgress, Traffic};
use crate::http::error::ApiError;

/// A body that brings less than this while it is waited for as long as [`BodyTimeouts::stalled`] has stalled.
const PROGRESS: u64 = 4 * 1024;
/// The bytes of an unread body that are drained after the answer.
const UNWANTED: usize = 64 * 1024 * 1024;
/// The number of waits into which a wait is divided.
const SLICES: u32 = 10;
/// A wait that ends so much too late shows that the process itself stood still. Then the bytes that arrived meanwhile are read before timeouts apply.
const LATE: Duration = Duration::from_secs(1);

/// The timeouts of waiting for clients.
#[derive(Clone, Copy, Debug)]
pub struct BodyTimeouts {
    /// A request's head, from its first byte to its last; the first one of a connection from its start.
    pub head: Duration,
    /// The next request on a connection that is kept.
    pub idle: Duration,
    /// A body with a reader, without progress. Only waiting counts, not the work meanwhile.
    pub stalled: Duration,
    /// All of a body without a reader, after the answer.
    pub unwanted: Duration,
    /// A request that waits for an answer slot while too many answers are on their way to its sender.
    pub turn: Duration,
}

impl Default for BodyTimeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(30),
            unwanted: Duration::from_secs(20),
            turn: Duration::from_secs(10),
        }
    }
}

impl BodyTimeouts {
    fn of(request: &HttpRequest) -> Self {
        request.app_data::<web::Data<Self>>().map(|data| ***data).unwrap_or_default()
    }
}

/// The waiting for one body.
pub(crate) struct BodyReader {
    stalled: Duration,
    /// The deadline of the whole body.
    end: Instant,
    /// The rest of the time for the whole body. A pause of the process does not count.
    left: Duration,
    /// The moment up to which time was counted.
    counted: Instant,
    /// The time waited since the last progress.
    waited: Duration,
    /// The number of bytes that counts as the next progress.
    mark: u64,
}

impl BodyReader {
    /// For all of this request's body, no longer than this.
    pub(crate) fn new(request: &HttpRequest, longest: Duration) -> Self {
        let now = Instant::now();
        Self {
            stalled: BodyTimeouts::of(request).stalled,
            end: now + longest,
            left: longest,
            counted: now,
            waited: Duration::ZERO,
            mark: PROGRESS,
        }
    }

    /// Waits for the next piece of it.
    pub(crate) async fn next<S: Stream + Unpin>(&mut self, pieces: &mut S) -> Result<Option<S::Item>, ApiError> {
        // The time in which the last piece was processed counts as well.
        self.count(Duration::ZERO);
        loop {
            let most = self.left.min(self.stalled.saturating_sub(self.waited));
            let wait = most.min(self.stalled / SLICES);
            let next = timeout(wait, pieces.next()).await;
            let passed = self.count(wait);
            self.waited += passed;
            match next {
                Ok(piece) => return Ok(piece),
                Err(_) if passed >= most => return Err(ApiError::new(Code::RequestTimeout)),
                Err(_) => {}
            }
        }
    }

    /// Counts the time that has passed since the last call, unless it is far more than was to be expected: then the process stood still.
    fn count(&mut self, expected: Duration) -> Duration {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.counted);
        self.counted = now;
        if passed > expected + LATE {
            return Duration::ZERO;
        }
        self.left = self.left.saturating_sub(passed);
        passed
    }

    /// So much of it is here now.
    pub(crate) fn brought(&mut self, bytes: u64) {
        if bytes >= self.mark {
            self.mark = bytes + PROGRESS;
            self.waited = Duration::ZERO;
        }
    }

    /// Is there time left, by the clock? What is done with the pieces takes some too.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        if Instant::now() >= self.end {
            return Err(ApiError::new(Code::RequestTimeout));
        }
        Ok(())
    }
}

/// The middleware. It must be the outermost, so that all others are done with an answer when the rest of the body is read.
pub(crate) async fn watch<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<Outgoing<B>>, Error> {
    let in_progress = Traffic::of(request.request()).map(Traffic::begin);
    let incoming = brings_body(&request).then(|| {
        let incoming = Incoming(Rc::new(RefCell::new(Some(request.take_payload()))));
        request.set_payload(Payload::Stream {
            payload: incoming.clone().boxed_local(),
        });
        incoming
    });
    let response = next.call(request).await?;
    // A client that has stopped sending needs no draining.
    let has_stopped = response.status() == StatusCode::REQUEST_TIMEOUT;
    let timeouts = BodyTimeouts::of(response.request()).unwanted;
    Ok(response.map_body(|_, body| Outgoing {
        body: Some(body),
        in_progress,
        rest: incoming
            .filter(|incoming| !has_stopped && !incoming.has_ended())
            .map(|incoming| Rest {
                incoming,
                left: UNWANTED,
                slices_left: SLICES - 1,
                slice: timeouts / SLICES,
                until: Box::pin(tokio::time::sleep(timeouts / SLICES)),
            }),
    }))
}

/// Sockets take the connection over, and their bytes are not a body. With other methods the bytes after such a head are one.
fn brings_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let declared = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || headers.contains_key(TRANSFER_ENCODING);
    let upgrade = headers.contains_key(UPGRADE);
    if request.method() == Method::GET {
        declared && !upgrade
    } else {
        declared || upgrade
    }
}

/// A body on its way, until it ends. Clones share it: each piece is read by one of them only.
#[derive(Clone)]
struct Incoming(Rc<RefCell<Option<Payload>>>);

impl Incoming {
    fn has_ended(&self) -> bool {
        self.0.borrow().is_none()
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut payload = self.0.borrow_mut();
        let Some(next) = payload.as_mut().map(|payload| payload.poll_next_unpin(context)) else {
            return Poll::Ready(None);
        };
        let next = ready!(next);
        if !matches!(next, Some(Ok(_))) {
            *payload = None;
        }
        Poll::Ready(next)
    }
}

/// The remainder of a body that no handler read.
struct Rest {
    incoming: Incoming,
    left: usize,
    /// A pause of the process takes no more than one slice of the time.
    slices_left: u32,
    slice: Duration,
    until: Pin<Box<Sleep>>,
}

impl Rest {
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            while let Poll::Ready(next) = self.incoming.poll_next_unpin(context) {
                match next {
                    Some(Ok(bytes)) if bytes.len() <= self.left => self.left -= bytes.len(),
                    _ => return Poll::Ready(()),
                }
            }
            ready!(self.until.as_mut().poll(context));
            let Some(left) = self.slices_left.checked_sub(1) else {
                return Poll::Ready(());
            };
            self.slices_left = left;
            self.until.as_mut().reset(Instant::now() + self.slice);
        }
    }
}

pin_project! {
    /// An answer that ends when the rest of the request's body is read, or given up. All of it is sent before.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: Option<B>,
        rest: Option<Rest>,
        in_progress: Option<InProgress>,
    }
}

impl<B: MessageBody> MessageBody for Outgoing<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.as_ref().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let mut this = self.project();
        if let Some(body) = this.body.as_mut().as_pin_mut() {
            if let Some(chunk) = ready!(body.poll_next(context)) {
                return Poll::Ready(Some(chunk));
            }
            this.body.set(None);
        }
        if let Some(rest) = this.rest {
            ready!(rest.poll_read(context));
            *this.rest = None;
        }
        *this.in_progress = None;
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn waiting(longest: Duration) -> BodyReader {
        let timeouts = BodyTimeouts {
            stalled: 30 * SECOND,
            ..BodyTimeouts::default()
        };
        BodyReader::new(
            &TestRequest::default().app_data(web::Data::new(timeouts)).to_http_request(),
            longest,
        )
    }

    /// One piece after so many seconds, and then none.
    async fn piece(waiting: &mut BodyReader, after: u32) -> Result<Option<()>, ApiError> {
        waiting.next(&mut Box::pin(stream::once(tokio::time::sleep(after * SECOND)))).await
    }

    #[tokio::test(start_paused = true)]
    async fn only_waiting_counts_and_progress_forgets_it() {
        let mut waiting = waiting(1000 * SECOND);
        piece(&mut waiting, 29).await.unwrap();
        // The handler processes the last piece.
        tokio::time::advance(100 * SECOND).await;
        piece(&mut waiting, 0).await.unwrap();
        waiting.brought(PROGRESS);
        piece(&mut waiting, 29).await.unwrap();
        waiting.brought(2 * PROGRESS - 1);
        assert_eq!(piece(&mut waiting, 2).await.unwrap_err().code(), "request_timeout");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_makes_progress_has_an_end_too() {
        let mut waiting = waiting(40 * SECOND);
        for bytes in [1, 2, 3] {
            piece(&mut waiting, 10).await.unwrap();
            waiting.brought(bytes * PROGRESS);
        }
        assert_eq!(piece(&mut waiting, 11).await.unwrap_err().code(), "request_timeout");
        assert_eq!(waiting.check().unwrap_err().code(), "request_timeout");
    }
    /// The process stands still for so long, while a body is awaited.
    async fn pause() {
        tokio::task::yield_now().await;
        tokio::time::advance(1000 * SECOND).await;
    }

    #[tokio::test(start_paused = true)]
    async fn input_that_arrives_during_a_pause_is_read_before_timeouts_apply() {
        let mut waiting = waiting(60 * SECOND);
        let (tell, told) = tokio::sync::oneshot::channel();
        let (next, ()) = tokio::join!(async { waiting.next(&mut Box::pin(stream::once(told))).await.unwrap() }, async {
            pause().await;
            tokio::task::yield_now().await;
            tell.send(5).unwrap();
        });
        assert_eq!(next, Some(Ok(5)));
        pause().await;
        piece(&mut waiting, 20).await.unwrap();
        assert_eq!(piece(&mut waiting, 11).await.unwrap_err().code(), "request_timeout");
    }
}
