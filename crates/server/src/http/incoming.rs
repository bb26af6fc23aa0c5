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
    Error, HttpMessage as _,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE},
    middleware::Next,
    web::{self, Bytes},
};
use futures_util::{Stream, StreamExt as _};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

/// A body that brings less than this while it is waited for as long as [`Patience::stalled`] has stalled.
const PROGRESS: usize = 4 * 1024;
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

/// The middleware. It is to be the outermost, so that what others do to an answer is done when the rest of the body is read.
pub(crate) async fn watch<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<Outgoing<B>>, Error> {
    let incoming = brings_body(&request).then(|| {
        let patience = request.app_data::<web::Data<Patience>>().map(|data| ***data).unwrap_or_default();
        let incoming = Incoming::new(request.take_payload(), patience.stalled);
        request.set_payload(Payload::Stream {
            payload: incoming.clone().boxed_local(),
        });
        (incoming, patience.unwanted)
    });
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Outgoing {
        body: Some(body),
        rest: incoming
            .filter(|(incoming, _)| !incoming.has_ended())
            .map(|(incoming, patience)| Rest {
                incoming,
                left: UNWANTED,
                until: Box::pin(tokio::time::sleep(patience)),
            }),
    }))
}

/// Sockets take the connection over, and their bytes are not a body.
fn brings_body(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    let declared = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0") || headers.contains_key(TRANSFER_ENCODING);
    declared && !headers.contains_key(UPGRADE)
}

/// A body on its way. Clones share it: what one has read is gone for the others.
#[derive(Clone)]
struct Incoming(Rc<RefCell<Body>>);

struct Body {
    payload: Payload,
    ended: bool,
    stalled: Duration,
    /// Runs while the body is waited for.
    deadline: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    /// How long it was waited for, and what it brought, since there was progress.
    waited: Duration,
    brought: usize,
}

impl Incoming {
    fn new(payload: Payload, stalled: Duration) -> Self {
        Self(Rc::new(RefCell::new(Body {
            payload,
            ended: false,
            stalled,
            deadline: None,
            waiting_since: None,
            waited: Duration::ZERO,
            brought: 0,
        })))
    }

    fn has_ended(&self) -> bool {
        self.0.borrow().ended
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        if body.ended {
            return Poll::Ready(None);
        }
        match body.payload.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                body.note(bytes.len());
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(end) => {
                body.ended = true;
                Poll::Ready(end)
            }
            Poll::Pending => {
                ready!(body.poll_stalled(context));
                body.ended = true;
                Poll::Ready(Some(Err(PayloadError::Io(std::io::ErrorKind::TimedOut.into()))))
            }
        }
    }
}

impl Body {
    fn note(&mut self, bytes: usize) {
        self.brought += bytes;
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        if self.brought >= PROGRESS {
            self.brought = 0;
            self.waited = Duration::ZERO;
        }
    }

    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let left = self.stalled.saturating_sub(self.waited);
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            match &mut self.deadline {
                Some(deadline) => deadline.as_mut().reset(now + left),
                None => self.deadline = Some(Box::pin(sleep_until(now + left))),
            }
        }
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(context),
            None => Poll::Pending,
        }
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
