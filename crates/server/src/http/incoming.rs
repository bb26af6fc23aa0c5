//! Request bodies between the connection and whoever reads them: those that stop arriving are cut off, and what nobody wants to read is read all the same,
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
use tokio::time::{Instant, Sleep, timeout_at};

use super::error::ApiError;

/// A body that brings less than this while it is waited for as long as [`Patience::stalled`] has stalled.
const PROGRESS: u64 = 4 * 1024;
/// How much of an unwanted body is read after the answer.
const UNWANTED: usize = 64 * 1024 * 1024;

/// How long bodies are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One that is wanted, without progress. Only waiting counts, not what is done meanwhile.
    pub stalled: Duration,
    /// All of one that nobody wants, after the answer.
    pub unwanted: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stalled: Duration::from_secs(30),
            unwanted: Duration::from_secs(20),
        }
    }
}

impl Patience {
    fn of(request: &HttpRequest) -> Self {
        request.app_data::<web::Data<Self>>().map(|data| ***data).unwrap_or_default()
    }
}

/// The waiting for one body.
pub(super) struct Waiting {
    stalled: Duration,
    /// When all of it has to be here.
    end: Instant,
    /// How long it was waited for since there was progress.
    waited: Duration,
    /// How many bytes will be progress.
    mark: u64,
}

impl Waiting {
    /// For all of this request's body, no longer than this.
    pub(super) fn new(request: &HttpRequest, longest: Duration) -> Self {
        Self {
            stalled: Patience::of(request).stalled,
            end: Instant::now() + longest,
            waited: Duration::ZERO,
            mark: PROGRESS,
        }
    }

    /// Waits for the next piece of it.
    pub(super) async fn next<S: Stream + Unpin>(&mut self, pieces: &mut S) -> Result<Option<S::Item>, ApiError> {
        let since = Instant::now();
        let end = self.end.min(since + self.stalled.saturating_sub(self.waited));
        let next = timeout_at(end, pieces.next()).await;
        self.waited += since.elapsed();
        self.check()?;
        next.map_err(|_| ApiError::new(Code::RequestTimeout))
    }

    /// So much of it is here now.
    pub(super) fn brought(&mut self, bytes: u64) {
        if bytes >= self.mark {
            self.mark = bytes + PROGRESS;
            self.waited = Duration::ZERO;
        }
    }

    /// Is there time left? What is done with the pieces takes some too.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if Instant::now() >= self.end {
            return Err(ApiError::new(Code::RequestTimeout));
        }
        Ok(())
    }
}

/// The middleware. It is to be the outermost, so that what others do to an answer is done when the rest of the body is read.
pub(crate) async fn watch<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<Outgoing<B>>, Error> {
    let incoming = brings_body(&request).then(|| {
        let incoming = Incoming(Rc::new(RefCell::new(Some(request.take_payload()))));
        request.set_payload(Payload::Stream {
            payload: incoming.clone().boxed_local(),
        });
        incoming
    });
    let response = next.call(request).await?;
    // Whoever has stopped sending needs nothing read.
    let has_stopped = response.status() == StatusCode::REQUEST_TIMEOUT;
    let patience = Patience::of(response.request()).unwanted;
    Ok(response.map_body(|_, body| Outgoing {
        body: Some(body),
        rest: incoming
            .filter(|incoming| !has_stopped && !incoming.has_ended())
            .map(|incoming| Rest {
                incoming,
                left: UNWANTED,
                until: Box::pin(tokio::time::sleep(patience)),
            }),
    }))
}

/// Sockets take the connection over, and their bytes are not a body. With other methods whatever follows such a head is one.
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

/// A body on its way, until it ends. Clones share it: what one has read is gone for the others.
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

/// What is left of a body that nobody wanted.
struct Rest {
    incoming: Incoming,
    left: usize,
    until: Pin<Box<Sleep>>,
}

impl Rest {
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(next) = self.incoming.poll_next_unpin(context) {
            match next {
                Some(Ok(bytes)) if bytes.len() <= self.left => self.left -= bytes.len(),
                _ => return Poll::Ready(()),
            }
        }
        self.until.as_mut().poll(context)
    }
}

pin_project! {
    /// An answer that ends when the rest of the request's body is read, or given up. All of it is sent before.
    pub(crate) struct Outgoing<B> {
        #[pin]
        body: Option<B>,
        rest: Option<Rest>,
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
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn waiting(longest: Duration) -> Waiting {
        let patience = Patience {
            stalled: 30 * SECOND,
            ..Patience::default()
        };
        Waiting::new(
            &TestRequest::default().app_data(web::Data::new(patience)).to_http_request(),
            longest,
        )
    }

    /// One piece after so many seconds, and then none.
    async fn piece(waiting: &mut Waiting, after: u32) -> Result<Option<()>, ApiError> {
        waiting.next(&mut Box::pin(stream::once(tokio::time::sleep(after * SECOND)))).await
    }

    #[tokio::test(start_paused = true)]
    async fn only_waiting_counts_and_progress_forgets_it() {
        let mut waiting = waiting(1000 * SECOND);
        piece(&mut waiting, 29).await.unwrap();
        // Somebody works on what has come.
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
}
